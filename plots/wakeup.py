#!/usr/bin/env python3
"""Wakeup latency: the part of wakeups that waited longer, from the percentiles of summary.json. Both axes are logarithmic."""

import sys

from common.command import chosen, main

POINTS = [("p50", 0.5), ("p90", 0.1), ("p99", 0.01), ("p999", 0.001)]
LEAST_US = 1.0  # what never waited stands at the left edge of a logarithmic axis


def points_of(entity):
    """(latency in us, part that waited longer), and the maximum."""
    known = [(entity[f"wakeup_{name}_ns"], part) for name, part in POINTS]
    if any(value is None for value, _ in known):
        return [], None
    return [(max(value / 1e3, LEAST_US), part) for value, part in known], max(entity["wakeup_max_ns"] / 1e3, LEAST_US)


def draw(run, options):
    from common import style
    from common.tables import NothingToDraw
    known = {entity["path"]: entity for entity in run.entities()}
    paths = [path for path in chosen(run, options) if points_of(known[path])[0]]
    if not paths:
        raise NothingToDraw(f"{run.folder}/summary.json: nobody woke up in {run.name}")
    figure, (axes,) = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: wakeup latency")
    for path, (dashes, colour) in zip(paths, style.line_styles()):
        points, most = points_of(known[path])
        x, y = zip(*points)
        axes.plot(x, y, dashes, color=colour, marker="o", markersize=3, label=style.short(path), clip_on=False, zorder=3)
        axes.plot([x[-1], most], [y[-1]] * 2, ":", color=colour, marker="|", markersize=7, markevery=[1], clip_on=False)
    axes.plot([], [], ":|", color="#444444", label="maximum")
    axes.set_xscale("log")
    axes.set_yscale("log")
    if axes.get_xlim()[1] <= LEAST_US * 10:
        axes.set_xlim(LEAST_US * 0.9, LEAST_US * 10)
    axes.set_ylim(0.0007, 1)
    axes.set_yticks([1, 0.5, 0.1, 0.01, 0.001], ["all", "50 %", "10 %", "1 %", "0.1 %"])
    axes.minorticks_off()
    axes.set_xlabel("wakeup latency, µs (1 µs: or less)")
    axes.set_ylabel("part that waited longer")
    style.legend_beside(axes)
    return figure


if __name__ == "__main__":
    sys.exit(main("wakeup", __doc__, draw))
