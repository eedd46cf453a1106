"""Words put in place of others: a negation flipped, a side, an opposite, age or sex; and other words for the same."""

import re
from collections.abc import Iterator
from functools import cache

from clinical_r1.edits import Edit, Kind
from clinical_r1.edits.case import Case, lexicon, wording
from clinical_r1.edits.lists import kind_of, starts_list

_SOUNDS = re.compile(r"(?:[aeio]|u(?!ni|se|ri|re|te)|8|11\b|18\b|hour)", re.IGNORECASE)


def _swap(case: Case, kind: Kind, start: int, end: int, new: str) -> Edit:
    """An edit that writes capitals as they stood, and "a" or "an" in front as the new word wants it."""
    old = case.stem[start:end]
    new = new[:1].upper() + new[1:] if old[:1].isupper() and old[1:2] != old[1:2].upper() else new
    article = re.search(r"\b(an?) $", case.stem[max(0, start - 4) : start], re.IGNORECASE)
    if article and (_SOUNDS.match(old) is None) != (_SOUNDS.match(new) is None):
        start -= len(article[0])
        new = article[1][0] + ("n " if _SOUNDS.match(new) else " ") + new
    return Edit(kind, start, case.stem[start:end], new)


# --- sides and opposites ----------------------------------------------------------------------------------------------
def sides(case: Case) -> Iterator[Edit]:
    """A side that is told once, changed to the other one."""
    for edit, start, end in _flipped(case, "side", "sides"):
        before, after, word = case.stem[max(0, start - 16) : start], case.stem[end : end + 40], edit.old.casefold()
        if word in ("left", "right") and (
            wording("not_side_ahead").search(before) or wording("side_holds").match(after.lstrip(" -–"))
        ):
            continue
        if wording("one_sided").search(case.stem, max(0, start - 120), end + 80):
            continue
        if word in ("upper", "lower") and not wording("upper_or_lower").match(after.lstrip(" -")):
            continue
        if word in ("left", "right") or after[:1] in (" ", "-"):
            yield edit


def opposites(case: Case) -> Iterator[Edit]:
    """A word that is told once, changed to its opposite; not where a number says the same."""
    for edit, start, end in _flipped(case, "opposite", "opposites"):
        fact = next((fact for fact in case.facts if fact.start < end <= fact.end), None)
        if wording("not_flipped").search(case.stem[max(0, start - 50) : start]):
            continue  # "mildly nontender"
        if wording("despite").match(case.stem[end : end + 80]):
            continue
        if edit.new.endswith("febrile") and re.search("temperature|vital signs", case.stem, re.IGNORECASE):
            continue
        if fact and not wording("judged_by_number").search(case.stem[end : min(fact.end, end + 80)]):
            yield edit


@cache
def _pairs(table: str) -> tuple[re.Pattern[str], dict[str, tuple[int, str, re.Pattern[str] | None]]]:
    """Words of a table as one pattern, and of each word its row, its opposite and what may not follow."""
    other: dict[str, tuple[int, str, re.Pattern[str] | None]] = {}
    for row, (one, two, *unless) in enumerate(lexicon()[table]):
        not_ahead = re.compile(rf"[\s-]*+(?:{unless[0]})", re.IGNORECASE) if unless else None
        other.setdefault(two, (row, one, not_ahead))
        other[one] = row, two, not_ahead
    longest_first = sorted(other, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE), other


def _flipped(case: Case, kind: Kind, table: str) -> Iterator[tuple[Edit, int, int]]:
    """Edits of words that stand, with their opposites, only once in the stem; where the word begins and ends."""
    found, other = _pairs(table)
    places: dict[int, list[re.Match[str]]] = {}
    for match in found.finditer(case.stem):
        places.setdefault(other[match[0].casefold()][0], []).append(match)
    for match in (matches[0] for matches in places.values() if len(matches) == 1):
        _, new, not_ahead = other[match[0].casefold()]
        if match.end() <= case.asked and not (not_ahead and not_ahead.match(case.stem, match.end())):
            yield _swap(case, kind, match.start(), match.end(), new), match.start(), match.end()


# --- paraphrase -------------------------------------------------------------------------------------------------------
def paraphrases(case: Case) -> Iterator[Edit]:
    """Other words for the same."""
    for found, new, after in _paraphrases():
        for match in found.finditer(case.stem, 0, case.asked):
            if after is None or after.search(case.stem[max(0, match.start() - 16) : match.start()]):
                yield _swap(case, "paraphrase", match.start(), match.end(), match.expand(new))


