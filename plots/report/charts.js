// ---- The charts ----

const kIdealDash = [5, 4];

/// Of lines that go up and down a thousand times, or of many: browsers draw those of 1 pixel, without areas below, many
/// times faster than others.
function fineWidth(shown, width) { return shown.length > kFewEntities || shown.some((entity) => entity.lagMin.length > 1000) ? 1 : width; }

/// A line of what was got, and a dashed one of what the ideal would have given, for each entity.
function serviceLines(view) {
  const shown = view.shown();
  if (shown.length === 0) return "No task is chosen. Click on one above.";
  return shown.flatMap((entity) => [
    {label: entity.path, colour: colourOf(entity), width: fineWidth(shown, 1.6)},
    {label: `${entity.path}, ideal`, colour: colourOf(entity), width: fineWidth(shown, 1.2), dash: kIdealDash, alpha: 0.75},
  ]);
}

function cumulativePlot(figure, view) {
  return new TimePlot(figure, view, {
    lines: serviceLines,
    marks: durationLabels,
    limits: (low, high) => [view.isWhole ? 0 : low, high],
    data: ({run, from, to}, pixels) => {
      const columns = columnsOf(run, from, to, pixels);
      return [edgesOf(run, columns), ...view.shown().flatMap((entity) => [
        columns.map((bin) => entity.service[bin]), columns.map((bin) => entity.ideal[bin])])];
    },
    values: ({run}, ns) => view.shown().map((entity) => [
      colourOf(entity), entity.path,
      `${duration(sumAt(run, entity.service, ns))} (ideal ${duration(sumAt(run, entity.ideal, ns))})`]),
  });
}

function sharePlot(figure, view) {
  return new TimePlot(figure, view, {
    lines: serviceLines,
    marks: (marks) => marks.map((mark) => `${+(mark * 100).toFixed(4)}\u202f%`),
    limits: (low, high) => [Math.min(0, low), high],
    data: ({run, from, to}, pixels) => {
      const window = windowOf(run, from, to);
      const columns = columnsOf(run, from, to, pixels);
      const instants = columns.map((bin) => run.edge(bin));
      figure.note.textContent = `Over a sliding window of ${duration(window)}, which becomes shorter as you zoom in; ` +
        "100 % is one whole CPU. Dashed: the ideal.";
      return [instants.map(seconds), ...view.shown().flatMap((entity) => [
        shares(run, entity.service, instants, window), shares(run, entity.ideal, instants, window)])];
    },
    values: ({run, from, to}, ns) => {
      const window = windowOf(run, from, to);
      return view.shown().map((entity) => {
        const [got] = shares(run, entity.service, [ns], window);
        const [ideal] = shares(run, entity.ideal, [ns], window);
        return [colourOf(entity), entity.path, got === null ? "–" : `${percent(got)} (ideal ${percent(ideal)})`];
      });
    },
  });
}

