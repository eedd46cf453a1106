"""Perturbations of a completion that a robust cross-reference reward should, or should not, notice.

Each is a function of a `Case`, the case of another question and a random generator. It returns the changed completion,
or None where it does not apply: nothing to delete, no second sentence to shuffle. Only the inside of the two sections
is changed, so that what was wrong with the format before is still wrong; `duplicate_tags` and `text_behind` are the
exceptions.

Findings of the case are content words that stand in the question's stem and not in its options.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from clinical_r1.grammar import STYLES, Response, Style, parse
from clinical_r1.item import Item
from clinical_r1.train.cross_reference import (
    BOX,
    SHARED_WORDS,
    content_words,
    sentences_of,
    without_boxes,
    words_in_all,
    words_of,
)

STYLE: Style = "crpo"
"""The style whose sections are perturbed."""

BAG_SIZE = 12
"""Words in a bag of keywords: as many as in a sentence."""

FILLER = (
    "It is important to weigh all of this with care.",
    "This was looked at in a systematic way, one step at a time.",
    "A careful approach is always good practice.",
    "In view of all that was said, one may feel confident.",
)
"""Sentences without a finding of any case."""

OTHER_SCRIPTS = (
    "Следует внимательно рассмотреть все данные и выбрать ответ.",
    "综合以上分析，应当仔细考虑所有的信息，然后选择答案。",
)
"""Russian and Chinese sentences without a finding of any case."""

BOILERPLATE = (
    "The clinical vignette holds the important diagnostic features. The blood pressure and the pulse were measured.",
    "By the important diagnostic features, and by the blood pressure and the pulse, this is the one.",
)
"""Analysis and conclusion that suit every case."""

STEM_WORDS = (
    "pain fever history examination blood pressure temperature pulse respirations nausea vomiting weight medication "
    "abdomen heart lungs skin symptoms hours days".split()
)
"""Words that most stems of exam questions have some of."""

NOTHING = "... \u200b\u2060 \u2800 \u3164"
"""Dots, zero-width characters, a braille blank and a filler of Hangul."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Case:
    """An item whose response has both sections."""

    item: Item
    """The question and the model's completion. Completions of one question are not independent."""
    response: Response
    """The completion as parsed."""

    @property
    def analysis(self) -> str:
        """Text of the first section without boxes."""
        return without_boxes(self.response.analysis).strip()

    @property
    def prose(self) -> str:
        """Text of the conclusion without boxes."""
        return without_boxes(self.response.conclusion).strip()

    @property
    def box(self) -> str:
        """The boxes of the conclusion; empty where there are none."""
        return " ".join(BOX.findall(self.response.conclusion))

    @property
    def findings(self) -> frozenset[str]:
        """Content words of the question that are not words of its options, in lower case."""
        options = words_in_all(tuple(self.item.options.values()))
        return frozenset(content_words(words_of(self.item.stem)) - options)

    def rewritten(self, *, analysis: str | None = None, prose: str | None = None) -> str:
        """The completion with another text inside its sections; boxes of the conclusion stay, behind its prose."""
        text, spots = self.item.response, [tag for tag in self.response.tags if tag.exact]
        conclusion = None if prose is None else f"{prose} {self.box}".strip()
        for number, body in ((1, conclusion), (0, analysis)):  # from behind, so that offsets stay true
            if body is not None:
                name = STYLES[STYLE][number].tag
                start = next(tag.end for tag in spots if tag.name == name and not tag.closing)
                end = next(tag.start for tag in spots if tag.name == name and tag.closing)
                text = f"{text[:start]}\n{body}\n{text[end:]}"
        return text


def read_case(item: Item) -> Case | None:
    """The case of an item; None unless the `crpo` sections each stand there exactly once and are not empty."""
    response = parse(item.response)
    if response.style != STYLE or not response.analysis or not response.conclusion:
        return None
    return Case(item, response)


