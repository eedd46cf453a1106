"""Elements of all figures: palette, panels, values with intervals, captions, axis units, short names.

A figure is as wide as a text column, so that it can be read on a phone. A label (checkpoint, judge, run) has the same
colour, marker and line style in every figure of a page.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, cast

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory
from numpy.typing import NDArray

from clinical_r1.files import writing
from clinical_r1.logs.labels import without_seed
from clinical_r1.metrics import METRICS
from clinical_r1.untrusted import escape_controls

# --- palette ----------------------------------------------------------------------------------------------------------
# Near Okabe and Ito's blue, vermilion and green; searched for. Each has a contrast of 4.5 or more on white, on which
# figures stand, and 3 or more on the page's dark background, where a dot of it stands before a name. For readers with
# all cones and without red or green ones any two are 15 or more apart in CIELAB, of the first five 20 or more.
COLOURS = ("#5470B6", "#C45400", "#008562", "#6254CB", "#237E93", "#CB2338", "#0E69FC", "#467038")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))

INK = "#1B1B1B"
"""Text and axes. Inline figures draw it in the page's own text colour, so nothing else may have this colour."""
GREY = "#757575"
"""What is neither text nor data; it is seen on light and on dark pages."""
SLOTS = {"cold_start": 0, "crpo": 1, "grpo": 2, "base": 3, "cold_start_grpo": 4, "cold_start_crpo": 5}
"""Method -> its place in `COLOURS`, `MARKERS` and `LINES` on every page."""
SHADE = "#7A7F9A"
"""The cells of heat maps: no checkpoint has this colour."""

Dash = str | tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Appearance:
    """How one label is drawn."""

    colour: str
    """`#RRGGBB`."""
    marker: str
    """A marker of matplotlib."""
    line: Dash = "-"
    """A line style of matplotlib."""


Palette = Mapping[str, Appearance]
"""Label -> appearance."""


def palette(labels: Iterable[str]) -> dict[str, Appearance]:
    """Label -> appearance, labels in the order in which they are first seen.

    A known method has its own (`SLOTS`), whatever stands beside it; others have what is free, in order. Labels that
    differ in a training seed alone share a colour: the method's name, or else its first seed, has the method's marker.

    Give the labels of all figures at once. Of labels without seeds the first 500 differ.

    Examples:
        >>> palette(["grpo", "crpo", "grpo"])["crpo"]
        Appearance(colour='#C45400', marker='s', line='--')
        >>> [(look.colour, look.marker) for look in palette(["seed-1/crpo", "seed-2/crpo"]).values()]
        [('#C45400', 's'), ('#C45400', 'D')]
    """
    every = unique(labels)
    methods: dict[str, list[str]] = {}
    for label in sorted(every, key=lambda label: without_seed(label) != label):
        methods.setdefault(_method(label), []).append(label)
    taken = {SLOTS.get(method) for method in methods}
    free = (slot for slot in range(len(every) + len(SLOTS)) if slot not in taken)
    slots = {method: SLOTS[method] if method in SLOTS else next(free) for method in unique(map(_method, every))}
    # The lists' lengths have no common factor.
    looks = {
        label: Appearance(
            COLOURS[slots[method] % len(COLOURS)],
            MARKERS[(slots[method] + seed) % len(MARKERS)],
            LINES[slots[method] % len(LINES)],
        )
        for method, seeds in methods.items()
        for seed, label in enumerate(seeds)
    }
    return {label: looks[label] for label in every}


def _method(label: str) -> str:
    """What labels that differ in their seed alone have in common; a key of `SLOTS` where it is known."""
    method = without_seed(label)
    known = re.sub(r"[^a-z0-9]+", "_", method.lower())
    return known if known in SLOTS else method


def palette_of(labels: Iterable[str], given: Palette | None) -> dict[str, Appearance]:
    """The given palette, with an appearance for labels that have none."""
    known = dict(given or {})
    return {**palette([*known, *labels]), **known}


