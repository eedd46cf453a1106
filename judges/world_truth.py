"""What is true of a response about a case of the small world: no judge, the measure of judges.

    inspect score LOG --scorer judges/world_truth.py@world_truth --model none/none --action append --overwrite

`-S world=FOLDER` names the world, `world` by default.

Cases, findings and reasons of a world are known (docs/world.md), so its numbers stand beside those that a judge gives
to the same responses: `true_cited` beside the distinct facts of `cecd`, `true_valid`, `true_false` and `true_bare`
beside the kinds of `drc`, `true_invented` beside `h_invented`, `true_switch` beside `backtracking_any`.
"""

from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from clinical_r1.errors import UserError
from clinical_r1.files import as_typed
from clinical_r1.inspect_private import PrerequisiteError
from clinical_r1.judging.scorer import item_of
from clinical_r1.world.build import read_world
from clinical_r1.world.truth import true_counts


@scorer(metrics={"*": [mean(), stderr()]})
def world_truth(world: str = "world") -> Scorer:
    """True counts of a response about an invented case.

    Args:
        world: Folder of the world that the questions come from.
    """
    try:
        medicine, cases = read_world(as_typed(world))
    except UserError as error:
        raise PrerequisiteError(f"world_truth: {error}") from error

    async def score(state: TaskState, target: Target) -> Score | None:
        if not state.output.choices:
            return None
        case = cases.get(str(state.sample_id))
        if case is None or case.stem != state.input_text:
            raise PrerequisiteError(f"world_truth: {state.sample_id} is no case of {world}")
        return Score(value=dict(true_counts(item_of(state, target), case, medicine)), metadata={"epoch": state.epoch})

    return score
