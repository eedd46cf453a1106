"""Edits of a stem by rule: a fact taken out, a value put in place of another, and controls that change nothing said.

Rules, and no model, so that two checkpoints are asked the same. An editor would rather make no edit than a broken text:
what it cannot place in a sentence that it understands it leaves alone, and every edit is read again by `reads_on`. The
words and the usual ranges of what is measured are in `words.yaml`.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from typing import get_args

from clinical_r1.edits import Edit, Kind, lists, numbers, swaps
from clinical_r1.edits.case import Case

KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "given")
"""The kinds that rules make."""


def edits_of(stem: str, seed: int, kinds: Collection[Kind] = KINDS) -> tuple[Edit, ...]:
    """Every edit of some kinds that the rules can make in a stem.

    Args:
        stem: The question without its options.
        seed: Decides the new values; the same for the same stem, whatever else is edited.
        kinds: Kinds of edits.

    Returns:
        The edits in order of the text; none for a question that describes no case.

    Examples:
        >>> stem = "A woman of 50 has nausea, warts and acne. Which disease is most likely?"
        >>> [edit.applied(stem)[:34].strip() for edit in edits_of(stem, 0, ["removal"])][:2]
        ['A woman of 50 has warts and acne.', 'A woman of 50 has nausea and acne.']
    """
    case = Case.of(stem, seed)
    made = [edit for kind, editor in _EDITORS.items() if kind in kinds for edit in editor(case)]
    distinct = dict.fromkeys(edit for edit in made if _reads_on(case, edit))
    return tuple(sorted(distinct, key=lambda edit: (edit.start, edit.end, KINDS.index(edit.kind), edit.new)))


# --- what reads on ----------------------------------------------------------------------------------------------------
_FLAW = re.compile(
    r" {2,}|\s[,.;:?!](?!\d)|[,;:]\s*[,;:.?!]|\(\s*\)|-[.,;]|\b(\w{2,}) \1\b|\b(?:and|or),? (?:and|or)\b"
    r"|\b(?:[Tt]he|[Hh]is|[Hh]er|[Aa]n?) (?:the|his|her|an?|no)\b"
    r"|\b(?:and|or|but|with|without|of|has|have|had|is|are|was|were|the|an?|no|shows?|reveals?|denies|reports|because"
    r"|to|for|by|from|his|her|their|its|include|includes|including)\s*[,.;?!)](?=\s|$|\))"
    r"|(?<=[.!?]\s)[a-z]{2,}|\b(?:and|or|with|of|has|is|the|no)\n"
    r"|\ba (?:[aeio]\w|8|11\b|18\b|un(?!i))|\ban (?![aeiouhAEFHILMNORSX8]|11|18)\w"
)
_AROUND = 40
"""Characters looked at on either side of an edit."""


def reads_on(stem: str, edit: Edit) -> bool:
    """Whether a text after an edit is as whole as before: sentence marks, brackets, articles, the question asked.

    Examples:
        >>> stem = "He has fever and chills. What is it?"
        >>> reads_on(stem, Edit("removal", 12, " and chills", "")), reads_on(stem, Edit("removal", 16, " chills", ""))
        (True, False)
    """
    return _reads_on(Case.of(stem, 0), edit)


def _reads_on(case: Case, edit: Edit) -> bool:
    stem, (start, end) = case.stem, (edit.start, edit.end)
    if edit.old == edit.new or stem[start:end] != edit.old or not case.facts:
        return False
    place = bisect_right(case.told, start, key=lambda told: told.sentence.start) - 1
    if end > case.asked or "?" in edit.old or (place < 0 and edit.old.strip()) or not case.told:
        return False
    if place >= 0 and start > case.told[place].sentence.end:
        return False
    if any(edit.old.count(mark) != edit.new.count(mark) for mark in '"“”\n' if edit.kind != "removal"):
        return False
    for kept, cut in ("()", "[]", "“”", "{}"):
        if edit.old.count(kept) - edit.old.count(cut) != edit.new.count(kept) - edit.new.count(cut):
            return False
    if (edit.old.count('"') - edit.new.count('"')) % 2:
        return False
    before, after = stem[max(0, start - _AROUND) : start], stem[end : end + _AROUND]
    was, reads = before + edit.old + after, before + edit.new + after
    if (
        start == case.told[0].sentence.start
        and reads[len(before) :].lstrip()[:1].islower()
        and was[len(before) :][:1].isupper()
    ):
        return False
    return sum(1 for _ in _FLAW.finditer(reads)) <= sum(1 for _ in _FLAW.finditer(was))


_EDITORS: dict[Kind, Callable[[Case], Iterable[Edit]]] = {
    "removal": lists.removals,
    "number": numbers.numbers,
    "negation": swaps.negations,
    "side": swaps.sides,
    "opposite": swaps.opposites,
    "age": swaps.ages,
    "sex": swaps.sexes,
    "paraphrase": swaps.paraphrases,
    "order": lists.orders,
}
