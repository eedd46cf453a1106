"""Evidence: does an answer change when a fact goes that the response cited, more than when one goes that it did not?

Over a finished log of a checkpoint (three calls per response), or with the evaluation itself before:

    inspect eval evals/evidence.py --model vllm/my-checkpoint -T log=logs/my-checkpoint.eval
    inspect eval clinical_r1/evidence --model vllm/my-checkpoint -T benchmark=medqa -T prompt=crpo

A fact is cited if the rules judge finds it named in the response. Facts are compared that are of like length, and a
third arm changes the wording alone: a flip rate without these measures editing. See docs/probes.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import nan
from random import Random
from typing import Any

from inspect_ai import Task, task

from clinical_r1.edits import CONTROLS
from clinical_r1.edits.editors import edits_of
from clinical_r1.item import Item
from clinical_r1.judging.rules import judge_by_rules
from clinical_r1.probes import Answered, Arm, Asked, Edits, Plan, edited, edits_for, moved, nearest, probe_task
from clinical_r1.sentences import clauses
from clinical_r1.tasks import errors_of_user


@task
def evidence(
    log: str | None = None,
    benchmark: str | None = None,
    dataset: str | None = None,
    split: str | None = None,
    prompt: str = "crpo",
    votes: int = 1,
    name: str | None = None,
    seed: int = 0,
    edits: str | None = None,
    **unknown: object,
) -> Task:
    """A cited fact taken out, one that was not cited, and another wording.

    What the arguments mean: `clinical_r1.probes.Asked`.
    """
    with errors_of_user(evidence, unknown):
        asked = Asked(log, benchmark, dataset, split, prompt, votes, name, seed, edits)
        return probe_task("evidence", asked, _plan(seed, edits_for(asked, ["removal"])), _numbers)


def _plan(seed: int, edits: Edits) -> Plan:
    def plan(item: Item, metadata: Mapping[str, Any]) -> Mapping[str, Arm | None]:
        rng, facts = Random(f"{seed}:{item.id}"), clauses(item.stem)
        citations = judge_by_rules(replace(item, facts=facts), ["cecd"]).citations or ()
        cited = {one.fact: None for one in citations} | {one.fact: one.option for one in citations if one.option}
        removals = edits(item.id, item.stem)
        used = [edit for edit in removals if cited.keys() >= {*edit.facts(facts)}]
        if not used:
            return {}
        chosen = rng.choice(used)
        unused = [edit for edit in removals if cited.keys().isdisjoint(edit.facts(facts))]
        control = nearest(edits_of(item.stem, seed, CONTROLS), chosen, rng)
        linked = any(item.answer is not None and cited[fact] == item.answer for fact in chosen.facts(facts))
        arms = {"cited": chosen, "uncited": nearest(unused, chosen, rng), "control": control}
        return {name: edited(item, edit, linked=linked) for name, edit in arms.items()}

    return plan


def _numbers(item: Item, arms: Mapping[str, Answered]) -> Mapping[str, float]:
    flips = {name: moved(item, arms.get(name)) for name in ("cited", "uncited", "control")}
    linked = "cited" in arms and arms["cited"].about["linked"]
    return {
        "evidence_use": flips["cited"] - flips["uncited"],
        **{f"flip_{name}": value for name, value in flips.items()},
        "flip_cited_for": flips["cited"] if linked else nan,
    }
