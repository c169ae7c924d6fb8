"""One look for all figures, and the same bytes for the same data."""

import itertools
import os

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend has to be chosen first)

# Okabe and Ito's palette: told apart with any kind of colour vision, and in print.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"]
OTHERS = "#999999"
WAITING = "#DDDDDD"
ALARM = "#D55E00"
HATCHES = ["", "///", "...", "xxx"]
MOST = len(COLOURS)

os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
matplotlib.rcParams.update({
    "figure.figsize": (7.0, 3.6), "figure.constrained_layout.use": True, "font.size": 9, "axes.titlesize": 10,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#E5E5E5", "grid.linewidth": 0.6, "axes.axisbelow": True, "lines.linewidth": 1.2,
    "legend.frameon": False, "legend.fontsize": 8, "savefig.dpi": 150, "svg.hashsalt": "sharesim",
    "svg.fonttype": "path", "pdf.fonttype": 42, "path.simplify": True, "agg.path.chunksize": 10000,
})


def new_figure(title, rows=1, height=None, **arguments):
    """A figure and its axes, one below the other with one time axis."""
    figure, axes = pyplot.subplots(rows, 1, sharex=True, squeeze=False, **arguments)
    if height:
        figure.set_figheight(height)
    axes[0][0].set_title(title)
    return figure, [row[0] for row in axes]


def cut(text, most=30):
    """The beginning and the end of a text that is too long for a figure."""
    return text if len(text) <= most else f"{text[:most // 2]}…{text[-((most - 1) // 2):]}"


def short(path, most=24):
    """A path that fits beside a figure: each of its names is cut as much as needed, so that those of one group still differ."""
    for each in range(most, 6, -1):
        shorter = "/".join(cut(name, each) for name in path.split("/"))
        if len(shorter) <= most:
            return shorter
    return cut(path, most)


def line_styles():
    """Colours first, then the same ones dashed differently."""
    return itertools.cycle(itertools.product(["-", "--", "-.", ":"], COLOURS))


def legend_beside(axes, handles=None, **arguments):
    """To the right of the axes, where it covers no data."""
    arguments.setdefault("loc", "upper left")
    extra = {"handles": handles} if handles is not None else {}
    axes.legend(bbox_to_anchor=(1.01, 1.0), borderaxespad=0, **extra, **arguments)


def save(figure, folder, name, kinds):
    """Writes folder/name.kind for each kind, whole or not at all; returns the paths."""
    os.makedirs(folder, exist_ok=True)
    paths = []
    for kind in kinds:
        path = os.path.join(folder, f"{name}.{kind}")
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}, "png": {"Software": None}}
        part = f"{path}.part"
        try:
            figure.savefig(part, format=kind, metadata=metadata[kind])
            os.replace(part, path)
        finally:
            if os.path.exists(part):
                os.remove(part)
        paths.append(path)
    pyplot.close(figure)
    return paths
