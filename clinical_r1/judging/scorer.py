"""A judge as an Inspect scorer: the part that the files in `judges/` share."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from inspect_ai.model import Model, get_model, model_roles
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.solver import TaskState

from clinical_r1.errors import UserError, names_near
from clinical_r1.inspect_private import PrerequisiteError
from clinical_r1.item import Item, item_as_shown
from clinical_r1.judging.ask import prompt_hash
from clinical_r1.judging.budget import OverBudgetError
from clinical_r1.judging.explain import explain
from clinical_r1.judging.facts import InventoryError, Kind, case_facts
from clinical_r1.judging.judge import BACKENDS, BY_RULES, PROFILES, Backend, Judged, judge_item, name_of
from clinical_r1.judging.rubric import Profile
from clinical_r1.judging.subset import (
    GRADER,
    Price,
    ScoredLog,
    Subset,
    log_being_scored,
    one_family,
    price_of,
    read_price,
    subset_of_pass,
    whole_number,
)
from clinical_r1.metrics import Judge, chosen_metrics, keys_of

_log = logging.getLogger(__name__)
FAMILY = "{grader} judges {model}, a model of its own family, and judges tend to favour their own: take another as well"


@dataclass(frozen=True)
class Settings:
    """What a judge is asked for; a `UserError` if a field is not among its allowed values."""

    judge: Judge
    """`grounding` or `behaviours`."""
    backend: Backend = "llm"
    """`llm` asks the models bound to the role `grader`; `rules` is code."""
    profile: Profile = "spans"
    """`spans` or `counts`, see `clinical_r1.judging.judge.judge_item`."""
    metrics: str | Sequence[str] | None = None
    """Names of some of the judge's metrics, as a list or with commas; all by default."""
    facts: Kind | None = None
    """Who makes the fact inventory of a case: `rules` or `llm`; by default the backend."""
    facts_refresh: bool = False
    """Whether a model's inventories are made anew."""
    gold: bool = False
    """Whether graders are told the right option."""
    sample: int | None = None
    """Number of questions to judge, drawn by `seed`; all by default."""
    epochs: int | None = None
    """Number of epochs to judge of each question, drawn by `seed`; all by default."""
    seed: int = 0
    """Of the draw."""
    price: str | Sequence[float] | None = None
    """US dollars per million tokens in and out, as `1.25,10`, for the estimate that is shown beforehand; by default
    what Inspect knows of the model."""
    draws: int = 1
    """Times that each response is judged; the numbers are means over draws."""

    def __post_init__(self) -> None:
        flags = (True, False)
        check_allowed(backend=(self.backend, BACKENDS), profile=(self.profile, PROFILES))
        check_allowed(facts=(self.maker, get_args(Kind)), gold=(self.gold, flags))
        check_allowed(facts_refresh=(self.facts_refresh, flags))
        whole_number("draws", self.draws)
        if self.draws > 1 and self.backend == "rules":
            raise UserError(f"draws={self.draws}: rules say the same each time; it is for graders")
        chosen_metrics(self.judge, self.metrics)
        read_price(self.price)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The metrics that are judged, in the table's order."""
        return chosen_metrics(self.judge, self.metrics)

    @property
    def maker(self) -> Kind:
        """Who lists the facts of a case."""
        return self.facts or self.backend

    @property
    def lists_facts(self) -> bool:
        """Whether a grader lists the facts of each case."""
        return self.judge == "grounding" and self.maker == "llm"

    @property
    def asks(self) -> bool:
        """Whether any grader is asked."""
        return self.backend == "llm" or self.lists_facts

    def subset(self, scored: ScoredLog | None) -> Subset:
        """What is judged of a log."""
        return subset_of_pass(scored, self.sample, self.epochs, self.seed)

    def price_of(self, grader: str, log: ScoredLog, inventories: int | None = None) -> Price:
        """What one grader costs on one log; it lists the facts of all cases unless a number of them is given."""
        subset = self.subset(log)
        calls = 0 if self.backend == "rules" else len(self.chosen) if self.profile == "counts" else 1
        if inventories is None:
            inventories = len(log.ids if subset.questions is None else subset.questions)
        lists = inventories if self.lists_facts else 0
        return price_of(
            self.judge, grader, log, subset, self.profile, calls * self.draws, lists, read_price(self.price)
        )

    def gave(self, score: Score, graders: Sequence[str]) -> bool:
        """Whether a score is of this judge, so that judging again would give the same."""
        about = score.metadata or {}
        hash = prompt_hash(self.judge, self.chosen, self.profile)
        asked = {"judge": name_of(graders), "profile": self.profile, "gold": self.gold, "prompt_hash": hash}
        return (
            all(about.get(name) == value for name, value in (asked if graders else BY_RULES).items())
            and isinstance(score.value, dict)
            and tuple(score.value) == keys_of(self.chosen)
            and about.get("draws", 1) == self.draws
            and (self.judge != "grounding" or (about.get("facts_by") == "rules") == (self.maker == "rules"))
        )


