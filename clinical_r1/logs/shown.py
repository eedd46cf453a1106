"""A question as a model saw it, and what it wrote, out of a sample of a log."""

from dataclasses import dataclass

from inspect_ai.log import EvalSample

from clinical_r1.choices import LETTERS
from clinical_r1.solvers import SHOWN_ORDER, response_text, shown_options


@dataclass(frozen=True)
class Shown:
    """The texts of one sample."""

    question: str
    """The question without its options."""
    options: dict[str, str]
    """Letter to option text as the model saw them, whatever the record's order."""
    target: str
    """Letter of the right option, in the order shown."""
    response: str
    """The model's text, see `clinical_r1.solvers.response_text`; empty where there is none."""


def shown_in(sample: EvalSample) -> Shown | None:
    """The texts of a sample; None if it is no question with options, one of them right."""
    texts = dict(zip(LETTERS, sample.choices or [], strict=False))
    if sample.target not in list(texts):
        return None
    order = sample.metadata.get(SHOWN_ORDER) or "".join(texts)
    return Shown(
        question=sample.input if isinstance(sample.input, str) else sample.input[-1].text,
        options=shown_options(texts, order),
        target=LETTERS[order.index(str(sample.target))],
        response=response_text(sample.output.message) if sample.output.choices else "",
    )
