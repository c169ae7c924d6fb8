// ---- Numbers and elements for human readers ----

const kUnits = [[1, "ns"], [1e3, "µs"], [1e6, "ms"], [1e9, "s"]];

/// Three significant digits: 1.23, 12.3, 123.
function threeDigits(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/// "1.23 ms" from ns; 0 has no unit.
function duration(ns) {
  if (ns === 0) return "0";
  let [size, unit] = kUnits[0];
  for (const [s, u] of kUnits) if (Math.abs(ns) >= 0.9995 * s) [size, unit] = [s, u];
  if (size === 1) return Math.round(ns) + "\u202fns";
  return threeDigits(ns / size).replace("-", "−") + "\u202f" + unit;
}

/// An instant, exact to `step` ns: "11.204 s".
function instant(ns, step) {
  if (ns === 0) return "0\u202fs";
  const digits = Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(Math.max(step, 1)))));
  return (ns / 1e9).toFixed(digits) + "\u202fs";
}

/// Labels for the marks of an axis in ns: all in one unit, with as many digits as tell them apart.
function durationLabels(marks) {
  const most = Math.max(...marks.map(Math.abs), 1);
  let [size, unit] = kUnits[0];
  for (const [s, u] of kUnits) if (most >= s) [size, unit] = [s, u];
  const step = marks.length > 1 ? (marks[1] - marks[0]) / size : 1;
  let digits = 0;
  while (digits < 6 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) ++digits;
  return marks.map((mark) => mark === 0 ? "0" : (mark / size).toFixed(digits).replace("-", "−") + "\u202f" + unit);
}

function percent(part) {
  return threeDigits(part * 100) + "\u202f%";
}

/// "×10¹³" for "e+13".
function powerOfTen(text, space) {
  return text.replace("-", "−").replace(/e\+(\d+)$/, (_, digits) =>
    `${space}×${space}10${digits.replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`);
}

/// Short enough for the marks of an axis.
function shortNumber(value) {
  return Math.abs(value) < 1e6 ? plainNumber(value) : powerOfTen(value.toExponential(2).replace(/\.?0*e/, "e"), "");
}

/// Whole numbers as they are, others short; the huge ones with a power of ten.
function plainNumber(value) {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1e10) return powerOfTen(value.toExponential(3), "\u202f");
  if (!Number.isInteger(value)) return value.toPrecision(4).replace("-", "−");
  return String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, Math.abs(value) < 1e4 ? "" : "\u202f").replace(/^/, value < 0 ? "−" : "");
}

/// The beginning and the end of a text that is too long.
function cutMiddle(text, most) {
  const letters = [...text];
  if (letters.length <= most) return text;
  return `${letters.slice(0, Math.ceil((most - 1) / 2)).join("")}…${letters.slice(-Math.floor((most - 1) / 2)).join("")}`;
}

/// A path that fits. Each of its names is cut as much as needed, so that tasks and groups are still told apart.
function shortPath(path, most = 40) {
  const names = path.split("/");
  for (let each = most; each > 6; --each) {
    const shorter = names.map((name) => cutMiddle(name, each)).join("/");
    if (shorter.length <= most) return shorter;
  }
  return cutMiddle(path, most);
}

/// A path as text of its own, whichever way it is written; the whole of it shows when it is pointed at.
function pathElement(path, most) {
  const shown = shortPath(path, most);
  return element("bdi", {title: shown === path ? undefined : path}, shown);
}

/// An element with attributes and children. Text is only ever set as text.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// ---- Colours ----

// After Okabe and Ito: told apart by people of all kinds of colour vision, and in grey.
const kPalette = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b5539c", "#c48800", "#2f9bd8", "#5f4b9b", "#6b6f76"],
  dark: ["#4aa8e0", "#f28e4b", "#3cc79c", "#e094c4", "#f0b93a", "#9ad4f8", "#b7a0ea", "#a9b0b9"],
};

function isDark() {
  return getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
}

/// `part` of `other` mixed into a colour "#rrggbb".
function mixed(colour, other, part) {
  let text = "#";
  for (const at of [1, 3, 5]) {
    const [a, b] = [colour, other].map((c) => parseInt(c.slice(at, at + 2), 16));
    text += Math.round(a + (b - a) * part).toString(16).padStart(2, "0");
  }
  return text;
}

/// The colour of an entity: the same in all charts, under all schedulers.
function colourOf(entity) {
  const index = entity.colour;
  const palette = drawsForPrint || !isDark() ? kPalette.light : kPalette.dark;
  const round = Math.floor(index / palette.length) % 3;
  const own = palette[index % palette.length];
  return round === 0 ? own : mixed(own, round === 1 ? "#ffffff" : "#000000", 0.4);
}

let drawsForPrint = false;
const colourProbe = element("span", {hidden: true});

/// A colour of the style sheet as it is now.
function styleColour(name) {
  if (!colourProbe.isConnected) document.body.append(colourProbe);
  colourProbe.style.color = `var(--${name})`;
  return getComputedStyle(colourProbe).color;
}

const kSans = '"DejaVu Sans", sans-serif';
function chartFont(pixels) {
  return `${pixels}px ${getComputedStyle(document.body).fontFamily || kSans}`;
}
