// Does report.html do in a real browser what it is for? Opened from disk, with every request, console message and
// error of the page a failure.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeBrowser, json, openBrowser, openReport, panel, pixelsOf, sharesim } from "./harness.mjs";

const kTimeCharts = ["cumulative", "share", "lag", "gantt", "starvation", "state"];

// A group with a cap, a task that sleeps, and two that always run.
const kMixed = `# Who waits for whom?
name: mixed
duration: 4s
record: {tick: 1ms}
groups:
  - name: web
    cap: {quota: 20ms, period: 100ms}
    tasks: [{name: worker, count: 2}]
tasks:
  - {name: hog, weight: 300}
  - {name: sleeper, do: [{run: 2ms}, {sleep: {exponential: 9ms}}]}
`;

let mixed;
before(async () => {
  mixed = sharesim("mixed", ["compare", "-s", "rr,sfq,credit"], kMixed);
  await openBrowser();
});
after(closeBrowser);

// 85 tasks and groups, more than a report has room for.
const kMany = readFileSync(join(process.env.SHARESIM_SOURCE, "tests/support/report/many.yaml"), "utf8");

// Every number of the first table is the one of summary.json, by the column's key; the worst lag is that of the worst
// task.
test("the summary table equals summary.json", async () => {
  const page = await openReport(mixed);
  const table = await page.$$eval("#workload-0 tr[data-charts]", (rows) => rows.map((row) => {
    const keys = [...row.closest("table").tHead.rows[0].cells].map((cell) => cell.dataset.key);
    return Object.fromEntries([...row.cells].map((cell, i) => [keys[i], cell.dataset.value ?? cell.textContent]));
  }));
  assert.equal(table.length, 3);
  for (const row of table) {
    const summary = json(mixed, "mixed", row.scheduler, "summary.json");
    const { machine, tasks } = summary;
    assert.equal(Number(row.jain), Math.round(machine.jain * 1e6));
    assert.equal(Number(row.lag_max), Math.max(...tasks.map((task) => task.lag_max_ns)));
    assert.equal(Number(row.starvation), machine.starvation.length_ns);
    for (const key of ["wakeup_p99", "wakeup_max", "response_p99", "relative_fairness", "idle", "wasted_idle"]) {
      assert.equal(Number(row[key]), machine[`${key}_ns`], `${key} under ${row.scheduler}`);
    }
    assert.equal(Number(row.switches), machine.switches);
  }
  await page.done();
});

test("the table of tasks equals summary.json, under each scheduler", async () => {
  const page = await openReport(mixed);
  for (const [row, scheduler] of [[1, "rr"], [2, "sfq"], [3, "credit"]]) {
    await page.selectOption("#scheduler", String(row));
    const summary = json(mixed, "mixed", scheduler, "summary.json");
    const shown = await page.$$eval("table.entities tbody tr", (rows) => rows.map((tr) => ({
      path: tr.dataset.path,
      values: Object.fromEntries([...tr.querySelectorAll("td[data-key]")].map((td) => [td.dataset.key, Number(td.dataset.value)])),
    })));
    assert.equal(shown.length, 5);
    for (const { path, values } of shown) {
      const measured = [...summary.tasks, ...summary.groups].find((entity) => entity.path === path);
      for (const key of ["service", "ideal", "lag_max", "lag_min", "wakeup_p99", "throttled"]) {
        if (values[key] !== undefined) assert.equal(values[key], measured[`${key}_ns`], `${key} of ${path}`);
      }
      assert.equal(values.starvation, measured.starvation.length_ns);
      assert.equal(values.share, Math.round(measured.share * 1e6));
    }
  }
  await page.done();
});

// The first sentence speaks of the longest starvation of all, and the charts open with that run.
test("the page opens with the answer", async () => {
  const page = await openReport(mixed);
  const longest = ["rr", "sfq", "credit"].map((name) => [name, json(mixed, "mixed", name, "summary.json").machine.starvation])
    .reduce((a, b) => b[1].length_ns > a[1].length_ns ? b : a);
  const lead = await page.textContent(".lead");
  assert.match(lead, /^The longest starvation was /);
  assert.ok(lead.includes(`${longest[1].victim} under ${longest[0]}`), lead);
  assert.equal(await page.$eval("#scheduler", (select) => select.selectedOptions[0].textContent), longest[0]);
  await page.done();
});

