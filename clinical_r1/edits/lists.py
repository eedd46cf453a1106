"""A fact taken out of a case, and two facts that change places.

Both need lists: findings or clauses in a row, parted by commas and one "and". A list whose items are not of one kind,
or lean on each other ("chest and back pain"), is left alone.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from clinical_r1.edits import Edit
from clinical_r1.edits.case import Case, lexicon, wording
from clinical_r1.sentences import Sentence


# --- lists ------------------------------------------------------------------------------------------------------------
class _List(NamedTuple):
    """Findings or clauses in a row, parted by commas and one "and"."""

    facts: tuple[int, ...]
    items: tuple[tuple[int, int], ...]
    """Where each begins and ends; the first without what stands before the list."""
    kind: str
    """`noun`, `adjective`, `verb` (says something of the same subject) or `clause`."""
    link: str
    """What stands between the last two."""
    comma: str
    """What stands between the others."""
    closed: bool
    """Whether the sentence ends with the last."""


_LONGEST = 30
"""Items; nobody writes longer lists, and the time stays linear in the length of a text."""
_LINK = re.compile(r"[,;]? (?:and|or) ")
_COMMA = re.compile(r"[,;] ")


def _lists(case: Case) -> Iterator[_List]:
    """The lists of a case that can be taken apart."""
    for _, numbers in case.told:
        row: list[int] = []
        gaps = [case.stem[case.facts[a].end : case.facts[b].start] for a, b in pairwise(numbers)]
        for number, ahead, gap, behind in zip(numbers, ["", *gaps], [*gaps, ""], [*gaps[1:], "", ""], strict=False):
            row = [*row, number] if row else [] if _COMMA.fullmatch(ahead) or _LINK.fullmatch(ahead) else [number]
            if row and _LINK.fullmatch(gap):
                closed = number + 1 == numbers[-1] and _closes(case, number + 1)
                whole = not behind.strip() and (closed or number + 2 < len(case.facts)) and len(row) < _LONGEST
                if whole and (found := _list(case, [*row, number + 1], gap, closed)):
                    yield found
                row = []
            elif not _COMMA.fullmatch(gap):
                row = []


def _closes(case: Case, number: int) -> bool:
    """Whether a fact is the last of a sentence that is all told."""
    end = case.facts[number].end
    return case.stem[end : end + 1] in (".", ";", "!")


def _list(case: Case, facts: list[int], link: str, closed: bool) -> _List | None:
    """The list that some facts make, where all its items are of one kind."""
    spans = [(case.facts[n].start, case.facts[n].end) for n in facts]
    texts = [case.facts[n].text for n in facts]
    if any("\n" in case.stem[spans[0][0] : spans[-1][1]] or wording("two").search(text) for text in texts):
        return None
    if any(text.count("(") != text.count(")") or re.search('["“”]', text) for text in texts):
        return None
    kinds = {kind_of(text) for text in texts[1:]}
    if len(kinds) != 1 or (kind := kinds.pop()) == "other":
        return None
    if kind != "clause" and len(facts) == 2 and link.startswith(","):  # "nausea without vomiting, and pain"
        return None
    head = _head(texts[0], kind, wording("determiner").match(texts[1]) is not None)
    if head is None or kind_of(texts[0][head:]) != kind:
        return None
    if texts[0][:head].casefold().endswith("no ") and any(text.casefold().startswith("no ") for text in texts[1:]):
        return None
    if re.match(r"(?:after|while|when|because|although|during|despite|given|since)\b", texts[0], re.I):
        return None
    comma = case.stem[spans[0][1] : spans[1][0]] if len(facts) > 2 else ", "
    return _List(tuple(facts), ((spans[0][0] + head, spans[0][1]), *spans[1:]), kind, link, comma, closed)


def starts_list(case: Case, number: int) -> bool:
    """Whether a fact is followed by others of one list with it."""
    fact, following = case.facts[number], case.facts[number + 1 : number + 2]
    if not following:
        return False
    gap = case.stem[fact.end : following[0].start]
    if not (_COMMA.fullmatch(gap) or _LINK.fullmatch(gap) or gap == " nor "):
        return False
    return (
        gap.strip(", ") in ("or", "nor")
        or following[0].text.startswith("including")
        or kind_of(following[0].text) in ("noun", "adjective")
    )


def kind_of(text: str) -> str:
    """What a list item is: a noun, an adjective, a verb with what belongs to it, a clause, or something else."""
    words = re.findall(r"[\w'’/+-]+", text.casefold())
    if not words or wording("ahead").match(text) or wording("gerund").search(text):
        return "other"
    verbs = lexicon()["verbs"]
    says = [place for place, word in enumerate(words) if word in verbs]
    if says:
        if any(word in ("that", "which", "who", "whose", "when", "while", "because") for word in words):
            return "other"
        return "verb" if says[0] == 0 or (says[0] == 1 and words[0].endswith("ly")) else "clause"
    if words[0][0].isdigit() or words[0] in ("often", "occasionally", "sometimes", "never", "always", "now"):
        return "other"
    return "adjective" if _leans(words[-1]) else "noun"


def _leans(word: str) -> bool:
    """Whether a word may want a noun behind it."""
    word = word.casefold()
    ending = wording("leans").search(word)
    return word in lexicon()["leaning"] or (ending is not None and word not in lexicon()["nouns"])


def _shares(texts: list[str]) -> bool:
    """Whether the last item of a list may have a noun that the one before it leans on: "chest and back pain"."""
    *_, before, last = texts
    words, end = last.casefold().split(), before.casefold().split()[-1]
    return len(words) > 1 and (_leans(end) or end in lexicon()["parts"] or words[-1] in lexicon()["shared"])


def _head(first: str, kind: str, determined: bool) -> int | None:
    """How much of the first fact stands before the list, or None where that is not clear."""
    if kind == "clause":
        head = wording("clause").match(first)[0]  # type: ignore[index]
        return len(re.sub(r"\b(?:[Hh]is|[Hh]er|[Tt]he(?: patient[’']s|ir)?) $", "", head) if determined else head)
    if kind == "verb":
        subject = re.match(r"(?:he|she|it|they|the patient|patient|the [a-z]+)(?= \w)", first, re.IGNORECASE)
        return subject.end() + 1 if subject else None
    match = wording("before_determined_list" if determined else "before_list").match(first)
    return match.end() if match else None


# --- removal ----------------------------------------------------------------------------------------------------------


def removals(case: Case) -> Iterator[Edit]:
    """Facts taken out, where the text reads on without them and nothing left speaks of them."""
    made = [*_whole_sentences(case), *_listed(case), *_last_parts(case)] if len(case.facts) > 1 else []
    yield from (edit for edit in made if not case.is_named_behind(edit.start, edit.end))


def _listed(case: Case) -> Iterator[Edit]:
    """Take an item out of a list."""
    for row in _lists(case):
        texts = [case.stem[start:end] for start, end in row.items]
        for place, number in enumerate(row.facts):
            if _may_go(row, texts, place):
                opens = place == 0 and row.items[0][0] == case.facts[number].start and texts[0][:1].isupper()
                start, end, new = _without(row, texts, place, opens)
                yield Edit("removal", start, case.stem[start:end], new)


def _without(row: _List, texts: list[str], place: int, opens: bool) -> tuple[int, int, str]:
    """The span that goes with an item, and what is written for it ("and" in front of a new last item)."""
    items, last = row.items, len(texts) - 1
    link = row.link.lstrip(",;") if last == 2 and row.kind != "clause" else row.link
    if place == last:
        return (items[-2][1], items[-1][1], "") if last == 1 else (items[-3][1], items[-1][1], link + texts[-2])
    if opens:
        return items[0][0], items[1][1], texts[1][:1].upper() + texts[1][1:]
    if place and place == last - 1:
        return items[place - 1][1], items[last][0], link
    if link != row.link:
        return items[0][0], items[2][0], texts[1] + link
    return items[place][0], items[place + 1][0], ""


def _may_go(row: _List, texts: list[str], place: int) -> bool:
    """Whether a list without one of its items still says what the others say."""
    if wording("opener").search(texts[place]):
        return False
    last = place == len(texts) - 1
    if place == 0:
        following = texts[1]
        if re.match(r"(?:family|past|medical|surgical)\b|.*\bhistory of", following, re.IGNORECASE):
            return False
        deep = wording("preposition").search(texts[0]) and not re.match(r"an? ", following)
        return row.kind in ("clause", "verb") or not deep
    if last and texts[-1].endswith("ing") and not row.closed:  # "issues interfering with sleep"
        return False
    if last and row.kind == "noun":
        both = [text.split() for text in texts[-2:]]
        return not (_shares(texts) or (both[0][-1].endswith("ing") and both[1][0].endswith("ing") and len(both[1]) > 1))
    if last and row.kind == "clause" and not row.closed:
        return False
    if last and row.kind == "verb":
        return len(texts[-2].split()) > 2 or len(texts) > 2
    return True


def _whole_sentences(case: Case) -> Iterator[Edit]:
    """Take out sentences that are one fact, where nothing behind them speaks of what they told first."""
    for place, (sentence, numbers) in enumerate(case.told):
        if place == 0 or len(numbers) != 1 or "\n" in sentence.text:
            continue
        text = sentence.text
        line = case.stem[sentence.end : sentence.end + 1] == "\n"
        if case.facts[numbers[0]].text != text.rstrip(".!") or wording("opener").search(text):
            continue
        if text[-1] not in ".!" and not line:
            continue
        after = (
            case.told[place + 1].sentence.text if place + 1 < len(case.told) else case.stem[case.asked :][:200].strip()
        )
        points_back = wording("points_back" if place + 1 < len(case.told) else "asks_of_it").match(after)
        if not case.told[place - 1].facts or points_back:
            continue
        if wording("others").search(text) and wording("pronoun").match(after):
            continue
        if not (_says(text) or any(map(str.isdigit, text)) or line) or re.search(r"(?:^|[.\s])\d\.?$|[a-z]\.\d", text):
            continue
        if place + 1 == len(case.told) and wording("asks_of_finding").search(after):
            continue
        start, end = _with_space(case.stem, sentence)
        yield Edit("removal", start, case.stem[start:end], "")


def _with_space(stem: str, sentence: Sentence) -> tuple[int, int]:
    """A sentence and the white space that goes with it: what is behind the first of a paragraph, in front of others."""
    start, end = sentence.start, sentence.end
    while stem[start - 1 : start].isspace():
        start -= 1
    while stem[end : end + 1].isspace():
        end += 1
    if "\n" in stem[start : sentence.start] and "\n" not in stem[sentence.end : end]:
        return sentence.start, end
    return start, sentence.end


def _last_parts(case: Case) -> Iterator[Edit]:
    """Take out the last part of a sentence: what it adds ("with ...", "which ...") or a second clause."""
    for sentence, numbers in case.told:
        if len(numbers) < 2 or "\n" in sentence.text:
            continue
        before, last = case.facts[numbers[-2]], case.facts[numbers[-1]]
        gap = case.stem[before.end : last.start]
        kept = case.stem[sentence.start : before.end]
        if wording("opener").search(last.text) or not _closes(case, numbers[-1]) or wording("incomplete").search(kept):
            continue
        if not _says(kept) or wording("two").search(kept):
            continue
        adds = gap in (" ", ", ") and wording("trailing").match(last.text)
        if adds and not re.match("which|that", last.text) and _says(last.text):
            continue
        kind = kind_of(last.text)
        if kind == "clause":  # a subject of its own, and not the end of another's
            second = (
                bool(_LINK.fullmatch(gap))
                and wording("finite").match(last.text)
                and not re.search(r"\b(?:that|if)\b", kept)
            )
        else:
            second = kind == "verb" and re.fullmatch(r",? (?:and|but) ", gap) and not _leans(before.text.split()[-1])
            second = second and len(numbers) == 2 and len(before.text.split()) > 3
        if adds or second:
            yield Edit("removal", before.end, case.stem[before.end : last.end], "")


def _says(text: str) -> bool:
    return any(word in lexicon()["verbs"] for word in re.findall(r"[\w'’]+", text.casefold()))


# --- order ------------------------------------------------------------------------------------------------------------


def orders(case: Case) -> Iterator[Edit]:
    """Neighbours of a list in each other's place."""
    for row in _lists(case):
        texts = [case.stem[start:end] for start, end in row.items]
        for place in range(len(texts) - 1):
            if _may_swap(row, texts, place):
                (start, between), (behind, end) = row.items[place : place + 2]
                yield Edit(
                    "order", start, case.stem[start:end], texts[place + 1] + case.stem[between:behind] + texts[place]
                )


def _may_swap(row: _List, texts: list[str], place: int) -> bool:
    """Whether two neighbours can change places without a change of what either says."""
    one, other = texts[place : place + 2]
    if not row.closed and place == len(texts) - 2:
        return False
    if any(wording("refers").search(text) for text in (one, other)):
        return False
    if row.kind in ("clause", "verb"):
        return place > 0 and row.kind == "clause"
    first, second = (re.sub(r"^(?:an?|the) ", "", text) for text in (one, other))
    if wording("scope").match(first) and not wording("scope").match(second) and first == one:
        return False
    if any(wording("preposition").search(text) for text in (one, other)):
        return False
    words = first.split(), second.split()
    if len(words[0]) > 1 and _leans(words[0][0]) and not _leans(words[1][0]) and not (first == one and second != other):
        return False
    if one.split()[0].endswith("ing") and other.split()[0].endswith("ing") and " " in other:
        return False
    return row.kind == "adjective" or not _shares([one, other])
