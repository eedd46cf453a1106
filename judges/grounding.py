"""Is the reasoning grounded: case facts cited, distractors rejected for a reason, claims supported or made up.

    inspect score LOG --action append --overwrite --model none/none --scorer judges/grounding.py@grounding ...

where `...` is `--model-role grader=openai/gpt-5`, or `-S backend=rules` for a judge without a model.

The keys are listed in `clinical_r1.metrics`, what each counts stands in docs/judging.md, what graders are told in
`prompts/`.
"""

from collections.abc import Sequence
from typing import Any

from inspect_ai.scorer import Scorer, mean, scorer, stderr

from clinical_r1.judging.facts import Kind
from clinical_r1.judging.judge import Backend
from clinical_r1.judging.rubric import Profile
from clinical_r1.judging.scorer import judge_scorer


@scorer(metrics={"*": [mean(), stderr()]})
def grounding(
    backend: Backend = "llm",
    profile: Profile = "spans",
    metrics: str | Sequence[str] | None = None,
    facts: Kind | None = None,
    facts_refresh: bool = False,
    gold: bool = False,
    sample: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    price: str | Sequence[float] | None = None,
    draws: int = 1,
    **unknown: Any,
) -> Scorer:
    """Citations of the case, rejections of distractors, supported and hallucinated claims.

    What the arguments mean: `clinical_r1.judging.scorer.Settings`.
    """
    return judge_scorer(
        "grounding",
        backend=backend,
        profile=profile,
        metrics=metrics,
        facts=facts,
        facts_refresh=facts_refresh,
        gold=gold,
        sample=sample,
        epochs=epochs,
        seed=seed,
        price=price,
        draws=draws,
        **unknown,
    )
