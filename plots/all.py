#!/usr/bin/env python3
"""All figures of a run (sharesim run -o DIR), or of every run of a comparison (sharesim compare -o DIR) and its heat maps.
What a run has no data for is left out, and said."""

import copy
import os
import sys

from common import command

FIGURES = ("service", "share", "lag", "gantt", "wakeup", "starvation", "throttle")


def write_run(folder, output, options):
    from importlib import import_module

    from common.tables import NothingToDraw, Run
    run = Run(folder)
    run.allocations()  # what is wrong with it is an error, not a figure that is left out
    given = copy.copy(options)
    given.folder, given.output = folder, output
    for name in FIGURES:
        try:
            command.write(name, import_module(name).draw, given, lambda _: run)
        except NothingToDraw as error:
            command.complain(f"left out: {name}: {error}")


def write_all(options):
    import heatmap
    from common.tables import BadInput, runs_below
    output = options.output or os.path.join(options.folder, "plots")
    compared = os.path.exists(os.path.join(options.folder, "compare.csv"))
    runs = runs_below(options.folder)
    if not runs and not compared:
        raise BadInput(f"{options.folder}: neither a run nor a comparison (what sharesim run or compare -o writes)")
    if compared:
        heatmap.write_all(options)
    for folder in runs:
        below = os.path.relpath(folder, options.folder)
        write_run(folder, os.path.normpath(os.path.join(output, below)), options)


if __name__ == "__main__":
    given = command.parser(__doc__, "what sharesim run or compare -o has written").parse_args()
    sys.exit(command.guarded(lambda: write_all(given)))
