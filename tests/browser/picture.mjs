// The pictures of the report in the README: node picture.mjs FOLDER, with SHARESIM_BINARY and SHARESIM_CHROMIUM
// set (run.sh). FOLDER gets report.png: the answer and the table above, and how the longest starvation came about.

import { join } from "node:path";
import { closeBrowser, openBrowser, openReport, sharesim } from "./harness.mjs";

const out = sharesim("picture", ["compare", join(process.env.SHARESIM_SOURCE, "workloads/saved-credits.yaml"),
  "-s", "rr,sfq,hardcap,credit"]);
await openBrowser();
const page = await openReport(out, { viewport: { width: 940, height: 900 } });
// What is left tells the story without scrolling.
await page.addStyleTag({ content: `
  .top-controls, .toolbar, .question, .findings, #cumulative, #share, #lag, .how, .note, #charts-heading { display: none; }
  h1 { margin-top: 0; } .chart { margin-top: 0.7rem; } .scroll { margin-top: 0.7rem; }` });
await page.evaluate(() => {
  sharesimReport.view.setRange(9e9, 15e9);
  sharesimReport.view.point(11.2e9);
});
await page.waitForFunction(() => !sharesimReport.waits);
const end = await page.$eval("#starvation .panel", (panel) => panel.getBoundingClientRect().bottom + scrollY + 10);
await page.screenshot({ path: join(process.argv[2], "report.png"), fullPage: true, clip: { x: 0, y: 0, width: 940, height: end } });
await page.done();
await closeBrowser();
