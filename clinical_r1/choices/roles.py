"""What a sentence does with the options it names: it claims one, dismisses some, lists them, or only describes them.

Nobody asked for a form, so the answer stands in prose: "the most likely cause is neoplastic growth (C)", a heading and
the option below it, an item of a list that is found right. A letter counts by the role it plays in its sentence, never
by itself. The sentences that claim an option are claims (see `clinical_r1.choices.letters`).
"""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Literal

from clinical_r1.choices.letters import Force, Found, begins_list, is_option_letter, same_text
from clinical_r1.choices.marks import LINE_HEAD, Mark, Reading, named_together
from clinical_r1.choices.mentions import negated, not_ours

_LEAD = re.compile(
    r"(?:^|[,;:–—]\s*|\band\s+)\W*(?:so(?!\s+(?:that|far|much|many|called)\b)|consequently|accordingly|as a result|"
    r"in (?:conclusion|summary|short|this case)|overall|ultimately|to (?:conclude|summari[sz]e)|conclusion|"
    r"taken together|"
    r"all in all|finally|(?:this|that|which) is why|for (?:this|these) reasons?|(?:based|depending) on|considering|"
    r"given|because of|due to)\b|"
    r"\b(?:therefore|thus|hence)\b",
    re.IGNORECASE,
)
# What is sought, said as the one thing that it is.
_SOUGHT = re.compile(
    r"\b(?:more (?:beneficial|appropriate|suitable|plausible|reasonable)|most|best|better|first|initial|primary|"
    r"main|principal|likely|likeliest|probable|probably|correct|right|appropriate|"
    r"accurate|preferred|closest|definitive|next|optimal|ideal|only|exception|greatest|highest|strongest|final|"
    r"incorrect|false|true|least|answers?|choices?|options?|i would|i'd|should|it (?:has to|must|will|should)|"
    r"what\b(?=.{0,60}?\b(?:is|fits?|remains?)\b))\b"
)
_THE_ONE = re.compile(r"\W*(?:\w+\W+){0,3}?(?:the|this|his|her)\s+\w")
_BE = (
    r"(?:is|are|was|were|(?:would|will|should|must|has to|have to)\s+(?:\w+ly\s+|therefore\s+|thus\s+)?be|be|remains?|"
    r"becomes?)\b"
)
_POINTS = (
    r"\b(?:(?:consistent|compatible) with|in keeping with|suggest(?:s|ive of|ing)?|indicat(?:es?|ive of)|points? to|"
    r"leads? to|caused by|due to|(?:arrives?|ends? up|left) (?:at|with)|locali[sz]es? .{0,40}? to|(?:can )?only means?|"
    r"(?:explained|described|characteri[sz]ed|accounted for) by|supports?|confirms?|shown by|which is)\b"
)
_IDENTIFIES = re.compile(rf"(?P<points>{_POINTS})|\b{_BE}|[:=→]")
_NOT_IDENTIFIED = re.compile(
    r"\s*(?:also\s+|clearly\s+|probably\s+|definitely\s+)?(?:not|never|unlikely|n't|less|neither|none|either not|"
    r"unclear|unknown)\b|"
    r"\s*that\b"
)
_DENIED = re.compile(
    r"\A\W*(?:nor|neither)\b|(?:\b(?:not|cannot|never|hardly)|n't)\s+(?:\w+ly\s+)?\Z|"
    r"\b(?:incorrect|wrong|false) one\s*\Z"
)
_WRONG = re.compile(r"\b(?:wrong|incorrect|false|not|rejected|excluded|eliminated|ruled out|discarded)\b")
_DOUBTED = re.compile(
    r"\b(?:not|n't|never|hardly)\s+(?:think|believe|say|agree|sure|convinced)\b|n't\s+(?:think|believe|say|agree)\b"
)
_ODD_ONE = re.compile(r"\b(?:incorrect|false|wrong|untrue|exception|odd one|not (?:true|correct))\b")
_OPENING = re.compile(
    r"(?:\s|therefore|thus|likely|most|probably|clearly|indeed|actually|best|either|an?|the|option|choice|answer|"
    r"letter|to|that|by|"
    r"of|in|with|for|due|caused|called|known|as|described|represented|given|done|use|perform|start|[(\[\"':,–-])*"
)
_ONE = re.compile(r"\b(?:one|statement|feature|item|(?:that|which|who)\b.*\bnot)\b")
_BARE_END = re.compile(
    r"[)\]\"']*\s*(?:[.,;:!(–—-]|\Z|\n|/|&|(?:because|since|as|which|given|rather|over|not|due|and|or|for)\b)"
)
_ASIDE = re.compile(r"\b(?:that|which|who|meaning|when|where|while|because|since|if|although)\b")
_RIGHT = re.compile(
    r"[)\]\"'.]*+\s*+(?:\([^()\n]{0,80}+\)\s*+)?+,?+\s*+"
    rf"(?P<be>{_BE}|seems?|appears?|represents|would|may be|might be|could be|stands out as)\s+"
    r"(?:(?:therefore|thus|also|indeed|\w+ly)\s+)?(?:be\s+)?(?:the\s+|an?\s+|our\s+|my\s+)?(?:single\s+|one\s+|"
    r"only\s+|much\s+)?"
    r"(?:(?:most|more)\s+(?!common|frequent|often|\w+ly\b(?<!likely))|best\b|closest\b|(?:correct|"
    r"right)\s+(?:answer|choice|option|diagnosis|one|for)\b|answer\b|"
    r"first\s+(?:step|line|choice|test)|what (?:the|we|they|is|remains|fits)\b|\w+ responsible\b|likeliest\b|"
    r"appropriate\b|preferred\b|"
    r"likely\b(?=\s*(?:[.,;:)]|\Z|because|as\b|since|given|here|in this|the\b|for\b|based|due|diagnosis|cause|"
    r"answer|explanation)))"
)
_RIGHT_SUBJECT = re.compile(r"(?:^|[,;:]\s|\b(?:that|so|thus|therefore|hence|and|but|only))\s*\Z")
_MAKES = re.compile(r"\b(?:mak(?:es?|ing)|leav(?:es?|ing)|favou?rs|supports)\s+(?:the\s+|option\s+|an?\s+)*[(\[\"']*\Z")
# A look for one of these words spares a search.
_VERDICT_WORDS = ("answer", "correct", "option", "choice")
_RIGHT_WORDS = ("correct", "right", "best", "most", "answer")
_IT_WORDS = ("answer", "choice", "option", "exception", "closest", "best fit")
_THE_SOUGHT = re.compile(
    r"\W*\s*(?:as\s+)?(?:the|our|my)\s+(?:single\s+|only\s+|one\s+)?(?:most|best|correct|right|likeliest|only|answer)\b"
)
_ONLY = re.compile(r"\bonly\s+(?:option\s+|choice\s+)?[(\[\"']*\Z")
_CORRECT_ITEM = re.compile(
    r"\W*(?:so\W+|thus\W+|therefore\W+|hence\W+)?(?:this|it|that|which)\b(?:\s+(?:option|choice|answer|"
    r"answer choice|statement|one))?\s+"
    r"(?:is|would be|seems|must be)\s+(?:therefore\s+|thus\s+|\w+ly\s+|indeed\s+)?(?:the\s+)?(?:correct|right|best|"
    r"most\s+(?:likely|appropriate|accurate|suitable|plausible|probable)|(?<=the\s)answer)\b|"
    r"\W*(?:the\s+)?(?:correct|right|best)\s+(?:answer|option|choice)\W*\Z"
)
_ODD_VERDICT = re.compile(
    r"[)\]\"'.]*\s*(?:is|are)\s+(?:therefore\s+|thus\s+)?the\s+(?:false|incorrect|wrong|untrue|odd)\s+(?:one|"
    r"statement|option|answer)\b"
)
# What is said of an item of a list at its beginning or its end.
_VERDICT = re.compile(
    r"[\s\W]*correct\b(?:\s+(?:answer|option|choice))?\s*(?:[.!:,)]|\Z)|"
    r"(?!.{0,2000}\b(?:not|n't|incorrect|wrong|never)\b[^.]{0,40}\W*\Z)(?:.*[\W_])?(?:(?:our|the|expected|correct|"
    r"right|best|most likely)\s+"
    r"(?:answer|option|choice)|\(answer\))\W*\Z",
    re.DOTALL,
)
_SO_IT_IS = re.compile(
    r"\b(?:so|thus|therefore|hence|making|and|which makes|as|since)\b[^.;]{0,20}?\b(?:it|this|that)\b\s*(?:is|"
    r"must be|would be|should be)?\s+the\s+"
    r"(?:(?:most likely |correct |right |best |least incorrect |closest )?(?:answer|choice|option|exception)|"
    r"closest|best fit)\b"
)
_LIST_AHEAD = re.compile(
    r"\b(?:let's|let us|each|options|choices|following|consider|analy[sz]e|evaluate|review|compare|others?|"
    r"remaining|reasons?|because|"
    r"include[sd]?|as follows)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:may|might|could|can|possibl[ey]|perhaps|consider(?:ed|ing)?|sometimes|often|usually|typically|would)\b"
)
_EXCEPT = re.compile(
    r"\b(?:all|true|each|every\w*)\b.{0,120}\bexcept(?:\s+for)?:?\s*(?:option\s+)?[(\[\"']*\Z", re.DOTALL
)
_NOT_SO = re.compile(
    r"\b(?:not|n't|never)\s+(?!(?:the|a|an|very|as)?\s*(?:correct|right|best|most|answer|likely|consistent|"
    r"appropriate|supported))\w+"
)
_NONE_OPTION = re.compile(r"\W*(?:none|all|no|neither|both|not)\b")
_NONE = re.compile(
    r"(?P<answer>(?:answers?|correct (?:option|choice))\b[^.\n]{0,60}?\b(?:is|are|be)\s+(?:actually\s+|therefore\s+)?"
    r"(?:none of\b|not\s+(?:in|one of|among|listed|provided|given|included|any of|present|available)\b))|"
    r"none of (?:the (?:given |provided |listed |above |other |answer )*(?:options|choices|answers)|"
    r"these(?: options| choices)?|the above|them)\b"
    r"(?:\s+(?:really|clearly|\w+ly|that\b[^.\n]{0,30}))?\s+(?:is|are|seems?|fits?|match(?:es)?|correct|appl(?:y|"
    r"ies))\b"
)
_OTHERS = re.compile(
    r"\W*(?:(?:all|and|but)\s+|as for\s+)?(?:the\s+|all\s+)?(?:other|others|remaining|rest)\b", re.IGNORECASE
)
_TAKEN_BACK = re.compile(
    r"[)\]\"'.]*\s*(?:is|are|would be)\s+(?:also\s+|only\s+)?(?:incorrect|wrong|false|partially|partly)\b|"
    r"[^.!?\n]{0,80}?,?\s*\bbut (?:that|this|it) (?:would be|is) (?:wrong|incorrect|not)\b|"
    r"[^.!?\n]{0,80}?\bbut\b[^.!?\n]{0,60}?\b(?:correct|right|actual|true|real)\s+(?:answer|value|diagnosis|"
    r"one)\b[^.!?\n]{0,20}?"
    r"\b(?:is|would be)\b(?!\s+(?:actually\s+)?(?:option\s+)?[(\[]?[A-Z][)\].])|"
    r"[^.!?\n]{0,80}?,?\s*\bwhich is (?:incorrect|wrong|false|not (?:the )?(?:correct|right|actual))\b|"
    r"[^.!?\n]{0,80}[.\n]\s*This\s+(?:(?:answer|option|choice|statement)\s+)?is\s+(?:incorrect|wrong|not correct)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"[\s*#>_\"'“.`-]*(?:(?:option|choice)\s+)?[(\[]?(?P<letter>[A-Za-z])"
    r"(?:[)\]][.:]?|[.:](?=\s|\Z)|[ \t]*[-–—](?=\s)|(?=\s*(?:\n|\Z)))[ \t]*",
    re.IGNORECASE,
)
_DISMISSES = re.compile(
    r"[\W_]*(?:(?:is|are|was|were|would be|seems?|appears?|looks|can be)\s+(?:(?:also|therefore|thus|rather|very|"
    r"quite|less|highly|"
    r"the|a|\w+ly)\s+)*)?(?:not\s+(?:(?:the|a|very|as)\s+)?(?:correct|right|best|most|answer|likely|consistent|"
    r"appropriate|supported|"
    r"typical|possible|plausible)\b|incorrect|wrong|unlikely|improbable|implausible|inconsistent|inappropriate|"
    r"less likely|ruled out|"
    r"excluded|eliminated|does(?:n't| not)\s+(?:fit|explain|match|account)|cannot be|can't be)"
)
_SLOT_EDGES = re.compile(r"^\W*(?:(?:therefore|thus|an?|the|about|approximately)\s+)*|[.,;]?\s*\Z")
_MAY = re.compile(r"\b(?:may|might|could)\s+\Z")
_ALIKE = 0.8
"""Share of characters in common from which a text is an option's in another spelling."""
_LAST = 300
"""Characters at the end of a text in which an option that is too short to be looked for may be said."""
_PAIR = re.compile(r"[^.]{0,60}?\b(?:and|or)\s+(?:option\s+)?[(\[]?[A-Z][)\].]")


def conclusions(reading: Reading) -> list[Found]:
    """Claims that the sentences of a text make, in order."""
    text, lower, marks = reading.text, reading.lower, reading.marks
    brief = {
        option: letter
        for option, letter in reading.by_text.items()
        if len(option) < 3 or option.replace(".", "").isdigit()
    }
    claims: list[Found] = []
    topic: Mark | None = None
    verdicts = any(word in lower for word in _RIGHT_WORDS)
    index = 0
    for start, end in reading.sentences:
        first = index
        while index < len(marks) and marks[index].start < end:
            index += 1
        here = marks[first:index]
        if not here:
            if topic and verdicts and _CORRECT_ITEM.match(lower, start, end):
                claims.append(Found(topic.letter, start, end, Force.JUDGED))
            elif brief and end > len(text) - _LAST and (claim := _brief(lower, start, end, brief)):
                claims.append(claim)
            continue
        head = here[0] if here[0].heads else None
        alone = len(here) == 1 or len({mark.letter for mark in here}) == 1
        claim = _claim(lower, start, end, here)
        if claim is None and alone:
            behind = lower[here[-1].end : end]
            if any(word in behind for word in _IT_WORDS) and _SO_IT_IS.search(lower, here[-1].end, end):
                claim = Found(here[0].letter, start, end, Force.JUDGED)
        if claim and not _disqualified(text[start:end]):
            claims.append(claim)
        topic = head or (here[0] if alone and not (topic and topic.heads) else topic)
    return [*claims, *_verdicts(reading)]


def _verdicts(reading: Reading) -> list[Found]:
    """Claims of the items of a list, where exactly one is found right."""
    heads = [mark for mark in reading.marks if mark.heads]
    if len({head.letter for head in heads}) < 2:
        return []
    found = []
    for head, following in zip(heads, [*heads[1:], None], strict=False):
        item = (
            reading.lower[head.end : following.start if following else len(reading.text)]
            .partition("\n\n")[0]
            .rstrip(" \n-*•([|")
        )
        if any(word in item for word in _VERDICT_WORDS) and _VERDICT.match(item):
            found.append(Found(head.letter, head.start, head.end + len(item), Force.JUDGED))
    return found if len({claim.letter for claim in found}) == 1 else []


def _disqualified(sentence: str) -> bool:
    """Whether a sentence asks, speaks of others or of another case, or announces a list."""
    if sentence.rstrip(" \"')]*").endswith("?") or not_ours(sentence) or _OTHERS.match(sentence):
        return True
    heading, _, item = sentence.partition("\n")
    return item != "" and _LIST_AHEAD.search(heading) is not None


def _claim(lower: str, start: int, end: int, marks: list[Mark]) -> Found | None:
    """The claim that one sentence makes, if it makes one."""
    right = _found_right(lower, start, end, marks)
    if right is not None:
        return right or None
    first, last = marks[0], marks[-1]
    sought = _SOUGHT.search(lower, start, last.start)
    before = lower[start : first.start]
    lead = _LEAD.search(before + "x")
    for identified in _IDENTIFIES.finditer(lower, start, last.start):
        if claim := _identified(lower, start, end, marks, identified, sought, lead is not None):
            return claim
    named = {mark.letter for mark in marks}
    if len(named) > 1:
        several = lead and named_together(lower, marks) == named and not _dismissed(lower, start, end, last)
        return Found(None, first.start, last.end, Force.TENTATIVE, frozenset(named)) if several else None
    if ("except" in before and _EXCEPT.search(before)) or (
        "only" in before and _ONLY.search(before[-24:]) and not _DISMISSES.match(lower, first.end, end)
    ):
        return Found(first.letter, first.start, first.end, Force.CONCLUDED)
    if not lead or first.bare or _HEDGE.search(lower, start + lead.end(), end):
        return None
    # "So optic atrophy is not seen in choroidal vasculopathy (D)": the negation is the question's.
    if _dismissed(lower, start, end, first) and not (
        first.labelled and _NOT_SO.search(before) and not _DISMISSES.match(lower, first.end, end)
    ):
        return None
    return Found(first.letter, first.start, first.end, Force.TENTATIVE)


def _found_right(lower: str, start: int, end: int, marks: list[Mark]) -> Found | Literal[False] | None:
    """The claim of "C) Neoplastic growth is the most likely cause"; False where several options are found right."""
    right = {}
    for mark, previous in zip(marks, [None, *marks], strict=False):
        near = max(start, mark.start - 24)
        verdict = _RIGHT.match(lower, mark.end, min(end, mark.end + 200))
        if verdict and (not mark.bare or mark.start == start or _RIGHT_SUBJECT.search(lower, near, mark.start)):
            hedged = verdict["be"].startswith(("may", "might", "could"))
        elif verdict := _ODD_VERDICT.match(lower, mark.end, end):
            return Found(mark.letter, mark.start, verdict.end(), Force.ODD_ONE)
        elif (verdict := _THE_SOUGHT.match(lower, mark.end, end)) and _MAKES.search(lower, near, mark.start):
            hedged = False
        else:
            continue
        force = Force.TENTATIVE if hedged else Force.CONCLUDED
        right[mark.letter] = (previous, mark, Found(mark.letter, mark.start, verdict.end(), force))
    if len(right) > 1:
        return False
    for previous, mark, claim in right.values():
        if previous and len(named_together(lower, [previous, mark])) > 1:
            return False
        # "F is incorrect and A is the correct answer": what is said of the option before is not said of this one.
        if not _dismissed(lower, previous.end + 1 if previous else start, end, mark):
            return claim
    return None


def _identified(
    lower: str,
    start: int,
    end: int,
    marks: list[Mark],
    identified: re.Match[str],
    aim: re.Match[str] | None,
    lead: bool,
) -> Found | None:
    """The claim of what stands behind one verb: "the most likely cause is neoplastic growth (C)"."""
    place, verb = identified.end(), identified.start()
    mark = next((m for m in marks if m.start >= place and (not m.bare or _bare_answer(lower, place, m))), None)
    if mark is None or mark.start - place > (150 if mark.labelled else 60):
        return None
    subject, sought = lower[start:verb], aim is not None and aim.start() <= place + 1
    if not (sought or lead or (mark.labelled and identified["points"])) and (
        not mark.labelled or not _THE_ONE.match(subject.rpartition(", ")[2])
    ):
        return None
    if mark.bare and not (sought or lead or _ONE.search(subject)):
        return None
    if (
        _NOT_IDENTIFIED.match(lower, place, end)
        or _DENIED.search(subject)
        or _DOUBTED.search(subject)
        or (identified[0] == ":" and _WRONG.search(subject))
    ):
        return None
    between = lower[place : mark.start]
    following = next((m for m in marks if m.start >= mark.end), None)
    if (
        following
        and mark.end > mark.start + 3
        and ord(following.letter) == ord(mark.letter) + 1
        and not lower[mark.end : following.start].strip(" .,;([")
    ):
        return None  # "A. Migraine B. Meningitis": a list
    if not mark.labelled and _ASIDE.search(between):
        return None
    later = _IDENTIFIES.search(lower, place, mark.start)
    if (later and not _OPENING.fullmatch(lower, place, later.start())) or _dismissed(lower, place, end, mark):
        return None
    force = Force.CONCLUDED
    if _ODD_ONE.search(subject):
        force = Force.ODD_ONE
    elif not sought and (not mark.labelled or identified["points"] or _HEDGE.search(subject[-40:] + between)):
        force = Force.TENTATIVE
    if _MAY.search(subject[-8:]):
        force = Force.TENTATIVE
    elif force < Force.CONCLUDED and _HEDGE.search(subject) and not lead:
        return None
    behind = [other for other in marks if other.start >= mark.start]
    letters = named_together(lower, behind)
    if len(letters) > 1:
        return Found(None, mark.start, behind[-1].end, force, frozenset(letters))
    return Found(mark.letter, mark.start, mark.end, force)


def _bare_answer(lower: str, place: int, mark: Mark) -> bool:
    """Whether a bare letter stands directly behind a verb and ends what is said."""
    return _OPENING.fullmatch(lower, place, mark.start) is not None and _BARE_END.match(lower, mark.end) is not None


def _brief(lower: str, start: int, end: int, brief: Mapping[str, str]) -> Found | None:
    """The claim of an option too short to be looked for anywhere: "the lower limit is 28"."""
    sentence = lower[start:end]
    if not (_THE_ONE.match(sentence) or _LEAD.match(sentence)):
        return None
    for identified in _IDENTIFIES.finditer(sentence):
        slot = same_text(_SLOT_EDGES.sub("", sentence[identified.end() :]))
        if slot in brief:
            return Found(brief[slot], start + identified.end(), end, Force.TENTATIVE)
    return None


def _dismissed(lower: str, start: int, end: int, mark: Mark) -> bool:
    return negated(lower[max(start, mark.start - 160) : mark.start], lower[mark.end : min(end, mark.end + 160)])


def none_of_them(reading: Reading) -> Found | None:
    """The last claim that no option is right, unless some option says so itself."""
    places = sorted(
        place for cue in ("none of", "answer", "correct option", "correct choice") for place in reading.places(cue)
    )
    options = [option.lower() for option in reading.options.values()]
    matches = (found for place in reversed(places) if (found := _NONE.match(reading.lower, place)))
    last = next((found for found in matches if not any(found[0] in option for option in options)), None)
    if last is None or any(map(_NONE_OPTION.match, options)):
        return None
    return Found(None, last.start(), last.end(), Force.STATED if last["answer"] else Force.CONCLUDED)


def taken_back(text: str, claim: Found) -> bool:
    """Whether what follows a claim says that the option is wrong."""
    return _TAKEN_BACK.match(text, claim.end) is not None


def opening(reading: Reading) -> Found | None:
    """The option with which a text opens, alone or with what is said of it; not the first item of a list."""
    text, options = reading.text, reading.options
    head = _OPENS.match(text)
    if not head or head["letter"].upper() not in options or not is_option_letter(text, head.start("letter"), options):
        return None
    letter = head["letter"].upper()
    line, _, behind = text[head.end() :].partition("\n")
    own, rest = same_text(options[letter]), same_text(line)
    said_own = own != "" and rest.startswith(own)
    if head["letter"].islower() and rest and not said_own and SequenceMatcher(None, rest, own).ratio() < _ALIKE:
        return None
    others = any(
        len(other) > 3 and rest.startswith(same_text(other)) for key, other in options.items() if key != letter
    )
    if (
        line.rstrip().endswith("?")
        or (others and not said_own)
        or _DISMISSES.match(rest[len(own) :] if said_own else rest)
    ):
        return None
    following = LINE_HEAD.match(behind.lstrip())
    items = (item for item in LINE_HEAD.finditer(behind) if is_option_letter(behind, item.start("letter"), options))
    heads = {item["letter"].upper() for item in items} - {letter}
    listed = following is not None and following["letter"].upper() in heads
    if listed and len(own_heads := _own_items(text, options)) > 1:
        return Found(None, 0, len(text), Force.STATED, own_heads) if own_heads < options.keys() else None
    if (
        (heads and (listed or rest not in ("", own)))
        or _PAIR.match(line)
        or begins_list(text, head.start("letter"), options)
    ):
        return None
    return Found(letter, head.start("letter"), head.end(), Force.JUDGED, how="concluding")


def _own_items(text: str, options: Mapping[str, str]) -> frozenset[str]:
    """The letters of a text that is nothing but a list of options."""
    letters = set()
    for line in filter(str.strip, text.splitlines()):
        head = LINE_HEAD.match(line)
        letter = head["letter"].upper() if head else ""
        if letter not in options or same_text(line[head.end() :] if head else "") != same_text(options[letter]):
            return frozenset()
        letters.add(letter)
    return frozenset(letters)
