"""The rewards of GRPO and CRPO, in pure Python.

CRPO (Clinical-R1, arXiv 2512.00601, section 3): `r(o) = k * r_accuracy + r_CR + 0.5 * r_consistency`, where `r_CR` is 1
for a well-formed answer, + 0.5 when its conclusion refers back to the analysis. With k = 10 the maximum is 12.

Reward and evaluation read answers with the same grammar and the same extractor, in its strict reading.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from clinical_r1.choices import copies, extract_answer
from clinical_r1.errors import UserError, names_near
from clinical_r1.grammar import parse
from clinical_r1.train.cross_reference import (
    BOX,
    COPIED_SHARE,
    CrossReference,
    Detector,
    grounded,
    is_copy,
    lexical,
    presence,
    semantic,
    spaced,
    specific,
    without_boxes,
    words_of,
)

# --- detectors by name ------------------------------------------------------------------------------------------------
DETECTORS: dict[str, Detector] = {
    "presence": presence,
    "lexical": lexical,
    "grounded": grounded,
    "specific": lambda texts: specific()(texts),  # reads its table of words when first asked
    "semantic": lambda texts: semantic()(texts),  # loads its embedding model when first asked
}
"""Name -> detector; see `clinical_r1.train.cross_reference`, `specific` and `semantic`."""


def find_detector(name: str) -> Detector:
    """The detector of a name: one of `DETECTORS`, or `specific:FILE` with a table of words.

    Raises:
        UserError: If there is no such detector, or its table cannot be read.
    """
    kind, _, table = name.partition(":")
    if kind == "specific" and table:
        return specific(Path(table))
    if name not in DETECTORS:
        raise UserError(
            f"cross_reference: {name} is unknown; allowed: {names_near(name, [*DETECTORS, 'specific:FILE'])}"
        )
    return DETECTORS[name]


# --- rewards ----------------------------------------------------------------------------------------------------------
Profile = Literal["strict", "released"]

CROSS_REFERENCE_BONUS = 0.5
CONSISTENCY_WEIGHT = 0.5
CONSISTENT_FROM = 0.99
"""From this share on consistency is 1: advantages are normalised inside a group, where a difference in the fourth
decimal could otherwise become the whole advantage."""

LOOP_WORDS = 4
"""Words in a run that, seen twice before, belongs to a loop: shorter runs recur in honest prose."""


@dataclass(frozen=True)
class Reward:
    """The reward of one completion and its parts."""

    accuracy: float
    """1 or 0 (under `released` also negative)."""
    clinical: float
    """`format` + `cross_reference`."""
    consistency: float
    """Share of effective text, in [0, 1]."""
    total: float
    """The weighted sum."""

    @property
    def format(self) -> float:
        """1 for a well-formed completion, else 0."""
        return float(self.clinical >= 1)

    @property
    def cross_reference(self) -> float:
        """0.5 for a conclusion that refers back to the analysis, else 0."""
        return self.clinical - self.format


def crpo_reward(
    completion: str,
    target: str,
    options: Mapping[str, str],
    *,
    question: str | None = None,
    k: float = 10.0,
    cross_reference: str | Detector = "specific",
    profile: Profile = "strict",
    loop_penalty: float = 0.0,
) -> Reward:
    r"""Score a completion as CRPO does.

    Args:
        completion: The model's text.
        target: Letter of the right option.
        options: Letter to option text; letters outside it are wrong.
        question: The question without its options, needed by `specific` and `grounded`.
        k: Weight of accuracy.
        cross_reference: `specific`, `specific:FILE` with a table of words of one's own, `lexical`, `grounded`,
            `presence`, `semantic`, or a function.
        profile: `strict`, or `released` for the scoring of the paper's released code (see `released_reward`).
        loop_penalty: Subtracted from the total in proportion to the share of the text that is a loop.

    Raises:
        ValueError: If the target is no option, a name is not among the allowed ones, or the detector needs a question
            that is not given.

    Examples:
        >>> options = {"A": "Migraine", "B": "Meningitis"}
        >>> text = "<dx>Fever and stiff neck: meningitis, not migraine.</dx>"
        >>> text += r"<conclusion>The fever and the stiff neck decide it. \boxed{B}</conclusion>"
        >>> crpo_reward(text, "B", options, question="A man has fever and a stiff neck. What is the diagnosis?")
        Reward(accuracy=1.0, clinical=1.5, consistency=1.0, total=12.0)
    """
    _check(target, options, profile)
    if profile == "released":
        return released_reward(completion, target, k=k)
    response = parse(completion)
    accuracy = strict_accuracy(completion, target, options)
    clinical = 0.0
    if response.style == "crpo" and response.well_formed and _is_argued(response.analysis, question):
        texts = CrossReference(response.analysis, without_boxes(response.conclusion), question, options)
        detect = cross_reference if callable(cross_reference) else find_detector(cross_reference)
        clinical = 1.0 + CROSS_REFERENCE_BONUS * detect(texts)
    share = consistency(completion)
    penalty = loop_penalty * loop_share(completion) if loop_penalty else 0.0
    return Reward(accuracy, clinical, share, k * accuracy + clinical + CONSISTENCY_WEIGHT * share - penalty)


def _is_argued(analysis: str, question: str | None) -> bool:
    """Whether an analysis is one: words beside at most one box, and no copy of the question."""
    if len(BOX.findall(analysis)) > 1 or not any(map(str.isalnum, without_boxes(analysis))):
        return False
    words, asked = words_of(analysis), frozenset(words_of(question or ""))
    known = sum(map(asked.__contains__, words))  # in a copy most words are; to look for runs takes longer
    return known < COPIED_SHARE * len(words) or not is_copy(words, spaced((question or "").casefold()))


def grpo_reward(completion: str, target: str, options: Mapping[str, str], *, k: float = 10.0) -> Reward:
    """Score a completion as the GRPO baseline does: `k * accuracy` + 1 for a well-formed `think` answer.

    Raises:
        ValueError: If the target is no option.
    """
    _check(target, options, "strict")
    response = parse(completion)
    accuracy = strict_accuracy(completion, target, options)
    clinical = float(response.style == "think" and response.well_formed)
    return Reward(accuracy, clinical, 0.0, k * accuracy + clinical)


def strict_accuracy(completion: str, target: str, options: Mapping[str, str]) -> float:
    """1 when the strict reading names the target, or an option with the same text; else 0."""
    letter = extract_answer(completion, options, strict=True).letter
    return float(letter == target or (letter is not None and letter in copies(target, options)))


_NEUTRAL = re.compile(r"[\W\d_µªº]+")
# With modifier letters, raised and lowered ones, letter-like signs (Å, Ω, ℓ), ligatures, full-width and styled letters.
_ON_LANGUAGE = re.compile(
    "[A-Za-zÀ-ÖØ-öø-˿\u0370-\u03ff\u1d00-\u1dbf\u1e00-\u1fff\u2071\u207f\u2090-\u209c\u2100-\u214e\u2183\u2184"
    "\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab69\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]+"
)


def consistency(completion: str) -> float:
    """Share of a text's letters that are in Latin or Greek script, in [0, 1].

    Digits and numerals (², ₂, ½, Ⅱ, ①), punctuation, white space and clinical signs (°, µ, ≥) count neither way. 0 for
    an empty text, 1 for text without letters, 1 from a share of `CONSISTENT_FROM` on.
    """
    if not completion.strip():
        return 0.0
    if completion.isascii():
        return 1.0
    letters = _NEUTRAL.sub("", completion)
    rest = _ON_LANGUAGE.sub("", letters)
    foreign = sum(map(str.isalpha, rest))  # what else remains are numerals that `\d` does not know
    known = len(letters) - len(rest)
    if not foreign:
        return 1.0
    share = known / (known + foreign)
    return 1.0 if share >= CONSISTENT_FROM else share


def loop_share(completion: str) -> float:
    """Share of a text's words that end a run of `LOOP_WORDS` words seen at least twice before, in [0, 1]."""
    words = completion.casefold().split()
    seen: dict[tuple[str, ...], int] = {}
    looped = 0
    for end in range(LOOP_WORDS, len(words) + 1):
        run = tuple(words[end - LOOP_WORDS : end])
        seen[run] = seen.get(run, 0) + 1
        looped += seen[run] > 2
    return looped / len(words) if words else 0.0


