#!/usr/bin/env python3
"""Share over time: how the machine was divided, stacked, with dashed lines where the ideal would divide it."""

import sys

from common.command import chosen, main, window

COLUMNS = 150  # shares are means over this part of the picture, and over a tick at least


def binned(run, name, begin, end, columns=COLUMNS):
    """Shares of the machine by bin and entity, with the bins' edges in ns."""
    import numpy
    column = run.column(name)
    column = column[(column.index > begin) & (column.index <= end)]
    width = max(1, -(-len(column) // columns))
    last = [min(i + width, len(column)) - 1 for i in range(0, len(column), width)]
    edges = numpy.array([begin, *column.index[last]], dtype="int64")
    sums = column.cumsum().iloc[last].diff().fillna(column.cumsum().iloc[last].head(1))
    return sums.div((edges[1:] - edges[:-1]) * run.cpus, axis=0) * 100, edges


def draw(run, options):
    from common import style
    from common.tables import NS
    begin, end = window(run, options)
    paths = chosen(run, options)
    got, edges = binned(run, "service_ns", begin, end)
    ideal, _ = binned(run, "ideal_ns", begin, end)
    figure, (axes,) = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: share of the machine")
    base, target = got[paths[0]] * 0, ideal[paths[0]] * 0
    handles = []
    for path, (_, colour) in zip(paths, style.line_styles()):
        handles.append(axes.stairs(base + got[path], edges / NS, baseline=base, fill=True, color=colour, label=style.short(path)))
        base, target = base + got[path], target + ideal[path]
        line = axes.stairs(target, edges / NS, baseline=None, color="black", linestyle=(0, (4, 3)), linewidth=0.9,
                           zorder=3, label="ideal")
    named = set(paths)
    others = [e["path"] for e in run.entities() if e["kind"] == "task" and e["path"] not in named]
    if others and not options.entities:
        rest = got[others].sum(axis=1)
        handles.append(axes.stairs(base + rest, edges / NS, baseline=base, fill=True, color=style.OTHERS,
                                   label=f"{len(others)} more"))
    axes.set_xlim(begin / NS, end / NS)
    axes.set_ylim(0, 100)
    axes.set_xlabel("time, s")
    axes.set_ylabel("share of the machine, %")
    style.legend_beside(axes, [*reversed(handles), line])
    return figure


if __name__ == "__main__":
    sys.exit(main("share", __doc__, draw))
