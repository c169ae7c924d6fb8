// ---- Line charts (uPlot), each in a panel that can be steered ----

const kLeft = 76;    // px left of the plot: the same everywhere, so that time stands above time
const kRight = 26;   // half a mark of the axis
const kPrintWidth = 660;  // px: what A4 has room for; the page is laid out for paper only after it was drawn

function plotWidth(panel) {
  if (drawsForPrint) return kPrintWidth;
  const style = getComputedStyle(panel);
  return Math.max(180, panel.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
}

/// A section of the page with a title, a line on how to read it, and a panel.
class Figure {
  constructor(parent, id, title, how) {
    this.note = element("p", {class: "note"});
    this.controls = element("div");
    this.how = element("p", {class: "how"}, how);
    this.body = element("div");
    this.readout = element("div", {class: "readout"});
    this.panel = element("div", {class: "panel", tabindex: "0", role: "group", "aria-label": title},
                         this.body, this.readout);
    this.section = element("section", {class: "chart", id},
                           element("header", {}, element("h3", {}, title), this.controls), this.how, this.panel, this.note);
    parent.append(this.section);
  }
  /// Instead of a chart.
  say(text) {
    this.body.replaceChildren(element("p", {class: "empty"}, text));
    this.readout.hidden = true;
    this.panel.classList.remove("drawn");
    this.panel.dataset.empty = "true";
    this.panel.dataset.series = 0;
  }
  drawn() {
    this.readout.hidden = false;
    this.panel.classList.add("drawn");
    delete this.panel.dataset.empty;
  }
  /// What `valuesAt` says at the cursor, or at the end of what is seen if there is none.
  read(view, valuesAt) {
    const ns = view.cursor ?? view.to;
    const at = [null, view.cursor === null ? "end:" : "at", instant(ns, (view.to - view.from) / 2000)];
    this.write([at, ...valuesAt(ns)]);
  }
  /// `entries`: [colour, name, value]
  write(entries) {
    this.readout.replaceChildren(...entries.map(([colour, name, value]) => element(
        "span", {}, ...(colour ? [element("i", {style: `--own:${colour}`})] : []), pathElement(name, 48), " ", element("b", {}, value))));
  }
}

function axisLook(size) {
  const line = styleColour("grid");
  return {stroke: styleColour("soft"), font: chartFont(11.5), size, gap: 6,
          grid: {stroke: line, width: 1}, ticks: {stroke: line, width: 1, size: 5}};
}

/// uPlot's options for lines over time. `value` formats the marks of the vertical axis.
function timeOptions(view, width, height, lines, value, range, hooks, onSelect) {
  return {
    width, height, legend: {show: false}, padding: [8, kRight, 0, 0],
    scales: {x: {time: false, range: () => [seconds(view.from), seconds(view.to)]}, y: {range}},
    axes: [
      {...axisLook(30), values: (u, marks) => durationLabels(marks.map((mark) => mark * 1e9))},
      {...axisLook(kLeft), values: (u, marks) => value(marks)},
    ],
    series: [{}, ...lines.map((line) => ({
      label: line.label, stroke: line.colour, width: line.width || 1.6, dash: line.dash, fill: line.fill,
      alpha: line.alpha || 1, spanGaps: false, points: {show: Boolean(line.points), size: 3}, paths: line.paths,
    }))],
    cursor: {
      y: false, points: {show: false}, drag: {x: true, y: false, setScale: false, dist: 4},
      bind: {dblclick: () => () => { view.reset(); return null; }},
    },
    hooks: {
      ...hooks,
      setSelect: [(u) => {
        if (u.select.width > 3) onSelect(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
        u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
      }],
    },
  };
}

/// A chart of lines over time. `lines(view)` says what there is: a list of {label, colour, ...}, or a text
/// that says why there is nothing; `data(view, pixels)` gives uPlot's data, one list per line.
class TimePlot {
  constructor(figure, view, settings) {
    Object.assign(this, {figure, view, ...settings});
    this.plot = null;
    steer(figure.panel, view, (event) => this.timeAt(event));
    dragToPan(figure.panel, view, () => this.plot ? this.plot.over.clientWidth : 1);
  }
  timeAt(event) {
    if (!this.plot) return null;
    const box = this.plot.over.getBoundingClientRect();
    return this.plot.posToVal(event.clientX - box.left, "x") * 1e9;
  }
  clear() {
    if (this.plot) this.plot.destroy();
    this.plot = null;
  }
  build() {
    this.clear();
    const lines = this.lines(this.view);
    if (typeof lines === "string") return this.figure.say(lines);
    this.figure.body.replaceChildren();
    this.figure.drawn();
    const width = plotWidth(this.figure.panel);
    const options = timeOptions(
        this.view, width, this.height || 260, lines, this.marks, (u, low, high) => this.rangeOf(low, high),
        {setCursor: [(u) => this.pointed(u)], draw: [(u) => this.decorate && this.decorate(u)]},
        (from, to) => this.view.setRange(from * 1e9, to * 1e9));
    this.plot = new uPlot(options, this.dataOf(width), this.figure.body);
    this.lineCount = lines.length;
    this.hovered = false;
    this.plot.over.addEventListener("mouseenter", () => { this.hovered = true; });
    this.plot.over.addEventListener("mouseleave", () => {
      this.hovered = false;
      this.view.point(null, this);
    });
    this.describe();
  }
  dataOf(width) {
    const data = this.data(this.view, Math.max(50, width - kLeft - kRight));
    this.figure.panel.dataset.points = data[0].length;
    return data;
  }
  rangeOf(low, high) {
    let [least, most] = [low ?? 0, high ?? 1];
    if (this.limits) [least, most] = this.limits(least, most);
    if (least === most) [least, most] = [Math.min(0, least), Math.max(most, 1)];
    const room = (most - least) * 0.06;
    return [least < 0 ? least - room : least, most > 0 ? most + room : most];
  }
  describe() {
    const {panel} = this.figure;
    panel.dataset.from = Math.round(this.view.from);
    panel.dataset.to = Math.round(this.view.to);
    panel.dataset.series = this.view.shown().length;
    panel.dataset.lines = this.lineCount;
  }
  /// Another stretch of time, or another width.
  refresh() {
    if (!this.plot) return;
    const width = plotWidth(this.figure.panel);
    if (width !== this.plot.width) this.plot.setSize({width, height: this.height || 260});
    this.plot.setData(this.dataOf(width));
    this.describe();
  }
  /// uPlot says where its cursor is, be it the mouse's or the one that follows.
  pointed(u) {
    const {left} = u.cursor;
    if (this.hovered && left >= 0) this.view.point(u.posToVal(left, "x") * 1e9, this);
  }
  follow(source) {
    const ns = this.view.cursor;
    if (this.plot && source !== this) {
      // Not by uPlot's own scale, which takes on a new stretch of time a little later.
      const part = (ns - this.view.from) / (this.view.to - this.view.from);
      const left = ns === null ? -10 : part * this.plot.over.clientWidth;
      this.plot.setCursor({left, top: ns === null ? -10 : 10}, false);
    }
    if (!this.plot) return;
    this.figure.read(this.view, (at) => this.values(this.view, at));
  }
}
