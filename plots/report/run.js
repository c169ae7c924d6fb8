// ---- The data of one run ----

function cumulative(parts) {
  const sums = new Float64Array(parts.length + 1);
  for (let i = 0; i < parts.length; ++i) sums[i + 1] = sums[i] + parts[i];
  return sums;
}

/// A task or group.
class Entity {
  constructor(json, index) {
    Object.assign(this, {
      index, path: json.path, kind: json.kind, depth: json.depth, weight: json.weight,
      values: json.values || {}, starved: json.starved || null, waitBound: json.wait_bound || null,
      states: json.states || {}, latencyNs: json.latency_ns || [], latencyCount: json.latency_count || [],
    });
    this.service = cumulative(json.service);
    this.ideal = cumulative(json.ideal);
    this.lagMin = Float64Array.from(json.lag_min);
    this.lagMax = json.lag_max ? Float64Array.from(json.lag_max) : this.lagMin;
    this.waiting = json.waiting ? Float64Array.from(json.waiting) : null;
    this.throttled = json.throttled ? cumulative(json.throttled) : null;
  }
  get isTask() { return this.kind === "task"; }
}

/// Of the same bins, the larger value of two tasks.
function larger(a, b) {
  return a === null ? b : b === null ? a : a.map((value, bin) => Math.max(value, b[bin]));
}

// As many as there are colours that anybody tells apart.
const kFewEntities = 8;

/// One workload under one scheduler. `named` are the paths of those that the page speaks of.
class Run {
  constructor(json, named) {
    this.about = json;
    this.end = json.end_ns;
    this.bins = json.bins;
    this.binNs = json.tick_ns * json.ticks_per_bin;
    this.entities = json.entities.map((entity, index) => new Entity(entity, index));
    this.setUpTree(named);
    this.mixtures = json.mixtures;
    this.lanes = json.blocks.map(readLane);
  }
  /// Parents, colours, and how long the tasks of groups waited.
  setUpTree(named) {
    const byPath = new Map(this.entities.map((entity) => [entity.path, entity]));
    for (const entity of this.entities) {
      entity.parent = byPath.get(entity.path.slice(0, entity.path.lastIndexOf("/"))) || null;
    }
    this.named = named.map((path) => byPath.get(path)).filter(Boolean);
    // The highest of the tree have the colours that are told apart best; of many, those that the page speaks of.
    const first = this.entities.length > kFewEntities ? this.named : [];
    const highest = [...this.entities].sort((a, b) => a.depth - b.depth || a.index - b.index);
    this.ranked = [...first, ...highest.filter((entity) => !first.includes(entity))];
    this.ranked.forEach((entity, rank) => { entity.colour = rank; });
    for (const entity of [...this.entities].filter((one) => one.isTask)) {
      for (let above = entity.parent; above; above = above.parent) above.waiting = larger(above.waiting, entity.waiting);
    }
  }
  /// Where bin `i` begins; bin `bins` would begin at the end of the run.
  edge(i) { return i >= this.bins ? this.end : i * this.binNs; }
  /// The bin that holds an instant.
  binAt(ns) { return Math.min(this.bins - 1, Math.max(0, Math.floor(ns / this.binNs))); }
}

/// What a CPU did: begins, ends, and what it was (see ReportRun::append_runs).
function readLane(numbers) {
  const count = numbers.length / 3;
  const lane = {count, begin: new Float64Array(count), end: new Float64Array(count), code: new Int32Array(count)};
  let time = 0;
  for (let i = 0; i < count; ++i) {
    lane.begin[i] = time + numbers[3 * i];
    lane.end[i] = time = lane.begin[i] + numbers[3 * i + 1];
    lane.code[i] = numbers[3 * i + 2];
  }
  return lane;
}

/// The runs of the page by workload and row; each is read when it is first looked at.
class Runs {
  constructor() {
    this.elements = new Map();
    this.read = new Map();
    this.named = [...document.querySelectorAll("section.workload")].map((section) => JSON.parse(section.dataset.named));
    for (const script of document.querySelectorAll("script.run")) {
      this.elements.set(`${script.dataset.workload}/${script.dataset.row}`, script);
    }
  }
  get(workload, row) {
    const key = `${workload}/${row}`;
    if (!this.read.has(key)) this.read.set(key, new Run(JSON.parse(this.elements.get(key).textContent), this.named[workload]));
    return this.read.get(key);
  }
}
