"""The command line that all figures have."""

import argparse
import os
import re
import sys

KINDS = ("svg", "pdf", "png")
UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}


def _duration(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no time (a number with a unit, such as 1.5s)")
    return round(float(match[1]) * UNITS[match[2]])


def _kinds(text):
    kinds = text.split(",")
    if not kinds or any(kind not in KINDS for kind in kinds):
        raise argparse.ArgumentTypeError(f"'{text}' is no list of formats (svg, pdf, png)")
    return kinds


def parser(what, folder="the folder of a run, as sharesim run -o writes it"):
    made = argparse.ArgumentParser(description=what)
    made.add_argument("folder", metavar="DIR", help=folder)
    made.add_argument("-o", "--output", metavar="OUT", help="folder for the figures (DIR/plots)")
    made.add_argument("--format", type=_kinds, default=list(KINDS), metavar="LIST", help="svg,pdf,png (all)")
    made.add_argument("--entities", metavar="LIST", help="paths such as /web,/hog, instead of the largest ones")
    made.add_argument("--from", dest="begin", type=_duration, default=0, metavar="TIME", help="such as 9.5s")
    made.add_argument("--to", dest="end", type=_duration, metavar="TIME", help="such as 12s")
    return made


def chosen(run, options, kinds=("task",), most=8):
    """The paths to draw: those that were asked for, or those with most CPU time, in the order of the workload."""
    from .tables import BadInput
    known = {entity["path"]: entity for entity in run.entities()}
    if options.entities:
        asked = options.entities.split(",")
        for path in asked:
            if path not in known:
                raise BadInput(f"--entities: there is no {path} in {run.name} ({', '.join(list(known)[:12])})")
        return asked
    candidates = [path for path, entity in known.items() if entity["kind"] in kinds]
    largest = set(sorted(candidates, key=lambda path: -known[path]["service_ns"])[:most])
    return [path for path in candidates if path in largest]


def window(run, options):
    """The time that is drawn, in ns."""
    from .tables import BadInput
    end = run.end_ns if options.end is None else min(options.end, run.end_ns)
    if options.begin >= end:
        raise BadInput(f"--from and --to leave nothing of {run.name}, which ends at {run.end_ns / 1e9:g}s")
    return options.begin, end


def complain(text):
    print(text, file=sys.stderr)


def main(name, what, draw, load=None):
    """Draws one figure; returns the exit status: 0, 2 for input that is wrong, 3 for a machine that says no."""
    options = parser(what).parse_args()
    return guarded(lambda: write(name, draw, options, load))


def write(name, draw, options, load=None):
    from .style import save
    from .tables import Run
    run = (load or Run)(options.folder)
    folder = options.output or os.path.join(options.folder, "plots")
    for path in save(draw(run, options), folder, name, options.format):
        print(path)


def guarded(work):
    try:
        from .tables import BadInput
        import matplotlib  # noqa: F401
    except ImportError as error:
        complain(f"{error}: apt-get install python3-matplotlib python3-pandas, and use /usr/bin/python3")
        return 3
    try:
        work()
    except BadInput as error:
        complain(error)
        return 2
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}")
        return 3
    return 0
