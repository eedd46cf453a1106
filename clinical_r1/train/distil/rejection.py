"""Rejection sampling: which completions of a teacher become traces, and why the others do not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from clinical_r1.choices import extract_answer
from clinical_r1.grammar import STYLES, Style, parse
from clinical_r1.logs import LoggedCompletion
from clinical_r1.stats.estimates import Interval, wilson
from clinical_r1.train.rewards import strict_accuracy

KEEP = ("both", "correct", "well-formed", "all")
"""What a completion must be to be kept; `all` keeps whatever was finished."""

REASONS = ("error", "truncated", "unreadable", "wrong", "badly formed", "over the limit")
"""Why a completion is rejected, in the order in which they are looked for; it counts under the first that holds."""


@dataclass(frozen=True)
class Proportion:
    """A share and its 95 % interval."""

    count: int
    """Successes."""
    n: int
    """Trials."""

    @property
    def share(self) -> float:
        """Share of successes, in [0, 1]."""
        return self.count / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        """See `clinical_r1.stats.estimates.wilson`."""
        return wilson(self.count, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] (n = {self.n:,})"


@dataclass(frozen=True)
class Trace:
    """A completion to imitate, and the question it answers as the teacher saw it."""

    source: LoggedCompletion
    """Question and completion as they stand in the log."""
    text: str
    """What the student is to write."""


@dataclass(frozen=True)
class Selection:
    """What was kept of a teacher's completions."""

    traces: list[Trace]
    """In the order of the questions."""
    completions: int
    """All completions, failed ones included."""
    questions: int
    """Questions asked."""
    rejected: Counter[str]
    """Reason in `REASONS` -> completions."""
    faults: Counter[str]
    """Fault of the format (see `clinical_r1.grammar.FAULTS`) -> completions rejected as badly formed that have it."""
    thoughts_removed: int
    """Kept traces that lost a thought in front of the answer."""

    @property
    def acceptance(self) -> Proportion:
        """Completions that were good enough, those over a question's limit included, among all but errors."""
        good = len(self.traces) + self.rejected["over the limit"]
        return Proportion(good, self.completions - self.rejected["error"])

    @property
    def coverage(self) -> Proportion:
        """Questions with a trace, among those asked."""
        return Proportion(len({trace.source.id for trace in self.traces}), self.questions)


def select(
    completions: Iterable[LoggedCompletion], prompt: str, keep: str = "both", per_question: int = 1
) -> Selection:
    """Keep the good completions, for each question the first ones.

    Args:
        completions: Epochs of a question in order.
        prompt: Prompt style that asked for them: `crpo` and `think` ask for a form, the others for none.
        keep: One of `KEEP`. Correct means that the strict reading names the right option.
        per_question: Traces of a question, at most.
    """
    style: Style = next((style for style in STYLES if style == prompt), "free")
    kept: list[Trace] = []
    rejected: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    of_question: Counter[str] = Counter()
    total = thoughts = 0
    for completion in completions:
        total += 1
        text = without_thought(completion.completion, style)
        reason = reject(completion, text, style, keep)
        of_question[completion.id] += reason is None
        if reason is None and of_question[completion.id] > per_question:
            reason = "over the limit"
        if reason is None:
            kept.append(Trace(completion, text))
            thoughts += text != completion.completion
            continue
        rejected[reason] += 1
        if reason == "badly formed":
            faults.update(_faults(text, style))
    return Selection(kept, total, len(of_question), rejected, faults, thoughts)


def reject(completion: LoggedCompletion, text: str, style: Style, keep: str) -> str | None:
    """Why a completion is not kept; None if it is."""
    if completion.faulty is not None:
        return "error"
    if completion.truncated:
        return "truncated"
    correct, formed = keep in ("both", "correct"), keep in ("both", "well-formed")
    if not text.strip() or (correct and not extract_answer(text, completion.options, strict=True).letter):
        return "unreadable"
    if correct and not strict_accuracy(text, completion.target, completion.options):
        return "wrong"
    return "badly formed" if formed and _faults(text, style) else None


def without_thought(text: str, style: Style) -> str:
    """A completion without the thought in front of it, where the form that was asked for has no place for one.

    Teachers such as DeepSeek-R1 think in a format of their own before they answer in ours. Some servers put the opening
    tag into the prompt, so that only the closing one is in the text.
    """
    if style != "crpo":
        return text
    _, end, answer = text.partition(f"</{STYLES['think'][0].tag}>")
    return answer.lstrip() if end else text


def _faults(text: str, style: Style) -> tuple[str, ...]:
    if style == "free":
        return ()
    response = parse(text)
    return response.faults if response.style == style else tuple(f"missing:{part.tag}" for part in STYLES[style])