# --- settings of matplotlib -------------------------------------------------------------------------------------------
P = ParamSpec("P")

STYLE: dict[str, Any] = {
    # The same figure gives the same bytes; text stays text, and never becomes mathematics.
    "svg.hashsalt": "clinical-r1",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.hinting": "none",  # the same widths at every resolution: a figure is laid out once
    "figure.constrained_layout.w_pad": 5 / 72,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],  # as wide, where a reader of an SVG lacks the first
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


def save(drawn: Figure, stem: Path) -> list[Path]:
    """Write a figure as `.svg` and `.png`: the same figure gives the same bytes.

    Returns:
        The two files.

    Raises:
        UserError: If a file cannot be written.
    """
    files = [stem.with_suffix(suffix) for suffix in (".svg", ".png")]
    for file in files:
        metadata = {"Date": None} if file.suffix == ".svg" else {"Software": None}
        with writing(file) as path, settings():
            drawn.savefig(path, format=file.suffix[1:], dpi=150, metadata=metadata)
    return files


def styled(draw: Callable[Concatenate[pd.DataFrame, P], Figure]) -> Callable[Concatenate[pd.DataFrame, P], Figure]:
    """A function that draws a frame, inside `settings`; it is never asked to draw one without a row."""

    @wraps(draw)
    def drawn(frame: pd.DataFrame, /, *args: P.args, **kwargs: P.kwargs) -> Figure:
        if frame.empty:
            raise ValueError("there is no row to draw")
        with settings():
            figure = draw(frame, *args, **kwargs)
            figure.draw_without_rendering()
            figure.set_layout_engine(None)  # it stays as it is, and is not laid out anew for each file
            return figure

    return drawn


# --- what figures take from tables ------------------------------------------------------------------------------------
Array = NDArray[np.float64]


def tidy(frame: pd.DataFrame, labels: Sequence[str], measures: Sequence[str], *, need: Sequence[str]) -> pd.DataFrame:
    """What a figure draws of a table: texts and floats, and rows that have something to draw.

    Args:
        frame: A table.
        labels: Columns of texts.
        measures: Columns of numbers; what is none, and what the frame lacks, is NaN.
        need: Those of `measures` of which a row has at least one.

    Raises:
        ValueError: If there is no such row.
    """
    found = pd.DataFrame(
        {column: frame[column].astype(str) for column in labels} | {c: numbers(frame, c) for c in measures}
    )
    kept: pd.DataFrame = found.loc[np.isfinite(found[list(need)].to_numpy()).any(axis=1)]
    if kept.empty:
        raise ValueError(f"there is no number in {', '.join(need)} to draw")
    return kept.reset_index(drop=True)


def numbers(frame: pd.DataFrame, column: str) -> Array:
    """A column as floats, NaN for what is none; all NaN where the frame lacks it."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    found: Array = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return found


def unique(texts: Iterable[str]) -> list[str]:
    """Each text once, in order."""
    return list(dict.fromkeys(map(str, texts)))


def split(frame: pd.DataFrame, *columns: str) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The parts of a frame by columns of texts, in the order of the frame, with their texts."""
    return [(tuple(map(str, key)), part) for key, part in frame.groupby(list(columns), sort=False)]


def records(frame: pd.DataFrame) -> list[Any]:
    """Rows with their cells as attributes; pandas types those as anything that fits a cell."""
    return list(frame.itertuples())


# --- names from outside as text: harmless, short, different from each other -------------------------------------------
def shown(text: object) -> str:
    r"""A text on one line in which nothing is hidden.

    Examples:
        >>> shown("a\x1b[0m\tb")
        'a␛[0m␉b'
    """
    return escape_controls(str(text), one_line=True)


