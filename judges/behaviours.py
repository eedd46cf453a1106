"""How the model reasons: backtracking, verification, subgoal setting, backward chaining.

    inspect score LOG --action append --overwrite --model none/none --scorer judges/behaviours.py@behaviours ...

where `...` is `--model-role grader=openai/gpt-5`, or `-S backend=rules` for a judge without a model.

The keys are listed in `clinical_r1.metrics`, what each counts stands in docs/judging.md, what graders are told in
`prompts/`.
"""

from collections.abc import Sequence

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
) -> Scorer:
    """Spans in which the model drops a line of thought, re-checks, plans, or tests a candidate.

    Args:
        backend: llm asks the model bound to the role grader, rules is code: free, and blind to medical truth.
        profile: spans (every instance backed by a verified quote) or counts (one call a metric, a bare number).
        metrics: Some of backtracking, verification, subgoal_setting, backward_chaining; all by default.
        gold: Tell graders the right option.
        sample: Judge so many questions of the log, drawn by the seed.
        epochs: Judge so many epochs of each question, drawn by the seed.
        seed: Of the draw.
        price: Dollars a million tokens in and out, such as 1.25,10, for the estimate shown beforehand.
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
    )
