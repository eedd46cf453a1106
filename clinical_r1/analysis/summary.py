"""What to know before a report is quoted: what could not be read, what it speaks of, what was cut off or left out.

Where most responses of a run have no readable answer, accuracy says little about its model.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from clinical_r1.analysis.judged import makers_of_facts
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import groups
from clinical_r1.logs import LogSet, read_texts
from clinical_r1.metrics import MOSTLY_READ
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


# --- before it is quoted ----------------------------------------------------------------------------------------------
CUT_OFF = 0.02
"""Share of responses cut off from which that is said."""

Kind = Literal["unread", "unit", "differs", "open", "same", "passes", "fails", "unmeasured", "note"]


class Sentence(NamedTuple):
    """A result in words."""

    kind: Kind
    text: str


def cautions(log_set: LogSet, comparisons: Sequence[Comparison]) -> list[str]:
    """Sentences on how far the conclusions of a report reach.

    Args:
        log_set: What was read.
        comparisons: What was compared; those of the contrast first, if there is one.
    """
    found = list(_units(comparisons))
    found += filter(None, (_cut_off(log_set), _lists_of_facts(log_set)))
    found += [line for comparison in comparisons for line in _allowed(comparison)]
    return [*found, *log_set.notes]


def _units(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Whether conclusions are about checkpoints or about methods."""
    if not comparisons:
        return
    first = [one for one in comparisons if (one.a, one.b) == (comparisons[0].a, comparisons[0].b)]
    fewest, most = min(min(one.seeds) for one in first), max(max(one.seeds) for one in first)
    if most == 1:
        yield "One training run each: this compares two checkpoints, and another run of either may come out otherwise."
    elif fewest == 1:
        yield "One side is a single checkpoint: the conclusions are about it, and about the other side's method."
    elif fewest == 2:
        yield "Two training runs of a method say little about how far its runs differ, so intervals are wide."


def _cut_off(log_set: LogSet) -> str:
    """Runs in which the token limit may have decided."""
    shares = log_set.responses.groupby("run", observed=True)["truncated"].mean()
    said = [
        f"{share:.0%} of {run.checkpoint}'s on {run.benchmark}".replace("%", " %")
        for run in log_set.runs
        if (share := float(shares.get(run.index, 0.0))) > CUT_OFF
    ]
    return f"Responses cut off by the token limit: {', '.join(said)}." if said else ""


def _lists_of_facts(log_set: LogSet) -> str:
    """Lists of different makers, which differ in how many facts a case has."""
    made = [(one.run, makers) for one in groups(log_set) if (makers := makers_of_facts(one.responses))]
    if len({maker for _, makers in made for maker in makers}) < 2:
        return ""
    said = ", ".join(f"{' and '.join(who)} for {run.checkpoint} on {run.benchmark}" for run, who in made)
    return f"The facts of cases were listed by {said}: shares of facts cited are of different lists."


def _allowed(comparison: Comparison) -> Iterator[str]:
    if not comparison.differing:
        return
    said = "; ".join(map(str, comparison.differing))
    place = f"{comparison.a} and {comparison.b} on {comparison.benchmark}"
    if comparison.prompts == "own format":
        yield f"{place} are compared each in the format it was trained on ({said})."
    else:
        yield f"{place} differ in what should agree ({said}); what both have is compared."
