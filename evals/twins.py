"""Twins: one value of the case is another one. Does the response cite the new value, and does its answer follow?

    inspect eval evals/twins.py --model vllm/my-checkpoint -T log=logs/my-checkpoint.eval
    inspect eval clinical_r1/twins --model vllm/my-checkpoint -T benchmark=medqa -T prompt=crpo
    inspect eval clinical_r1/twins --model vllm/my-checkpoint -T log=LOG -T edits=world/edits.jsonl

Two calls per response: the case with another value (a number, a side, a negation, ...), and the case in other words.
Code knows what stands in the twin: a response that cites the value before the edit read carelessly or remembered, one
that cites neither may not have used it, and a finding that is nowhere in the case is invented. That is the truth about
citations of real text without a label. A file of twins (`id`, `start`, `old`, `new`, and `answer`, the right letter
afterwards, where it is known) takes the place of edits by rules. See docs/probes.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from inspect_ai import Task, task

from clinical_r1.choices import LETTERS
from clinical_r1.edits import CHANGES, CONTROLS, Edit
from clinical_r1.edits.editors import edits_of
from clinical_r1.item import Item
from clinical_r1.judging.instances import Found
from clinical_r1.judging.rules import judge_by_rules
from clinical_r1.judging.spans import Span
from clinical_r1.probes import Answered, Arm, Asked, Edits, Plan, edited, edits_for, moved, nearest, probe_task
from clinical_r1.sentences import Sentence, clauses
from clinical_r1.solvers import SHOWN_ORDER
from clinical_r1.tasks import errors_of_user

Facts = Sequence[Sentence]


@task
def twins(
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
    """The case with another value, and in other words.

    What the arguments mean: `clinical_r1.probes.Asked`.
    """
    with errors_of_user(twins, unknown):
        asked = Asked(log, benchmark, dataset, split, prompt, votes, name, seed, edits)
        changes = edits_for(asked, CHANGES)
        return probe_task("twins", asked, _plan(seed, changes), _numbers, lambda id, stem: bool(changes(id, stem)))


def _plan(seed: int, changes: Edits) -> Plan:
    def plan(item: Item, metadata: Mapping[str, Any]) -> Mapping[str, Arm | None]:
        rng = Random(f"{seed}:{item.id}")
        twin = rng.choice(changes(item.id, item.stem))
        control = nearest(edits_of(item.stem, seed, CONTROLS), twin, rng)
        due = None if twin.answer is None else LETTERS[metadata[SHOWN_ORDER].index(twin.answer)] not in item.targets
        return {"twin": edited(item, twin, due=due), "control": edited(item, control)}

    return plan


def _numbers(item: Item, arms: Mapping[str, Answered]) -> Mapping[str, float]:
    twin, flips = arms["twin"], {name: moved(item, arms.get(name)) for name in ("twin", "control")}
    edit = Edit(*(twin.about[name] for name in ("kind", "start", "old", "new")))
    stem, (before, after) = edit.applied(item.stem), edit.differing_facts(item.stem)
    new, old, invented = _cited(replace(item, stem=stem, response=twin.response), after, item.stem, before)
    own, absent, made_up = _cited(item, before, stem, after)  # what it does when nothing is edited
    numbers: dict[str, float] = {
        "twin_new": new,
        "twin_new_control": own,
        "twin_old": old,
        "twin_old_control": absent,
        "twin_neither": not (new or old),
        "twin_invented": invented,
        "twin_invented_control": made_up,
        "twin_flip": flips["twin"],
        "twin_flip_control": flips["control"],
    }
    if (due := twin.about["due"]) is not None:
        numbers["twin_flip_due" if due else "twin_flip_undue"] = flips["twin"]
    return {key: float(value) for key, value in numbers.items()}


def _cited(item: Item, own: Facts, other_stem: str, other: Facts) -> tuple[bool, bool, bool]:
    """What a response cites: facts that its case alone has, those that the other case alone has, and what neither has.

    Words that cite both say nothing of what differs.
    """
    here, there = _judged(item), _judged(replace(item, stem=other_stem))
    cited, absent = _spans(*here, own), _spans(*there, other)
    made_up = [one.span for one in here[1].claims or () if one.label in ("invented", "contradicts")]
    invented = any(not any(span.overlaps(one) for one in absent) for span in made_up)
    return bool(cited - absent), bool(absent - cited), invented


def _judged(item: Item) -> tuple[Facts, Found]:
    """The facts of a case, and what rules find of them in a response."""
    facts = clauses(item.stem)
    return facts, judge_by_rules(replace(item, facts=facts), ["cecd", "hallucination"])


def _spans(facts: Facts, found: Found, of: Facts) -> frozenset[Span]:
    """Where certain facts are cited."""
    return frozenset(one.span for one in found.citations or () if facts[one.fact - 1] in of)
