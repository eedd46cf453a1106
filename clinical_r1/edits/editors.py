"""Edits of a stem by rule: a fact taken out, a value put in place of another, and controls that change nothing said.

Rules, and no model, so that two checkpoints are asked the same. An editor would rather make no edit than a broken text:
what it cannot place in a sentence that it understands it leaves alone, and every edit is read again by `reads_on`. The
words and the usual ranges of what is measured are in `words.yaml`.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple, get_args

import yaml

from clinical_r1.edits import Edit, Kind
from clinical_r1.sentences import Sentence, clauses, sentences

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
    case = _Case.of(stem, seed)
    made = [edit for kind, editor in _EDITORS.items() if kind in kinds for edit in editor(case)]
    distinct = dict.fromkeys(edit for edit in made if _reads_on(case, edit))
    return tuple(sorted(distinct, key=lambda edit: (edit.start, edit.end, KINDS.index(edit.kind), edit.new)))


_WORD = re.compile(r"[A-Za-z][a-z’'-]{3,}")


# --- the case ---------------------------------------------------------------------------------------------------------
class _Told(NamedTuple):
    """A sentence of the case, and the numbers from 0 of its facts."""

    sentence: Sentence
    facts: tuple[int, ...]


class _Case(NamedTuple):
    """A stem as the editors read it."""

    stem: str
    facts: tuple[Sentence, ...]
    told: tuple[_Told, ...]
    asked: int
    """Where the case ends; what follows is asked and stays."""
    key: str
    """What new values are drawn by."""
    first: dict[str, int]
    """Where each word stands first."""
    named: dict[str, int]
    """Where it stands last behind "the", "this" and the like."""

    @classmethod
    def of(cls, stem: str, seed: int) -> "_Case":
        facts = clauses(stem)
        asked = facts[-1].end if facts else 0
        asked += len(re.match(r"[.!]?[\"”’)]{0,2}(?=\s|$)|", stem[asked : asked + 5])[0])  # type: ignore[index]
        told, number = [], 0
        for sentence in sentences(stem[:asked]):
            first = number
            while number < len(facts) and facts[number].start < sentence.end:
                number += 1
            told.append(_Told(sentence, tuple(range(first, number))))
        key = hashlib.sha256(f"{seed}:{stem}".encode("utf-8", "surrogatepass")).hexdigest()
        words: dict[str, int] = {}
        for word in _WORD.finditer(stem):
            words.setdefault(_singular(word[0]), word.start())
        named = {
            _singular(word): match.end() for match in _re("definite").finditer(stem) for word in _WORD.findall(match[1])
        }
        return cls(stem, facts, tuple(told), asked, key, words, named)

    def is_named_behind(self, start: int, end: int) -> bool:
        """Whether what a part of the text tells first is spoken of behind it as known."""
        new = map(_singular, _WORD.findall(self.stem[start:end]))
        if any(self.first[word] >= start and self.named.get(word, 0) > end for word in new if word in self.first):
            return True
        return bool(
            _re("begun").search(self.stem[max(0, start - 80) : end])
            and _re("what_is_begun").search(self.stem[self.asked : self.asked + 400])
        )

    def random(self, place: int) -> Random:
        """What draws the new value at a place."""
        return Random(f"{self.key}:{place}")


def _singular(word: str) -> str:
    return word.casefold().rstrip("s")


@cache
def _words() -> dict[str, Any]:
    """The lists of `words.yaml`."""
    text = files("clinical_r1.edits").joinpath("words.yaml").read_text(encoding="utf-8")
    return {
        name: frozenset(v.split()) if isinstance(v, str) and "|" not in v else v
        for name, v in yaml.safe_load(text).items()
    }


def _either(name: str) -> str:
    """A list of regular expressions as one."""
    return str(_words()[name]).replace("\n", "")


@cache
def _re(name: str) -> re.Pattern[str]:
    """One of the patterns of `words.yaml`."""
    return re.compile(_words()["patterns"][name].replace("\n", ""), re.IGNORECASE)


# --- what reads on ----------------------------------------------------------------------------------------------------
_FLAW = re.compile(
    r" {2,}|\s[,.;:?!](?!\d)|[,;:]\s*[,;:.?!]|\(\s*\)|\b(\w{2,}) \1\b|\b(?:and|or),? (?:and|or)\b"
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
    return _reads_on(_Case.of(stem, 0), edit)


def _reads_on(case: _Case, edit: Edit) -> bool:
    stem, (start, end) = case.stem, (edit.start, edit.end)
    if edit.old == edit.new or stem[start:end] != edit.old or not case.facts:
        return False
    if start < case.told[0].sentence.start or end > case.asked:
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


def _lists(case: _Case) -> Iterator[_List]:
    """The lists of a case that can be taken apart."""
    for _, numbers in case.told:
        row: list[int] = []
        gaps = [case.stem[case.facts[a].end : case.facts[b].start] for a, b in pairwise(numbers)]
        for number, ahead, gap, behind in zip(numbers, ["", *gaps], [*gaps, ""], [*gaps[1:], "", ""], strict=False):
            row = [*row, number] if row else [] if _COMMA.fullmatch(ahead) or _LINK.fullmatch(ahead) else [number]
            if row and _LINK.fullmatch(gap):
                closed = (
                    number + 1 == numbers[-1]
                    and case.stem[case.facts[number + 1].end : case.facts[number + 1].end + 1] in ".;!"
                )
                if (
                    not behind.strip()
                    and len(row) < _LONGEST
                    and (found := _list(case, [*row, number + 1], gap, closed))
                ):
                    yield found
                row = []
            elif not _COMMA.fullmatch(gap):
                row = []


def _list(case: _Case, facts: list[int], link: str, closed: bool) -> _List | None:
    """The list that some facts make, where all its items are of one kind."""
    spans = [(case.facts[n].start, case.facts[n].end) for n in facts]
    texts = [case.facts[n].text for n in facts]
    if any("\n" in case.stem[spans[0][0] : spans[-1][1]] or _re("two").search(text) for text in texts):
        return None
    if any(text.count("(") != text.count(")") or (text[-1] in ")\"”'" and "(" not in text) for text in texts):
        return None
    kinds = {_kind(text) for text in texts[1:]}
    if len(kinds) != 1 or (kind := kinds.pop()) == "other":
        return None
    head = _head(texts[0], kind, _re("determiner").match(texts[1]) is not None)
    if head is None or _kind(texts[0][head:]) != kind:
        return None
    if re.match(r"(?:after|while|when|because|although|during|despite|given|since)\b", texts[0], re.I):
        return None
    comma = case.stem[spans[0][1] : spans[1][0]] if len(facts) > 2 else ", "
    return _List(tuple(facts), ((spans[0][0] + head, spans[0][1]), *spans[1:]), kind, link, comma, closed)


def _kind(text: str) -> str:
    """What a list item is: a noun, an adjective, a verb with what belongs to it, a clause, or something else."""
    words = re.findall(r"[\w'’/+-]+", text.casefold())
    if not words or _re("ahead").match(text):
        return "other"
    verbs = _words()["verbs"]
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
    return word in _words()["leaning"] or (_re("leans").search(word) is not None and word not in _words()["nouns"])


@cache
def _heads() -> dict[bool, re.Pattern[str]]:
    """What a list stands behind; its first item with an article only behind a verb."""
    verbs, bare = _either("before_lists"), _either("before_bare_lists")
    no = r"(?::|(?: no| any| not?))?"
    return {
        determined: re.compile(rf"^.*\b(?:{words})(?: (?:normal )?for)?{no} (?=\S)", re.IGNORECASE)
        for determined, words in ((True, verbs), (False, f"{verbs}|{bare}"))
    }


def _head(first: str, kind: str, determined: bool) -> int | None:
    """How much of the first fact stands before the list, or None where that is not clear."""
    if kind == "clause":
        return len(_re("clause").match(first)[0])  # type: ignore[index]
    if kind == "verb":
        subject = re.match(r"(?:he|she|it|they|the patient|patient|the [a-z]+)(?= \w)", first, re.IGNORECASE)
        return subject.end() + 1 if subject else None
    match = _heads()[determined].match(first)
    return match.end() if match else None


# --- removal ----------------------------------------------------------------------------------------------------------


def _removals(case: _Case) -> Iterator[Edit]:
    made = [*_whole_sentences(case), *_listed(case), *_last_parts(case)] if len(case.facts) > 1 else []
    yield from (edit for edit in made if not case.is_named_behind(edit.start, edit.end))


def _listed(case: _Case) -> Iterator[Edit]:
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
    if _re("opener").search(texts[place]):
        return False
    last = place == len(texts) - 1
    if place == 0:
        following = texts[1]
        if re.match(r"(?:family|past|medical|surgical)\b|.*\bhistory of", following, re.IGNORECASE):
            return False
        deep = _re("preposition").search(texts[0]) and not re.match(r"an? ", following)
        return row.kind in ("clause", "verb") or not deep
    if last and texts[-1].endswith("ing") and not row.closed:  # "issues interfering with sleep"
        return False
    if last and row.kind == "noun":
        words, before = texts[-1].casefold().split(), texts[-2].casefold().split()[-1]
        if len(words) > 1 and (_leans(before) or words[-1] in _words()["shared"]):
            return False
        return not (before.endswith("ing") and words[0].endswith("ing") and len(words) > 1)
    if last and row.kind == "verb":
        return len(texts[-2].split()) > 2 or len(texts) > 2
    return True


def _whole_sentences(case: _Case) -> Iterator[Edit]:
    """Take out sentences that are one fact, where nothing behind them speaks of what they told first."""
    for place, (sentence, numbers) in enumerate(case.told):
        if place == 0 or len(numbers) != 1 or "\n" in sentence.text:
            continue
        text = sentence.text
        if case.facts[numbers[0]].text != text.rstrip(".!") or _re("opener").search(text):
            continue
        after = (
            case.told[place + 1].sentence.text if place + 1 < len(case.told) else case.stem[case.asked :][:200].strip()
        )
        points_back = _re("points_back" if place + 1 < len(case.told) else "asks_of_it").match(after)
        if not case.told[place - 1].facts or points_back:
            continue
        if _re("others").search(text) and _re("pronoun").match(after):
            continue
        if not (_says(text) or any(map(str.isdigit, text)) or "\n" in case.stem[sentence.start - 1 : sentence.start]):
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


def _last_parts(case: _Case) -> Iterator[Edit]:
    """Take out the last part of a sentence: what it adds ("with ...", "which ...") or a second clause."""
    for sentence, numbers in case.told:
        if len(numbers) < 2 or "\n" in sentence.text:
            continue
        before, last = case.facts[numbers[-2]], case.facts[numbers[-1]]
        gap = case.stem[before.end : last.start]
        kept = case.stem[sentence.start : before.end]
        if (
            _re("opener").search(last.text)
            or case.stem[last.end : sentence.end].strip(".! ")
            or _re("incomplete").search(kept)
        ):
            continue
        if not _says(kept) or _re("two").search(kept):
            continue
        adds = gap in (" ", ", ") and _re("trailing").match(last.text)
        kind = _kind(last.text)
        if kind == "clause":  # a subject of its own, and not the end of another's
            second = (
                bool(_LINK.fullmatch(gap))
                and _re("finite").match(last.text)
                and not re.search(r"\b(?:that|if)\b", kept)
            )
        else:
            second = kind == "verb" and re.fullmatch(r",? (?:and|but) ", gap) and not _leans(before.text.split()[-1])
            second = second and len(numbers) == 2 and len(before.text.split()) > 3
        if adds or second:
            yield Edit("removal", before.end, case.stem[before.end : last.end], "")


def _says(text: str) -> bool:
    return any(word in _words()["verbs"] for word in re.findall(r"[\w'’]+", text.casefold()))


# --- order ------------------------------------------------------------------------------------------------------------


def _orders(case: _Case) -> Iterator[Edit]:
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
    if any(_re("refers").search(text) for text in (one, other)):
        return False
    if row.kind in ("clause", "verb"):
        return place > 0 and row.kind == "clause"
    if _re("scope").match(one) and not _re("scope").match(other) and not _re("determiner").match(other):
        return False
    if any(_re("preposition").search(text) for text in (one, other)):
        return False
    words = other.casefold().split()
    return (
        not (len(words) > 1 and (_leans(one.split()[-1]) or words[-1] in _words()["shared"])) or row.kind == "adjective"
    )


# --- numbers ----------------------------------------------------------------------------------------------------------
_NUMBER = (
    r"(?<![\w.,/<>≥≤=~±^–−-])(?<![<>≥≤=~±×x] )(?P<value>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
    r"(?![\d]|\.\d|,\d|[–-]\d|/\d| ?(?:to|or|[–-]|×|x|/) ?\d)"
)
_TEMPERATURE = re.compile(
    r"(?<![\w.,/<>–-])(?P<one>\d{2,3}(?:\.\d+)?)(?P<unit>\s*[°º˚]\s*[CF]|\s*[℃℉]|\s?[CF]\b)"
    r"(?:(?P<bracket>\s*\()(?P<two>\d{2,3}(?:\.\d+)?)(?P<other>\s*[°º˚]?\s*[CF]|\s*[℃℉])\))?"
)
_PRESSURE = re.compile(
    r"(?<![\w.,/<>–-])(?P<high>\d{2,3})(?P<slash> ?/ ?)(?P<low>\d{2,3})(?![\d/–-]|\.\d)(?P<unit>\s*mm ?Hg)?"
)
_DURATION = re.compile(
    r"(?<![\w.,/<>–-])(?P<value>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve)(?P<gap>[ -])"
    r"(?P<unit>hour|day|week|month|year)(?P<plural>s?)\b(?P<after>[^.;\n]{0,24})",
    re.IGNORECASE,
)
_DOSE = re.compile(_NUMBER + r"(?P<unit> ?(?:mg|mcg|[µμ]g))\b(?! ?[/(]| per)")
_LENGTH = re.compile(
    _NUMBER + r"(?P<unit>[ -](?:cm|mm))\b(?! ?(?:H|/|x|×|by|\(|in (?:length|height)|tall|below|above))"
)
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()
_STEPS = {
    "hour": (2, 3, 4, 6, 8, 10, 12, 18, 36),
    "day": (2, 3, 4, 5, 6, 8, 10, 12),
    "week": (2, 3, 4, 5, 6, 8, 10),
    "month": (2, 3, 4, 5, 6, 8, 10),
    "year": (2, 3, 4, 6, 8, 10, 12, 15, 20),
}
_AGE = re.compile(r"\b(\d{1,3})[ -]*(?:year|yr)s?[ -]*old\b", re.IGNORECASE)


def _numbers(case: _Case) -> Iterator[Edit]:
    stem = case.stem
    child = _re("child").search(stem) is not None
    small = child and re.search(r"month|week|day|infant|newborn", stem) is not None
    age = int(found[1]) if (found := _AGE.search(stem)) else 0
    low = re.search(r"hypotensi|shock", stem) is not None
    contrary = [bool(quantity.words and quantity.words.search(stem)) for quantity in _quantities()]
    for fact in case.facts:
        text = fact.text
        if not any(map(str.isdigit, text)) and not _re("counts").search(text):
            continue
        judged = _re("judged").search(text) is not None
        for match in _DURATION.finditer(text):
            yield from _longer(case, fact, match, age)
        if not judged:
            for match in _TEMPERATURE.finditer(text):
                if re.search(r"\b(?:temp\w*|T|fever)\b", _before(text, match), re.IGNORECASE):
                    yield from _warmer(case, fact.start, match)
            for match in _PRESSURE.finditer(text):
                named = re.search(r"\b(?:blood pressures?|BP)\b[^,;]{0,25}$", _before(text, match), re.IGNORECASE)
                if named and not child and not low:
                    yield from _pressed(case, fact.start, match)
            if not _re("study").search(text):
                for pattern in (_DOSE, _LENGTH):
                    for match in pattern.finditer(text):
                        yield from _scaled(case, fact.start, match)
        if not small:
            for place, quantity in enumerate(_quantities()):
                if not contrary[place] and not (
                    child and place < 2
                ):  # pulse and respirations of children have other ranges
                    yield from _measured(case, fact, quantity)


def _before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - 80) : match.start()]


class _Quantity(NamedTuple):
    """What is measured, where its value is usual, and how far it goes."""

    pattern: re.Pattern[str]
    words: re.Pattern[str] | None
    """With what another value would not agree."""
    lowest: float
    usual_from: float
    usual_to: float
    highest: float

    def other(self, old: float, random: Random) -> float | None:
        """A value in another range, clearly away from the old one; None where there is none."""
        spans = [(self.usual_from, self.usual_to)]
        if self.lowest:
            spans.append((self.lowest, self.usual_from - 0.3 * (self.usual_from - self.lowest)))
        if self.highest:
            spans.append((self.usual_to + 0.3 * (self.highest - self.usual_to), self.highest))
        away = 0.5 * (self.usual_to - self.usual_from)
        if not self.lowest / 3 <= old <= 4 * (self.highest or self.usual_to):
            return None
        spans = [span for span in spans if not span[0] - away <= old <= span[1] + away]
        return random.uniform(*random.choice(spans)) if spans else None


def _measured(case: _Case, fact: Sentence, quantity: _Quantity) -> Iterator[Edit]:
    """Values of quantities whose usual range is known, put into or out of it."""
    for match in quantity.pattern.finditer(fact.text):
        before, after = _before(fact.text, match), fact.text[match.end() : match.end() + 30]
        if _re("judged").search(before.rpartition("\n")[2] + match[0] + after.partition("\n")[0]) or _re(
            "reference"
        ).search(before):
            continue
        start = fact.start + match.start("value")
        new = quantity.other(float(match["value"].replace(",", "")), case.random(start))
        if new is not None:
            yield Edit("number", start, match["value"], _written(new, match["value"]))


@cache
def _quantities() -> list[_Quantity]:
    made = []
    for name, unit, lowest, usual_from, usual_to, highest, words in _words()["quantities"]:
        ahead = (
            rf"(?<![\w-])(?:{name})(?![\w-])[\s:]*(?:\([^()]{{1,30}}\)[\s:]*)?"
            r"(?:(?:is|was|of|are|at|=|level|concentration|count)[\s:]+){0,3}"
        )
        judged = rf"(?!\s?(?:{unit})?\s*\((?:\d|H|L|high|low|elev|norm\w+\)))"
        behind = rf"(?=\s?(?:{unit})(?![\w/])){judged}" if unit else r"(?![\w%/]|\.\d)"
        contrary = re.compile(words, re.IGNORECASE) if words else None
        numbers = map(float, (lowest, usual_from, usual_to, highest))
        made.append(_Quantity(re.compile(ahead + _NUMBER + behind, re.IGNORECASE), contrary, *numbers))
    return made


def _written(value: float, like: str) -> str:
    """A value as another one is written: its decimals, commas between thousands, round where that is."""
    decimals = len(like.partition(".")[2])
    if value >= 1000 and not decimals:
        value = round(value, -2)
    return f"{value:,.{decimals}f}" if "," in like or value >= 10_000 else f"{value:.{decimals}f}"


def _warmer(case: _Case, at: int, match: re.Match[str]) -> Iterator[Edit]:
    celsius = match["unit"].strip()[-1] in "C℃"
    old = float(match["one"]) if celsius else (float(match["one"]) - 32) / 1.8
    if not 30 < old < 43 or (match["two"] and (match["other"].strip()[-1] in "C℃") == celsius):
        return
    random = case.random(at + match.start())
    spans = [span for span in ((36.5, 37.1), (38.4, 40.2), (34.6, 35.4)) if not span[0] - 0.9 <= old <= span[1] + 0.6]
    new = round(random.uniform(*spans[0]), 1)
    shown = {True: f"{new:.1f}", False: f"{new * 1.8 + 32:.1f}"}
    text = shown[celsius] + match["unit"]
    if match["two"]:
        text += match["bracket"] + shown[not celsius] + match["other"] + ")"
    yield Edit("number", at + match.start(), match[0], text)


def _pressed(case: _Case, at: int, match: re.Match[str]) -> Iterator[Edit]:
    high, low = int(match["high"]), int(match["low"])
    if not 50 <= high <= 260 or not 20 <= low < high:
        return
    random = case.random(at + match.start())
    spans = [
        s for s in ((76, 90, 40, 56), (110, 126, 66, 80), (166, 198, 98, 118)) if not s[0] - 20 <= high <= s[1] + 20
    ]
    spans = spans or [(110, 126, 66, 80)]
    from_high, to_high, from_low, to_low = random.choice(spans)
    new = f"{random.randint(from_high, to_high)}{match['slash']}{random.randint(from_low, to_low)}"
    yield Edit("number", at + match.start(), match[0][: len(match[0]) - len(match["unit"] or "")], new)


def _longer(case: _Case, fact: Sentence, match: re.Match[str], age: int) -> Iterator[Edit]:
    unit, value, start = match["unit"].casefold(), match["value"], fact.start + match.start()
    old = int(value) if value.isdecimal() else _COUNTED.index(value.casefold())
    before = fact.text[max(0, match.start() - 30) : match.start()]
    if (
        _re("no_duration").match(match["after"])
        or _re("not_behind").search(before)
        or _re("study").search(fact.text)
        or old < 1
    ):
        return
    if (old == 1 and match["gap"] == " ") or value[:1].isupper() or "_" in match["after"]:
        return
    steps = [step for step in _STEPS[unit] if step >= 2 * old or 2 * step <= old]
    if unit == "year":
        steps = [step for step in steps if step < age - 16]
    if not value.isdecimal():
        steps = [step for step in steps if step < len(_COUNTED)]
    if not steps or (age < 3 and unit in ("week", "month", "year")):
        return
    new = case.random(start).choice(steps)
    yield Edit("number", start, value, str(new) if value.isdecimal() else _COUNTED[new])


def _scaled(case: _Case, at: int, match: re.Match[str]) -> Iterator[Edit]:
    value = match["value"]
    if "," in value or not 0 < float(value) <= 2000:
        return
    start = at + match.start("value")
    news = [float(value) * factor for factor in (2, 3, 0.5)]
    written = [f"{new:g}" for new in news if round(new, 1) == new and new >= 0.2]
    if written:
        yield Edit("number", start, value, case.random(start).choice(written))


_EDITORS = {"removal": _removals, "number": _numbers, "order": _orders}
