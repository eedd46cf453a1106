"""What a judge found in one response, in Markdown, for people who read a sample in Inspect View."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clinical_r1.item import Item
from clinical_r1.judging.instances import Citation, Claim, Found
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import LISTED, METRICS_OF, list_of
from clinical_r1.untrusted import quoted


def explain(item: Item, found: Found, quotes: Sequence[Mapping[str, Any]] = ()) -> str:
    """Say what was counted of a response, each instance with its sentence, and what was thrown away.

    Args:
        item: What was judged.
        found: The instances that were counted; what is None there was not asked for.
        quotes: Those thrown away, see `clinical_r1.judging.instances.Tally.quotes`.

    Returns:
        Paragraphs of Markdown.
    """
    return "\n\n".join(_paragraph(title, lines) for title, lines in _parts(item, found, quotes))


def _paragraph(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)] if lines else [f"**{title}**"])


def _parts(item: Item, found: Found, quotes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Titles, each with lines."""

    def at(span: Span) -> str:
        numbers = [number for number, one in enumerate(item.sentences, 1) if span.overlaps(one)]
        return f"{quoted(span.text)} [s{numbers[0]}]" if numbers else quoted(span.text)

    if found.citations is not None and item.facts:
        cited = sorted(found.citations, key=lambda one: one.fact)
        title = f"Cited {len({one.fact for one in cited})} of {len(item.facts)} facts of the case"
        yield title, [_cited(one, item, at(one.span)) for one in cited]
    if found.rejections is not None:
        reasons = {name: label.tip for name, label in LISTED["drc"].labels.items()}
        said = [
            f"{one.option}{' (the right option)' if one.option in item.targets else ''} "
            f"{reasons.get(one.reason, 'for a reason that this judge cannot weigh')}: {at(one.span)}"
            for one in sorted(found.rejections, key=lambda one: one.option)
        ]
        yield ("Rejected options" if said else "Rejected no option"), said
    if found.claims is not None:
        yield from _claimed([(one, at(one.span)) for one in found.claims])
    for name in METRICS_OF["behaviours"] if found.steps is not None else ():
        steps = [one for one in found.steps or () if one.behaviour == name]
        then = [at(one.span) + (f", then {at(one.second)}" if one.second else "") for one in steps]
        yield LISTED[list_of(name)].name + ("" if then else ": none"), then
    if quotes:
        thrown = [f"{quoted(one['quote'])} [s{one['sentence']}]: {one['why']}" for one in quotes]
        yield f"Thrown away ({len(quotes)})", thrown


def _cited(one: Citation, item: Item, said: str) -> str:
    about = f", for or against {one.option}" if one.option else ""
    return f"F{one.fact} {quoted(item.facts[one.fact - 1].text)}: {said}{about}"


def _claimed(claims: Sequence[tuple[Claim, str]]) -> Iterator[tuple[str, list[str]]]:
    """The number of claims, and those that are not supported, by what is wrong with them."""
    labels = LISTED["claims"].labels
    by_label = {name: [said for one, said in claims if one.label == name] for name in labels}
    counts = [f"{len(said)} {labels[name].name}" for name, said in by_label.items() if said]
    yield f"Claims: {', '.join(counts) or 'none'}", []
    for name, said in by_label.items():
        if said and name != "supported":
            yield labels[name].name.capitalize(), said
