#!/usr/bin/env python3
"""Schedulers by measures: a table of the machine's values per workload, each column coloured from its best to its worst,
from compare.csv (sharesim compare -o DIR, or --format csv)."""

import os
import sys

from common import command

WORST_LAG = "lag_max"  # of the worst task, as in the table of compare: the machine itself lags only where CPUs idle

# Of the machine's measures: the name in compare.csv, the heading, and whether more is better.
MEASURES = [("jain", "Jain\nindex", True), (WORST_LAG, "worst\nlag", False), ("starvation", "longest\nstarved", False),
            ("wakeup_p99", "wakeup\np99", False), ("wakeup_max", "wakeup\nmax", False),
            ("relative_fairness", "relative\nfairness", False), ("switches", "switches", False), ("idle", "idle", False),
            ("wasted_idle", "wasted\nidle", False)]


def text_of(value, unit):
    if unit == "ns":
        for name, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
            if abs(value) >= size:
                return f"{value / size:.3g} {name}"
        return f"{value:.3g} ns" if value else "0"
    return f"{value:.4f}" if unit == "fraction" else f"{value:.0f}"


def goodness(values, more_is_better):
    """1 for the best, 0 for the worst, by their order, ties alike."""
    ranks = values.rank(method="average", ascending=more_is_better)
    spread = ranks.max() - ranks.min()
    return (ranks - ranks.min()) / spread if spread else ranks * 0 + 1


def check_end(path, table):
    """The last run of a comparison has values of all that its own summary beside it has."""
    from common.tables import BadInput, Run, runs_below
    values = table[table["kind"].isin(["task", "group"])]
    if values.empty:
        return
    last = values.iloc[-1]
    has = set(values[(values["workload"] == last["workload"]) & (values["scheduler"] == last["scheduler"])]["entity"])
    for run in map(Run, runs_below(os.path.dirname(path))):
        lacks = [entity["path"] for entity in run.entities() if entity["path"] not in has]
        if (run.name, run.scheduler) == (last["workload"], last["scheduler"]) and lacks:
            raise BadInput(f"{path}: cut off: of {run.name} under {run.scheduler} it lacks values of {lacks[0]}")


def read(folder):
    import pandas

    from common.tables import BadInput, METRICS, read_table
    path = folder if folder.endswith(".csv") else os.path.join(folder, "compare.csv")
    table = read_table(path, METRICS)
    check_end(path, table)
    machine = table[(table["entity"] == "/") & (table["kind"] == "group") & (table["metric"] != WORST_LAG)]
    if machine.empty:
        raise BadInput(f"{path}: no values of the machine")
    lags = table[(table["kind"] == "task") & (table["metric"] == WORST_LAG)]
    worst = lags.sort_values("value", kind="stable").groupby(["workload", "scheduler"], sort=False).tail(1)
    return pandas.concat([machine, worst])


def draw(table, workload):
    import numpy
    from matplotlib.colors import LinearSegmentedColormap

    from common import style
    rows = table[table["workload"] == workload]
    schedulers = list(dict.fromkeys(rows["scheduler"]))
    present = [m for m in MEASURES if m[0] in set(rows["metric"])]
    units = dict(zip(rows["metric"], rows["unit"]))
    values = rows.pivot(index="scheduler", columns="metric", values="value").loc[schedulers]
    good = numpy.array([goodness(values[name], more) for name, _, more in present], dtype=float).T
    colours = LinearSegmentedColormap.from_list("worst to best", [style.COLOURS[1], "#FFFFFF", style.COLOURS[4]])
    colours.set_bad("#EEEEEE")
    figure, (axes,) = style.new_figure(style.cut(workload, 60), height=1.5 + 0.28 * len(schedulers))
    image = axes.imshow(good, cmap=colours, vmin=0, vmax=1, aspect="auto")
    for row, scheduler in enumerate(schedulers):
        for column, (name, _, _) in enumerate(present):
            value = values.loc[scheduler, name]
            axes.text(column, row, "–" if numpy.isnan(value) else text_of(value, units[name]), ha="center", va="center",
                      fontsize=7.5)
    axes.set_xticks(range(len(present)), [heading for _, heading, _ in present])
    axes.set_yticks(range(len(schedulers)), map(style.cut, schedulers))
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.9, pad=0.02)
    bar.set_ticks([0, 1], labels=["worst", "best"])
    bar.outline.set_visible(False)
    return figure


def write_all(options):
    from common.style import save
    table = read(options.folder)
    default = os.path.dirname(options.folder) if options.folder.endswith(".csv") else options.folder
    folder = options.output or os.path.join(default, "plots")
    for workload in dict.fromkeys(table["workload"]):
        for path in save(draw(table, workload), folder, f"heatmap-{workload}", options.format):
            print(path)


if __name__ == "__main__":
    given = command.parser(__doc__, "the folder of sharesim compare -o, or a file of compare --format csv").parse_args()
    sys.exit(command.guarded(lambda: write_all(given)))