// Of 85 tasks and groups 64 are shown. The page opens with the run of the longest starvation, which is not the first of the
// table, and the one that starved in it is shown, first of all and in a colour that nobody else of those has; the page says
// how many are left out. Under the other scheduler it is the same colour, and whom that one starved longest is a click away.
test("among many those are shown that the page speaks of", async () => {
  const out = sharesim("many", ["compare", "-s", "rr,sfq"], kMany);
  const page = await openReport(out);
  const shown = () => page.$$eval('.chip[aria-pressed="true"]', (chips) => chips.map((chip) =>
    [chip.dataset.path, chip.style.getPropertyValue("--own")]));
  const victim = (name) => json(out, "many", name, "summary.json").machine.starvation.victim;
  assert.equal(await page.textContent("#charts-heading"), "Under sfq");
  const first = await shown();
  assert.equal(first.length, 8);
  assert.equal(first[0][0], victim("sfq"));
  assert.ok(first.some(([path]) => path === victim("rr")));
  assert.equal(new Set(first.map(([, colour]) => colour)).size, 8);
  assert.match(await page.textContent("#left-out"), /of 64 of the 85 tasks and groups; 21 are left out\. Always here are those that starved longest/);
  assert.equal(await page.locator(".chip").count(), 64);
  assert.ok(await pixelsOf(page, "#starvation canvas", `.chip[data-path="${victim("sfq")}"]`) > 100);
  await page.selectOption("#scheduler", "1");
  assert.deepEqual(await shown(), first);
  await page.done();
});

// Its own worst run, wherever it stands: with the schedulers the other way round the page opens with the same one.
test("the page opens with the longest starvation, whatever the order", async () => {
  for (const [name, list] of [["one", "sfq,rr,gps"], ["two", "gps,rr,sfq"]]) {
    const page = await openReport(sharesim(`order-${name}`, ["compare", "-s", list], kMany.replace("count: 80", "count: 3")));
    assert.equal(await page.textContent("#charts-heading"), "Under sfq");
    assert.equal(await page.textContent("tr[aria-current] th"), "sfq");
    assert.ok(await page.isHidden("#left-out"));
    await page.done();
  }
});

// rr gives one of three tasks each ms: over a window of 40 ms (a hundredth of 4 s) each has a third of it, to within a slice
// (1/40). A window that begins with the run would say 100 % of whoever came first.
test("the share chart begins without a spike", async () => {
  const page = await openReport(sharesim("spike", ["run", "-s", "rr"], "name: spike\nduration: 4s\nrecord: {tick: 1ms}\n" +
    "tasks: [{name: one}, {name: two}, {name: three}]\n"));
  const lines = await page.evaluate(() => sharesimReport.charts[1].plot.data.slice(1));
  assert.equal(lines.length, 6);
  for (const line of lines) {
    for (const share of line) assert.ok(Math.abs(share - 1 / 3) < 1 / 39, `a share of ${share}`);
  }
  await page.done();
});

// Under fifo the first of three tasks has the CPU to the end: the others have no wakeup latency that could be drawn, though
// they wait all the time. Their wait of 1 s is larger than the 0 of the one that ran, so 0 is a bound.
test("who woke up and never ran is not passed over", async () => {
  const page = await openReport(sharesim("fifo", ["compare", "-s", "fifo,rr"], "name: fifo\nduration: 1s\n" +
    "tasks: [{name: one}, {name: two}, {name: three}]\n"));
  assert.equal(await page.textContent("#charts-heading"), "Under fifo");
  assert.equal(await page.textContent("#latency .empty"), "All others of these ran at once when they woke up or started.");
  const waited = "1.00\u202fs";
  assert.equal(await page.textContent("#latency .note"),
    `Not in it, because they woke up or started and never ran, up to the end: /two (${waited}), /three (${waited}).`);
  const row = await page.$eval("#workload-0 tr[data-charts]", (tr) => {
    const keys = [...tr.closest("table").tHead.rows[0].cells].map((cell) => cell.dataset.key);
    const cell = tr.cells[keys.indexOf("wakeup_p99")];
    return [cell.textContent, cell.className];
  });
  assert.deepEqual(row, ["≥0", ""]);
  assert.match(await page.textContent(".bounds"), /a wakeup latency is larger than what is shown where a task woke up and never ran/);
  await page.done();
});

