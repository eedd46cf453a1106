"""A pass of judges over many logs: planned and priced, then judged log by log, each with what came of it.

Each log is judged by Inspect's own `score` and written whole. What a judge has judged already is left alone, and
replies of graders are kept, so that a pass that was stopped goes on for nothing.
"""

import re
import shutil
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from inspect_ai import score
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import GenerateConfig, Model, get_model
from inspect_ai.scorer import Score, Scorer

from clinical_r1.errors import UserError
from clinical_r1.files import make_folder, writing
from clinical_r1.inspect_private import PrerequisiteError, model_roles, read_dotenv
from clinical_r1.item import item_in
from clinical_r1.judging.budget import Budget, spending
from clinical_r1.judging.draws import reliability
from clinical_r1.judging.scorer import FAMILY, Settings
from clinical_r1.judging.subset import GRADER, Price, ScoredLog, log_to_score, one_family, scoring
from clinical_r1.logs.find import UNREADABLE, LogFile, find_logs, read_header, reason, unreadable
from clinical_r1.metrics import Judge

Make = Callable[..., Scorer]
"""One of `judges/`: the fields of `Settings` -> a scorer."""
RETRIES = 5
"""Times that a failed call is repeated, where the grader's own settings do not say."""
LOCAL = "clinical_r1 hf llama-cpp-python mockllm nnterp none ollama sglang transformer_lens vllm".split()
"""Providers whose models run on the user's own machines."""


# --- the plan ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Step:
    """One log of a pass."""

    source: str
    """The log that is read."""
    output: str
    """Where it is written; may be the source."""
    scored: ScoredLog
    judges: tuple[Judge, ...]
    """Those that have not judged it."""


@dataclass(frozen=True)
class Plan:
    """What a pass will do."""

    graders: tuple[str, ...]
    """Names; empty for rules."""
    settings: Mapping[Judge, Settings]
    given: Mapping[Judge, Mapping[str, Any]]
    """Judge -> the fields of its settings."""
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    """What is left out, and why; what to beware of."""
    prices: Mapping[tuple[Judge, str], Price]
    """Judge and grader -> over all logs."""

    @property
    def lines(self) -> Iterator[str]:
        """The plan in lines: notes, then a price per judge and grader."""
        yield from self.notes
        for (judge, grader), price in self.prices.items():
            yield price.line(judge, grader).replace("(-S price=IN,OUT)", "(--price IN,OUT)")
        if not self.graders and (left := [step for step in self.steps if step.judges]):
            responses = sum(step.scored.responses for step in left)
            yield f"rules: {', '.join(self.settings)}, up to {responses:,} responses in {len(left)} logs, no call"


def plan_pass(
    paths: Sequence[Path | str], given: Mapping[Judge, Mapping[str, Any]], graders: Sequence[str], output: Path | None
) -> Plan:
    """Find the logs, and what of them is to be judged at what price; asks no grader.

    Args:
        paths: Logs and folders with logs.
        given: Judge -> the fields of its settings.
        graders: Names of models; none for rules.
        output: Folder for the judged logs; each is judged in place if None.

    Raises:
        UserError: If a path is no log and no folder with logs, or an argument is wrong.
    """
    settings = {judge: Settings(judge, **arguments) for judge, arguments in given.items()}
    steps, notes = list[Step](), list[str]()
    prices: dict[tuple[Judge, str], Price] = {}
    cases, families = set[tuple[str, str]](), set[tuple[str, str]]()
    for file in find_logs(paths):
        there = file.path if output is None else str(output / Path(file.path).name)
        source = there if there != file.path and _is_copy(there, file) else file.path
        try:
            log = read_eval_log(source)
        except UNREADABLE as error:
            raise unreadable(file, error) from error
        if problem := _problem(log):
            if file.named:
                raise UserError(f"{file}: {problem}")
            notes.append(f"{file}: left out, {problem}")
            continue
        scored = log_to_score(source)
        judges = tuple(judge for judge, one in settings.items() if not _has_judged(one, log, scored, graders))
        if done := [judge for judge in settings if judge not in judges]:
            notes.append(f"{file}: already judged by {_named(graders)} ({', '.join(done)})")
        steps.append(Step(source, there, scored, judges))
        families |= {(grader, scored.header.eval.model) for grader in graders if judges}
        for judge in judges:
            drawn = settings[judge].subset(scored).questions
            ids = scored.ids if drawn is None else drawn
            new = {(scored.header.eval.task, id) for id in ids} - cases if settings[judge].lists_facts else set()
            cases |= new
            for place, grader in enumerate(graders):
                price = settings[judge].price_of(grader, scored, len(new) if place == 0 else 0)
                prices[judge, grader] = prices.get((judge, grader), Price()) + price
    notes += [
        FAMILY.format(grader=grader, model=model) for grader, model in sorted(families) if one_family(grader, model)
    ]
    if twice := [path for path, times in Counter(step.output for step in steps).items() if times > 1]:
        raise UserError(f"--output {output}: {Path(twice[0]).name} is the name of several of these logs")
    return Plan(tuple(graders), settings, given, tuple(steps), tuple(notes), prices)


