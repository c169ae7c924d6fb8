#!/usr/bin/env python3
"""Cumulative service against the ideal: what each task got so far, and (dashed) what fluid sharing would have given."""

import sys

from common.command import chosen, main, window


def draw(run, options):
    from common import style
    from common.tables import NS
    begin, end = window(run, options)
    paths = chosen(run, options)
    service, ideal = run.column("service_ns").cumsum(), run.column("ideal_ns").cumsum()
    figure, (axes,) = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: cumulative service")
    for path, (dashes, colour) in zip(paths, style.line_styles()):
        axes.plot([0, *service.index / NS], [0, *service[path] / NS], dashes, color=colour, label=style.short(path))
        axes.plot([0, *ideal.index / NS], [0, *ideal[path] / NS], linestyle=(0, (4, 3)), linewidth=0.8, color="#444444")
    axes.plot([], [], linestyle=(0, (4, 3)), linewidth=0.8, color="#444444", label="ideal")
    inside = (service.index >= begin) & (service.index <= end)
    least = min(table.loc[inside, paths].min().min() for table in (service, ideal))
    most = max(table.loc[inside, paths].max().max() for table in (service, ideal))
    axes.set_xlim(begin / NS, end / NS)
    axes.set_ylim(0 if begin == 0 else least / NS, max(most * 1.03, 1) / NS)
    axes.set_xlabel("time, s")
    axes.set_ylabel("CPU time, s")
    style.legend_beside(axes)
    return figure


if __name__ == "__main__":
    sys.exit(main("service", __doc__, draw))