test("a heading sorts, and again the other way round", async () => {
  const page = await openReport(mixed);
  const values = () => page.$$eval("#workload-0 tr[data-charts]", (rows) => rows.map((row) => Number(row.cells[3].dataset.value)));
  const heading = page.locator("#workload-0 th[data-key=starvation]");
  await heading.locator("button").click();
  const up = await values();
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  assert.equal(await heading.getAttribute("aria-sort"), "ascending");
  await heading.locator("button").click();
  assert.deepEqual(await values(), [...up].reverse());
  await page.done();
});

// The task's colour leaves the canvas; with it go its line and the line of its ideal.
test("a click on a name hides it in all charts, and shows it again", async () => {
  const page = await openReport(mixed);
  const chip = '.chip[data-path="/hog"]';
  const canvas = "#lag canvas";
  const before = await panel(page, "cumulative");
  assert.ok(await pixelsOf(page, canvas, chip) > 100);
  assert.ok(await pixelsOf(page, "#gantt canvas", chip) > 100);
  await page.click(chip);
  assert.equal(await page.getAttribute(chip, "aria-pressed"), "false");
  assert.equal(await pixelsOf(page, canvas, chip), 0);
  assert.equal(await pixelsOf(page, "#gantt canvas", chip), 0);
  const hidden = await panel(page, "cumulative");
  assert.equal(hidden.series, before.series - 1);
  assert.equal(hidden.lines, before.lines - 2);
  await page.click(chip);
  assert.equal((await panel(page, "cumulative")).series, before.series);
  assert.ok(await pixelsOf(page, canvas, chip) > 100);
  await page.click('text="none"');
  assert.equal(await page.textContent("#lag .empty"), "No task is chosen. Click on one above.");
  await page.done();
});

/// Drags over a chart, from one part of its plot's width to another.
async function drag(page, selector, from, to) {
  const target = page.locator(selector).first();
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * (from + to) / 2, y, { steps: 3 });
  await page.mouse.move(box.x + box.width * to, y, { steps: 3 });
  await page.mouse.up();
  await page.waitForFunction(() => !sharesimReport.waits);
}

// The run is 4 s long: a drag from a quarter to a half of the width leaves 1 s to 2 s, to a pixel or two (4 ms each).
test("a drag over a chart zooms all of them; a double click shows all again", async () => {
  const page = await openReport(mixed);
  await drag(page, "#share .u-over", 0.25, 0.5);
  const zoomed = await panel(page, "share");
  assert.ok(Math.abs(zoomed.from - 1e9) < 2e7 && Math.abs(zoomed.to - 2e9) < 2e7, JSON.stringify(zoomed));
  for (const id of kTimeCharts) {
    const { from, to } = await panel(page, id);
    assert.deepEqual([from, to], [zoomed.from, zoomed.to], id);
  }
  const [low, high] = await page.evaluate(() => {
    const { min, max } = sharesimReport.charts[0].plot.scales.x;
    return [min, max];
  });
  assert.ok(Math.abs(low - zoomed.from / 1e9) < 1e-6 && Math.abs(high - zoomed.to / 1e9) < 1e-6);
  assert.match(await page.textContent(".range"), /^[01]\.\d+\Ws to [12]\.\d+\Ws$/);
  await page.dblclick("#share .u-over");
  await page.waitForFunction(() => !sharesimReport.waits);
  const whole = await panel(page, "lag");
  assert.deepEqual([whole.from, whole.to], [0, 4e9]);
  await page.done();
});

test("the picture of the runs zooms, pans, and says who ran", async () => {
  const page = await openReport(mixed);
  await drag(page, "#gantt canvas", 0.4, 0.6);
  const zoomed = await panel(page, "gantt");
  assert.ok(zoomed.to - zoomed.from < 1.1e9 && zoomed.from > 1e9);
  await page.keyboard.down("Shift");
  await drag(page, "#gantt canvas", 0.6, 0.4);
  await page.keyboard.up("Shift");
  const panned = await panel(page, "gantt");
  assert.ok(panned.from > zoomed.from);
  assert.ok(Math.abs((panned.to - panned.from) - (zoomed.to - zoomed.from)) < 1e3);
  await page.hover("#gantt canvas", { position: { x: 500, y: 15 } });
  assert.match(await page.textContent("#gantt .readout"), /CPU 0: \/(web\/worker\.[01]|hog|sleeper)/);
  await page.done();
});

