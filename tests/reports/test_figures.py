"""The figures of a report: what they show, how they look, and what they are as SVG."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from clinical_r1.reports.figures import (
    accuracy,
    factorial,
    forest,
    judges,
    lengths,
    methods,
    positions,
    strata,
    tradeoff,
    training,
    use,
    voting,
)
from clinical_r1.reports.plotting import (
    COLOURS,
    GREY,
    INK,
    SHADE,
    SLOTS,
    Appearance,
    palette,
    palette_of,
    save,
    settings,
    short,
    short_names,
    shown,
)
from hypothesis import given, strategies
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from clinical_r1.choices.extract import METHODS
from tests.tables import figures as tables

PAGES = ("#FFFFFF", "#14171A")
"""Backgrounds of pages, light and dark."""
LONG_BENCHMARKS = (*tables.BENCHMARKS, "a benchmark of somebody else, with a name of sixty characters")
SIZES = [
    (tables.CHECKPOINTS[:1], tables.BENCHMARKS[:1], "the smallest"),
    (tables.CHECKPOINTS, tables.BENCHMARKS, "an everyday report"),
    (tables.LONG, LONG_BENCHMARKS, "eight long names"),
]
Maker = Callable[[Sequence[str], Sequence[str]], pd.DataFrame]
MADE: dict[ModuleType, Maker] = {
    accuracy: tables.accuracy,
    forest: lambda checkpoints, benchmarks: tables.paired(("base", *checkpoints), benchmarks),
    factorial: lambda _, benchmarks: tables.factorial(benchmarks, 9 if len(benchmarks) < 2 else 2),
    tradeoff: tables.tradeoff,
    voting: tables.maj_at_k,
    lengths: tables.lengths,
    methods: tables.methods,
    positions: tables.positions,
    strata: tables.strata,
    training: lambda checkpoints, _: tables.training(checkpoints),
    judges: tables.judges,
    use: tables.probed,
}
"""Module -> its table for some checkpoints and benchmarks."""
each = pytest.mark.parametrize("module", MADE, ids=lambda module: module.__name__.rpartition(".")[2])


def everyday(module: ModuleType) -> pd.DataFrame:
    return MADE[module](tables.CHECKPOINTS, tables.BENCHMARKS)


@cache
def drawn_by(module: ModuleType, checkpoints: Sequence[str], benchmarks: Sequence[str]) -> Figure:
    """For tests that only look at it."""
    found: Figure = module.figure(MADE[module](checkpoints, benchmarks))
    return found


@cache
def everyday_svg(module: ModuleType) -> str:
    return svg_of(drawn_by(module, tables.CHECKPOINTS, tables.BENCHMARKS))


def svg_of(drawn: Figure) -> str:
    with TemporaryDirectory() as folder:
        return save(drawn, Path(folder) / "figure")[0].read_text(encoding="utf-8")


# --- colours -----------------------------------------------------------------------------------------------------------
def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    dark, light = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear sRGB, D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# Machado, Oliveira and Fernandes 2009, severity 1.
SEEN_WITH = {
    "all cones": np.eye(3),
    "no green cones": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "no red cones": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
}


def test_the_measures_of_colour_are_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert lab(linear("#FF0000")) == pytest.approx([53.2, 80.1, 67.2], abs=0.5)


@pytest.mark.parametrize("colour", [*COLOURS, GREY])
def test_every_colour_is_read_on_the_white_of_figures_and_seen_on_dark_pages(colour: str) -> None:
    light, dark = PAGES
    assert contrast(colour, light) >= 4.5, "of thin lines too"
    assert contrast(colour, dark) >= 3, "dots before names of checkpoints"


@pytest.mark.parametrize("cones", SEEN_WITH)
def test_colours_stay_apart_for_colour_blind_readers(cones: str) -> None:
    seen = [lab(SEEN_WITH[cones] @ linear(colour)) for colour in COLOURS]
    apart = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in combinations(range(len(seen)), 2)}
    assert min(distance for pair, distance in apart.items() if max(pair) < 5) >= 20
    assert min(apart.values()) >= 15


def test_cells_of_heat_maps_leave_their_text_readable() -> None:
    for page, ink in zip(PAGES, (INK, "#E4E8EB"), strict=True):
        strongest = strata._STRONGEST
        cell = [
            round(strongest * int(SHADE[p : p + 2], 16) + (1 - strongest) * int(page[p : p + 2], 16)) for p in (1, 3, 5)
        ]
        assert contrast("#{:02x}{:02x}{:02x}".format(*cell), ink) >= 4.5


def test_a_look_is_a_labels_place_among_all_labels() -> None:
    every = palette([*tables.LONG, *tables.LONG])
    assert list(every) == list(tables.LONG)
    others = [label for label in tables.LONG if label not in SLOTS]
    assert palette(others[:3]) == dict(list(palette(others).items())[:3])
    many = palette(map(str, range(72)))
    assert len({(look.colour, look.marker) for look in many.values()}) == 72
    assert palette_of(["crpo", "new"], {"crpo": Appearance("#000001", "x")}) == {
        "crpo": Appearance("#000001", "x"),
        "new": palette(["crpo", "new"])["new"],
    }


@pytest.mark.parametrize(
    "labels", [["grpo"], ["cold_start", "crpo", "grpo"], ["x", "y", "z", "grpo"], ["crpo", "seed-1/GRPO"]]
)
def test_a_method_looks_the_same_on_all_pages(labels: list[str]) -> None:
    found = palette(labels)
    grpo = found[labels[-1]]
    assert grpo == palette(["grpo"])["grpo"]
    assert len({look.colour for look in found.values()}) == len(labels)


def test_seeds_of_a_method_share_its_colour_and_differ_in_markers() -> None:
    found = palette(
        [*(f"seed-{seed}/{name}" for name in ("grpo", "crpo", "other") for seed in range(3)), "grpo", "crpo"]
    )
    for name in ("grpo", "crpo", "other"):
        seeds = [look for label, look in found.items() if label.endswith(name)]
        assert len({look.colour for look in seeds}) == 1
        assert len({look.marker for look in seeds}) == len(seeds)
    assert found["grpo"] == palette(["grpo"])["grpo"]


# --- names -------------------------------------------------------------------------------------------------------------
HOSTILE = [
    ("a\x1b[31mb", "a␛[31mb", "a terminal escape"),
    ("a\nb\tc", "a␊b␉c", "more than one line"),
    ("$x_1$", "$x_1$", "mathematics stays text"),
    ("a\u202eb", "a⟨U+202E⟩b", "turns the writing direction"),
    ("\ud800", "⟨U+D800⟩", "half of a surrogate pair"),
    (3, "3", "no text"),
]


@pytest.mark.parametrize(("text", "expected", "why"), HOSTILE)
def test_a_label_is_shown_harmless(text: object, expected: str, why: str) -> None:
    assert shown(text) == expected, why


def test_long_names_are_cut_in_the_middle_and_stay_different() -> None:
    assert short("x" * 30 + "y" * 30, 11) == "xxxxx…yyyyy"
    assert short("short", 11) == "short"
    found = short_names(tables.LONG, 24)
    assert found["grpo"] == "grpo"
    assert "grpo_k10_seed1" in found[tables.LONG[1]]
    assert "crpo_k10_seed1" in found[tables.LONG[2]]
    assert "crpo_k10_seed2" in found[tables.LONG[3]]
    assert list(short_names(["a" * 25, "a" * 26]).values()) == ["aaaaaaaaaa…aaaaaaaaa (1)", "aaaaaaaaaa…aaaaaaaaa (2)"]


@given(strategies.lists(strategies.text(alphabet="ab\n/", max_size=40), max_size=12), strategies.integers(12, 30))
def test_no_two_labels_have_one_name(labels: list[str], width: int) -> None:
    found = short_names(labels, width)
    assert set(found) == set(labels)
    assert len(set(found.values())) == len(found)
    assert all(len(name) <= width for name in found.values())


# --- the page's demands ------------------------------------------------------------------------------------------------
class Recorder(RendererAgg):
    """Notes the text that is drawn, and where."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(*figure.bbox.size, figure.dpi)
        self.texts: list[tuple[str, Bbox]] = []

    def draw_text(self, gc: Any, x: Any, y: Any, s: Any, prop: Any, angle: Any, ismath: Any = False, mtext: Any = None) -> None:  # fmt: skip
        """Lines of text come one by one; `x` and `y` is where the baseline starts, from the top."""
        assert not ismath
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        if angle:  # upwards
            box = Bbox.from_bounds(x - height + descent, self.height - y, height, width)
        else:
            box = Bbox.from_bounds(x, self.height - y - descent, width, height)
        if s.strip():
            self.texts.append((s, box))