def retagged(completion: str, style: Style) -> str:
    """The completion with the tags of another style in place of `crpo`'s."""
    for old, new in zip(STYLES[STYLE], STYLES[style], strict=True):
        for slash in ("", "/"):
            completion = completion.replace(f"<{slash}{old.tag}>", f"<{slash}{new.tag}>")
    return completion


def copy_analysis(case: Case, other: Case, rng: Random) -> str | None:
    """The conclusion is the analysis once more. A robust reward takes the bonus away: nothing was concluded."""
    return case.rewritten(prose=case.analysis) if case.analysis else None


def keyword_bag(case: Case, other: Case, rng: Random) -> str | None:
    """The conclusion is a list of words of the analysis. A robust reward takes the bonus away: nothing was said."""
    words = sorted(content_words(words_of(case.analysis)))
    if len(words) < SHARED_WORDS:
        return None
    return case.rewritten(prose=" ".join(rng.sample(words, min(BAG_SIZE, len(words)))))


def shuffle_sentences(case: Case, other: Case, rng: Random) -> str | None:
    """The sentences of the analysis change places. A robust reward keeps the bonus: the findings are all there."""
    sentences = [sentence.strip(" .") for sentence in sentences_of(case.analysis) if sentence.strip(" .")]
    if len(set(sentences)) < 2:
        return None
    mixed = sentences.copy()
    while mixed == sentences:
        rng.shuffle(mixed)
    return case.rewritten(analysis=". ".join(mixed) + ".")


def delete_findings_from_analysis(case: Case, other: Case, rng: Random) -> str | None:
    """The analysis loses the case's findings. A robust reward takes the bonus away: there is nothing to refer to."""
    thinned = _without(case.analysis, case.findings)
    return None if thinned == case.analysis else case.rewritten(analysis=thinned)


def delete_findings_from_conclusion(case: Case, other: Case, rng: Random) -> str | None:
    """The conclusion loses the case's findings. A robust reward takes the bonus away: it refers to nothing."""
    thinned = _without(case.prose, case.findings)
    return None if thinned == case.prose else case.rewritten(prose=thinned)


def swap_findings(case: Case, other: Case, rng: Random) -> str | None:
    """Both sections speak of another patient's findings. A robust reward takes the bonus away: they are invented."""
    used = sorted(case.findings & {*words_of(case.analysis), *words_of(case.prose)})
    own = words_in_all((case.item.stem, *case.item.options.values()))
    foreign = sorted(other.findings - own)
    if other.item.id == case.item.id or not case.findings & {*words_of(case.prose)} or len(foreign) < SHARED_WORDS:
        return None
    rng.shuffle(foreign)
    swaps = {word: foreign[place % len(foreign)] for place, word in enumerate(used)}
    analysis, prose = (
        _WORD.sub(lambda word: swaps.get(word[0].casefold(), word[0]), text) for text in (case.analysis, case.prose)
    )
    return case.rewritten(analysis=analysis, prose=prose)


def negate_reference(case: Case, other: Case, rng: Random) -> str | None:
    """What the conclusion says of the analysis is denied. A robust reward takes the bonus away: it contradicts it."""
    said = content_words(words_of(case.analysis))
    sentences = [sentence.strip(" .") for sentence in sentences_of(case.prose) if sentence.strip(" .")]
    denied = [f"It is not true that {s[0].lower()}{s[1:]}" if said & {*words_of(s)} else s for s in sentences]
    return None if denied == sentences else case.rewritten(prose=". ".join(denied) + ".")


def pad(case: Case, other: Case, rng: Random) -> str | None:
    """Both sections grow by phrases without content. A robust reward neither takes the bonus away nor gives it."""
    filler = " ".join(rng.sample(FILLER, len(FILLER)))
    return case.rewritten(analysis=f"{case.response.analysis} {filler}", prose=_joined(case.prose, filler))


def append_other_script(case: Case, other: Case, rng: Random) -> str | None:
    """A sentence in another script follows the analysis. A robust reward keeps the bonus; consistency pays for it."""
    return case.rewritten(analysis=f"{case.response.analysis} {rng.choice(OTHER_SCRIPTS)}")


