// ---- From bins to what a chart of so many pixels can show ----

/// Bins of the visible stretch in groups, one for each pixel at most. first[i] .. first[i + 1] is the i-th.
function columnsOf(run, from, to, pixels) {
  if (run.bins === 0) return [];
  const begin = Math.max(0, run.binAt(from) - 1);
  const end = Math.min(run.bins, run.binAt(to) + 2);
  const step = Math.max(1, Math.ceil((end - begin) / Math.max(pixels, 1)));
  const first = [];
  for (let bin = begin; bin < end; bin += step) first.push(bin);
  first.push(end);
  return first;
}

const seconds = (ns) => ns / 1e9;

/// Values at the edges of the columns, of sums: a line between them loses nothing but detail.
function edgesOf(run, columns) {
  return columns.map((bin) => seconds(run.edge(bin)));
}

/// Lowest and highest value of each column, one behind the other, so that no spike is lost. `lines` is a
/// list of [lowest, highest] per bin. Returns x and a y for each.
function envelope(run, columns, lines) {
  const x = [];
  const ys = lines.map(() => []);
  for (let c = 0; c + 1 < columns.length; ++c) {
    const [begin, end] = [columns[c], columns[c + 1]];
    const single = end - begin === 1 && lines.every(([low, high]) => low === high);
    const [left, right] = [run.edge(begin), run.edge(end)];
    // A value is known at the end of its tick.
    if (single) x.push(seconds(right));
    else x.push(seconds(left + (right - left) / 4), seconds(left + (right - left) * 3 / 4));
    lines.forEach(([low, high], i) => {
      let [least, most, leastAt, mostAt] = [Infinity, -Infinity, 0, 0];
      for (let bin = begin; bin < end; ++bin) {
        if (low[bin] < least) [least, leastAt] = [low[bin], bin];
        if (high[bin] > most) [most, mostAt] = [high[bin], bin];
      }
      if (single) ys[i].push(most);
      else if (leastAt <= mostAt) ys[i].push(least, most);
      else ys[i].push(most, least);
    });
  }
  return [x, ...ys];
}

/// The highest value of each column.
function peaks(run, columns, values) {
  return columns.slice(0, -1).map((begin, c) => {
    let most = 0;
    for (let bin = begin; bin < columns[c + 1]; ++bin) most = Math.max(most, values[bin]);
    return most;
  });
}

/// A sum at an instant, by the straight line between two edges.
function sumAt(run, sums, ns) {
  if (ns <= 0) return 0;
  if (ns >= run.end) return sums[run.bins];
  const bin = run.binAt(ns);
  const begin = run.edge(bin);
  return sums[bin] + (sums[bin + 1] - sums[bin]) * (ns - begin) / (run.edge(bin + 1) - begin);
}

/// How wide the window of the share chart is: wide enough to say something, a hundredth of what is seen.
function windowOf(run, from, to) {
  return Math.max(run.binNs, run.about.tick_ns, (to - from) / 100);
}

/// CPU time per time in the window that ends at each instant; at the beginning of the run in the first one, because a
/// shorter one would say no more than who came first.
function shares(run, sums, instants, window) {
  const wide = Math.min(window, run.end);
  return instants.map((ns) => {
    const end = Math.max(ns, wide);
    return (sumAt(run, sums, end) - sumAt(run, sums, end - wide)) / wide;
  });
}
