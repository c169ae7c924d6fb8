#!/usr/bin/env python3
"""Who ran where: a row per CPU, from schedule.csv. Without --to, as much as 200 runs take."""

import sys

from common.command import chosen, main, window

RUNS = 200


def joined(runs):
    """Runs that follow on each other, as one: [(begin_ns, end_ns), ...]."""
    spans = []
    for begin, end in zip(runs["begin_ns"], runs["end_ns"]):
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return spans


def draw(run, options):
    from matplotlib.patches import Patch

    from common import style
    from common.tables import NothingToDraw
    begin, end = window(run, options)
    schedule = run.schedule()
    schedule = schedule[(schedule["end_ns"] > begin) & (schedule["begin_ns"] < end)].sort_values("begin_ns")
    if schedule.empty:
        raise NothingToDraw(f"{run.folder}/schedule.csv: nobody ran between {begin} ns and {end} ns")
    if options.end is None and len(schedule) > RUNS:
        end = int(schedule["begin_ns"].iloc[RUNS])
        schedule = schedule.head(RUNS)
    present = set(schedule["task"])
    paths = [path for path in chosen(run, options, most=32) if path in present]
    columns = 1 + (len(paths) - 1) // 12
    height = max(1.3 + 0.32 * min(run.cpus, 24), 0.6 + 0.19 * -(-len(paths) // columns))
    figure, (axes,) = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: who ran where", height=height)
    handles = []
    for number, path in enumerate(paths):
        colour, hatch = style.COLOURS[number % style.MOST], style.HATCHES[number // style.MOST % len(style.HATCHES)]
        rows = schedule[schedule["task"] == path]
        for cpu, part in rows.groupby("cpu"):
            spans = [(max(a, begin) / 1e6, (min(b, end) - max(a, begin)) / 1e6) for a, b in joined(part)]
            axes.broken_barh(spans, (cpu - 0.4, 0.8), facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=style.short(path)))
    axes.set_xlim(begin / 1e6, end / 1e6)
    axes.set_ylim(run.cpus - 0.5, -0.5)
    axes.set_yticks(range(0, run.cpus, max(1, run.cpus // 16)))
    axes.set_xlabel("time, ms")
    axes.set_ylabel("CPU")
    axes.grid(axis="y", visible=False)
    style.legend_beside(axes, handles, ncols=columns)
    return figure


if __name__ == "__main__":
    sys.exit(main("gantt", __doc__, draw))