def texts_of(drawn: Figure) -> list[tuple[str, Bbox]]:
    with settings():
        recorder = Recorder(drawn)
        drawn.draw(recorder)
    return recorder.texts


@pytest.mark.sampled(9)
@each
@pytest.mark.parametrize(("checkpoints", "benchmarks", "size"), SIZES, ids=lambda value: str(value)[:12])
def test_nothing_overlaps_and_nothing_is_cut(
    module: ModuleType, checkpoints: Sequence[str], benchmarks: Sequence[str], size: str
) -> None:
    drawn = drawn_by(module, checkpoints, benchmarks)
    assert flaws(drawn) == []
    for legend in drawn.legends:
        with settings():
            box = legend.get_window_extent()
        assert not any(box.overlaps(axes.get_window_extent()) for axes in drawn.axes)


def flaws(drawn: Figure) -> list[str]:
    texts = texts_of(drawn)
    whole = drawn.bbox
    found = [f"{text!r} is cut" for text, box in texts if Bbox.union([whole, box]).bounds != whole.bounds]
    pairs = combinations(texts, 2)
    return found + [f"{one!r} lies over {other!r}" for (one, a), (other, b) in pairs if a.overlaps(b.padded(-1))]


def test_the_check_sees_texts_that_overlap_or_are_cut() -> None:
    drawn = Figure(figsize=(3, 3))
    for x, y, text in ((0.1, 0.5, "one"), (0.12, 0.5, "two"), (0.1, 0.8, "free"), (0.97, 0.2, "cut")):
        drawn.text(x, y, text)
    drawn.text(0.3, 0.9, "upright", rotation=90)
    assert flaws(drawn) == ["'cut' is cut", "'upright' is cut", "'one' lies over 'two'"]


