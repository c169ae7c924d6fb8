// ---- The page: choices, theme, print ----

const kNamedAtFirst = 4;

/// Who is shown at first, as long as colours can be told apart: all tasks; of many, the one that starved longest in this
/// run and others that the page speaks of, and then the highest of the tree.
function chosenAtFirst(run) {
  const tasks = run.entities.filter((entity) => entity.isTask);
  if (tasks.length <= kFewEntities) return tasks.map((entity) => entity.path);
  const longest = tasks.filter((entity) => entity.starved).sort((a, b) => b.values.starvation - a.values.starvation)[0];
  const told = [...new Set([longest, ...run.named])].filter(Boolean).slice(0, kNamedAtFirst);
  const top = run.entities.filter((entity) => entity.depth === 1 && !told.includes(entity));
  return [...told, ...top].slice(0, kFewEntities).map((entity) => entity.path);
}

class Page {
  constructor() {
    this.runs = new Runs();
    this.view = new View();
    this.sections = [...document.querySelectorAll("section.workload")];
    this.workload = -1;
    this.row = -1;
    this.root = document.getElementById("charts");
  }

  start() {
    document.querySelectorAll("table.summary").forEach(makeSortable);
    this.setUpTheme();
    if (this.runs.elements.size === 0) return;
    this.buildToolbar();
    this.buildFigures();
    this.setUpWorkloads();
    this.setUpRows();
    this.view.listen((what, source) => this.changed(what, source));
    this.root.hidden = false;
    this.showWorkload(Number(document.querySelector(".lead").dataset.workload || 0));
    addEventListener("resize", () => this.refreshSoon());
    const print = matchMedia("print");
    print.addEventListener("change", () => this.setPrint(print.matches));
    addEventListener("beforeprint", () => this.setPrint(true));
    addEventListener("afterprint", () => this.setPrint(false));
  }

  // Theme

