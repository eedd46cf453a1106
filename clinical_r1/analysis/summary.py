"""The summary of a comparison in sentences: runs that are mostly unread, significant differences, open ones, none.

Where most responses of a run have no readable answer, accuracy says little about its model.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

from clinical_r1.analysis.comparisons import ALL
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import groups
from clinical_r1.logs import LogSet, read_texts
from clinical_r1.metrics import METRICS, MOSTLY_READ
from clinical_r1.untrusted import escape_controls

# --- what could not be read -------------------------------------------------------------------------------------------
_HEAD, _TAIL = 80, 120  # characters of a response that are quoted: answers stand at its end
_WHY = {"abstained": "declined to answer", "ambiguous": "with contradicting answers"}


def mostly_unread(log_set: LogSet) -> Iterator[str]:
    """A sentence per run fewer than half of whose responses could be read: how many, why, and the first that could not.

    Raises:
        UserError: If the log of such a run cannot be read any more.
    """
    for group in groups(log_set):
        finished = group.responses[group.responses["error"].isna()]
        unread = finished[finished["letter"].isna()]
        read, total = len(finished) - len(unread), len(finished)
        if read >= MOSTLY_READ * total:
            continue
        why = Counter(_why(row) for row in unread[["method", "truncated", "stop_reason", "words"]].to_dict("records"))
        place = (group.run.index, str(unread["id"].iloc[0]), int(unread["epoch"].iloc[0]))
        first = read_texts(log_set, [place])[place].item.response
        yield escape_controls(
            f"{group.run.checkpoint} on {group.run.benchmark}: an answer could be read in only {read:,} of {total:,} "
            f"responses ({read / total:.0%}). The others count as wrong: "
            f"{', '.join(f'{number:,} {reason}' for reason, number in why.most_common())}. "
            f"The first of these (question {place[1]}, epoch {place[2]}) {_quoted(first)}.",
            one_line=True,
        )


def _why(row: Mapping[Any, Any]) -> str:
    """Why no answer could be read in a response; where the token limit may be the reason, it is."""
    if row["truncated"] and row["method"] != "abstained":
        return "cut off by the token limit (--max-tokens)"
    if row["stop_reason"] == "content_filter":
        return "stopped by the provider's filter"
    if row["words"] == 0:
        return "empty"
    return _WHY.get(row["method"], "without a recognisable answer")


def _quoted(response: str) -> str:
    text = response.strip().replace("`", "'")  # which would be code on the page
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} […] {text[-_TAIL:]}"
    return f"says: “{text}”" if text else "is empty"


# --- what differs, and what does not ----------------------------------------------------------------------------------
FEW = 6
"""Differences up to which a sentence gives the numbers; beyond, the table has them."""

CUT_OFF = 0.02
"""Share of responses cut off from which the summary says so."""

Kind = Literal["unread", "unit", "differs", "open", "same", "passes", "fails", "unmeasured", "note"]


class Sentence(NamedTuple):
    """A result in words."""

    kind: Kind
    text: str


def sentences(log_set: LogSet, comparisons: Sequence[Comparison], paired: pd.DataFrame) -> list[Sentence]:
    """The summary.

    Args:
        log_set: What was read.
        comparisons: What was compared.
        paired: See `clinical_r1.analysis.comparisons.paired`.

    Raises:
        UserError: If the log of a run that could mostly not be read is not there any more.
    """
    found = [Sentence("unread", line) for line in mostly_unread(log_set)]
    found += _units(comparisons)
    tests = int(paired["p_holm"].notna().sum()) if len(paired) else 0
    if tests > 1:
        found.append(
            Sentence(
                "unit",
                f"Intervals in these sentences hold all {tests} tested differences at once, in 95 of 100 such reports; "
                "the narrower ones of each difference alone stand in the table.",
            )
        )
    primary = paired[paired["primary"] & (paired["benchmark"] != ALL)] if len(paired) else paired
    for pair, part in primary.groupby(["a", "b"], sort=False) if len(paired) else ():
        a, b = map(str, pair)
        found += _differences(a, b, part)
        found += _open(a, b, part)
        found += _no_differences(a, b, part, tests)
        found += _unmeasured(a, b, part)
    found += [Sentence("note", line) for line in _cut_off(log_set)]
    found += [Sentence("note", line) for comparison in comparisons for line in _allowed(comparison)]
    return found + [Sentence("note", note) for note in log_set.notes]


def _units(comparisons: Sequence[Comparison]) -> Iterator[Sentence]:
    """What the page may speak about."""
    if not comparisons:
        yield Sentence("unit", "Nothing is compared: there is one checkpoint, or no benchmark that two of them share.")
        return
    seeds = [one.seeds for one in comparisons]
    if any(pair == (1, 1) for pair in seeds):
        yield Sentence(
            "unit",
            "With one checkpoint a side, these sentences are about these checkpoints on questions like these. They say "
            "nothing of what another training run of the same method would give.",
        )
    if several := [pair for pair in seeds if min(pair) > 1]:
        yield Sentence(
            "unit",
            f"With {min(map(min, several))} or more training seeds a side, these sentences are about methods: seeds "
            "and questions are both resampled.",
        )
    if any(min(pair) == 1 < max(pair) for pair in seeds):
        yield Sentence(
            "unit",
            "Where one side is a single checkpoint and the other has several seeds, the sentences are about that "
            "checkpoint and the other side's method.",
        )


def _differences(a: str, b: str, part: pd.DataFrame) -> Iterator[Sentence]:
    for row in part[part["verdict"].isin(("higher", "lower"))].to_dict("records"):
        word = "" if row["better"] == "neither" else " (better)" if row["better"] == row["verdict"] else " (worse)"
        yield Sentence(
            "differs",
            f"{b} is {row['verdict']} than {a} in {row['label']} on {_place(row)}: {row['mean_b']:.3f} against "
            f"{row['mean_a']:.3f}, a difference of {_interval(row)} on {row['questions']:,} questions{word}.",
        )


def _open(a: str, b: str, part: pd.DataFrame) -> Iterator[Sentence]:
    for row in part[part["verdict"] == "open"].to_dict("records"):
        word = "higher" if row["difference"] > 0 else "lower"
        yield Sentence(
            "open",
            f"Open, because it hangs on failed judgements: {b} is {word} than {a} in {row['label']} on "
            f"{_place(row)} by {_interval(row)} as judged, and between {row['bound_low']:+.3f} and "
            f"{row['bound_high']:+.3f} with what failed ({row['unscored']:,} responses).",
        )


def _no_differences(a: str, b: str, part: pd.DataFrame, tests: int) -> Iterator[Sentence]:
    if len(rows := part[part["verdict"] == "no difference shown"]):
        numbers = "; ".join(
            f"{label}: {', '.join(f'{_place(row)} {_interval(row)}' for row in part.to_dict('records'))}"
            for label, part in rows.groupby("label", sort=False)
        )
        said = numbers if len(rows) <= FEW else _by_place(rows)
        yield Sentence(
            "same",
            f"Between {a} and {b} no difference beyond chance was found, which is no proof of none: {said}. "
            + (f"(That is said after correction for {tests} tests.)" if tests > 1 else ""),
        )


def _by_place(rows: pd.DataFrame) -> str:
    """`on this and that: metric A, metric B`: metrics that share their benchmarks are named together."""
    places = {
        str(label): tuple(map(_place, part.to_dict("records"))) for label, part in rows.groupby("label", sort=False)
    }
    return "; ".join(
        f"on {', '.join(where)}: {', '.join(label for label, places_of in places.items() if places_of == where)}"
        for where in dict.fromkeys(places.values())
    )


def _unmeasured(a: str, b: str, part: pd.DataFrame) -> Iterator[Sentence]:
    if len(rows := part[part["verdict"] == "not tested"]):
        yield Sentence("unmeasured", f"Too few questions to test for {a} and {b}: {_by_place(rows)}.")
    measured = set(part.loc[part["verdict"] != "not measured", "metric"])
    missing = [metric.label for key, metric in METRICS.items() if metric.primary and key not in measured]
    if missing:
        yield Sentence(
            "unmeasured",
            f"No number on both sides for {a} and {b}: {', '.join(missing)} (not judged by one judge, failed, or past "
            "what the judge can know).",
        )


def _cut_off(log_set: LogSet) -> Iterator[str]:
    """Runs in which the token limit may have decided."""
    shares = log_set.responses.groupby("run", observed=True)["truncated"].mean()
    for run in log_set.runs:
        if (share := float(shares.get(run.index, 0.0))) > CUT_OFF:
            yield f"{share:.0%} of the responses of {run.checkpoint} on {run.benchmark} were cut off."


def _allowed(comparison: Comparison) -> Iterator[str]:
    if not comparison.differing:
        return
    said = "; ".join(map(str, comparison.differing))
    place = f"{comparison.a} and {comparison.b} on {comparison.benchmark}"
    if comparison.prompts == "own format":
        yield f"{place} are compared each in the format it was trained on ({said})."
    else:
        yield f"{place} differ in what should agree ({said}); what both have is compared."


def _place(row: Mapping[Any, Any]) -> str:
    """The benchmark, and which prompts where that needs saying."""
    prompts = {"same": "", "neutral": " (neutral prompt)"}.get(row["prompts"], f" ({row['prompts']})")
    return f"{row['benchmark']}{prompts}"


def _interval(row: Mapping[Any, Any]) -> str:
    return f"{row['difference']:+.3f} [{row['low_family']:+.3f}, {row['high_family']:+.3f}]"