/// Shades what lies within the bound that a scheduler claims.
function drawEnvelope(u, bound) {
  const {ctx, bbox} = u;
  const y = (value) => u.valToPos(value, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = styleColour("good");
  ctx.globalAlpha = 0.09;
  ctx.fillRect(bbox.left, y(bound), bbox.width, y(-bound) - y(bound));
  ctx.globalAlpha = 0.8;
  ctx.strokeStyle = styleColour("good");
  ctx.setLineDash([6, 5]);
  for (const edge of [bound, -bound]) {
    ctx.beginPath();
    ctx.moveTo(bbox.left, y(edge));
    ctx.lineTo(bbox.left + bbox.width, y(edge));
    ctx.stroke();
  }
  ctx.restore();
}

function lagNote(about, fits) {
  const parts = [];
  if (about.lag_bound_ns !== null) {
    const bound = duration(about.lag_bound_ns);
    parts.push(`${fits ? "Green band" : "Not drawn, because it is far outside"}: ${about.scheduler} claims to keep ` +
      `the lag of tasks that always run within ±${bound}${about.all_always_run ? "." : "; not all tasks of this workload do."}`);
  } else if (!about.fluid) {
    parts.push(about.claims_lag_bound
      ? `The bound that ${about.scheduler} claims is one for a single CPU without groups, caps, costs and changes, and so not drawn here.`
      : `${about.scheduler} claims no bound of its lag.`);
  }
  parts.push(`Drawn from its values at the ends of ticks of ${duration(about.tick_ns)}; the extremes between them are in the table below.`);
  return parts.join(" ");
}

function isZero(values) { return values.every((value) => value === 0); }

function lagPlot(figure, view) {
  let fits = false;
  return new TimePlot(figure, view, {
    lines: () => {
      const shown = view.shown();
      if (view.run.about.fluid) return "This is the ideal itself: its lag is 0 at all times.";
      if (shown.length === 0) return "No task is chosen. Click on one above.";
      if (shown.every((entity) => isZero(entity.lagMin) && isZero(entity.lagMax))) {
        return `${shown.length === 1 ? `${shown[0].path} was` : "All that are chosen were"} given the ideal: at the end of every tick of ` +
          `${duration(view.run.about.tick_ns)} the lag is 0.`;
      }
      return shown.map((entity) => ({label: entity.path, colour: colourOf(entity), width: fineWidth(shown, 1.3)}));
    },
    marks: durationLabels,
    limits: (low, high) => {
      const bound = view.run.about.lag_bound_ns;
      const most = Math.max(Math.abs(low), Math.abs(high));
      fits = bound !== null && bound <= 12 * Math.max(most, 1);
      figure.note.textContent = lagNote(view.run.about, fits);
      return fits ? [Math.min(low, -bound), Math.max(high, bound)] : [Math.min(low, 0), Math.max(high, 0)];
    },
    data: ({run, from, to}, pixels) =>
      envelope(run, columnsOf(run, from, to, pixels), view.shown().map((entity) => [entity.lagMin, entity.lagMax])),
    decorate: (u) => { if (fits) drawEnvelope(u, view.run.about.lag_bound_ns); },
    values: ({run}, ns) => view.shown().map((entity) => {
      const bin = run.binAt(ns);
      const [low, high] = [entity.lagMin[bin], entity.lagMax[bin]];
      return [colourOf(entity), entity.path, low === high ? duration(low) : `${duration(low)} to ${duration(high)}`];
    }),
  });
}

/// The longest of all marks, with its length.
function drawLongest(u, view) {
  const {run} = view;
  const worst = view.shown().filter((entity) => entity.waiting && entity.starved)
    .sort((a, b) => b.values.starvation - a.values.starvation)[0];
  if (!worst) return;
  const end = worst.starved.start_ns + worst.values.starvation;
  if (end < view.from || end > view.to) return;
  const {ctx, bbox} = u;
  const x = u.valToPos(seconds(end), "x", true);
  const y = u.valToPos(worst.values.starvation, "y", true);
  const scale = devicePixelRatio;
  const text = `${shortPath(worst.starved.victim)}: ${duration(worst.values.starvation)}`;
  ctx.save();
  ctx.fillStyle = styleColour("ink");
  ctx.font = `600 ${chartFont(12 * scale)}`;
  ctx.beginPath();
  ctx.arc(x, y, 3.5 * scale, 0, 7);
  ctx.fill();
  const wide = ctx.measureText(text).width;
  ctx.textBaseline = "middle";
  ctx.textAlign = x + wide + 12 * scale > bbox.left + bbox.width ? "right" : "left";
  ctx.fillText(text, x + (ctx.textAlign === "left" ? 8 : -8) * scale, Math.max(y, bbox.top + 8 * scale));
  ctx.restore();
}

function starvationPlot(figure, view) {
  const tasks = () => view.shown().filter((entity) => entity.waiting);
  return new TimePlot(figure, view, {
    lines: () => {
      if (view.run.about.fluid) return "Under the fluid ideal nobody waits.";
      if (!view.run.entities.some((entity) => entity.waiting)) return "No task ever waited for a CPU.";
      if (tasks().length === 0) return "None of the chosen ever waited for a CPU.";
      return tasks().map((entity) => ({
        label: entity.path, colour: colourOf(entity), width: fineWidth(tasks(), 1.3),
        fill: tasks().length > kFewEntities ? undefined : `${colourOf(entity)}22`}));
    },
    marks: durationLabels,
    limits: (low, high) => [0, high],
    height: 220,
    data: ({run, from, to}, pixels) => {
      const columns = columnsOf(run, from, to, pixels);
      figure.note.textContent = [boundNote(tasks()), tasks().every((entity) => entity.isTask) ? "" :
        "Of a group: the longest wait of the tasks in it."].filter(Boolean).join(" ");
      return [columns.slice(1).map((bin) => seconds(run.edge(bin))), ...tasks().map((entity) => peaks(run, columns, entity.waiting))];
    },
    decorate: (u) => drawLongest(u, view),
    values: ({run}, ns) => tasks().map((entity) => [
      colourOf(entity), entity.path, `up to ${duration(entity.waiting[run.binAt(ns)])}`]),
  });
}

/// What is proved about the longest wait.
function boundNote(tasks) {
  const proved = tasks.filter((entity) => entity.waitBound);
  if (proved.length === 0) return "";
  const worst = proved.reduce((a, b) => a.waitBound.ns >= b.waitBound.ns ? a : b);
  return `Proved: whatever the others do, ${worst.path} never waits longer than ${duration(worst.waitBound.ns)} ` +
    `(${worst.waitBound.rule}).`;
}

// What policies say of a task: whether it is in ns, and what it means. The first ones are shown first.
const kInNs = true;
const kVirtual = "virtual time, CPU time divided by weight";
const kStates = new Map(Object.entries({
  credit: [kInNs, "CPU time that it may still have before others; below 0 it has had more than its due"],
  quota_left: [kInNs, "CPU time that its cap leaves it until the next refill; at 0 it is throttled"],
  deficit: [kInNs, "CPU time left to it in this round"],
  budget_used: [kInNs, "CPU time used of its budget in this period"],
  used: [kInNs, "CPU time used of its budget in this period"],
  start_tag: [!kInNs, `${kVirtual}, at which its next turn begins: the lowest runs first`],
  finish_tag: [!kInNs, `${kVirtual}, at which its next turn is due: the lowest runs first`],
  vruntime: [!kInNs, `${kVirtual}, that it has had: the lowest runs first`],
  deadline: [!kInNs, `${kVirtual}, at which its turn is due: among those that are not ahead the lowest runs first`],
  "sedf deadline": [kInNs, "end of its period, in time since the start: the earliest runs first"],
  eligible: [!kInNs, `${kVirtual}, from which on it may run`],
  "eevdf lag": [kInNs, "CPU time that it is owed, by the scheduler's own account"],
  lag: [!kInNs, "virtual time that it is behind the others, by the scheduler's own account"],
  tickets: [!kInNs, "its chance to be drawn, beside the tickets of the others"],
  quantum: [kInNs, "CPU time that it gets in each round"],
  slice: [kInNs, "its longest run"],
  priority: [!kInNs, "its class: the lowest runs first"],
  v: [!kInNs, "virtual time of the whole queue: where the fluid ideal would be"],
}));
const kFirstStates = [...kStates.keys()];

/// What the scheduler itself says of its tasks, sampled.
class StatePlot extends TimePlot {
  constructor(figure, view) {
    super(figure, view, {
      height: 190,
      lines: () => {
        if (this.names().length === 0) {
          return view.run.about.fluid ? "The fluid ideal keeps nothing: it serves all at once." :
            `${view.run.about.scheduler} keeps no number for a task: it chooses by the order of its queue alone.`;
        }
        if (this.entities().length === 0) return `${view.run.about.scheduler} keeps no such number for those that are chosen.`;
        return this.entities().map((entity) => ({label: entity.path, colour: colourOf(entity), width: 1.4}));
      },
      marks: (marks) => this.isInNs() ? durationLabels(marks) : marks.map(shortNumber),
      data: ({run}) => {
        const entities = this.entities();
        const count = entities[0].states[this.name()].length;
        const every = run.about.sampled_every_ns;
        figure.note.textContent = `${this.meaning()} Looked at every ${duration(every)}; where a line breaks, the scheduler ` +
          "had no number for it.";
        return [Array.from({length: count}, (_, i) => seconds(i * every)),
                ...entities.map((entity) => entity.states[this.name()])];
      },
      values: ({run}, ns) => this.entities().map((entity) => {
        const all = entity.states[this.name()];
        const value = all[Math.min(all.length - 1, Math.floor(ns / run.about.sampled_every_ns))];
        const text = value === null || value === undefined ? "–" :
          this.isInNs() ? duration(value) : plainNumber(value);
        return [colourOf(entity), entity.path, text];
      }),
    });
    this.choice = element("select", {"aria-label": "Which of the scheduler's numbers",
                                     onchange: () => { this.wanted = this.choice.value; this.build(); }});
    figure.controls.append(this.choice);
  }
  known() {
    return kStates.get(`${this.view.run.about.scheduler.split(":")[0]} ${this.name()}`) || kStates.get(this.name());
  }
  isInNs() { return Boolean(this.known()?.[0]); }
  meaning() {
    const name = this.name().replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());
    return this.known() ? `${name}: ${this.known()[1]}.` : `${name}, as the scheduler's own source calls it.`;
  }
  names() {
    const names = new Set(this.view.run.entities.flatMap((entity) => Object.keys(entity.states)));
    const first = kFirstStates.filter((name) => names.has(name));
    return [...first, ...[...names].filter((name) => !first.includes(name)).sort()];
  }
  name() {
    const names = this.names();
    return names.includes(this.wanted) ? this.wanted : names[0];
  }
  entities() {
    return this.view.shown().filter((entity) => entity.states[this.name()]);
  }
  build() {
    const names = this.names();
    this.choice.hidden = names.length < 2;
    this.choice.replaceChildren(...names.map((name) => element("option", {value: name}, name.replaceAll("_", " "))));
    this.choice.value = this.name();
    super.build();
  }
}

