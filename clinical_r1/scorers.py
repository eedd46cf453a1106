"""The answer scorer and the metric of majority voting.

The metric reads unreduced scores (one per sample and epoch): a vote is over answers, which Inspect's reducers, made for
right and wrong, do not see. Everything it needs is in the score itself, so it gives the same numbers in a retried
run, after scores were appended in another process, and in an eval set.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    Metric,
    SampleScore,
    Score,
    Scorer,
    ScoreReason,
    Target,
    Value,
    accuracy,
    metric,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from clinical_r1.choices import LETTERS, extract_answer, merge_identical
from clinical_r1.grammar import parse
from clinical_r1.item import parts_of
from clinical_r1.solvers import SHOWN_ORDER, response_text, shown_options
from clinical_r1.untrusted import quoted
from clinical_r1.voting import TieRule, check_tie_rule, plurality, vote_credit


@metric(scores="unreduced")
def majority() -> Metric:
    """What voting over the epochs gives, counted once for all of it.

    - `majority_accuracy`: share of questions whose plurality answer is right, a tie valued as the scorer's `tie` says;
    - `majority_stderr`: its standard error over questions, 0 for fewer than two questions;
    - `tied`: share of questions whose vote has several winners;
    - `parsed`: share of responses, over all samples and epochs, in which an answer could be read.
    """

    def compute(scores: list[SampleScore]) -> Value:
        questions: dict[str | int | None, list[Score]] = defaultdict(list)
        for item in scores:
            questions[item.sample_id].append(item.score)
        credits, ties = [], []
        for epochs in questions.values():
            epochs.sort(key=lambda score: (score.metadata or {}).get("epoch", 0))  # they come in order of completion
            labels = [(score.metadata or {}).get("vote", score.answer) for score in epochs]
            right = [label for label, score in zip(labels, epochs, strict=True) if label and score.value == CORRECT]
            vote, tie = plurality(labels), (epochs[0].metadata or {}).get("tie", "share")
            credits.append(vote_credit(vote, right[0], tie) if right else 0.0)
            ties.append(float(vote.tied))
        return {
            "majority_accuracy": _mean(credits),
            "majority_stderr": stdev(credits) / sqrt(len(credits)) if len(credits) > 1 else 0.0,
            "tied": _mean(ties),
            "parsed": _mean([float(item.score.answer is not None) for item in scores]),
        }

    return compute


def _mean(values: list[float]) -> float:
    return fmean(values) if values else 0.0


@scorer(metrics=[accuracy(), stderr(), majority()])
def answer(tie: TieRule = "share") -> Scorer:
    """Score the answer that a response gives.

    Correct when the option read from the response has the text of the record's right option. A response in which no
    answer can be read is incorrect and stays in every denominator. `accuracy` and `stderr` are over questions (the
    epochs of a question are averaged first), so the standard error is clustered by question.

    The score's `answer` is the record's own letter, whatever order was shown. Its `reason` says why there is none:
    `no_response` (no text), `refusal` (it declines to answer, or the provider's filter stopped it),
    `invalid_response_format` (nothing, or contradicting answers, could be read). Its metadata: `method` (how the answer
    was read), `shown_letter`, `vote` (the label it votes for: identical options vote as one), `epoch`, `tie`, `style`,
    `faults` of the format, `truncated`, `stop_reason` (the provider's, but `max_tokens` where truncated), and `words`
    (of the response, counted as judges count them).

    Args:
        tie: What a tied vote is worth, see `clinical_r1.voting.TieRule`.

    Raises:
        UserError: If the tie rule is unknown.
    """
    check_tie_rule(tie)
    import clinical_r1.unread  # noqa: F401  (a hook, see there)

    async def score(state: TaskState, target: Target) -> Score:
        text = response_text(state.output.message) if state.output.choices else ""
        options = {LETTERS[index]: choice.value for index, choice in enumerate(state.choices)}
        order = state.metadata.get(SHOWN_ORDER) or "".join(options)
        grade = grade_response(text, options, order, target.text)
        response = parse(text)
        truncated = bool(state.metadata.get("truncated"))
        stopped = str(state.output.stop_reason) if state.output.choices else "unknown"
        return Score(
            value=CORRECT if grade.correct else INCORRECT,
            answer=grade.letter,
            explanation=_explanation(grade, text, shown_options(options, order), target.text),
            reason=_reason(grade, text, stopped),
            metadata={
                "method": grade.method,
                "shown_letter": grade.shown_letter,
                "vote": grade.vote,
                "epoch": state.epoch,
                "tie": tie,
                "style": response.style,
                "faults": list(response.faults),
                "truncated": truncated,
                "stop_reason": "max_tokens" if truncated else stopped,
                "words": count_words(text),
            },
        )

    return score


def _explanation(grade: "Grade", text: str, options: Mapping[str, str], target: str) -> str:
    """How the answer was read, from which words, and what is right."""
    if grade.letter is None:
        return f"no answer could be read ({grade.method}); right is {target}"
    shown = f", shown as {grade.shown_letter}" if grade.shown_letter != grade.letter else ""
    words = words_read(text, options, grade.shown_letter, grade.method)
    source = f" from {quoted(words)}" if words else ""
    vote = f"; votes for {grade.vote}, which has the same text" if grade.vote != grade.letter else ""
    return f"read as {grade.letter}{shown}{source} ({grade.method}); right is {target}{vote}"


_LOOKED_AT = 20


def words_read(text: str, options: Mapping[str, str], letter: str | None, method: str) -> str | None:
    r"""The last sentence that by itself is read as a response is; None where it takes several.

    Args:
        text: A completion, of whose sentences the last 20 are looked at.
        options: Letter -> option text, as the model saw them.
        letter: The letter read from all of it.
        method: How that was read; a sentence that is read so is preferred.

    Examples:
        >>> words_read("A is unlikely. The answer is B. Good.", {"A": "Gout", "B": "Lupus"}, "B", "stated")
        'The answer is B.'
    """
    last = [sentence.text for part in parts_of(text) for sentence in part][: -_LOOKED_AT - 1 : -1]
    alike = [
        (sentence, read.method) for sentence in last if (read := extract_answer(sentence, options)).letter == letter
    ]
    return next((sentence for sentence, how in alike if how == method), alike[0][0] if alike else None)


def _reason(grade: "Grade", text: str, stopped: str) -> ScoreReason | None:
    """What was wrong with a response that gives no answer, in Inspect's words."""
    if grade.letter:
        return None
    if grade.method == "abstained" or stopped == "content_filter":
        return "refusal"
    return "invalid_response_format" if text.strip() else "no_response"


def count_words(text: str) -> int:
    r"""Words of a response, section tags left out: the number that judges give rates by.

    Examples:
        >>> count_words(r"<dx>A clot.</dx><conclusion>So \boxed{C}</conclusion>")
        4
    """
    # Judges' own count, which no short cut replaces: where a sentence ends without a space, a word ends too.
    return sum(len(sentence.text.split()) for part in parts_of(text) for sentence in part)


@dataclass(frozen=True)
class Grade:
    """What a response answers, and whether that is right."""

    letter: str | None
    """The record's own letter, or None when no answer can be read."""
    shown_letter: str | None
    """The letter that the response gives, which is the record's own unless another order was shown."""
    method: str
    """How it was read, see `clinical_r1.choices.extract_answer`."""
    vote: str | None
    """The label it votes for: the first of the record's letters with the same text."""
    correct: bool
    """Whether the chosen option has the text of the right one."""


def grade_response(text: str, options: Mapping[str, str], order: str, target: str) -> Grade:
    r"""Read a response's answer and compare it with the record's.

    Args:
        text: A completion.
        options: The record's letter to option text.
        order: The record's letters in the order in which their options were shown.
        target: The record's letter of the right option.

    Examples:
        >>> grade_response(r"\boxed{A}", {"A": "Aspirin", "B": "Heparin"}, "BA", target="B")
        Grade(letter='B', shown_letter='A', method='strict', vote='B', correct=True)
    """
    read = extract_answer(text, shown_options(options, order))
    letter = order[LETTERS.index(read.letter)] if read.letter else None
    label = merge_identical(options)
    vote = label[letter] if letter else None
    return Grade(letter, read.letter, read.method, vote, correct=vote is not None and vote == label[target])