@cache
def _paraphrases() -> list[tuple[re.Pattern[str], str, re.Pattern[str] | None]]:
    return [
        (re.compile(rf"\b{old}", re.IGNORECASE), new, re.compile(after[0], re.IGNORECASE) if after else None)
        for old, new, *after in lexicon()["paraphrases"]
    ]


# --- negation ---------------------------------------------------------------------------------------------------------
_WHAT = r"(?P<what>(?:an? )?[a-z][^,;:()]*)$"
_NO = re.compile(
    rf"\b(?:has|have|had|shows?|showed|reveals?|revealed|demonstrates|reports|is|are|was|were|takes|with) no {_WHAT}"
)
_NO_FIRST = re.compile(r"^No (?P<what>[a-z][^,;:()]*?) (?:is|are|was|were)\b[^,;:()]*$")
_NOT = re.compile(rf"\b(?:is|are|was|were|has|have|had)(?P<not> not) {_WHAT}")
_DOES_NOT = re.compile(r"\b(?P<does>does|do) not (?P<verb>[a-z]+(?<!ly)(?<![a-rt-z]s)\b)(?P<what>[^,;:()]*)$")
_DENIES = re.compile(rf"\b(?P<verb>denies|denied)(?P<any> any| having| experiencing)? {_WHAT}")
_WITHOUT = re.compile(rf"\bwithout (?:any )?{_WHAT}")
_TOLD = (
    (re.compile(rf"\b(?P<old>reports|endorses) {_WHAT}"), "denies"),
    (re.compile(rf"^(?P<old>with) {_WHAT}"), "without"),
    (re.compile(rf"^(?:he|she|the patient) (?P<old>has) {_WHAT}", re.IGNORECASE), "does not have"),
)
_SINCE = re.compile(r"\b(?:in|since|for)\b")
_IS = re.compile(r"\b(?:is|are|was|were) (?P<what>[a-z-]+)(?=$| to (?:touch|palpation)$)")


_LONGEST = 300
"""Characters of a fact that is read for a negation, so that the time stays linear in the length of a text."""


def negations(case: Case) -> Iterator[Edit]:
    """What is denied is told, and the other way round, where one word does it."""
    for number, fact in enumerate(case.facts):
        if len(fact.text) > _LONGEST or "\n" in fact.text or starts_list(case, number) or _stays(case, number):
            continue
        for start, end, new in (*_affirmed(fact.text), *_denied(case, number)):
            yield Edit("negation", fact.start + start, fact.text[start:end], new)


def _stays(case: Case, number: int) -> bool:
    """Whether what is told or denied is a reason, or set against what stands around it."""
    fact = case.facts[number]
    before = case.stem[max(0, fact.start - 40) : fact.start].rpartition(".")[2]
    reason = wording("reasoned").search(before) or wording("reasoned").search(fact.text)
    behind = case.stem[fact.end : fact.end + 120].partition(".")[0]
    denied_list = behind.startswith(",") and re.search(r"\bn?or\b", behind)
    return bool(reason or denied_list or wording("set_against").match(behind))


def _affirmed(text: str) -> Iterator[tuple[int, int, str]]:
    """What stands in a text instead of a "no": from, to, and what is written."""
    for found in (_NO, _NO_FIRST, _NOT, _DOES_NOT, _DENIES, _WITHOUT):
        match = found.search(text)
        if not match or wording("partial").search(match["what"]):
            continue
        start, what, alone = match.start("what"), match["what"], _stands_alone(match["what"])
        if found is _NOT and not (text[match.start() : match.start() + 2] == "ha" and _SINCE.search(what)):
            yield match.start("not"), match.end("not"), ""
        elif found is _DOES_NOT:
            yield match.start(), match.end("verb"), _third(match["verb"]) if match["does"] == "does" else match["verb"]
        elif found is _DENIES and (alone or not match["any"]):
            article = _article(what) if match["any"] else ""
            yield match.start(), start, f"report{match['verb'][-1:].replace('d', 'ed')} {article}"
        elif found is _WITHOUT and alone:
            yield match.start(), start, f"with {_article(what)}"
        elif found is _NO_FIRST and alone:
            first = _article(what) or what[0]
            yield 0, start if _article(what) else start + 1, first[0].upper() + first[1:]
        elif found is _NO and alone:
            yield start - len("no "), start, _article(what)