// The cursor of one chart is at the same time in all others.
test("the cursors are linked", async () => {
  const page = await openReport(mixed);
  await page.hover("#cumulative .u-over", { position: { x: 400, y: 60 } });
  const instants = await page.$$eval(".chart .readout span:first-child b", (found) => found.map((b) => b.textContent));
  assert.ok(instants.length >= 6);
  for (const id of kTimeCharts) {
    const text = await page.textContent(`#${id} .readout span:first-child`);
    assert.equal(text, `at ${instants[0]}`, id);
  }
  const lines = await page.$$eval("#share .u-cursor-x, #lag .u-cursor-x, #gantt .u-cursor-x",
    (found) => found.map((line) => Math.round(line.getBoundingClientRect().left)));
  assert.equal(lines.length, 3);
  assert.ok(Math.max(...lines) - Math.min(...lines) <= 2, `cursors stand at ${lines}`);
  await page.done();
});

test("everything can be done with the keyboard", async () => {
  const page = await openReport(mixed);
  await page.focus("#lag .panel");
  await page.keyboard.press("+");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => !sharesimReport.waits);
  const { from, to } = await panel(page, "lag");
  assert.deepEqual([from, to], [1.2e9, 3.2e9]);
  assert.match(await page.textContent("#lag .readout"), /^at 2\.\d+/);
  await page.keyboard.press("0");
  await page.waitForFunction(() => !sharesimReport.waits);
  assert.equal((await panel(page, "lag")).to, 4e9);
  await page.focus('.chip[data-path="/hog"]');
  await page.keyboard.press("Space");
  assert.equal(await page.getAttribute('.chip[data-path="/hog"]', "aria-pressed"), "false");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.path), "/hog");
  // Nothing that can be reached lacks a name.
  const nameless = await page.$$eval("button, select, [tabindex='0']", (found) => found.filter((one) =>
    one.offsetParent && !one.textContent.trim() && !one.getAttribute("aria-label") && !one.labels?.length).length);
  assert.equal(nameless, 0);
  await page.done();
});

test("light and dark: as the system has it, or as chosen", async () => {
  const page = await openReport(mixed, { colorScheme: "dark" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const own = () => page.$eval(".chip", (chip) => chip.style.getPropertyValue("--own"));
  assert.equal(await paper(), "rgb(20, 23, 27)");
  const dark = await own();
  await page.click("#theme");
  assert.equal(await page.textContent("#theme"), "Theme: light");
  assert.equal(await paper(), "rgb(251, 250, 247)");
  assert.notEqual(await own(), dark);
  await page.click("#theme");
  assert.equal(await paper(), "rgb(20, 23, 27)");
  assert.equal(await own(), dark);
  await page.done();
});

// On paper: light whatever the screen is, no buttons, charts as wide as the sheet.
test("it can be printed", async () => {
  const page = await openReport(mixed, { colorScheme: "dark" });
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 688, height: 970 });  // A4 without its margins
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  assert.equal(await page.isVisible("#theme"), false);
  assert.equal(await page.isVisible(".zoom"), false);
  const widths = await page.$$eval(".panel .uplot, .panel canvas.own", (found) => found.map((one) => one.getBoundingClientRect().width));
  assert.ok(widths.length >= 6 && Math.max(...widths) <= 688, `widths ${widths}`);
  // As wide as the panel, however wide a table makes the sheet.
  const bare = await page.$$eval(".panel.drawn", (panels) => panels.map((one) =>
    one.clientWidth - one.querySelector("canvas").getBoundingClientRect().width));
  assert.ok(bare.length >= 6 && Math.max(...bare) <= 20, `room beside the charts: ${bare}`);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await page.emulateMedia({ media: "screen" });
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.ok((await page.$eval("#lag .uplot", (one) => one.getBoundingClientRect().width)) > 1000);
  await page.done();
});