def _is_copy(path: str, file: LogFile) -> bool:
    """Whether an earlier pass over a log has written there."""
    return Path(path).is_file() and read_header(LogFile(path, 0, 0)).eval.eval_id == read_header(file).eval.eval_id


def _named(graders: Sequence[str]) -> str:
    return ", ".join(graders) or "rules"


def _problem(log: EvalLog) -> str | None:
    """Why the responses of a log cannot be judged."""
    if "probe_of" in (log.metadata or {}):
        return "its responses are those of another log, which it is a probe of"
    answered = [sample for sample in log.samples or [] if sample.output.choices]
    if not answered:
        return "no responses in it"
    return None if item_in(answered[0]) else "no questions with options, one of them right"


def _has_judged(settings: Settings, log: EvalLog, scored: ScoredLog, graders: Sequence[str]) -> bool:
    subset = settings.subset(scored)
    drawn = [one for one in log.samples or [] if one.output.choices and (str(one.id), one.epoch) in subset]
    return all(any(settings.gave(score, graders) for score in (one.scores or {}).values()) for one in drawn)


# --- the pass ---------------------------------------------------------------------------------------------------------
def bind_graders(given: Sequence[str]) -> list[Model]:
    """The models that judge; one that does not answer is asked without retries, as all it is asked may be in the cache.

    Args:
        given: As Inspect's `--model-role grader=…` takes them: names with commas between, or settings in braces.

    Raises:
        UserError: If there is no such provider or model, or its key or package is missing.
    """
    models = []
    read_dotenv()
    for text in given:
        try:
            bound = model_roles([f"{GRADER}={text}"])[GRADER]
            for one in bound if isinstance(bound, list) else [bound]:
                models.append(one if isinstance(one, Model) else get_model(one, memoize=False))
        except (PrerequisiteError, ValueError, TypeError, ImportError) as error:
            raise UserError(f"--grader {text}: {_plain(error)}") from error
    for model in models:
        retries = RETRIES if model.config.max_retries is None else model.config.max_retries
        model.config = model.config.merge(GenerateConfig(max_retries=retries if _answers(model) else 0))
    return models


def is_local(model: Model) -> bool:
    """Whether a model runs on the user's own machine, so that asking it costs nothing."""
    return str(model).split("/")[0] in LOCAL or _host(model).is_loopback


def _host(model: Model) -> IPv4Address | IPv6Address:
    """The address in a model's base URL; none at all (0.0.0.0) where it is a name."""
    name = urlsplit(model.api.base_url or "").hostname or ""
    try:
        return ip_address("127.0.0.1" if name == "localhost" else name)
    except ValueError:
        return ip_address("0.0.0.0")


def _answers(model: Model) -> bool:
    """Whether somebody listens at a model's base URL, where it is an address."""
    where = urlsplit(model.api.base_url or "")
    if _host(model).is_unspecified:
        return True
    try:
        socket.create_connection((str(_host(model)), where.port or 80), timeout=5).close()
    except OSError:
        return False
    return True


def run_pass(
    plan: Plan,
    make: Mapping[Judge, Make],
    graders: Sequence[Model],
    say: Callable[[str], None],
    bar: bool = False,
    budget: Budget | None = None,
) -> None:
    """Judge log by log; each is written whole once it is judged.

    Args:
        plan: What is to be done.
        make: Judge -> its scorer.
        graders: The models of the plan.
        say: Receives a line before each log, and what came of it.
        bar: Whether Inspect shows its bar on the terminal.
        budget: What may be spent; without limit if None.

    Raises:
        UserError: If a grader cannot be asked, a log not be written, or the budget is used up; logs judged before are
            kept, and so are replies.
    """
    budget = budget or Budget()
    for number, step in enumerate(plan.steps, 1):
        if step.source != step.output:
            make_folder(Path(step.output).parent)
            if not step.judges:
                with writing(Path(step.output)) as partial:
                    shutil.copyfile(step.source, partial)
        if not step.judges:
            continue
        say(f"{number}/{len(plan.steps)} {step.source}: {', '.join(step.judges)}")
        log = read_eval_log(step.source)
        before = {id(sample): set(sample.scores or ()) for sample in log.samples or ()}
        with spending(budget):
            log = _judged(log, step, plan, make, graders, bar)
        if budget.stopped:
            whole = sum(bool(one.judges) for one in plan.steps[: number - 1])
            raise UserError(
                f"--max-dollars {budget.limit:g}: stopped, {budget.line}; logs judged and written: {whole}, "
                f"{step.source} is as it was, and replies that came are kept: the same command with a higher limit "
                "goes on"
            )
        _write(log, step)
        for judge in step.judges:
            made = [
                score
                for sample in log.samples or ()
                for name, score in (sample.scores or {}).items()
                if name.startswith(judge) and name not in before[id(sample)]
            ]
            for line in outcome(judge, made):
                say(f"  {line}")
        if graders:
            say(f"  {budget.line}")


