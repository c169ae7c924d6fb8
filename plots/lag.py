#!/usr/bin/env python3
"""Lag: how far each task is behind fluid sharing (below 0: ahead of it), with its extremes between the ticks (dotted), and
a band of one slice up and down, within which eevdf and wf2q keep every task on one CPU."""

import sys

from common.command import chosen, main, window

COLUMNS = 1000


def thinned(series):
    """The smallest and the largest of each stretch, so that spikes survive."""
    import pandas
    width = max(1, -(-len(series) // COLUMNS))
    if width == 1:
        return series
    stretch = pandas.RangeIndex(len(series)) // width
    kept = set()
    for _, part in series.groupby(stretch):
        kept.update((part.idxmin(), part.idxmax()))
    return series.loc[sorted(kept)]


def slice_ns(run):
    text = run.summary["scheduler"]["parameters"].get("slice")
    if not isinstance(text, str):
        return None
    from common.command import _duration
    return _duration(text)


def draw(run, options):
    from common import style
    from common.tables import NS
    begin, end = window(run, options)
    paths = chosen(run, options)
    lag = run.column("lag_ns")
    lag = lag[(lag.index >= begin) & (lag.index <= end)]
    figure, (axes,) = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: lag")
    known = {entity["path"]: entity for entity in run.entities()}
    for path, (dashes, colour) in zip(paths, style.line_styles()):
        series = thinned(lag[path])
        axes.plot(series.index / NS, series / 1e6, dashes, color=colour, label=style.short(path))
        for extreme in ("lag_min_ns", "lag_max_ns"):
            axes.axhline(known[path][extreme] / 1e6, color=colour, linestyle=":", linewidth=0.8)
    axes.plot([], [], ":", color="#444444", linewidth=0.8, label="extremes")
    slice_length = slice_ns(run)
    if slice_length:
        axes.axhspan(-slice_length / 1e6, slice_length / 1e6, color="#EEEEEE", zorder=0,
                     label=f"± slice ({slice_length / 1e6:g} ms)")
    axes.set_xlim(begin / NS, end / NS)
    axes.set_xlabel("time, s")
    axes.set_ylabel("lag, ms of CPU time")
    style.legend_beside(axes)
    return figure


if __name__ == "__main__":
    sys.exit(main("lag", __doc__, draw))