def short(text: object, width: int = 24) -> str:
    """A text of at most `width` characters, `…` for what is left out in the middle.

    Args:
        text: Any.
        width: At least 3 characters.

    Examples:
        >>> short("Qwen/Qwen2.5-3B-Instruct-clinical-crpo", 20)
        'Qwen/Qwen2…ical-crpo'
    """
    whole = shown(text)
    if len(whole) <= width:
        return whole
    end = (width - 1) // 2
    return f"{whole[: width - 1 - end]}…{whole[len(whole) - end :]}"


def short_names(labels: Iterable[str], width: int = 24) -> dict[str, str]:
    """Label -> short name, no two of which are the same.

    Of long labels that start alike, the part in which they differ is shown; what still looks alike is numbered.

    Args:
        labels: Any texts.
        width: Most characters of a name, at least 12.

    Examples:
        >>> list(short_names(["outputs/long/grpo_seed1/final", "outputs/long/grpo_seed2/final", "base"], 20).values())
        ['…g/grpo_seed1/final', '…g/grpo_seed2/final', 'base']
    """
    every = {label: shown(label) for label in map(str, labels)}
    found = {label: short(text, width) for label, text in every.items()}
    long = {label: text[: width // 2] for label, text in every.items() if len(text) > width}
    for group in _alike(long):
        texts = [every[label] for label in group]
        start = _shared(texts)
        end = _shared([text[:start:-1] for text in texts])
        found |= {label: _window(every[label], start, len(every[label]) - end, width) for label in group}
    for group in _alike(found):
        room = width - len(f" ({len(every)})")
        found |= {label: f"{short(label, room)} ({list(every).index(label) + 1})" for label in group}
    return found


def _alike(texts: Mapping[str, str]) -> list[list[str]]:
    """Labels that have one text."""
    groups: dict[str, list[str]] = {}
    for label, text in texts.items():
        groups.setdefault(text, []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _shared(texts: Sequence[str]) -> int:
    """How many characters all texts have in common at the start."""
    different = (place for place, letters in enumerate(zip(*texts, strict=False)) if len(set(letters)) > 1)
    return next(different, min(map(len, texts)))


def _window(text: str, start: int, stop: int, width: int) -> str:
    """At most `width` characters of a text around a part of it; the part's own middle is cut if it is longer."""
    room = width - 2 - (stop - start)
    if room < 0:
        return f"…{short(text[start:stop], width - 2)}…"
    first = max(0, min(start - room // 2, len(text) - (width - 2)))
    last = first + width - 2
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"


# --- units of axes ----------------------------------------------------------------------------------------------------
_UNITS = {
    "share": "share, 0 to 1",
    "any": "share, 0 to 1",
    "count": "a response",
    "per_1k": "per 1,000 words",
}


def unit(metric: str) -> str:
    """The unit of a metric's mean.

    Examples:
        >>> unit("drc"), unit("verification_any"), unit("some other")
        ('a response', 'share, 0 to 1', '')
    """
    return _UNITS[METRICS[metric].form] if metric in METRICS else ""


def share_of(metric: str) -> dict[str, float]:
    """What is known of a metric's axis, for `limits`: where its mean lies in [0, 1], `SHARE`.

    Examples:
        >>> share_of("answer") == SHARE, share_of("drc")
        (True, {})
    """
    return SHARE if metric in METRICS and METRICS[metric].form in ("share", "any") else {}


# --- rows, panels, dots with intervals, legends -----------------------------------------------------------------------
WIDTH = 4.6
"""Inches."""
LINE = 0.21
"""Inches that a line of text takes."""
AROUND = 3.3 * LINE
"""Inches for a panel's heading, tick labels and label of an axis."""
HEADED = 1.5 * LINE
"""Inches for a heading alone."""
BAND: dict[str, Any] = {"colour": GREY, "marker": "none", "line": "-", "linewidth": 8, "alpha": 0.3, "zorder": 0}
"""For `mark`: a grey band behind the dots of a row."""
SHARE = {"low": 0.0, "high": 1.0, "span": 0.1}
"""For `limits`: an axis of shares."""


def panels(
    titles: Sequence[str],
    heights: Iterable[float],
    *,
    columns: int = 1,
    legend: Mapping[str, Artist] | None = None,
    x: str = "",
    y: str = "",
    x_axis: bool = True,
) -> tuple[Figure, list[Axes]]:
    """A figure with a panel per title, under one another or in columns, filled row by row, and a legend below.

    Args:
        titles: Headings of the panels.
        heights: Of the data area of each row of panels, inches; what there is more of is not used.
        columns: Panels per row.
        legend: Label -> what stands before it.
        x: Label of the axis below the last panel of each column.
        y: Label of the axis at the left of each row.
        x_axis: Whether panels have tick labels below.
    """
    labels, count = list(legend or {}), len(titles)
    heights = list(islice(heights, -(-count // columns)))
    widest = max(map(len, labels), default=0) * 6.1 + 40  # points
    abreast = max(1, min(len(labels), int((WIDTH * 72 - 8) / widest)))
    around = (AROUND if x_axis else HEADED) * len(heights) + LINE * -(-len(labels) // abreast) + 0.1
    drawn = Figure(figsize=(WIDTH, sum(heights) + around), layout="constrained")
    if legend:
        look: dict[str, Any] = {"columnspacing": 1.4, "handletextpad": 0.5, "borderpad": 0.2}
        drawn.legend(list(legend.values()), labels, loc="outside lower center", ncols=abreast, **look)
    every: list[Axes] = list(
        drawn.subplots(len(heights), columns, squeeze=False, gridspec_kw={"height_ratios": list(heights)}).flat
    )
    for axes in every[count:]:
        axes.remove()
    for place, (axes, title) in enumerate(zip(every, titles, strict=False)):
        axes.tick_params(**TICKS)
        heading(axes, title, left=place % columns / columns)
        if place >= count - columns:
            axes.set_xlabel(x, loc="right" if columns == 1 else "center")  # to the left there is room
        if not place % columns:
            axes.set_ylabel(y)
    return drawn, every[:count]


def legend_of(
    labels: Iterable[str], given: Palette | None, *, lines: bool = False
) -> tuple[dict[str, Appearance], dict[str, Artist]]:
    """Appearances of a figure's labels in their order, and a legend of them; with `lines` they are drawn as lines."""
    every = palette_of(labels, given)
    names = short_names(every, 44)
    here = {label: every[label] for label in unique(labels)}
    return here, {
        names[label]: mark(one.colour, one.marker, one.line if lines else "none") for label, one in here.items()
    }


def mark(
    colour: str, marker: str, line: Any = "none", *, x: Sequence[float] = (), y: Sequence[float] = (), **drawn: Any
) -> Line2D:
    """Points at `x` and `y`, or a line, to add to a panel or to stand before a label of a legend; more for `Line2D`."""
    return Line2D(x, y, color=colour, marker=marker, linestyle=line, **{"markersize": 6, **drawn})


def heading(axes: Axes, text: str, *, left: float = 0.0) -> None:
    """A panel's heading, which starts at the left edge of the figure, or `left` of its width from there."""
    title = axes.set_title(text, fontweight="bold")
    figure = axes.get_figure(root=True)
    assert figure is not None
    above = ScaledTranslation(0, 7 / 72, figure.dpi_scale_trans)
    title.set_transform(blended_transform_factory(figure.transFigure, axes.transAxes + above))
    title.set_x(left + 4 / 72 / WIDTH)


def rows(axes: Axes, labels: Sequence[str], *, ticks: int = 5) -> None:
    """Name the rows of a panel, the first on top, with a thin line between two; about so many ticks below."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for place in range(1, len(labels)):
        axes.axhline(place - 0.5, color=GREY, alpha=0.25, linewidth=0.6, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    grid(axes, "x")


def grid(axes: Axes, axis: Literal["x", "y", "both"]) -> None:
    """Thin lines at the ticks of an axis."""
    axes.grid(axis=axis, color=GREY, alpha=0.25, linewidth=0.6)


def limits(
    *arrays: Iterable[float], low: float = -np.inf, high: float = np.inf, span: float = 0.0
) -> tuple[float, float]:
    """Ends of an axis that holds all numbers with a little room.

    Args:
        *arrays: What is drawn; what is no finite number does not count.
        low: No number can be lower.
        high: No number can be higher.
        span: The least that the axis holds, so that differences of no weight do not look large.
    """
    every = np.concatenate([np.asarray(list(one), dtype=float) for one in arrays])
    every = every[np.isfinite(every)]
    if not every.size:
        return 0.0, 1.0
    least, most = float(every.min()), float(every.max())
    room = max(0.06 * (most - least), (span - (most - least)) / 2) or 0.05 * max(abs(most), 0.2)
    margin = 0.06 * (most - least + 2 * room)
    return max(least - room, low - margin), min(most + room, high + margin)


def dodges(count: int, width: float = 0.7) -> Array:
    """Distances from the middle of a place at which `count` things stand side by side.

    Examples:
        >>> dodges(2, 0.4).tolist()
        [-0.1, 0.1]
    """
    places: Array = (np.arange(count, dtype=np.float64) - (count - 1) / 2) * (width / max(count, 1))
    return places


# --- data -------------------------------------------------------------------------------------------------------------
def dot(
    axes: Axes,
    x: float,
    y: float,
    ends: tuple[float, float],
    look: Appearance,
    *,
    upright: bool = False,
    hollow: bool = False,
    size: float = 6,
) -> None:
    """A value with its interval; nothing for a value that is no number.

    Args:
        axes: Where.
        x: Place across.
        y: Place upwards.
        ends: Of the interval, in the units of the value; none is drawn unless both are finite.
        look: Its colour and marker.
        upright: Whether the interval goes upwards: then the value is `y`.
        hollow: Whether the marker is an outline.
        size: Of the marker, points.
    """
    if not np.isfinite(y if upright else x):
        return
    if np.isfinite(ends).all():
        across, along = ([x, x], ends) if upright else (ends, [y, y])
        axes.plot(across, along, color=look.colour, linewidth=1.4, zorder=2)
    fill = {"markerfacecolor": "none"} if hollow else {}
    axes.add_line(mark(look.colour, look.marker, x=[x], y=[y], markersize=size, markeredgewidth=1.3, zorder=3, **fill))


# --- sentences of captions: n, intervals, what is left blank ----------------------------------------------------------
def counted(frame: pd.DataFrame, column: str, unit: str) -> str:
    """The range of a column of counts.

    Examples:
        >>> counted(pd.DataFrame({"n": [1273, 1200]}), "n", "questions")
        'n = 1,200 to 1,273 questions'
    """
    found = numbers(frame, column)
    found = found[np.isfinite(found)]
    if not found.size:
        return f"n of {unit} unknown"
    return f"n = {span(found)} {unit}"


def span(counts: Iterable[float]) -> str:
    """The least and the largest of counts, or the one that all are."""
    return " to ".join(f"{int(count):,}" for count in dict.fromkeys([min(counts), max(counts)]))


def intervals(frame: pd.DataFrame, drawn: str = "Lines") -> str:
    """What the intervals are."""
    known = [text for text in dict.fromkeys(frame["method"].dropna().astype(str)) if text] if "method" in frame else []
    said = f" ({'; '.join(known)})" if 0 < len(known) <= 2 else " (methods: see the table)" if known else ""
    return f"{drawn} are 95 % intervals{said}."


def blanks(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """How many numbers are not drawn, as a sentence to append; empty where all are."""
    missing = sum(int((~np.isfinite(numbers(frame, column))).sum()) for column in columns)
    if not missing:
        return ""
    if missing == 1:
        return " One number does not exist, and is left blank."
    return f" {missing:,} numbers do not exist, and are left blank."