@pytest.mark.sampled(4)
@each
def test_text_is_readable_on_a_phone(module: ModuleType) -> None:
    root = ElementTree.fromstring(svg_of(drawn_by(module, tables.LONG, LONG_BENCHMARKS)))
    scale = 360 / float(root.attrib["viewBox"].split()[2])
    styles = [element.attrib["style"] for element in root.iter(f"{SVG}text")]
    sizes = [float(found[1]) for style in styles if (found := re.search(r"font(?:-size)?: (?:\d+ )?([\d.]+)px", style))]
    assert len(sizes) == len(styles)
    assert min(sizes) * scale >= 9


@each
def test_a_checkpoint_looks_the_same_in_every_figure(module: ModuleType) -> None:
    everyone = [*tables.CHECKPOINTS, *tables.FOUR.values(), "base"]
    chosen = palette(everyone)
    frame = MADE[module](tables.CHECKPOINTS[2:], tables.BENCHMARKS[:1])
    used = set(values_of(svg_of(module.figure(frame, palette=chosen)), "fill", "stroke"))
    here = set(tables.FOUR.values()) if module is factorial else {"crpo"}
    theirs = {chosen[label].colour.lower() for label in here}
    assert theirs <= used
    assert not used & ({colour.lower() for colour in COLOURS} - theirs)