// A workload's comment is free text; its names are letters and digits. So the names are put into the page afterwards, as
// sharesim writes them (the unit tests of the page hold it to that).
test("text from a hostile workload is shown, not run", async () => {
  const out = sharesim("hostile", ["compare", "-s", "rr,sfq"],
    "# <img src=x onerror=alert(2)></p></script><script>alert(3)</script>\nname: plain\nduration: 100ms\n" +
    "tasks: [{name: zebra}, {name: other}]\n");
  const evil = "</script><img src=x onerror=a()>";
  const file = join(out, "report.html");
  const html = readFileSync(file, "utf8").replaceAll(/(<script[^>]*class="run"[^]*?<\/script>)|zebra/g,
    (all, data) => data ? data.replaceAll("zebra", evil.replaceAll("<", "\\u003c")) : evil.replaceAll("<", "&lt;"));
  writeFileSync(file, html);
  const page = await openReport(out);
  assert.ok((await page.textContent(".question")).includes("<img src=x onerror=alert(2)></p></script><script>alert(3)"));
  assert.deepEqual(await page.$$eval(".chip b", (found) => found.map((b) => b.textContent)), [`/${evil}`, "/other"]);
  assert.equal(await page.$eval("table.entities tbody th", (cell) => cell.textContent), `/${evil}`);
  assert.ok((await page.textContent(".lead")).includes(evil));
  await page.hover("#cumulative .u-over");
  await page.hover("#gantt canvas");
  assert.ok((await page.textContent("#cumulative .readout")).includes(evil));
  assert.equal(await page.locator("img").count(), 0);
  await page.done();
});

// Long paths are cut in their middle, so that those of one group still differ; the whole path is shown when one points at it.
// Text that is written from right to left leaves the numbers beside it where they are.
test("long names, and names of other scripts", async () => {
  const long = (name) => name + "n".repeat(60 - name.length);
  const out = sharesim("long", ["run", "-s", "rr"], `name: ${long("long")}\nduration: 100ms\ngroups:\n` +
    `  - {name: ${long("a")}, tasks: [{name: ${long("worker")}, count: 2}]}\n` +
    `  - {name: ${long("b")}, tasks: [{name: ${long("worker")}, count: 2}]}\ntasks: [{name: zebra}]\n`);
  const file = join(out, "report.html");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll("zebra", "\u0639\u0627\u0645\u0644"));
  for (const width of [1280, 360]) {
    const page = await openReport(out, { viewport: { width, height: 800 } });
    for (const names of [".chip bdi", "table.entities tbody bdi", "#cumulative .readout bdi[title]"]) {
      const shown = await page.$$eval(names, (found) => found.map((name) => [name.textContent, name.closest("[title]")?.title]));
      assert.ok(shown.length >= 4);
      assert.equal(new Set(shown.map(([text]) => text)).size, shown.length, names);
      for (const [text, title] of shown) assert.ok([...text].length <= 48 && title.length >= text.length, text);
    }
    // Nothing makes the page wider than the screen.
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    const [name, value] = await page.$$eval("#cumulative .readout span", (found) => {
      const span = found.find((one) => one.textContent.includes("\u0639"));
      return [span.querySelector("bdi"), span.querySelector("b")].map((one) => one.getBoundingClientRect().left);
    });
    assert.ok(name < value);
    // What steers the charts does not stand in the way on a small screen.
    assert.equal(await page.$eval(".toolbar", (bar) => getComputedStyle(bar).position), width === 360 ? "static" : "sticky");
    await page.done();
  }
});

// 64 CPUs: eight are read below the picture, and the reader is told how to read the others.
test("of many CPUs the one that is pointed at is read", async () => {
  const page = await openReport(sharesim("wide", ["run", "-s", "sfq"],
    "name: wide\nduration: 100ms\nmachine: {cpus: 64}\ntasks: [{name: hog, count: 70}]\n"));
  assert.match(await page.textContent("#gantt .readout"), /CPU 7: .*56 more CPUs: point at a lane to read it$/);
  await page.hover("#gantt canvas", { position: { x: 500, y: 4 + 9 * 40 + 3 } });
  assert.match(await page.textContent("#gantt .readout"), /CPU 40: /);
  await page.done();
});

