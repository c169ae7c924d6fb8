#!/usr/bin/env python3
"""Starvation: when each task ran and when it waited, its longest wait, and below the credit that explains it (from
credits.csv, or from trace.ftrace if the run was told --trace DIR/trace.ftrace); without credit, the lag."""

import sys

from common.command import chosen, main, window
from share import binned

COLUMNS = 400
BAR = 0.58  # height of one CPU's bar, in rows


def text_of(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns} ns"


def draw_rows(axes, run, paths, begin, end):
    from matplotlib.patches import Patch

    from common import style
    from common.tables import NS
    running, edges = binned(run, "service_ns", begin, end, COLUMNS)
    runnable, _ = binned(run, "runnable_ns", begin, end, COLUMNS)
    known = {entity["path"]: entity for entity in run.entities()}
    scale = run.cpus / 100 * BAR
    for row, (path, (_, colour)) in enumerate(zip(paths, style.line_styles())):
        floor = len(paths) - 1 - row
        wanted, got = (runnable[path] * scale).clip(upper=BAR), (running[path] * scale).clip(upper=BAR)
        axes.stairs(floor + wanted, edges / NS, baseline=floor, fill=True, color=style.WAITING)
        axes.stairs(floor + got, edges / NS, baseline=floor, fill=True, color=colour)
        longest = known[path]["starvation"]
        if not longest["length_ns"]:
            continue
        start, length = longest["start_ns"] / NS, longest["length_ns"] / NS
        if start * NS >= end or (start + length) * NS <= begin:
            continue
        shown = [max(start, begin / NS), min(start + length, end / NS)]
        axes.plot(shown, [floor + BAR + 0.06] * 2, color=style.ALARM, linewidth=2, solid_capstyle="butt")
        middle = sum(shown) / 2
        side = "left" if middle < edges[0] / NS + 0.1 * (end - begin) / NS else (
            "right" if middle > edges[-1] / NS - 0.1 * (end - begin) / NS else "center")
        axes.annotate(f"waited {text_of(longest['length_ns'])}", (
            {"left": shown[0], "right": shown[1], "center": middle}[side], floor + BAR + 0.1), xytext=(0, 1),
                      textcoords="offset points", va="bottom", ha=side, fontsize=7.5, color=style.ALARM)
    axes.set_yticks([len(paths) - 1 - row + BAR / 2 for row in range(len(paths))], [style.short(path, 18) for path in paths])
    axes.set_ylim(-0.1, len(paths))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    style.legend_beside(axes, [Patch(color="#444444", label="runs"), Patch(color=style.WAITING, label="waits"),
                               Patch(color=style.ALARM, label="longest wait")])


def draw_credit(axes, run, paths, begin, end):
    from common import style
    from common.tables import NS
    credit, unit = run.credits()
    if credit:
        # A machine's credits are those of a group.
        drawn = [path for path in credit if path in paths] or list(credit)[:style.MOST]
        for path, (dashes, colour) in zip(drawn, style.line_styles()):
            if path in paths:
                dashes, colour = "-", style.COLOURS[paths.index(path) % style.MOST]
            values = credit[path]
            times, levels = zip(*values, (run.end_ns, values[-1][1]))
            axes.step([t / NS for t in times], levels, dashes, where="post", color=colour, label=style.short(path))
        axes.set_ylabel(unit)
    else:
        lag = run.column("lag_ns")[paths]
        lag = lag[(lag.index >= begin) & (lag.index <= end)]
        for path, (dashes, colour) in zip(paths, style.line_styles()):
            axes.plot(lag.index / NS, lag[path] / 1e6, dashes, color=colour, label=style.short(path))
        axes.set_ylabel("lag, ms")
    axes.set_xlabel("time, s")
    style.legend_beside(axes)


def draw(run, options):
    from common import style
    from common.tables import NS
    begin, end = window(run, options)
    paths = chosen(run, options)
    figure, (above, below) = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: who waited, and why", rows=2,
                                              height=2.4 + 0.42 * len(paths), gridspec_kw={
                                                  "height_ratios": [0.42 * len(paths) + 0.2, 1.5]})
    draw_rows(above, run, paths, begin, end)
    draw_credit(below, run, paths, begin, end)
    below.set_xlim(begin / NS, end / NS)
    return figure


if __name__ == "__main__":
    sys.exit(main("starvation", __doc__, draw))