EMPTY = [
    (lambda frame: pd.DataFrame(), "no row and no column"),
    (lambda frame: frame.iloc[:0], "no row"),
    (lambda frame: frame.assign(**dict.fromkeys(frame.select_dtypes("number"), np.nan)), "no number"),
]


@each
@pytest.mark.parametrize(("emptied", "why"), EMPTY, ids=lambda value: value if isinstance(value, str) else "")
def test_a_frame_without_numbers_is_refused(
    module: ModuleType, emptied: Callable[[pd.DataFrame], pd.DataFrame], why: str
) -> None:
    with pytest.raises(ValueError, match="there is no"):
        module.figure(emptied(everyday(module)))


@each
def test_names_from_outside_are_text(module: ModuleType) -> None:
    hostile = "$\\frac{1}{0}$ <script>&\x1b"
    frame = MADE[module](tables.CHECKPOINTS[1:], tables.BENCHMARKS[:1]).replace({"crpo": hostile, "medqa": hostile})
    texts = " ".join(root.text or "" for root in ElementTree.fromstring(svg_of(module.figure(frame))).iter())
    assert "$\\frac{1}{0}$ <script>&␛" in texts


SVG = "{http://www.w3.org/2000/svg}"


def values_of(svg: str, *attributes: str) -> Iterator[str]:
    """Values of attributes, and of the properties of styles that are called so."""
    for element in ElementTree.fromstring(svg).iter():
        styles = (part.strip().split(": ") for part in element.attrib.get("style", "").split(";") if part.strip())
        given = [*element.attrib.items(), *((name, value) for name, value in styles)]
        yield from (value for name, value in given if name in attributes)


@each
def test_the_svg_runs_and_fetches_nothing(module: ModuleType) -> None:
    svg = everyday_svg(module)
    assert not {"script", "image", "a", "foreignObject"} & {
        element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()
    }
    assert all(value.startswith("#") for value in values_of(svg, "{http://www.w3.org/1999/xlink}href"))


@each
def test_colours_are_seen_on_both_pages(module: ModuleType) -> None:
    used = set(values_of(everyday_svg(module), "fill", "stroke")) - {"none", "#ffffff", INK.lower()}
    for colour in used:
        assert all(contrast(colour, page) >= 3 for page in PAGES), colour


@pytest.mark.sampled(3)
@each
def test_the_same_frame_gives_the_same_bytes(module: ModuleType, tmp_path: Path) -> None:
    frame = MADE[module](tables.CHECKPOINTS[1:], tables.BENCHMARKS[:1])
    save(module.figure(frame), tmp_path / "one")
    first = svg_of(module.figure(frame))
    with matplotlib.rc_context({"svg.fonttype": "path", "font.size": 30, "text.color": "red", "axes.grid": True}):
        save(module.figure(frame), tmp_path / "two")
        assert svg_of(module.figure(frame)) == first
    for suffix in (".png", ".svg"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


# --- what is drawn -----------------------------------------------------------------------------------------------------
def points(axes: Axes) -> list[Line2D]:
    """Markers of checkpoints: one point each, in a colour of the palette."""
    return [line for line in axes.lines if len(line.get_xdata()) == 1 and str(line.get_color()) in COLOURS]


def across(axes: Axes) -> list[float]:
    return [float(line.get_xdata()[0]) for line in points(axes)]


def upwards(axes: Axes) -> list[float]:
    return [float(line.get_ydata()[0]) for line in points(axes)]


def is_hollow(line: Line2D) -> bool:
    return line.get_markerfacecolor() == "none"


def test_accuracy_stands_where_it_is() -> None:
    frame = tables.accuracy()
    drawn = accuracy.figure(frame)
    for axes, benchmark in zip(drawn.axes, tables.BENCHMARKS, strict=True):
        part = frame[(frame["benchmark"] == benchmark) & frame["quantity"].isin(["accuracy", "majority"])]
        assert across(axes) == pytest.approx(list(part["value"]))
        assert [is_hollow(line) for line in points(axes)] == list(part["quantity"] == "majority")
        spans = [
            line.get_xdata() for line in axes.lines if str(line.get_color()) in COLOURS and line not in points(axes)
        ]
        assert np.array(spans) == pytest.approx(part[["low", "high"]].to_numpy())
        ticks = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "|"]
        assert ticks == pytest.approx(list(part["chance"]))
    ends = {axes.get_xlim() for axes in drawn.axes}
    assert len(ends) == 1, "benchmarks are compared by eye"