test("without JavaScript the answer and the table are there", async () => {
  const page = await openReport(mixed, { javaScriptEnabled: false });
  assert.ok(await page.isVisible(".lead"));
  assert.ok(await page.isVisible("noscript .notice"));
  assert.equal(await page.locator("#workload-0 tbody tr").count(), 4);
  assert.ok(await page.isHidden("#charts"));
  await page.done();
});

// Each chart that has nothing to show says why.
test("empty charts say why", async () => {
  const out = sharesim("empty", ["compare", "-s", "gps,rr"], "name: alone\nduration: 1s\ntasks: [{name: only}]\n");
  const page = await openReport(out);
  await page.selectOption("#scheduler", "1");
  assert.equal(await page.textContent("#throttle .empty"), "Nothing was held back by a cap in this run.");
  assert.equal(await page.textContent("#starvation .empty"), "No task ever waited for a CPU.");
  assert.match(await page.textContent("#latency .empty"), /no wakeup latency at all/);
  assert.match(await page.textContent("#lag .empty"), /^\/only was given the ideal: at the end of every tick of [\d.]+\Wms the lag is 0\.$/);
  await page.selectOption("#scheduler", "0");
  assert.match(await page.textContent("#gantt .empty"), /fluid ideal serves all tasks at once/);
  assert.match(await page.textContent("#lag .empty"), /ideal itself/);
  await page.done();
});

test("several workloads: each is a choice", async () => {
  const root = process.env.SHARESIM_SOURCE;
  const out = sharesim("several", ["compare", join(root, "workloads/unused-share.yaml"),
    join(root, "workloads/nested-groups.yaml"), join(root, "workloads/throttled-service.yaml"), "-s", "sfq,hardcap"]);
  const page = await openReport(out);
  assert.ok(await page.isVisible("#ranking"));
  for (let i = 0; i < 3; ++i) {
    await page.selectOption("#workload", String(i));
    assert.ok(await page.isVisible(`#workload-${i}`));
    assert.equal(await page.locator("section.workload:visible").count(), 1);
    await page.click(`#workload-${i} tr[data-charts] >> nth=1`);
    assert.equal(await page.textContent("#charts-heading"), "Under hardcap");
  }
  assert.ok((await panel(page, "throttle")).from === 0);
  await page.done();
});

// 100,000 ticks of 20 tasks on 4 CPUs, 400,000 runs. Whatever is looked at, no line has more than two points for each of
// its pixels, and a lag that the bins hold is still in what is drawn.
test("100,000 ticks of 20 tasks are drawn with few points, and no spike is lost", async () => {
  const tasks = Array.from({ length: 20 }, (_, i) =>
    `  - {name: t${i}, weight: ${100 + 20 * i}, do: [{run: {exponential: 3ms}}, {sleep: {exponential: ${2 + i}ms}}]}`);
  const out = sharesim("big", ["run", "-s", "sfq"],
    `name: big\nduration: 100s\nrecord: {tick: 1ms}\nmachine: {cpus: 4}\ntasks:\n${tasks.join("\n")}\n`);
  const page = await openReport(out);
  await page.click('text="all"');
  assert.equal((await panel(page, "cumulative")).series, 20);
  const pixels = await page.$eval("#lag .u-over", (over) => over.clientWidth);
  for (let zoom = 0; zoom < 3; ++zoom) {
    for (const id of ["cumulative", "share", "lag", "starvation"]) {
      const { points } = await panel(page, id);
      assert.ok(points > 10 && points <= 2 * pixels + 8, `${id}: ${points} points on ${pixels} pixels`);
    }
    await page.focus("#lag .panel");
    await page.keyboard.press("+");
    await page.waitForFunction(() => !sharesimReport.waits);
  }
  await page.keyboard.press("0");
  await page.waitForFunction(() => !sharesimReport.waits);
  const [drawn, held] = await page.evaluate(() => {
    const { plot } = sharesimReport.charts[2];
    const lines = plot.data.slice(1).map((line) => Math.max(...line));
    return [lines, sharesimReport.view.run.entities.map((entity) => Math.max(...entity.lagMax))];
  });
  assert.deepEqual(drawn, held);
  const longest = json(out, "summary.json").machine.starvation.length_ns;
  assert.equal(await page.evaluate(() => Math.max(...sharesimReport.charts[4].plot.data.slice(1).map((line) => Math.max(...line)))), longest);
  await page.done();
});
