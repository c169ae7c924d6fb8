// ---- Our own canvas under the same time axis: lanes above each other ----

const kAxisHeight = 28;

/// Marks for a time axis: about one every 90 px, at 1, 2 or 5 times a power of ten.
function timeMarks(from, to, pixels) {
  const least = (to - from) / Math.max(1, pixels / 90);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= least);
  const marks = [];
  for (let i = Math.ceil(from / step); i * step <= to; ++i) marks.push(i * step);
  return marks;
}

/// Lanes over time. A subclass says laneCount(), laneHeight(), drawLane(paint, lane, top, height), and
/// valuesAt(ns, lane).
class LaneCanvas {
  constructor(figure, view) {
    this.figure = figure;
    this.view = view;
    this.canvas = element("canvas", {class: "own"});
    this.line = element("div", {class: "u-cursor-x", style: "position:absolute;top:0;border-right:1px solid var(--faint);display:none"});
    this.band = element("div", {style: "position:absolute;top:0;background:var(--select);display:none;pointer-events:none"});
    this.frame = element("div", {style: "position:relative"}, this.canvas, this.band, this.line);
    this.lane = null;
    steer(figure.panel, view, (event) => this.timeAt(event));
    dragToPan(this.canvas, view, () => this.width - kLeft - kRight);
    this.canvas.addEventListener("mousedown", (event) => this.select(event));
    this.canvas.addEventListener("mousemove", (event) => {
      this.lane = Math.floor((event.offsetY - 4) / this.laneHeight());
      this.view.point(this.timeAt(event), this);
    });
    this.canvas.addEventListener("mouseleave", () => { this.lane = null; this.view.point(null, this); });
    this.canvas.addEventListener("dblclick", () => this.view.reset());
  }
  timeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.ns(event.clientX - box.left);
  }
  ns(x) { return this.view.from + (x - kLeft) / (this.width - kLeft - kRight) * (this.view.to - this.view.from); }
  x(ns) { return kLeft + (ns - this.view.from) / (this.view.to - this.view.from) * (this.width - kLeft - kRight); }

  /// A drag chooses a stretch of time.
  select(event) {
    if (event.button !== 0 || event.shiftKey) return;
    event.preventDefault();
    this.figure.panel.focus({preventScroll: true});
    const box = this.canvas.getBoundingClientRect();
    const clamp = (x) => Math.min(Math.max(x, kLeft), this.width - kRight);
    const begin = clamp(event.clientX - box.left);
    let end = begin;
    const move = (next) => {
      end = clamp(next.clientX - box.left);
      Object.assign(this.band.style, {display: "block", left: `${Math.min(begin, end)}px`,
                                      width: `${Math.abs(end - begin)}px`, height: `${this.lanesHeight()}px`});
    };
    const stop = () => {
      removeEventListener("mousemove", move);
      removeEventListener("mouseup", stop);
      this.band.style.display = "none";
      if (Math.abs(end - begin) > 3) this.view.setRange(this.ns(Math.min(begin, end)), this.ns(Math.max(begin, end)));
    };
    addEventListener("mousemove", move);
    addEventListener("mouseup", stop);
  }

  lanesHeight() { return this.laneCount() * this.laneHeight() + 8; }
  build() {
    const nothing = this.nothing();
    if (nothing) return this.figure.say(nothing);
    this.figure.body.replaceChildren(this.frame);
    this.figure.drawn();
    this.refresh();
  }
  refresh() {
    if (!this.frame.isConnected) return;
    this.width = plotWidth(this.figure.panel);
    const height = this.lanesHeight() + kAxisHeight;
    const scale = drawsForPrint ? 2 : window.devicePixelRatio || 1;
    this.scale = scale;
    this.canvas.width = Math.round(this.width * scale);
    this.canvas.height = Math.round(height * scale);
    Object.assign(this.canvas.style, {width: `${this.width}px`, height: `${height}px`});
    const paint = this.canvas.getContext("2d");
    paint.scale(scale, scale);
    this.drawAxis(paint);
    for (let lane = 0; lane < this.laneCount(); ++lane) {
      this.drawLane(paint, lane, 4 + lane * this.laneHeight(), this.laneHeight());
    }
    const {panel} = this.figure;
    panel.dataset.from = Math.round(this.view.from);
    panel.dataset.to = Math.round(this.view.to);
  }
  drawAxis(paint) {
    const bottom = this.lanesHeight();
    const marks = timeMarks(this.view.from, this.view.to, this.width - kLeft - kRight);
    const labels = durationLabels(marks);
    paint.strokeStyle = styleColour("grid");
    paint.fillStyle = styleColour("soft");
    paint.font = chartFont(11.5);
    paint.textAlign = "center";
    paint.textBaseline = "top";
    marks.forEach((mark, i) => {
      const x = Math.round(this.x(mark)) + 0.5;
      paint.beginPath();
      paint.moveTo(x, 0);
      paint.lineTo(x, bottom + 5);
      paint.stroke();
      paint.fillText(labels[i], x, bottom + 9);
    });
  }
  /// A name left of a lane, cut to fit.
  drawName(paint, text, top, height) {
    paint.fillStyle = styleColour("soft");
    paint.font = chartFont(11.5);
    paint.textAlign = "right";
    paint.textBaseline = "middle";
    let shown = text;
    while (shown.length > 2 && paint.measureText(shown).width > kLeft - 12) {
      shown = `…${shown.slice(shown.startsWith("…") ? 2 : 1)}`;
    }
    paint.fillText(shown, kLeft - 8, top + height / 2);
  }
  follow() {
    const ns = this.view.cursor;
    const shown = ns !== null && this.frame.isConnected;
    this.line.style.display = shown ? "block" : "none";
    if (shown) Object.assign(this.line.style, {left: `${this.x(ns)}px`, height: `${this.lanesHeight()}px`});
    if (this.frame.isConnected) this.figure.read(this.view, (at) => this.valuesAt(at, this.lane));
  }
}

