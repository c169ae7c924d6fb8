// ---- What all charts have in common: the run, the stretch of time, the entities, the cursor ----

class View {
  constructor() {
    this.run = null;
    this.from = 0;
    this.to = 1;
    this.visible = new Set();  // paths
    this.cursor = null;        // ns
    this.listeners = [];
  }

  /// `listener(what, source)`; what is "run", "range", "entities" or "cursor".
  listen(listener) { this.listeners.push(listener); }
  tell(what, source) { for (const listener of this.listeners) listener(what, source); }

  show(run, keepsRange) {
    const [from, to] = [this.from, this.to];
    this.run = run;
    this.cursor = null;
    this.from = 0;
    this.to = run.end || 1;
    if (keepsRange && to <= this.to) [this.from, this.to] = [from, to];
    this.tell("run");
  }
  isVisible(entity) { return this.visible.has(entity.path); }
  shown() { return this.run.entities.filter((entity) => this.isVisible(entity)); }
  toggle(path) {
    if (!this.visible.delete(path)) this.visible.add(path);
    this.tell("entities");
  }
  setVisible(paths) {
    this.visible = new Set(paths);
    this.tell("entities");
  }

  /// The shortest stretch that can be looked at.
  get least() { return Math.min(this.run.end, 1000); }
  get isWhole() { return this.from <= 0 && this.to >= this.run.end; }
  setRange(from, to) {
    const span = Math.min(Math.max(to - from, this.least), this.run.end);
    const begin = Math.min(Math.max(0, from + (to - from - span) / 2), this.run.end - span);
    if (begin === this.from && begin + span === this.to) return;
    this.from = begin;
    this.to = begin + span;
    this.tell("range");
  }
  zoom(factor, around = this.cursor) {
    const middle = around !== null && around >= this.from && around <= this.to ? around : (this.from + this.to) / 2;
    this.setRange(middle - (middle - this.from) / factor, middle + (this.to - middle) / factor);
  }
  pan(part) {
    const by = part * (this.to - this.from);
    const shift = Math.min(Math.max(by, -this.from), this.run.end - this.to);
    this.setRange(this.from + shift, this.to + shift);
  }
  reset() { this.setRange(0, this.run.end); }
  point(ns, source = null) {
    this.cursor = ns === null ? null : Math.min(Math.max(ns, this.from), this.to);
    this.tell("cursor", source);
  }
}

/// Keys and wheel on the panel of a chart whose horizontal axis is time.
function steer(panel, view, timeAt) {
  panel.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = (view.to - view.from) / 100;
    const at = view.cursor === null ? (view.from + view.to) / 2 : view.cursor;
    const actions = {
      ArrowLeft: () => event.shiftKey ? view.pan(-0.1) : view.point(at - step),
      ArrowRight: () => event.shiftKey ? view.pan(0.1) : view.point(at + step),
      Home: () => view.point(view.from),
      End: () => view.point(view.to),
      "+": () => view.zoom(2), "=": () => view.zoom(2), "-": () => view.zoom(0.5),
      0: () => view.reset(), Escape: () => view.point(null),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  panel.addEventListener("wheel", (event) => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) {
      event.preventDefault();
      view.zoom(Math.exp(-event.deltaY / 200), timeAt(event));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan(sideways / 1000);
    }
  }, {passive: false});
}

/// A drag with Shift held moves the stretch that is seen.
function dragToPan(target, view, widthOf) {
  target.addEventListener("mousedown", (event) => {
    if (!event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    let last = event.clientX;
    const move = (next) => {
      view.pan((last - next.clientX) / widthOf());
      last = next.clientX;
    };
    const end = () => {
      removeEventListener("mousemove", move);
      removeEventListener("mouseup", end);
    };
    addEventListener("mousemove", move);
    addEventListener("mouseup", end);
  }, true);
}
