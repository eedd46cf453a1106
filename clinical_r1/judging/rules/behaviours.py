"""Reasoning behaviours, by the words that announce them."""

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.backtracking import backtracking
from clinical_r1.judging.rules.backward_chaining import backward_chaining
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.subgoals import subgoals
from clinical_r1.judging.rules.verification import verification


def find_steps(reading: Reading) -> tuple[Step, ...]:
    """Every step of a response that its words announce."""
    kinds = (backtracking, verification, subgoals, backward_chaining)
    return tuple(step for kind in kinds for step in kind(reading))