def _denied(case: Case, number: int) -> Iterator[tuple[int, int, str]]:
    """What stands instead of what a fact tells, where nothing behind speaks of it: from, to, and the denial."""
    fact = case.facts[number]
    ends = re.match(r"[.;]|,? and ", case.stem[fact.end : fact.end + 6])
    if not ends or case.is_named_behind(fact.start, fact.end):
        return
    for found, new in _TOLD:
        match = found.search(fact.text)
        if not match or wording("partial").search(match["what"]) or wording("not_denied").search(match["what"]):
            continue
        before = case.stem[max(0, fact.start - 120) : fact.start].rpartition(".")[2]
        shown = wording("shown").search(before) and not before.endswith("ed ")
        if new == "without" and not (shown and _stands_alone(match["what"])):
            continue
        if kind_of(re.sub(r"^an? ", "", match["what"])) == "noun":
            yield match.start("old"), match.end("old"), new
    if (match := _IS.search(fact.text)) and match["what"] in lexicon()["adjectives"]:
        yield match.start("what"), match.end("what"), f"not {match['what']}"


def _head_noun(what: str) -> str:
    """The last word in front of a preposition."""
    named = re.split(r"\s(?:of|in|on|at|over|to|from|for|by|with|during|or|and|seen|noted|present|after)\b", what)[0]
    return named.split()[-1].casefold() if named.split() else ""


def _stands_alone(what: str) -> bool:
    """Whether something can be told without its "no": a plural, or a noun known to take an "a" or none."""
    head = _head_noun(what)
    plural = head.endswith("s") and not head.endswith(("ss", "us", "is"))
    return kind_of(what) in ("noun", "other") and (plural or head in lexicon()["mass"] or head in lexicon()["counted"])


def _article(what: str) -> str:
    if _head_noun(what) not in lexicon()["counted"] or re.match(r"an? ", what):
        return ""
    return "an " if _SOUNDS.match(what) else "a "


def _third(verb: str) -> str:
    """A verb as "he" wants it."""
    if verb == "have":
        return "has"
    if re.search(r"(?:ss|sh|ch|x|o)$", verb):
        return f"{verb}es"
    return re.sub(r"([^aeiou])y$", r"\1ie", verb) + "s"


# --- age and sex ------------------------------------------------------------------------------------------------------
_AGE = re.compile(
    r"\b(?:(?P<article>an?) )?(?P<age>\d{1,2})(?P<unit>[ -]years?[ -]old)\b|\b(?:wo)?man of (?P<of>\d\d)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b(\d{1,2})[ -](?:pack[ -])?years?\b(?![ -]old)", re.IGNORECASE)


def ages(case: Case) -> Iterator[Edit]:
    """The age of the patient, where it is told once and other words allow another one."""
    match = _AGE.search(case.stem, 0, case.asked)
    if not match or wording("young_words").search(case.stem):
        return
    told = wording("age_told").findall(case.stem)
    group = "of" if match["of"] else "age"
    old = int(match[group])
    held = [row[1:] for row in lexicon()["ages"] if re.search(row[0], case.stem, re.IGNORECASE)]
    if len(told) > (group == "age") or not held or not (4 <= old < 16 or old >= 18):
        return
    youngest, oldest, away = held[0]
    if (youngest < 18) != (old < 18):
        return
    since = max((int(years) for years in _YEARS.findall(case.stem)), default=0)
    fit = [age for age in range(youngest, oldest + 1) if abs(age - old) >= away and (since < 5 or age >= since + 18)]
    if fit:
        start = match.start(group)
        yield _swap(case, "age", start, match.end(group), str(case.random(start).choice(fit)))


_SEX = dict(
    pair.split(":")
    for pair in "man:woman woman:man male:female female:male boy:girl girl:boy lady:gentleman gentleman:lady he:she"
    " she:he him:her himself:herself herself:himself his:her hers:his her:his he's:she's she's:he's".split()
)
_GENDERED = re.compile(rf"\b(?:{'|'.join(_SEX)})\b", re.IGNORECASE)


def sexes(case: Case) -> Iterator[Edit]:
    """The sex of the patient: one edit from the first word that tells it to the last."""
    if wording("sex_told").search(case.stem) or _GENDERED.search(case.stem, case.asked):
        return
    places = list(_GENDERED.finditer(case.stem, 0, case.asked))
    if len(places) == 0 or places[0][0].casefold() in ("he", "she", "his", "her", "him"):
        return
    if len({place[0].casefold() for place in places if place[0].casefold() not in _PRONOUNS}) > 1:
        return
    parts, end = [], places[0].start()
    for place in places:
        word = place[0].casefold()
        new = "him" if word == "her" and wording("to_her").match(case.stem, place.end()) else _SEX[word]
        parts += [case.stem[end : place.start()], new[0].upper() + new[1:] if place[0][0].isupper() else new]
        end = place.end()
    yield Edit("sex", places[0].start(), case.stem[places[0].start() : end], "".join(parts))


_PRONOUNS = frozenset("he she him her his hers himself herself he's she's".split())
