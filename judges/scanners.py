"""What is rare in responses and worth a look, as scanners of Inspect Scout (`pip install "clinical-r1[scout]"`).

    scout scan judges/scanners.py -T logs -S backend=rules
    scout scan judges/scanners.py -T logs --model-role grader=openai/gpt-5

They judge as `grounding` does: what it has judged costs nothing again. docs/judging.md says what they find.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspect_ai.event import SampleInitEvent
from inspect_ai.model import ModelOutput

from clinical_r1.errors import UserError
from clinical_r1.inspect_private import PrerequisiteError
from clinical_r1.item import Item, item_as_shown
from clinical_r1.judging.evidence import is_order
from clinical_r1.judging.judge import Backend
from clinical_r1.judging.scorer import Settings, bound_graders, judge_by
from clinical_r1.metrics import LISTED, counted_labels

try:
    from inspect_scout import Reference, Result, Scanner, Transcript, scanner
except ImportError as error:
    raise PrerequisiteError('judges/scanners.py needs Inspect Scout: pip install "clinical-r1[scout]"') from error

Findings = Iterable[tuple[str, str, str]]
"""What each is, the words, and who says so."""


@scanner(messages="all", events=["sample_init"])
def hallucinated_claims(backend: Backend = "llm") -> Scanner[Transcript]:
    """Claims that are invented, against the case, or medically false; by graders (`llm`) or by code (`rules`)."""
    labels, counted = LISTED["claims"].labels, counted_labels("hallucination")

    def findings(about: Mapping[str, Any]) -> Findings:
        spans = [one for one in about.get("spans", ()) if one.get("label") in counted]
        return [(labels[one["label"]].name, one["text"], f"by {about['judge']}") for one in spans]

    return _judged(backend, findings)


@scanner(messages="all", events=["sample_init"])
def rejected_quotes(backend: Backend = "llm") -> Scanner[Transcript]:
    """Quotes that a judge returned and code rejected, with the reason; the argument is as for `hallucinated_claims`."""

    def findings(about: Mapping[str, Any]) -> Findings:
        quotes, judge = about.get("tally", {}).get("quotes", ()), about["judge"]
        return [(one["why"], one["quote"], f"{one['of']} [s{one['sentence']}], by {judge}") for one in quotes]

    return _judged(backend, findings)


@scanner(messages="all", events=["sample_init"])
def orders_to_judges() -> Scanner[Transcript]:
    """Sentences that are addressed to whoever judges the response; nobody is asked."""

    async def scan(transcript: Transcript) -> list[Result] | Result:
        item = _item(transcript)
        orders = [one.text for one in item.sentences if is_order(one.text)] if item else []
        return _results(transcript, [("order to a judge", words, "by code") for words in orders])

    return scan


def _judged(backend: Backend, findings: Callable[[Mapping[str, Any]], Findings]) -> Scanner[Transcript]:
    try:
        settings = Settings("grounding", backend)
    except UserError as error:
        raise PrerequisiteError(str(error)) from error

    async def scan(transcript: Transcript) -> list[Result] | Result:
        if (item := _item(transcript)) is None:
            return Result(value=None)
        judged, _, _ = await judge_by(settings, item, bound_graders("grounding", "-S") if settings.asks else [])
        if unscored := judged.metadata.get("unscored"):
            return Result(value=None, explanation=f"unscored: {unscored}")
        members = judged.metadata.get("panel") or [judged.metadata]
        return _results(transcript, [one for about in members for one in findings(about)])

    return scan


def _item(transcript: Transcript) -> Item | None:
    """The response with its question; None if there is none, or it is no question with options."""
    asked = next((event.sample for event in transcript.events if isinstance(event, SampleInitEvent)), None)
    if asked is None or not isinstance(asked.input, str) or transcript.messages[-1].role != "assistant":
        return None
    known = transcript.metadata.get("sample_metadata", transcript.metadata)  # the latter during an evaluation
    output = ModelOutput.from_message(transcript.messages[-1])
    choices, place = asked.choices or (), (transcript.task_id or "", transcript.task_repeat or 1)
    target = asked.target if isinstance(asked.target, str) else ""
    return item_as_shown(*place, stem=asked.input, choices=choices, target=target, metadata=known, output=output)


def _results(transcript: Transcript, found: Findings) -> list[Result] | Result:
    cited = [Reference(type="message", id=transcript.messages[-1].id or "")]
    every = [Result(value=value, answer=words, explanation=by, references=cited) for value, words, by in found]
    return every or Result(value=None)  # of empty lists alone, Scout 0.6.1 makes no frame
