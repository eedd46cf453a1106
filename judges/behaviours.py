"""How the model reasons: backtracking, verification, subgoal setting, backward chaining.

    inspect score LOG --action append --overwrite --model none/none --scorer judges/behaviours.py@behaviours ...

where `...` is `--model-role grader=openai/gpt-5`, or `-S backend=rules` for a judge without a model.

The keys are listed in `clinical_r1.metrics`, what each counts stands in docs/judging.md, what graders are told in
`prompts/`.
"""

from collections.abc import Sequence
from typing import Any

from inspect_ai.scorer import Scorer, mean, scorer, stderr

from clinical_r1.judging.judge import Backend
from clinical_r1.judging.rubric import Profile
from clinical_r1.judging.scorer import judge_scorer


@scorer(metrics={"*": [mean(), stderr()]})
def behaviours(
    backend: Backend = "llm",
    profile: Profile = "spans",
    metrics: str | Sequence[str] | None = None,
    gold: bool = False,
    sample: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    price: str | Sequence[float] | None = None,
    draws: int = 1,
    **unknown: Any,
) -> Scorer:
    """Spans in which the model drops a line of thought, re-checks, plans, or tests a candidate.

    What the arguments mean: `clinical_r1.judging.scorer.Settings`.
    """
    return judge_scorer(
        "behaviours",
        backend=backend,
        profile=profile,
        metrics=metrics,
        gold=gold,
        sample=sample,
        epochs=epochs,
        seed=seed,
        price=price,
        draws=draws,
        **unknown,
    )
