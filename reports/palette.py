"""One look for one label: a colour, a marker and a line style, the same in every figure of a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Okabe and Ito's blue, vermilion and green; the others were searched for. Each has a contrast of 3 or more on white and
# on the page's dark background, and the first five stay apart for readers who lack red or green cones.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#9A4C7C", "#12A0BC", "#C81838", "#6C78F8", "#427242")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))

INK = "#1B1B1B"
"""Text and axes. Inline figures draw it in the page's own text colour, so nothing else may have this colour."""
GREY = "#808080"
"""What is neither text nor data; it is seen on light and on dark pages."""
SHADE = "#7A7F9A"
"""The cells of heat maps: no checkpoint has this colour."""

Dash = str | tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Look:
    """How one label is drawn."""

    colour: str
    """`#RRGGBB`."""
    marker: str
    """A marker of matplotlib."""
    line: Dash = "-"
    """A line style of matplotlib."""


def looks(labels: Iterable[str]) -> dict[str, Look]:
    """Label -> look, in the order in which labels are first seen.

    Give the labels of all figures at once: a look depends on a label's place among them and on nothing else.

    Examples:
        >>> looks(["grpo", "crpo", "grpo"])["crpo"]
        Look(colour='#D55E00', marker='s', line='--')
    """
    return {label: _look(place) for place, label in enumerate(dict.fromkeys(map(str, labels)))}


def looks_of(labels: Iterable[str], given: Mapping[str, Look] | None) -> dict[str, Look]:
    """The given looks, and looks for labels that have none."""
    known = dict(given or {})
    return {**looks([*known, *labels]), **known}


def _look(place: int) -> Look:
    """Lists of lengths without a common factor: the first 504 looks differ."""
    return Look(COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)], LINES[place % len(LINES)])
