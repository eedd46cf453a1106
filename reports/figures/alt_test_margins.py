"""The alternative annotator test at every margin."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from ..plotting import (
    GREY,
    Look,
    counted,
    grid,
    heading,
    looks_of,
    mark,
    model_key,
    panels,
    records,
    short,
    short_names,
    split,
    styled,
    tidy,
    unique,
)

_NUMBERS = ["epsilon", "omega", "raters"]
_APART = 0.012  # of the axis, so that lines of several judges on one value are all seen


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """A panel a metric, a line a judge: the share of raters it is as good as, over the margin.

    Args:
        frame: A row a judge x metric x `epsilon`: `label` and the winning rate `omega`.
        looks: Label -> look, of all judges of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["judge"], looks)
    here = {label: chosen[label] for label in unique(frame["judge"])}
    parts = split(frame, "metric")
    key = {
        **model_key(here, short_names(chosen, 44), lines=True),
        "passed from here": mark(GREY, "none", ":", linewidth=1.4),
    }
    columns = 2 if len(parts) > 1 else 1
    drawn, every = panels([1.0] * -(-len(parts) // columns), columns=columns, legend=key)
    for place, (axes, (_, part)) in enumerate(zip(every, parts, strict=False)):
        heading(axes, short(part["label"].iloc[0], 30), left=place % columns / columns)
        axes.axhline(0.5, color=GREY, linewidth=1.4, linestyle=":", zorder=1)
        for number, (judge, look) in enumerate(here.items()):
            line = part[part["judge"] == judge].sort_values("epsilon")
            axes.plot(
                line["epsilon"], line["omega"] + _APART * number, color=look.colour, marker=look.marker,
                linestyle=look.line, markersize=4, linewidth=1.4,
            )  # fmt: skip
        axes.set_ylim(-0.08, 1.12)
        axes.set_yticks([0, 0.5, 1])
        grid(axes, "both")
    for axes in every[len(parts) :]:
        axes.set_axis_off()
    for axes in every[max(0, len(parts) - columns) : len(parts)]:
        axes.set_xlabel("margin ε")
    for axes in every[: len(parts) : columns]:
        axes.set_ylabel("raters won")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n; a winning rate is a count of tests and has no interval."""
    found = _tidy(frame)
    margins = sorted({row.epsilon for row in records(found)})
    return (
        f"Alternative annotator test: the share of raters ({counted(found, 'raters', 'raters')}) with whose colleagues "
        f"the judge agrees as well as they do, less the margin ε, for ε from {margins[0]:g} to {margins[-1]:g}. A "
        f"winning rate counts tests (Benjamini-Yekutieli at .05) and has no interval."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return tidy(frame, ["judge", "metric", "label"], _NUMBERS, need=["omega"])