def judge_scorer(judge: Judge, **given: Any) -> Scorer:
    """Make the scoring function of a judge.

    A response that is not drawn gets no score at all, and neither does a sample that failed before there was a
    response. A reply that cannot be read leaves every key NaN, with what was wrong as `unscored` in the metadata and
    `grader_failed` as the score's `reason`.

    Args:
        judge: `grounding` or `behaviours`.
        **given: The other fields of `Settings`.

    Raises:
        PrerequisiteError: If an argument is not among its allowed values, or no model is bound to `grader`.
    """
    try:
        own = [one.name for one in fields(Settings) if judge == "grounding" or not one.name.startswith("facts")]
        for name in (name for name in given if name not in own):
            raise UserError(f"-S {name}: unknown argument; allowed: {names_near(name, own[1:])}")
        settings = Settings(judge, **given)
        scored = log_being_scored()
        subset = settings.subset(scored)
    except UserError as error:
        raise PrerequisiteError(f"{judge}: {error}") from error
    if scored and settings.asks:
        for grader in scored.graders:
            _log.warning(settings.price_of(grader, scored).line(judge, grader))
            if one_family(grader, scored.header.eval.model):
                _log.warning(FAMILY.format(grader=grader, model=scored.header.eval.model))

    async def score(state: TaskState, target: Target) -> Score | None:
        graders = bound_graders(judge, "-S") if settings.asks else []
        if not state.output.choices or (str(state.sample_id), state.epoch) not in subset:
            return None
        try:
            judged, item, about = await judge_by(settings, item_of(state, target), graders)
        except OverBudgetError:
            return None  # calls under way go on, so that no reply is paid for and lost
        return _score(judged, item, {"weight": subset.weight, **about})

    return score


async def judge_by(settings: Settings, item: Item, graders: Sequence[Model]) -> tuple[Judged, Item, Mapping[str, Any]]:
    """Judge a response by settings, all of it.

    Returns:
        What came of it, the item with the facts of its case, and what the score says of these.

    Raises:
        OverBudgetError: If it might cost more than is left of the pass's budget.
        Exception: See `judge_item`.
    """
    about: Mapping[str, Any] = {}
    if settings.judge == "grounding":
        item, about = await _with_facts(item, settings, graders)
    judged = await judge_item(
        item,
        settings.judge,
        settings.chosen,
        backend=settings.backend,
        profile=settings.profile,
        graders=graders,
        gold=settings.gold,
        draws=settings.draws,
    )
    return judged, item, about


def item_of(state: TaskState, target: Target) -> Item:
    """What a judge is shown of a sample, with the options as the model saw them and without facts.

    Raises:
        PrerequisiteError: If the sample is no question with options, one of them right.
    """
    item = item_as_shown(
        state.sample_id,
        state.epoch,
        stem=state.input_text,
        choices=[choice.value for choice in state.choices],
        target=target.text,
        metadata=state.metadata,
        output=state.output,
    )
    if item is None:
        raise PrerequisiteError(f"sample {state.sample_id}: no question with options, one of them right")
    return item


async def _with_facts(item: Item, settings: Settings, graders: Sequence[Model]) -> tuple[Item, dict[str, Any]]:
    """The item with the facts of its case, and what the score says of them."""
    by, failed = "rules" if settings.maker == "rules" else str(graders[0]), {}
    if item.has_case:
        try:
            grader = graders[0] if graders else None
            made = await case_facts(item.stem, settings.maker, grader, refresh=settings.facts_refresh)
            item, by = replace(item, facts=made.facts), made.by
        except InventoryError as error:  # only what is measured against it is unscored
            failed = {"unscored_metrics": {"cecd": f"facts: {error}"}}
    spans = [[fact.start, fact.end] for fact in item.facts]
    return item, {"facts": len(spans), "fact_spans": spans, "facts_by": by, **failed}


def _score(judged: Judged, item: Item, about: Mapping[str, Any]) -> Score:
    shared = {
        "epoch": item.epoch,
        "has_case": item.has_case,
        "answered": item.answer,
        "correct": item.answer in item.targets,
        "words": item.words,
        "truncated": item.truncated,
    }
    failed = judged.metadata.get("unscored")
    quotes = (judged.metadata.get("tally") or {}).get("quotes", ())
    return Score(
        value=dict(judged.values),
        explanation=failed or (explain(item, judged.found, quotes) if judged.found else None),
        reason="grader_failed" if failed else None,
        metadata={**shared, **about, **judged.metadata},
    )


def bound_graders(judge: str, option: str) -> Sequence[Model]:
    """The models bound to the role `grader`.

    Args:
        judge: Who needs them.
        option: Inspect's option for the arguments of a scorer or task: `-S` or `-T`.

    Raises:
        PrerequisiteError: If there is none.
    """
    bound = model_roles().get(GRADER)
    if not bound:
        raise PrerequisiteError(
            f"{judge}: no model is bound to the role grader: --model-role grader=MODEL, or {option} backend=rules"
        )
    return bound if isinstance(bound, list) else [get_model(role=GRADER, required=True)]


def check_allowed(**given: tuple[object, Sequence[object]]) -> None:
    """Check arguments, each given with its allowed values.

    Raises:
        UserError: If a value is not among them; 1 is not True.
    """
    for name, (value, allowed) in given.items():
        if not any(value is one or (isinstance(value, str) and value == one) for one in allowed):
            raise UserError(f"{name}={value}: allowed are {names_near(str(value), map(str, allowed))}")
