// ---- Who ran when, CPU by CPU ----

const kLanesRead = 8;  // at once, below the picture

/// Wide runs are bars. Where several share a pixel, the height says which part of it each one had.
class Gantt extends LaneCanvas {
  nothing() {
    const {about} = this.view.run;
    if (about.fluid) return "The fluid ideal serves all tasks at once: there are no runs to draw.";
    if (about.runs === 0) return "No task ran.";
    return "";
  }
  laneCount() { return this.view.run.lanes.length; }
  laneHeight() { return Math.max(9, Math.min(34, Math.floor(420 / this.laneCount()))); }

  /// Of a task, or of the group above it that is shown in its place.
  colour(index) {
    if (!this.colours.has(index)) this.colours.set(index, this.colourNow(index));
    return this.colours.get(index);
  }
  colourNow(index) {
    let entity = index < 0 ? null : this.view.run.entities[index];
    while (entity && !this.view.isVisible(entity)) entity = entity.parent;
    return entity ? colourOf(entity) : null;
  }
  /// Calls visit(first, end) with the blocks that can be seen.
  seen(lane) {
    const blocks = this.view.run.lanes[lane];
    let [low, high] = [0, blocks.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (blocks.end[middle] <= this.view.from) low = middle + 1; else high = middle;
    }
    return low;
  }
  /// The tasks of a block with their CPU time: [[index, ns], ...].
  parts(blocks, i) {
    const code = blocks.code[i];
    if (code >= -1) return [[code, blocks.end[i] - blocks.begin[i]]];
    const mixture = this.view.run.mixtures[-2 - code];
    const parts = [];
    let others = mixture[1];
    for (let k = 2; k < mixture.length; k += 2) {
      if (mixture[k] < 0) others += mixture[k + 1]; else parts.push([mixture[k], mixture[k + 1]]);
    }
    if (others > 0) parts.push([-1, others]);
    return parts;
  }