def test_captions_say_n_and_what_an_interval_is() -> None:
    assert accuracy.caption(tables.accuracy()) == (
        "Accuracy of single responses (n = 6,365 to 20,915 responses) and of the majority vote over the responses to a "
        "question (n = 1,273 to 4,183 questions). Lines are 95 % intervals (t over questions). The grey tick is chance. "
        "× is the published accuracy, by majority vote."
    )
    unpublished = accuracy.caption(tables.accuracy().assign(published=None))
    assert "published" not in unpublished


@each
def test_a_caption_has_an_n_and_speaks_of_intervals(module: ModuleType) -> None:
    said = module.caption(everyday(module))
    assert re.search(r"n = [\d,]+( to [\d,]+)? \w+", said)
    assert "interval" in said
    assert "nan" not in said


BLANKED = [
    (accuracy, "value", 9 * 2),
    (forest, "difference", 3 * 30),
    (lengths, "per_thousand", 9 * 2),
    (voting, "value", 45),
    (positions, "chosen", 3 * (4 + 4 + 10) * 2),
    (factorial, "value", 4 * 6),
]


@pytest.mark.parametrize(
    ("module", "column", "count"), BLANKED, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_what_does_not_exist_is_left_blank(module: ModuleType, column: str, count: int) -> None:
    frame = everyday(module)
    drawn = drawn_by(module, tables.CHECKPOINTS, tables.BENCHMARKS)
    assert sum(len(points(axes)) for axes in drawn.axes) == count
    assert "blank" not in module.caption(frame)
    frame.loc[frame.index[0], column] = np.nan
    drawn = module.figure(frame)
    assert sum(len(points(axes)) for axes in drawn.axes) == count - 1
    assert "One number does not exist, and is left blank." in module.caption(frame)


def test_an_interval_without_ends_is_no_line() -> None:
    frame = tables.accuracy(tables.CHECKPOINTS[:1], tables.BENCHMARKS[:1]).assign(low=np.nan, high=np.inf)
    [axes] = accuracy.figure(frame).axes
    assert len(points(axes)) == 2
    assert not [line for line in axes.lines if len(line.get_xdata()) == 2 and str(line.get_color()) in COLOURS]


def test_a_difference_has_the_colour_of_its_second_side_and_is_filled_beyond_chance() -> None:
    frame = tables.paired()
    primary = frame[frame["primary"]]
    drawn = forest.figure(frame, palette=palette(tables.CHECKPOINTS))
    for axes, ((benchmark, b), part) in zip(drawn.axes, primary.groupby(["benchmark", "b"], sort=False), strict=True):
        assert axes.get_title("left") == f"{b} − cold_start\n{benchmark}"
        assert across(axes) == pytest.approx(list(part["difference"]))
        assert {line.get_color() for line in points(axes)} == {palette(tables.CHECKPOINTS)[str(b)].colour}
        assert [is_hollow(line) for line in points(axes)] == list(part["verdict"] == "no difference shown")
    labels = [label.get_text() for label in drawn.axes[0].get_yticklabels()]
    assert labels[0] == "correct answer ↑"
    assert "claims that are hallucinated ↓" in labels
    assert "any verification" in labels


def test_a_forest_has_an_end() -> None:
    frame = tables.paired(tables.LONG, tables.BENCHMARKS)
    assert len(forest.figure(frame).axes) == forest.MOST
    assert f"The first {forest.MOST} of 21 comparisons are drawn" in forest.caption(frame)


def test_prompts_that_differ_are_said() -> None:
    frame = tables.paired(tables.CHECKPOINTS[:2], ["medqa"]).assign(prompts="own format")
    assert forest.figure(frame).axes[0].get_title("left").endswith("medqa (own format)")


def test_the_two_by_two_joins_the_cells_of_one_reward() -> None:
    frame = tables.factorial(["medqa"], 1)
    [axes] = factorial.figure(frame).axes
    lines = [line for line in axes.lines if line.get_color() == GREY]
    by_reward = {key: list(part.sort_values("cold_start")["value"]) for key, part in frame.groupby("reward")}
    assert [list(line.get_ydata()) for line in lines] == [by_reward["grpo"], by_reward["crpo"]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["no cold start", "cold start"]
    assert sorted(upwards(axes)) == sorted(frame["value"])


def test_the_two_by_two_says_its_effects() -> None:
    said = factorial.caption(tables.factorial(["medqa"], 1), effects=tables.effects(["medqa"], 1))
    assert (
        "Effects on correct answer, medqa: CRPO instead of GRPO, mean of both starts +0.021 [−0.004, +0.046], ratio 1.04 "
        "[0.99, 1.09]; cold start, mean of both rewards +0.021 [−0.004, +0.046], ratio 1.04 [0.99, 1.09]; interaction "
        "+0.021 [−0.004, +0.046], ratio 1.04 [0.99, 1.09]." in said
    )
    assert "n = 6,365 responses; 3 training seeds per arm" in said
    every = factorial.caption(tables.factorial(["medqa"], 9), effects=tables.effects(["medqa"], 9))
    assert every.count("interaction") == 1, "the rest is left to the table"
    assert "Effects" not in factorial.caption(tables.factorial())


KS = [
    ((1, 5, 10), True, "a curve"),
    ((10, 10, 5), False, "two checkpoints of one k: seeds, or arms"),
    ((np.nan, np.nan, 10), False, "one known"),
]


@pytest.mark.parametrize(("ks", "joined", "why"), KS, ids=lambda value: str(value))
def test_checkpoints_are_joined_by_k(ks: Sequence[float], joined: bool, why: str) -> None:
    frame = tables.tradeoff(tables.CHECKPOINTS, ["medqa"], ks)
    [axes] = tradeoff.figure(frame).axes
    assert bool([line for line in axes.lines if line.get_color() == GREY]) is joined, why
    assert [text.get_text() for text in axes.texts] == (["k = 1", "k = 5", "k = 10"] if joined else [])
    assert ("k, the weight" in tradeoff.caption(frame)) is joined


def test_arms_of_the_ablation_are_joined_apart() -> None:
    frame = tables.tradeoff(list("abcd"), ["medqa"], (1, 5, 1, 5)).assign(series=["warm", "warm", "cold", "cold"])
    [axes] = tradeoff.figure(frame).axes
    assert [len(line.get_xdata()) for line in axes.lines if line.get_color() == GREY] == [2, 2]


def test_many_votes_have_few_marks_and_few_votes_have_all() -> None:
    [few] = voting.figure(tables.maj_at_k(["crpo"], ["medqa"], 5)).axes
    assert across(few) == [1, 2, 3, 4, 5]
    [many] = voting.figure(tables.maj_at_k(["crpo"], ["medqa"], 32)).axes
    assert len(points(many)) == voting.MARKED
    assert (across(many)[0], across(many)[-1]) == (1, 32)


def test_only_methods_that_occur_have_a_row() -> None:
    frame = tables.methods(benchmarks=["medqa"])
    frame.loc[frame["method"] == "box", "share"] = 0.0
    [axes] = methods.figure(frame.iloc[::-1]).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [methods.TITLES[name] for name in ("strict", "stated", "ambiguous", "none")]
    with pytest.raises(ValueError, match="nothing to draw"):
        methods.figure(frame.assign(share=0.0))


def test_captions_do_not_speak_of_what_is_not_drawn() -> None:
    frame = tables.methods()
    assert "unread rows count as wrong" in methods.caption(frame)
    read = frame[~frame["method"].isin(["ambiguous", "abstained", "none"])]
    assert "unread" not in methods.caption(read)
    assert "chance" not in accuracy.caption(tables.accuracy().assign(chance=np.nan))
    alone = tables.paired().assign(low_family=np.nan, high_family=np.nan, mde=np.nan)
    assert "Thin lines" not in forest.caption(alone)
    assert "grey band" not in forest.caption(alone)


def test_the_extractors_methods_are_known() -> None:
    assert tuple(methods.TITLES) == METHODS


def test_positions_stand_beside_the_share_of_right_options() -> None:
    frame = tables.positions(["crpo"], ["medqa"])
    chosen, right = positions.figure(frame).axes
    assert upwards(chosen) == pytest.approx(list(frame["chosen"]))
    assert upwards(right) == pytest.approx(list(frame["accuracy"]))
    gold = [line.get_ydata()[0] for line in chosen.lines if line.get_color() == GREY]
    assert gold == pytest.approx(list(frame["gold"]))
    assert [axes.get_ylim()[0] for axes in (chosen, right)] == [0, 0]


def test_cells_of_the_heat_map_hold_value_and_n() -> None:
    frame = tables.strata(["grpo", "crpo"], ["medqa"])
    frame = frame.drop(frame.index[-1])
    [axes] = strata.figure(frame).axes
    found = [text.get_text() for text in axes.texts]
    expected = [cell for row in frame.itertuples() for cell in (f"{row.value:.2f}", f"{row.n:,}")]
    assert found == expected
    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["patient case: yes", "patient case: no"]
    shades = [patch.get_alpha() for patch in axes.patches]
    assert np.argsort(shades).tolist() == np.argsort(frame["value"].to_numpy()).tolist()
    assert "One cell without a number is blank." in strata.caption(frame)


def test_a_heat_map_has_an_end() -> None:
    rows = [
        {"benchmark": "medmcqa", "by": "topic", "stratum": f"topic {place}", "checkpoint": "crpo", "metric": "answer"}
        | {"label": "correct answer", "value": 0.5, "n": place}
        for place in range(1, 101)
    ]
    [axes] = strata.figure(pd.DataFrame(rows)).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert (len(labels), labels[0], labels[-1]) == (strata.MOST, "topic: topic 61", "topic: topic 100")
    assert f"the {strata.MOST} strata with the most responses" in strata.caption(pd.DataFrame(rows))


def test_another_metric_of_the_heat_map() -> None:
    frame = tables.strata()
    frame["metric"] = frame["label"] = "drc"
    assert strata.figure(frame).axes[0].get_title("left") == "medqa: drc"
    assert "Drc (a response) by kind of question" in strata.caption(frame)


def test_long_runs_are_averaged_over_stretches() -> None:
    steps = np.arange(1, 3001)
    frame = pd.DataFrame({"run": "crpo", "step": steps, "measure": "kl", "label": "KL", "value": steps / 3000})
    [axes] = training.figure(frame).axes
    updates, mean = axes.lines
    assert len(updates.get_xdata()) == training.POINTS
    assert np.asarray(updates.get_ydata()) == pytest.approx(np.asarray(updates.get_xdata()) / 3000)
    assert np.asarray(mean.get_ydata())[20:-20] == pytest.approx(np.asarray(updates.get_ydata())[20:-20], abs=0.01)
    assert axes.get_ylabel() == "nats a token"
    assert "n = 1 run of 3,000 updates" in training.caption(frame)


def test_judges_show_what_was_rejected_and_what_failed() -> None:
    frame = tables.judges(["crpo"], ["medqa"])
    rejected, unscored = judges.figure(frame).axes[:2]
    assert across(rejected) == [0.03]
    assert across(unscored) == pytest.approx([4 / 1273])
