"""What a recipe comes to: updates, rollouts and tokens, before anything is loaded.

TRL is told two numbers that follow from a recipe and the number of processes: `gradient_accumulation_steps`, the
device batches in an update, and `steps_per_generation`, the device batches in a batch of rollouts. Neither needs the
number of questions.
"""

import math
from dataclasses import dataclass

from clinical_r1.errors import UserError
from clinical_r1.train.recipes.schema import Recipe, RlRecipe, SftRecipe, divisors


@dataclass(frozen=True)
class Plan:
    """Steps, rollouts and tokens of a run."""

    questions: int
    """Questions (RL), or traces that are trained on (SFT)."""
    updates_an_epoch: int
    """Optimizer steps an epoch."""
    updates: int
    """Optimizer steps of the run at most; early stopping and the KL guard may end it before."""
    batches: int
    """Batches of rollouts sampled; 0 for SFT."""
    rollouts: int
    """Completions sampled; 0 for SFT."""
    sampled_tokens: int
    """Tokens sampled at most: every completion at its limit; 0 for SFT."""
    trained_tokens: int
    """Tokens that the optimizer sees at most: every prompt and completion, or trace, at its limit."""


def plan(recipe: Recipe, questions: int) -> Plan:
    """Count what a run comes to.

    Args:
        recipe: See `clinical_r1.train.recipes.load`.
        questions: Questions of the data set after `half` and `limit`; for SFT the traces.

    Raises:
        UserError: If there are fewer questions than a batch needs.

    Examples:
        >>> from clinical_r1.train.recipes import load
        >>> run = plan(load("crpo"), 5000)
        >>> run.updates_an_epoch, run.updates, run.rollouts
        (256, 5120, 409600)
    """
    return _rl(recipe, questions) if isinstance(recipe, RlRecipe) else _sft(recipe, questions)


def _rl(recipe: RlRecipe, questions: int) -> Plan:
    prompts = recipe.prompts_per_batch
    whole = questions // prompts  # TRL leaves an incomplete batch out
    if not whole:
        raise UserError(f"prompts_per_batch={prompts}: there are {questions} questions; allowed: 1 to {questions}")
    updates_a_batch = prompts // recipe.prompts_per_update * recipe.num_iterations
    updates = _updates(recipe, whole * updates_a_batch)
    batches = math.ceil(updates / updates_a_batch)
    rollouts = batches * prompts * recipe.rollouts
    length = recipe.data.max_prompt_tokens + recipe.max_completion_tokens
    return Plan(
        questions=questions,
        updates_an_epoch=whole * updates_a_batch,
        updates=updates,
        batches=batches,
        rollouts=rollouts,
        sampled_tokens=rollouts * recipe.max_completion_tokens,
        trained_tokens=updates * sequences_per_update(recipe) * length,
    )


def _sft(recipe: SftRecipe, traces: int) -> Plan:
    held_out = max(1, round(recipe.held_out * traces))
    trained = traces - min(held_out, traces - 1)
    if traces < 2:
        raise UserError(f"{recipe.traces}: {traces} traces; at least 2 are needed, one of them held out")
    updates_an_epoch = math.ceil(trained / recipe.batch)
    updates = _updates(recipe, updates_an_epoch)
    seen = min(updates * recipe.batch, math.ceil(trained * recipe.epochs))
    return Plan(trained, updates_an_epoch, updates, 0, 0, 0, seen * recipe.max_tokens)


def _updates(recipe: Recipe, an_epoch: int) -> int:
    updates = math.ceil(an_epoch * recipe.epochs)
    return min(updates, recipe.max_steps or updates)


def sequences_per_update(recipe: Recipe) -> int:
    """Sequences that an optimizer step averages over: rollouts, or traces."""
    return recipe.prompts_per_update * recipe.rollouts if isinstance(recipe, RlRecipe) else recipe.batch


def gradient_accumulation_steps(recipe: Recipe, processes: int = 1) -> int:
    """Device batches in an update.

    Args:
        recipe: See `clinical_r1.train.recipes.load`.
        processes: Processes that train, one a GPU.

    Raises:
        UserError: If `device_batch` times `processes` does not divide the sequences of an update; with what would.

    Examples:
        >>> from clinical_r1.train.recipes import load
        >>> gradient_accumulation_steps(load("crpo"), processes=8)
        5
    """
    if processes < 1:
        raise UserError(f"processes={processes}: allowed is a whole number from 1")
    sequences = sequences_per_update(recipe)
    if sequences % (recipe.device_batch * processes) == 0:
        return sequences // (recipe.device_batch * processes)
    parts = "prompts_per_update x rollouts" if isinstance(recipe, RlRecipe) else "batch"
    wrong = f"device_batch={recipe.device_batch} on {processes} processes does not divide the {sequences} of {parts}"
    if sequences % processes:
        raise UserError(f"{wrong}; allowed numbers of processes: {divisors(sequences)}")
    raise UserError(f"{wrong}; allowed: device_batch of {divisors(sequences // processes)}")


def steps_per_generation(recipe: RlRecipe, processes: int = 1) -> int:
    """Device batches in a batch of rollouts.

    `device_batch * processes * steps_per_generation` is `prompts_per_batch * rollouts`: whole groups, as TRL demands.

    Raises:
        UserError: As `gradient_accumulation_steps`.
    """
    return gradient_accumulation_steps(recipe, processes) * (recipe.prompts_per_batch // recipe.prompts_per_update)