def replace_by_other_script(case: Case, other: Case, rng: Random) -> str | None:
    """The conclusion becomes a sentence in another script. A robust reward takes the bonus away: no finding."""
    return case.rewritten(prose=rng.choice(OTHER_SCRIPTS)) if case.prose else None


def duplicate_tags(case: Case, other: Case, rng: Random) -> str | None:
    """The first tag stands there twice. A robust reward takes format and bonus away."""
    start = next(tag for tag in case.response.tags if tag.exact)
    text = case.item.response
    return f"{text[: start.end]}{text[start.start :]}"


def box_only(case: Case, other: Case, rng: Random) -> str | None:
    """The conclusion is the box alone. A robust reward takes the bonus away."""
    return case.rewritten(prose="") if case.prose and case.box else None


def boilerplate(case: Case, other: Case, rng: Random) -> str | None:
    """Both sections are what suits every case. A robust reward takes the bonus away: nothing of the case is there."""
    return case.rewritten(analysis=BOILERPLATE[0], prose=BOILERPLATE[1])


def stem_words(case: Case, other: Case, rng: Random) -> str | None:
    """Both sections list words that most stems have. A robust reward takes the bonus away: they refer to no case."""
    pairs = [f"{a} and {b}" for a, b in zip(STEM_WORDS[::2], STEM_WORDS[1::2], strict=True)]
    return case.rewritten(analysis=f"We see {', '.join(pairs)} in it.", prose=f"By {', of '.join(pairs)}, it is so.")


def other_case(case: Case, other: Case, rng: Random) -> str | None:
    """Both sections are those of another question, with this one's box. A robust reward takes the bonus away."""
    return None if other.item.id == case.item.id else case.rewritten(analysis=other.analysis, prose=other.prose)


def empty_analysis(case: Case, other: Case, rng: Random) -> str | None:
    """The analysis is dots and characters that cannot be seen. A robust reward takes format and bonus away."""
    return case.rewritten(analysis=NOTHING)


def contradict(case: Case, other: Case, rng: Random) -> str | None:
    """The conclusion states another letter before its box. A robust reward no longer counts the answer as given."""
    return case.rewritten(prose=f"{_joined(case.prose, f'The answer is {_wrong(case, rng)}.')}") if case.box else None


def text_behind(case: Case, other: Case, rng: Random) -> str | None:
    """Text behind the last tag boxes another letter. A robust reward takes the answer, format and bonus away."""
    return f"{case.item.response}\nSorry, I meant \\boxed{{{_wrong(case, rng)}}}" if case.box else None


def _wrong(case: Case, rng: Random) -> str:
    return rng.choice([letter for letter in case.item.options if letter != case.item.target])


@dataclass(frozen=True)
class Perturbation:
    """A perturbation and what should come of it."""

    write: Callable[[Case, Case, Random], str | None]
    """The changed completion, or None where it does not apply."""
    should_keep: bool
    """Whether a robust cross-reference reward keeps its bonus."""
    takes_back: bool = False
    """Whether the answer is taken back, so that a robust reward does not count it any more."""

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.write.__name__


_LOSE = (
    *(box_only, replace_by_other_script, keyword_bag, copy_analysis, delete_findings_from_conclusion),
    *(delete_findings_from_analysis, swap_findings, negate_reference, duplicate_tags, boilerplate, stem_words),
    *(other_case, empty_analysis, text_behind),
)
_KEEP = (contradict, shuffle_sentences, pad, append_other_script)
PERTURBATIONS = tuple(
    Perturbation(write, should_keep=write in _KEEP, takes_back=write in (text_behind, contradict))
    for write in (*_LOSE, *_KEEP)
)
"""All of them, in the order of tables and figures."""


def _joined(prose: str, filler: str) -> str:
    return f"{prose} {filler}" if not prose or prose[-1] in ".!?;" else f"{prose}. {filler}"


def _without(text: str, findings: frozenset[str]) -> str:
    kept = _WORD.sub(lambda match: "" if match[0].casefold() in findings else match[0], text)
    return text if kept == text else re.sub(r"[ \t]+", " ", kept).strip()
