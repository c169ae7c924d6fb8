// What all browser tests share: Chromium, a page that is watched, and runs to look at.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const kArguments = [
  // CI runs as root; and nothing of a browser's own housekeeping is to reach for the network.
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const folder = mkdtempSync(join(tmpdir(), "sharesim-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/// Runs sharesim and returns the folder that it wrote.
export function sharesim(name, words, workload) {
  const out = join(folder, name);
  const files = workload === undefined ? [] : [join(folder, `${name}.yaml`)];
  if (files.length > 0) writeFileSync(files[0], workload);
  execFileSync(process.env.SHARESIM_BINARY, [words[0], ...files, ...words.slice(1), "-o", out, "--quiet"],
    { stdio: ["ignore", "ignore", "inherit"] });
  return out;
}

export function json(...parts) {
  return JSON.parse(readFileSync(join(...parts), "utf8"));
}

let browser;
export async function openBrowser() {
  browser = await chromium.launch({ executablePath: process.env.SHARESIM_CHROMIUM, args: kArguments });
}
export async function closeBrowser() {
  await browser?.close();
}

/// Opens the report in `out` from disk. Whatever the page says on the console, throws, or asks the network for
/// makes done() fail.
export async function openReport(out, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(join(out, "report.html")).href;
  const complaints = [];
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("#charts:not([hidden])");
  page.done = async () => {
    assert.deepEqual(complaints, []);
    await context.close();
  };
  return page;
}

/// What a panel says of itself, as numbers where it is numbers.
export function panel(page, id) {
  return page.$eval(`#${id} .panel`, (element) => Object.fromEntries(
    Object.entries(element.dataset).map(([key, value]) => [key, Number(value)])));
}

/// Pixels of a canvas that have, within a little, the colour of an element's --own.
export function pixelsOf(page, canvas, chip) {
  return page.evaluate(([canvasSelector, chipSelector]) => {
    const text = document.querySelector(chipSelector).style.getPropertyValue("--own");
    const colour = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    const element = document.querySelector(canvasSelector);
    const copy = Object.assign(document.createElement("canvas"), { width: element.width, height: element.height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(element, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200 && colour.every((value, k) => Math.abs(data[i + k] - value) < 12)) ++count;
    }
    return count;
  }, [canvas, chip]);
}
