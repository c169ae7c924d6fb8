// ---- Tables that can be sorted ----

/// Clicking on a heading sorts: what has no value stays at the end.
function makeSortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const descending = heading.getAttribute("aria-sort") === "ascending";
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const valueOf = (row) => {
        const cell = row.cells[column];
        return cell.dataset.value === undefined ? (cell.tagName === "TH" ? cell.title || cell.textContent : null) : Number(cell.dataset.value);
      };
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => [valueOf(row), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        const order = typeof a === "string" ? a.localeCompare(b, "en", {numeric: true}) : a - b;
        return descending ? -order : order;
      });
      body.append(...rows.map(([, row]) => row));
    });
  });
}

const kEntityColumns = [
  ["weight", "weight", (e) => [e.weight, plainNumber(e.weight)], "claim on CPU time among its siblings"],
  ["share", "share", (e) => metric(e, "share", (v) => percent(v / 1e6)), "CPU time got over the length of the run; 100 % is one CPU"],
  ["service", "service", (e) => metric(e, "service", duration), "CPU time got"],
  ["ideal", "ideal", (e) => metric(e, "ideal", duration), "CPU time that fluid sharing would have given"],
  ["lag_max", "worst lag", (e) => metric(e, "lag_max", duration), "how far it was behind its ideal at the worst"],
  ["lag_min", "largest lead", (e) => metric(e, "lag_min", duration), "how far it was ahead of its ideal, negative"],
  ["starvation", "longest starved", (e) => metric(e, "starvation", duration), "longest stretch runnable without running"],
  ["wakeup_p50", "wakeup p50", (e) => metric(e, "wakeup_p50", duration), "from wakeup to the first run, median"],
  ["wakeup_p99", "p99", (e) => metric(e, "wakeup_p99", duration), "from wakeup to the first run, 99th percentile"],
  ["wakeup_max", "max", (e) => metric(e, "wakeup_max", duration), "from wakeup to the first run, longest"],
  ["response_p99", "response p99", (e) => metric(e, "response_p99", duration), "from wakeup, release or arrival to completion, 99th percentile"],
  ["switches", "switches", (e) => metric(e, "switches", plainNumber), "times it was put on a CPU that another had before"],
  ["preemptions", "preempted", (e) => metric(e, "preemptions", plainNumber, true), "runs that were cut short for another task"],
  ["migrations", "moves", (e) => metric(e, "migrations", plainNumber, true), "runs that began on another CPU than the last one"],
  ["throttled", "throttled", (e) => metric(e, "throttled", duration, true), "time out of quota while it had work"],
  ["dropped", "dropped", (e) => metric(e, "dropped", plainNumber, true), "requests refused by a full queue"],
];

/// The value and its text; nothing if there is none.
function metric(entity, name, text, zeroIsNothing = false) {
  const value = entity.values[name];
  return value === undefined ? null : [value, text(value), zeroIsNothing && value === 0];
}

/// A row per task and group of a run. Columns that say nothing are left out.
function entityTable(run) {
  const columns = kEntityColumns.filter(([, , read]) => run.entities.some((entity) => {
    const value = read(entity);
    return value !== null && !value[2];
  }));
  const head = element("tr", {}, element("th", {scope: "col", "data-key": "entity"}, element("button", {type: "button"}, "task or group")),
    ...columns.map(([key, heading, , meaning]) => element("th", {scope: "col", "data-key": key, title: meaning}, element("button", {type: "button"}, heading))));
  const rows = run.entities.map((entity) => element("tr", {"data-path": entity.path},
    element("th", {scope: "row", title: entity.path}, pathElement(entity.path), entity.isTask ? "" : "/"),
    ...columns.map(([key, , read]) => {
      const value = read(entity);
      return value === null ? element("td", {class: "none"}, "–") : element("td", {"data-key": key, "data-value": value[0]}, value[1]);
    })));
  const table = element("table", {class: "entities"}, element("thead", {}, head), element("tbody", {}, ...rows));
  makeSortable(table);
  return table;
}