/// How much of each pixel's time an entity was held back by a cap.
class ThrottleLanes extends LaneCanvas {
  rows() { return this.view.run.entities.filter((entity) => entity.throttled); }
  nothing() {
    this.entities = this.rows();
    if (this.entities.length > 0) return "";
    const capped = this.view.run.about.fluid ? " (the fluid ideal is never throttled: it is within its caps at all times)" : "";
    return `Nothing was held back by a cap in this run${capped}.`;
  }
  laneCount() { return this.entities.length; }
  laneHeight() { return 26; }
  drawLane(paint, lane, top, height) {
    const {run, from, to} = this.view;
    const entity = this.entities[lane];
    this.drawName(paint, entity.path, top, height);
    const pixels = this.width - kLeft - kRight;
    paint.fillStyle = styleColour("grid");
    paint.fillRect(kLeft, top + height - 3, pixels, 1);
    const columns = columnsOf(run, from, to, pixels);
    paint.fillStyle = colourOf(entity);
    paint.save();
    paint.beginPath();
    paint.rect(kLeft, top, pixels, height);
    paint.clip();
    for (let c = 0; c + 1 < columns.length; ++c) {
      const [begin, end] = [run.edge(columns[c]), run.edge(columns[c + 1])];
      const part = (entity.throttled[columns[c + 1]] - entity.throttled[columns[c]]) / (end - begin);
      if (part <= 0) continue;
      const tall = Math.max(1.5, part * (height - 5));
      const [x0, x1] = [this.x(begin), this.x(end)];
      paint.fillRect(x0, top + height - 3 - tall, Math.max(x1 - x0, 0.8), tall);
    }
    paint.restore();
  }
  valuesAt(ns) {
    const {run} = this.view;
    const bin = run.binAt(ns);
    const length = run.edge(bin + 1) - run.edge(bin);
    return this.entities.map((entity) => [
      colourOf(entity), entity.path,
      percent((entity.throttled[bin + 1] - entity.throttled[bin]) / length) + " of the time"]);
  }
}