  drawLane(paint, lane, top, height) {
    const lanesPerName = Math.ceil(14 / height);
    if (lane % lanesPerName === 0) this.drawName(paint, `CPU ${lane}`, top, height);
    const gap = height > 14 ? 3 : 1;
    this.area = {top: top + gap, tall: height - 2 * gap, pixels: this.width - kLeft - kRight};
    paint.save();
    paint.beginPath();
    paint.rect(kLeft, top, this.area.pixels, height);
    paint.clip();
    paint.fillStyle = styleColour("grid");
    paint.globalAlpha = 0.6;
    paint.fillRect(kLeft, this.area.top, this.area.pixels, this.area.tall);
    paint.globalAlpha = 1;
    this.thin = null;
    const blocks = this.view.run.lanes[lane];
    let column = null;
    for (let i = this.seen(lane); i < blocks.count && blocks.begin[i] < this.view.to; ++i) {
      const [x0, x1] = [this.x(blocks.begin[i]), this.x(blocks.end[i])];
      if (x1 - x0 >= 1.5) {
        this.bar(paint, x0, x1, this.parts(blocks, i), blocks.end[i] - blocks.begin[i]);
        continue;
      }
      const at = Math.floor((x0 + x1) / 2);
      if (!column || column.at !== at) {
        if (column) this.thinBar(column);
        column = {at, parts: new Map(), length: this.ns(at + 1) - this.ns(at)};
      }
      for (const [index, ran] of this.parts(blocks, i)) column.parts.set(index, (column.parts.get(index) || 0) + ran);
    }
    if (column) this.thinBar(column);
    this.drawThinBars(paint);
    paint.restore();
  }
  /// The parts of a stretch of time, one on top of the other.
  bar(paint, x0, x1, parts, length) {
    const {top, tall} = this.area;
    const wide = x1 - x0 > 4 ? x1 - x0 - 0.6 : x1 - x0;
    let bottom = top + tall;
    const whole = Math.max(length, parts.reduce((sum, [, ran]) => sum + ran, 0));
    for (const [index, ran] of parts.sort((a, b) => a[0] - b[0])) {
      const part = tall * ran / whole;
      const colour = this.colour(index);
      paint.fillStyle = colour || this.faint();
      paint.globalAlpha = colour ? 1 : 0.35;
      paint.fillRect(x0, bottom - part, wide, part);
      bottom -= part;
    }
    paint.globalAlpha = 1;
  }
  /// A bar of one pixel's width. There may be thousands, of many parts each: they become one picture for the lane.
  thinBar({at, parts, length}) {
    const columns = Math.ceil(this.area.pixels);
    const rows = Math.max(1, Math.round(this.area.tall * this.scale));
    const x = at - kLeft;
    if (x < 0 || x >= columns) return;
    this.thin = this.thin || {columns, rows, pixels: new Uint8ClampedArray(4 * columns * rows)};
    const all = [...parts].sort((a, b) => a[0] - b[0]);
    const whole = Math.max(length, all.reduce((sum, [, ran]) => sum + ran, 0));
    let done = 0;
    for (const [index, ran] of all) {
      const from = Math.round(rows * done / whole);
      done += ran;
      const to = Math.round(rows * done / whole);
      const paint = this.paintOf(index);
      for (let row = from; row < to; ++row) this.thin.pixels.set(paint, 4 * ((rows - 1 - row) * columns + x));
    }
  }
  drawThinBars(paint) {
    if (!this.thin) return;
    const {columns, rows, pixels} = this.thin;
    this.sheet = this.sheet || element("canvas");
    Object.assign(this.sheet, {width: columns, height: rows});
    this.sheet.getContext("2d").putImageData(new ImageData(pixels, columns, rows), 0, 0);
    paint.imageSmoothingEnabled = false;
    paint.drawImage(this.sheet, kLeft, this.area.top, columns, this.area.tall);
  }
  /// Red, green, blue and how opaque, 0 to 255 each.
  paintOf(index) {
    if (!this.paints.has(index)) {
      const colour = this.colour(index);
      const hex = colour ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) : this.faint().match(/[\d.]+/g).slice(0, 3).map(Number);
      this.paints.set(index, [...hex, colour ? 255 : 89]);
    }
    return this.paints.get(index);
  }
  faint() { return styleColourOnce("faint"); }

  refresh() {
    forgetStyleColours();
    this.colours = new Map();  // by index: a look at the page's style for each bar would take most of the time
    this.paints = new Map();
    super.refresh();
    this.figure.panel.dataset.series = this.view.shown().length;
  }
  blockAt(lane, ns) {
    const blocks = this.view.run.lanes[lane];
    let [low, high] = [0, blocks.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (blocks.end[middle] <= ns) low = middle + 1; else high = middle;
    }
    return low < blocks.count && blocks.begin[low] <= ns ? low : -1;
  }
  valuesAt(at, only) {
    const {run} = this.view;
    const ns = at >= run.end ? run.end - 1 : at;
    const pointed = only !== null && only >= 0 && only < run.lanes.length;
    const lanes = pointed ? [only] : run.lanes.map((_, lane) => lane).slice(0, kLanesRead);
    const rest = run.lanes.length - lanes.length;
    const more = pointed || rest === 0 ? [] : [[null, `${rest} more CPUs:`, "point at a lane to read it"]];
    return [...lanes.flatMap((lane) => {
      const i = this.blockAt(lane, ns);
      if (i < 0) return [[null, `CPU ${lane}`, "nobody"]];
      const blocks = run.lanes[lane];
      const when = `${duration(blocks.end[i] - blocks.begin[i])} from ${instant(blocks.begin[i], 1000)}`;
      const parts = this.parts(blocks, i);
      const name = (index) => index < 0 ? "other tasks" : run.entities[index].path;
      if (blocks.code[i] >= -1) return [[this.colour(parts[0][0]), `CPU ${lane}: ${name(parts[0][0])}`, when]];
      const mixture = run.mixtures[-2 - blocks.code[i]];
      return [[null, `CPU ${lane}: ${mixture[0]} runs in`, when],
              ...parts.map(([index, ran]) => [this.colour(index), name(index), duration(ran)])];
    }), ...more];
  }
}

// Colours of the style sheet cost a look at the page's layout: within one drawing, one each.
const styleColours = new Map();
function forgetStyleColours() { styleColours.clear(); }
function styleColourOnce(name) {
  if (!styleColours.has(name)) styleColours.set(name, styleColour(name));
  return styleColours.get(name);
}
