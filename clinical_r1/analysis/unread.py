"""Runs most of whose responses give no answer that can be read: their accuracy says little about their model."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from clinical_r1.analysis.rows import groups
from clinical_r1.logs import LogSet, read_texts
from clinical_r1.metrics import MOSTLY_READ
from clinical_r1.untrusted import escape_controls

_HEAD, _TAIL = 80, 120  # characters of a response that are quoted: answers stand at its end
_WHY = {"abstained": "declined to answer", "ambiguous": "with contradicting answers"}


def mostly_unread(study: LogSet) -> Iterator[str]:
    """A sentence a run fewer than half of whose responses could be read: how many, why, and the first that could not.

    Raises:
        UserError: If the log of such a run cannot be read any more.
    """
    for group in groups(study):
        finished = group.responses[group.responses["error"].isna()]
        unread = finished[finished["letter"].isna()]
        read, total = len(finished) - len(unread), len(finished)
        if read >= MOSTLY_READ * total:
            continue
        why = Counter(_why(row) for row in unread[["method", "truncated", "stop_reason", "words"]].to_dict("records"))
        place = (group.run.index, str(unread["id"].iloc[0]), int(unread["epoch"].iloc[0]))
        first = read_texts(study, [place])[place].response
        yield escape_controls(
            f"{group.run.checkpoint} on {group.run.benchmark}: an answer could be read in only {read:,} of {total:,} "
            f"responses ({read / total:.0%}). The others count as wrong: "
            f"{', '.join(f'{number:,} {reason}' for reason, number in why.most_common())}. "
            f"The first of these (question {place[1]}, epoch {place[2]}) {_quoted(first)}.",
            one_line=True,
        )


def _why(row: dict[Any, Any]) -> str:
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
