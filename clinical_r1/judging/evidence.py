"""From a judge's reply to instances: code looks for every quote in the response and drops what is not there."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from clinical_r1.item import Item
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step, Tally
from clinical_r1.judging.locate import Drop, locate, words
from clinical_r1.judging.normal import normalise
from clinical_r1.judging.replies import NUMBER_WORDS, CitationReply, ClaimReply, PairReply, RejectionReply, StepReply
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import METRICS_OF

_NUMBER = re.compile(r"(?<![^\W_])(?<!\d[.,])\d+(?:[.,]\d+)*")
_LIST_LABEL = re.compile(r"\A\W*\d{1,2}[.)]\s")
_OPTION = re.compile(r"\A\W*(?:(?:option|choice|answer)\W+)?([A-Za-z])(?![^\W_])", re.IGNORECASE)
_NO_OPTION = {"", "null", "none", "n/a", "-"}


@dataclass
class _Ledger:
    """Counts what becomes of each instance."""

    verified: int = 0
    repaired: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def keep(self, repaired: bool) -> None:
        self.verified += 1
        self.repaired += repaired

    def tally(self) -> Tally:
        returned = self.verified + self.dropped.total()
        return Tally(returned, self.verified, self.repaired, dict(sorted(self.dropped.items())))


def check(reply: Mapping[str, Sequence[Any]], item: Item) -> tuple[Found, Tally]:
    """Verify a reply's instances.

    An instance is kept if its quote is found (`spans.verify`) in the sentence it names or, which counts as repaired, in
    the `locate.NEAR` sentences around it, and if what it points to exists. One citation is one (span, fact): a quote
    given with three facts is three instances, returned and kept or dropped one by one.

    What code cannot see remains with the judge: whether a quote that stands in the response names just this fact, gives
    just this kind of reason, or is true. A judge that a response has talked into mislabelling real sentences still gets
    them counted, each (span, fact) once.

    Args:
        reply: Name of a list (see `replies.LISTS`) -> its entries. Lists that are absent were not asked for.
        item: What was judged.

    Returns:
        The instances, with offsets in the raw response, and what became of those returned: `returned` = `verified` +
        all `rejected`.
    """
    ledger = _Ledger()
    steps = [behaviour for behaviour in METRICS_OF["behaviours"] if behaviour in reply]
    found = Found(
        citations=tuple(_citations(reply["citations"], item, ledger)) if "citations" in reply else None,
        rejections=tuple(_rejections(reply["rejections"], item, ledger)) if "rejections" in reply else None,
        claims=tuple(_claims(reply["claims"], item, ledger)) if "claims" in reply else None,
        steps=tuple(step for name in steps for step in _steps(name, reply[name], item, ledger)) if steps else None,
    )
    return found, ledger.tally()


# --- kinds of instances -----------------------------------------------------------------------------------------------
def _citations(entries: Sequence[CitationReply], item: Item, ledger: _Ledger) -> Iterator[Citation]:
    for entry in entries:
        place = locate(entry.s, entry.q, item)
        wrong = place if isinstance(place, str) else _wrong_citation(place.span, item)
        option = _option(entry.o, item)
        for fact in dict.fromkeys(entry.f) or [0]:
            if isinstance(place, str) or wrong:
                ledger.dropped[wrong or ""] += 1
            elif not 1 <= fact <= len(item.facts):
                ledger.dropped["unknown fact"] += 1
            else:
                ledger.keep(place.repaired)
                yield Citation(place.span, fact, option)


def _rejections(entries: Sequence[RejectionReply], item: Item, ledger: _Ledger) -> Iterator[Rejection]:
    for entry in entries:
        place = locate(entry.s, entry.q, item)
        option = _option(entry.o, item)
        if isinstance(place, str):
            ledger.dropped[place] += 1
        elif option is None:
            ledger.dropped["unknown option"] += 1
        else:
            ledger.keep(place.repaired)
            yield Rejection(place.span, option, entry.why)


def _claims(entries: Sequence[ClaimReply], item: Item, ledger: _Ledger) -> Iterator[Claim]:
    for entry in entries:
        place = locate(entry.s, entry.q, item)
        if isinstance(place, str):
            ledger.dropped[place] += 1
        elif place.span.negated_context:
            ledger.dropped["negated"] += 1
        else:
            ledger.keep(place.repaired)
            yield Claim(place.span, entry.label)


def _steps(behaviour: str, entries: Sequence[StepReply | PairReply], item: Item, ledger: _Ledger) -> Iterator[Step]:
    for entry in entries:
        place = locate(entry.s, entry.q, item)
        second = locate(entry.s2, entry.q2, item) if isinstance(entry, PairReply) else None
        if isinstance(place, str):
            ledger.dropped[place] += 1
        elif isinstance(second, str):
            ledger.dropped["second span not in the response"] += 1
        elif second is not None and not _follows(second.span, place.span):
            ledger.dropped["second span does not follow"] += 1
        else:
            ledger.keep(place.repaired or (second is not None and second.repaired))
            yield Step(behaviour, place.span, second.span if second else None)


def _follows(second: Span, first: Span) -> bool:
    return second.start >= first.start and (second.start, second.end) != (first.start, first.end)


# --- what an instance points to ---------------------------------------------------------------------------------------
def _wrong_citation(span: Span, item: Item) -> Drop | None:
    if span.negated_context:
        return "negated"
    said = _numbers(_LIST_LABEL.sub("", span.text))
    return None if said <= _stem_numbers(item.stem) else "misquoted value"


def _numbers(text: str) -> frozenset[float]:
    """The numbers that stand in a text as numbers: 10,000 and 38,5 are read, the 4 of CD4 is none."""
    return frozenset(_value(found[0]) for found in _NUMBER.finditer(normalise(text).text))


def _value(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    whole, *rest = re.split("[.,]", digits)
    return float(f"{whole}.{''.join(rest)}")


@lru_cache(maxsize=64)
def _stem_numbers(stem: str) -> frozenset[float]:
    """The stem's numbers, small ones also where they are spelled out."""
    spelled = {float(NUMBER_WORDS.index(word)) for word in words(stem) if word in NUMBER_WORDS}
    return _numbers(stem) | spelled


def _option(said: str | None, item: Item) -> str | None:
    """The option's letter out of `B`, `(b)`, `Option B` or `B. Heparin`; None if the item has no such option."""
    found = _OPTION.match(said) if said is not None and said.strip().casefold() not in _NO_OPTION else None
    letter = found[1].upper() if found else None
    return letter if letter in item.options else None