  setUpTheme() {
    const button = document.getElementById("theme");
    const names = ["auto", "light", "dark"];
    let theme = "auto";
    try { theme = localStorage.getItem("sharesim-theme") || "auto"; } catch { /* not allowed from disk */ }
    const apply = () => {
      if (theme === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
      button.textContent = `Theme: ${theme}`;
      if (this.view.run) this.buildAll();
    };
    button.addEventListener("click", () => {
      theme = names[(names.indexOf(theme) + 1) % names.length];
      try { localStorage.setItem("sharesim-theme", theme); } catch { /* then for this time only */ }
      apply();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
    button.hidden = false;
    apply();
  }
  setPrint(prints) {
    if (drawsForPrint === prints) return;
    drawsForPrint = prints;
    this.buildAll();
  }

  // Choices

  setUpWorkloads() {
    const choice = document.getElementById("workload");
    this.sections.forEach((section, i) => choice.append(element("option", {value: i}, section.dataset.name)));
    choice.addEventListener("change", () => this.showWorkload(Number(choice.value)));
    document.getElementById("workload-choice").hidden = this.sections.length < 2;
  }
  setUpRows() {
    for (const section of this.sections) {
      for (const row of section.querySelectorAll("tr[data-charts]")) {
        row.addEventListener("click", () => this.showRow(Number(row.dataset.row)));
      }
    }
  }
  rowsOf(workload) { return [...this.sections[workload].querySelectorAll("tr[data-charts]")]; }

  showWorkload(workload) {
    this.workload = workload;
    document.getElementById("workload").value = workload;
    document.title = `${this.sections[workload].dataset.name} – sharesim report`;
    this.sections.forEach((section, i) => { section.hidden = i !== workload; });
    const rows = this.rowsOf(workload).sort((a, b) => a.dataset.row - b.dataset.row);
    this.schedulers.replaceChildren(...rows.map((row) => element("option", {value: row.dataset.row}, row.cells[0].textContent)));
    this.root.hidden = rows.length === 0;
    if (rows.length === 0) return;
    const first = this.worstRow(workload, rows);
    this.view.visible = new Set(chosenAtFirst(this.runs.get(workload, first)));
    this.showRow(first, false);
  }
  /// What the first sentence speaks of: the run with the longest starvation.
  worstRow(workload, rows) {
    const heads = [...rows[0].closest("table").tHead.rows[0].cells];
    const column = heads.findIndex((cell) => cell.dataset.key === "starvation");
    const starved = (row) => column < 0 ? 0 : Number(row.cells[column].dataset.value || 0);
    return Number(rows.reduce((a, b) => starved(b) > starved(a) ? b : a).dataset.row);
  }
  showRow(row, keepsRange = true) {
    this.row = row;
    for (const other of this.rowsOf(this.workload)) {
      if (Number(other.dataset.row) === row) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
    this.schedulers.value = row;
    this.view.show(this.runs.get(this.workload, row), keepsRange);
  }

  // What steers the charts

  buildToolbar() {
    const button = (text, label, action) => element("button", {type: "button", title: label, "aria-label": label, onclick: action}, text);
    this.schedulers = element("select", {id: "scheduler", onchange: () => this.showRow(Number(this.schedulers.value))});
    this.range = element("span", {class: "range", "aria-live": "polite"});
    this.time = element("span", {class: "cursor-time"});
    this.whole = button("whole run", "Show the whole run (0)", () => this.view.reset());
    const choose = (text, label, paths) => element("button", {
      type: "button", class: "text-button", title: label, onclick: () => this.view.setVisible(paths())}, text);
    this.choices = element("span", {class: "zoom"},
      choose("all", "Show all tasks and groups", () => this.view.run.entities.map((entity) => entity.path)),
      choose("none", "Show no task and no group", () => []));
    this.chips = element("div", {class: "chips", role: "group", "aria-label": "Tasks and groups that are shown"});
    this.about = element("p", {class: "how"});
    this.heading = element("h2", {id: "charts-heading"});
    this.left = element("p", {class: "how", id: "left-out"});
    this.root.append(this.heading, this.about, this.left, element("div", {class: "toolbar"},
      element("div", {class: "toolbar-row"},
        element("label", {}, "Scheduler ", this.schedulers),
        element("span", {class: "zoom"},
          button("−", "Zoom out (−)", () => this.view.zoom(0.5)), button("+", "Zoom in (+)", () => this.view.zoom(2)),
          button("←", "Earlier (Shift and ←)", () => this.view.pan(-0.25)), button("→", "Later (Shift and →)", () => this.view.pan(0.25)),
          this.whole),
        this.range, this.choices, this.time),
      this.chips));
  }
  buildChips() {
    const {run} = this.view;
    this.choices.hidden = run.entities.length < 2;
    const chips = (run.entities.length > kFewEntities ? run.ranked : run.entities).map((entity) => element("button", {
      type: "button", class: entity.isTask ? "chip" : "chip group", "data-path": entity.path, title: `${entity.path}, weight ${entity.weight}`,
      "aria-pressed": String(this.view.isVisible(entity)), style: `--own:${colourOf(entity)}`,
      onclick: () => this.view.toggle(entity.path),
      ondblclick: () => this.view.setVisible([entity.path]),
    }, element("i"), element("b", {}, pathElement(entity.path, 34))));
    const scrolled = this.chips.scrollTop;
    const focused = document.activeElement && document.activeElement.dataset.path;
    this.chips.replaceChildren(...chips);
    this.chips.scrollTop = scrolled;
    if (focused !== undefined) chips.find((chip) => chip.dataset.path === focused)?.focus();
  }

  // Charts

  buildFigures() {
    const figure = (id, title, how) => new Figure(this.root, id, title, how);
    const {view} = this;
    this.charts = [
      cumulativePlot(figure("cumulative", "CPU time so far",
        "Each task's CPU time (solid) beside what perfectly fair sharing would have given it (dashed). Where the lines part, somebody gets less than its due."), view),
      sharePlot(figure("share", "Share over time", "How much of a CPU each one gets."), view),
      lagPlot(figure("lag", "Lag", "How far each one is behind the ideal: above 0 it is owed CPU time, below it has had more than its share."), view),
      new Gantt(figure("gantt", "Who runs when",
        "A lane per CPU. Zoomed out, the colours of a column say which part of its time each task had; zoomed in, every run is a bar."), view),
      starvationPlot(figure("starvation", "Starvation", "How long each task has been ready to run without running. A ramp that climbs is a task that starves."), view),
      new StatePlot(figure("state", "What the scheduler goes by",
        "The number that the scheduler itself keeps for each task, and chooses by: credit, a tag in virtual time, a quota."), view),
      new ThrottleLanes(figure("throttle", "Throttling", "When caps held somebody back who wanted to run; the height is the part of the time."), view),
      new LatencyPlot(figure("latency", "Wakeup latency",
        "Which part of the wakeups (and starts) were followed by a run within that time. Higher and further left is better; the time is logarithmic."), view),
    ];
    this.table = element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Tasks and groups"});
    this.tableNote = element("p", {class: "note"});
    this.root.append(element("section", {class: "chart", id: "entities"}, element("header", {}, element("h3", {}, "Tasks and groups")), this.table, this.tableNote), guide());
  }
  changed(what, source) {
    if (what === "run" || what === "entities") this.buildAll();
    if (what === "range") this.refreshSoon();
    if (what === "run" || what === "range") this.showRange();
    if (what === "cursor" || what === "run") this.showCursor(source);
  }
  buildAll() {
    const {run} = this.view;
    forgetStyleColours();
    this.heading.textContent = `Under ${run.about.scheduler}`;
    const {scheduler, in_force} = run.about;
    this.about.textContent = `${run.about.summary.replace(/^./, (c) => c.toUpperCase())} (${run.about.paper}).` +
      (in_force === scheduler ? "" : ` The workload sets it up: ${in_force}.`) +
      (run.about.complete ? "" : " The run was interrupted: what is shown is incomplete.");
    this.buildChips();
    for (const chart of this.charts) chart.build();
    this.noteGantt();
    this.table.replaceChildren(entityTable(run));
    this.left.textContent = this.leftOut();
    this.left.hidden = this.left.textContent === "";
    this.tableNote.textContent = this.left.hidden ? "" : "All others are in summary.json.";
  }
  noteGantt() {
    const {about, lanes} = this.view.run;
    const parts = [];
    if (!about.fluid && about.resolution_ns > 0) {
      parts.push(`Of ${plainNumber(about.runs)} runs, those shorter than ${duration(about.resolution_ns)} are put together with ` +
        "their neighbours; who had how much of such a stretch is kept for the four who had most.");
    } else if (!about.fluid && about.runs > 0) {
      parts.push("All runs are exact; what one task ran without a break is one bar.");
    }
    if (about.cpus > lanes.length) parts.push(`Only the first ${lanes.length} of ${about.cpus} CPUs are shown.`);
    this.charts[3].figure.note.textContent = parts.join(" ");
  }
  leftOut() {
    const {about, entities} = this.view.run;
    const all = about.tasks + about.groups;
    if (all <= entities.length) return "";
    return `Charts and names below are of ${entities.length} of the ${all} tasks and groups; ${all - entities.length} are left out. ` +
      "Always here are those that starved longest, fell furthest behind, or waited longest for a CPU or a response, under any " +
      "of the schedulers, those that an expectation failed for, and who ran while another starved; the rest are the highest in the tree.";
  }
  showRange() {
    const {view} = this;
    const step = (view.to - view.from) / 1000;
    this.range.textContent = view.isWhole ? `0 to ${instant(view.to, step)}` : `${instant(view.from, step)} to ${instant(view.to, step)}`;
    this.whole.disabled = view.isWhole;
  }
  showCursor(source) {
    const {view} = this;
    this.time.textContent = view.cursor === null ? "" : `at ${instant(view.cursor, (view.to - view.from) / 2000)}`;
    for (const chart of this.charts) chart.follow(source);
  }
  refreshSoon() {
    if (this.waits) return;
    this.waits = requestAnimationFrame(() => {
      this.waits = 0;
      forgetStyleColours();
      for (const chart of this.charts) chart.refresh();
      for (const chart of this.charts) chart.follow();
    });
  }
}

function guide() {
  const entry = (word, meaning) => [element("dt", {}, word), element("dd", {}, meaning)];
  const key = (name) => element("kbd", {}, name);
  return element("details", {class: "guide"}, element("summary", {}, "How to read and use this page"),
    element("p", {}, "Drag over a chart to zoom in on a stretch of time, double-click to see the whole run again; all charts follow. ",
      "Shift and drag, or Shift and the wheel, moves along; Ctrl and the wheel zooms. With the keyboard: ", key("Tab"), " to a chart, ",
      key("+"), " ", key("−"), " ", key("0"), " zoom, ", key("←"), " ", key("→"), " move the cursor, with ", key("Shift"), " the stretch. ",
      "A click on a name shows or hides it, a double click shows it alone. A click on a row of the first table shows that scheduler."),
    element("dl", {},
      ...entry("ideal", "What perfectly fair (fluid) sharing would give: all who want to run do so at once, each in proportion to its weight; what one leaves, the others share."),
      ...entry("lag", "Ideal minus what was got. Positive: it is owed CPU time."),
      ...entry("starvation", "Ready to run and not running, the whole time. Time held back by a cap does not count."),
      ...entry("wakeup latency", "From waking up (or starting) to the first run."),
      ...entry("throttled", "Out of quota while it had work to do."),
      ...entry("Jain index", "1 if all got the same part of their ideal; 1/n if one of n got everything.")));
}

function start() {
  const page = new Page();
  page.start();
  // For whoever wants to look closer, from the browser's console.
  window.sharesimReport = page;
}