def _judged(
    log: EvalLog, step: Step, plan: Plan, make: Mapping[Judge, Make], graders: Sequence[Model], bar: bool
) -> EvalLog:
    """The log with the scores of a step; what a grader's provider raises is told in one line."""
    with scoring(step.scored):
        scorers = [make[judge](**plan.given[judge]) for judge in step.judges]
    roles = {GRADER: list(graders)} if graders else None
    how: Any = {"action": "append", "display": "rich" if bar else "none", "copy": False}
    try:
        return score(log, scorers, model="none/none", model_roles=roles, **how)
    except Exception as error:
        if type(error).__module__.split(".")[0] in _OURS and not isinstance(error, OSError | PrerequisiteError):
            raise
        dead = [f"{model}: nobody answers at {model.api.base_url}" for model in graders if not _answers(model)]
        said = "; ".join(dead) or f"{_named(plan.graders)}: {_plain(error)}"
        raise UserError(f"{said} ({step.source} is as it was; what was answered is kept)") from error


_OURS = {"builtins", "clinical_r1", "inspect_ai", "pydantic", "pydantic_core"}  # errors of others are a provider's


def _plain(error: Exception) -> str:
    """An exception in one line; where retries were used up, the last one."""
    if type(error).__name__ == "RetryError" and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return re.sub(r"\[/?[a-z][^\]]*\]", "", reason(error))  # Inspect's colours


def _write(log: EvalLog, step: Step) -> None:
    kind: Literal["json", "eval"] = "json" if step.output.endswith(".json") else "eval"
    if "://" in step.output:  # such stores write whole files
        write_eval_log(log, step.output, format=kind)
        return
    with writing(Path(step.output)) as partial:
        write_eval_log(log, str(partial), format=kind)


def outcome(judge: Judge, scores: Sequence[Score]) -> Iterator[str]:
    """What came of judging: responses, those unscored with reasons, calls, and what became of the quotes returned."""
    every = [score.metadata or {} for score in scores]
    failed = Counter(" ".join(str(about["unscored"]).split()) for about in every if "unscored" in about)
    parts = Counter(f"{base} ({why})" for about in every for base, why in (about.get("unscored_metrics") or {}).items())
    calls, cached = (sum(about.get(name, 0) for about in every) for name in ("calls", "cached"))
    yield (
        f"{judge}: {len(every):,} responses judged, {failed.total():,} of them unscored"
        + _listed(failed)
        + (f"; single metrics unscored{_listed(parts)}" if parts else "")
        + (f"; {calls:,} calls, {cached:,} of them answered from the cache" if calls else "")
    )
    if said := [*reliability(every)]:
        yield f"{judge}: two of {every[0]['draws']} draws: {', '.join(said)}"
    members = [one for about in every for one in about.get("panel") or [about]]
    tallies = [one["tally"] for one in members if "tally" in one]
    if not tallies:
        return
    returned, verified, repaired = (sum(one[name] for one in tallies) for name in ("returned", "verified", "repaired"))
    rejected = sum((Counter(tally["rejected"]) for tally in tallies), Counter[str]())
    yield (
        f"{judge}: {returned:,} quotes returned, {verified:,} verified ({repaired:,} of them repaired), "
        f"{rejected.total():,} rejected{_listed(rejected)}"
    )
    if returned and not verified:
        yield f"WARNING {judge}: {returned:,} quotes returned, 0 found: all numbers are 0 for want of a true quote"


def _listed(reasons: Counter[str]) -> str:
    """Reasons with their numbers, the most frequent first."""
    said = [f"{number:,} × {reason}" for reason, number in reasons.most_common(5)]
    return f" ({'; '.join([*said, *(['…'] if len(reasons) > 5 else [])])})" if said else ""
