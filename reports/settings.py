"""How matplotlib is set while figures are drawn and written, whatever the process has set."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, cast

import matplotlib
from matplotlib.figure import Figure

from .palette import GREY, INK

P = ParamSpec("P")

STYLE: dict[str, Any] = {
    # The same figure gives the same bytes; text stays text, and never becomes mathematics.
    "svg.hashsalt": "clinical-r1",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.hinting": "none",  # the same widths at every resolution: a figure is laid out once
    "figure.constrained_layout.w_pad": 5 / 72,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.labelsize": 10,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.edgecolor": GREY,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "lines.solid_capstyle": "butt",
    "legend.fontsize": 10,
    "legend.frameon": False,
}
TICKS: dict[str, Any] = {"labelsize": 9.5, "labelcolor": INK, "color": GREY, "width": 0.8, "length": 3}
"""For `Axes.tick_params`: ticks are made when a figure is written, not when it is drawn."""


@contextmanager
def settings() -> Iterator[None]:
    """In which figures are drawn and written.

    A character that matplotlib's font lacks is no reason to warn: browsers have more fonts.
    """
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(cast(Any, STYLE))  # the stubs want literal keys
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """A function that draws, inside `settings`."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with settings():
            figure = draw(*args, **kwargs)
            figure.draw_without_rendering()
            figure.set_layout_engine(None)  # it stays as it is, and is not laid out anew for each file
            return figure

    return drawn