/// How many wakeups were followed by a run within which time. Its horizontal axis is not the run's time.
class LatencyPlot {
  constructor(figure, view) {
    this.figure = figure;
    this.view = view;
    this.plot = null;
  }
  entities() { return this.view.shown().filter((entity) => entity.latencyNs.length > 0); }
  /// Who has no latency, because it still waits: it would not be seen in the chart.
  neverServed() {
    const waits = this.view.shown().filter((entity) => entity.isTask && entity.starved && entity.latencyNs.length === 0);
    if (waits.length === 0) return "";
    const named = waits.slice(0, 3).map((entity) => `${entity.path} (${duration(entity.values.starvation)})`).join(", ");
    return `Not in it, because they woke up or started and never ran, up to the end: ${named}` +
      (waits.length > 3 ? ` and ${waits.length - 3} more.` : ".");
  }
  nothing() {
    const {run} = this.view;
    if (run.about.fluid) return "Under the fluid ideal a task is served the moment it wakes up.";
    const woke = run.entities.filter((entity) => entity.latencyNs.length > 0);
    if (woke.length === 0) return "No task ever woke up and ran.";
    if (this.entities().length === 0) return "None of the chosen tasks ever woke up and ran.";
    if (this.entities().every((entity) => entity.latencyNs[entity.latencyNs.length - 1] === 0)) {
      return this.neverServed() ? "All others of these ran at once when they woke up or started."
        : "Whoever of these woke up or started ran at once: no wakeup latency at all.";
    }
    return "";
  }
  build() {
    if (this.plot) this.plot.destroy();
    this.plot = null;
    const nothing = this.nothing();
    this.figure.note.textContent = this.neverServed();
    if (nothing) return this.figure.say(nothing);
    this.figure.body.replaceChildren();
    this.figure.drawn();
    const entities = this.entities();
    const positive = entities.flatMap((entity) => entity.latencyNs).filter((ns) => ns > 0);
    // Whole powers of ten around them. A latency of 0 has no place on a logarithmic axis: it stands at its left end.
    const least = 10 ** (Math.ceil(Math.log10(Math.min(...positive))) - 1);
    const most = 10 ** (Math.floor(Math.log10(Math.max(...positive))) + 1);
    const edges = [...new Set([least, ...positive, most])].sort((a, b) => a - b);
    const ys = entities.map((entity) => edges.map((edge) => partWithin(entity, edge)));
    const lines = entities.map((entity) => ({
      label: entity.path, stroke: colourOf(entity), width: 1.7, points: {show: false},
      paths: uPlot.paths.stepped({align: 1})}));
    this.plot = new uPlot({
      width: plotWidth(this.figure.panel), height: 240, legend: {show: false}, padding: [8, kRight, 0, 0],
      scales: {x: {time: false, distr: 3, range: () => [least, most]}, y: {range: [0, 1.02]}},
      axes: [
        {...axisLook(30), space: 60, values: (u, marks) => marks.map((mark) => Number.isInteger(Math.log10(mark)) ||
          Math.abs(Math.log10(mark) - Math.round(Math.log10(mark))) < 1e-9 ? duration(mark).replace(/\.00(?=\u202f)|\.0(?=\u202f)/, "") : "")},
        {...axisLook(kLeft), values: (u, marks) => marks.map((mark) => `${Math.round(mark * 100)}\u202f%`)},
      ],
      series: [{}, ...lines],
      cursor: {y: false, drag: {x: false, y: false}, points: {show: false}},
      hooks: {setCursor: [(u) => this.pointed(u)]},
    }, [edges, ...ys], this.figure.body);
    this.figure.panel.dataset.series = entities.length;
    this.pointed(this.plot);
  }
  pointed(u) {
    const {left} = u.cursor;
    if (left === undefined || left < 0) {
      this.figure.write(this.entities().map((entity) => [
        colourOf(entity), entity.path,
        `half within ${duration(entity.values.wakeup_p50)}, 99 % within ${duration(entity.values.wakeup_p99)}`]));
      return;
    }
    const edge = u.posToVal(left, "x");
    this.figure.write([[null, "within", duration(edge)], ...this.entities().map((entity) => [
      colourOf(entity), entity.path, percent(partWithin(entity, edge))])]);
  }
  refresh() {
    if (this.plot) this.plot.setSize({width: plotWidth(this.figure.panel), height: 240});
  }
  follow() {}
}

/// Which part of an entity's wakeups had a latency of `edge` ns at most.
function partWithin(entity, edge) {
  const {latencyNs, latencyCount} = entity;
  let [low, high] = [0, latencyNs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (latencyNs[middle] <= edge) low = middle + 1; else high = middle;
  }
  return low === 0 ? 0 : latencyCount[low - 1] / latencyCount[latencyCount.length - 1];
}
