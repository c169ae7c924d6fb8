#!/usr/bin/env python3
"""Throttling: per period of its cap, what each capped entity used, its quota (line), and how long it was held back."""

import sys

from common.command import main, window

MOST = 4


def draw(run, options):
    from common import style
    from common.tables import NothingToDraw, NS
    caps = run.caps()
    if options.entities:
        caps = {path: caps[path] for path in options.entities.split(",") if path in caps}
    if not caps:
        raise NothingToDraw(f"{run.folder}/summary.json: nothing that is asked for has a cap in {run.name}")
    caps = dict(list(caps.items())[:MOST])
    begin, end = window(run, options)
    figure, rows = style.new_figure(f"{style.cut(run.name)} under {style.cut(run.scheduler)}: use of caps", rows=len(caps),
                                    height=1.2 + 1.7 * len(caps))
    service, throttled = run.column("service_ns"), run.column("throttled_ns")
    for axes, (path, (quota, period)) in zip(rows, caps.items()):
        span = max(period, run.tick_ns)
        if options.end is None and options.begin == 0:
            end = min(end, 60 * span)
        # A tick that ends at an edge belongs to the period before it.
        of_period = (service.index - 1) // span
        used, held = service[path].groupby(of_period).sum() / 1e6, throttled[path].groupby(of_period).sum() / 1e6
        starts = used.index * span / NS
        width = span / NS * 0.42
        axes.bar(starts, used, width, align="edge", color=style.COLOURS[0], label="used")
        axes.bar(starts + width, held, width, align="edge", color=style.COLOURS[1], hatch="///", edgecolor="white",
                 linewidth=0, label="throttled")
        axes.axhline(quota * span / period / 1e6, color="black", linestyle=(0, (4, 3)), linewidth=0.9, label="quota")
        axes.set_ylabel(f"{style.short(path, 24)}\nms per {span / 1e6:g} ms")
        axes.grid(axis="x", visible=False)
    rows[-1].set_xlim(begin / NS, end / NS)
    rows[-1].set_xlabel("time, s")
    style.legend_beside(rows[0])
    return figure


if __name__ == "__main__":
    sys.exit(main("throttle", __doc__, draw))