# --- the paper's released code ----------------------------------------------------------------------------------------
_END_OF_SEQUENCE = re.compile(r"<\|im_end\|>|<\|endoftext\|>|<\|eot_id\|>|</s>")
_BETWEEN_SECTIONS = re.compile(r"</think>\s*+<answer>")
_LISTED = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")


def released_reward(completion: str, target: str, *, k: float = 10.0) -> Reward:
    r"""The scoring of the paper's released code, for reproduction and as a contrast to the strict profile.

    Accuracy: one `\boxed` gives 1 or 0 for a letter A-Z, -0.5 for other content, -1 when unclosed; none gives 0, n give
    -n. Format: 1 for `<think>…</think><answer>…</answer>`, + 0.5 when the answer holds one box and other text.
    Consistency: share of characters among ASCII letters, digits, punctuation, space and newline. The text is cut at the
    end-of-sequence token and stripped, backslash tags are repaired, and of a text with "## Final Response" only what
    follows the first one, up to a second, is read. A box ends in the line in which it begins.
    """
    text = _END_OF_SEQUENCE.split(completion, maxsplit=1)[0].strip()
    text = text.replace(r"<\think>", "</think>").replace(r"<\answer>", "</answer>")
    before, *responses = text.split("## Final Response")
    text = responses[0].strip() if responses else before
    accuracy, layout = _released_accuracy(text, target), _released_format(text)
    share = sum(character in _LISTED for character in text) / len(text) if text else 0.0
    return Reward(accuracy, layout, share, k * accuracy + layout + CONSISTENCY_WEIGHT * share)


def _released_accuracy(text: str, target: str) -> float:
    count = text.count(r"\boxed")
    if count != 1:
        return float(-count)
    boxes = _released_boxes(text)
    if not boxes:
        return -1.0
    return float(boxes[0] == target) if re.fullmatch("[A-Z]", boxes[0]) else -0.5


def _released_format(text: str) -> float:
    between = _BETWEEN_SECTIONS.search(text)
    if not (text.startswith("<think>") and text.endswith("</answer>") and between):
        return 0.0
    if between.end() > len(text) - len("</answer>"):
        return 0.0
    section = text[between.end() : -len("</answer>")]
    boxes = _released_boxes(section)
    return 1.5 if len(boxes) == 1 and section.strip() != rf"\boxed{{{boxes[0]}}}" else 1.0


def _released_boxes(text: str) -> list[str]:
    r"""Contents of `\boxed{…}` up to the line's first closing brace; plain searches keep unclosed boxes linear."""
    contents = []
    for line in text.split("\n"):
        start = line.find(r"\boxed{")
        while start >= 0 and (end := line.find("}", start)) >= 0:
            contents.append(line[start + len(r"\boxed{") : end])
            start = line.find(r"\boxed{", end)
    return contents


def _check(target: str, options: Mapping[str, str], profile: str) -> None:
    if profile not in get_args(Profile):
        raise ValueError(f"profile={profile}: allowed are {', '.join(get_args(Profile))}")
    if target not in options:
        raise ValueError(f"target={target}: allowed are {', '.join(options)}")
