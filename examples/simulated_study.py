"""A whole study, with simulated clinicians: from logs to verdicts and corrected numbers, on responses of known truth.

    python examples/simulated_study.py OUT               # a study of four judges, its report, a check against the truth
    python examples/simulated_study.py OUT --repeat 200  # how often the corrected intervals hold the truth

No key, no network, no GPU. THE CLINICIANS ARE SIMULATED: each finds a true instance with a chance of .93, and marks one
that is not there in 5 % of responses. What comes out says how the method works and nothing about any real judge.

Responses are made by two "checkpoints", teachers of the small world who differ in how often they anchor and invent.
Four judges score all of them: a good one, one that over-reads, one that guesses, and one that never finds anything.
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from inspect_ai import eval as run_eval
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log, write_eval_log
from inspect_ai.log._samples import sample_active
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score

from clinical_r1.choices import extract_answer
from clinical_r1.datasets import QuestionSet
from clinical_r1.datasets.questions import Question
from clinical_r1.item import Item, item_in
from clinical_r1.judging.counting import count
from clinical_r1.metrics import METRICS as KEYS
from clinical_r1.metrics import keys_of
from clinical_r1.sentences import clauses
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.content import OffsetMap, shown_response
from clinical_r1.study.corrected import corrected_tables
from clinical_r1.study.draw import Candidate, draw_questions
from clinical_r1.study.folder import read_folder
from clinical_r1.study.protocol import Answer, Marks
from clinical_r1.study.ratings import Labelled, found_in
from clinical_r1.study.simulated import (
    CLINICIAN,
    METRICS,
    Mark,
    Marker,
    Response,
    answer_of,
    marks_by,
    phantom,
    simulate_answers,
)
from clinical_r1.tasks import question_task
from clinical_r1.world.build import read_world
from clinical_r1.world.cases import Case, Medicine, invent, make_cases
from clinical_r1.world.teacher import Teacher, write_trace

CHECKPOINTS = {
    "anchored": Teacher(anchored=0.7, invented=0.5),
    "careful": Teacher(anchored=0.2, invented=0.25, omitted=0.1, bare=0.1),
}
"""Label -> how it writes."""
JUDGES = (
    Marker("good", sensitivity=0.97, specificity=0.98),
    Marker("biased", sensitivity=0.75, specificity=0.6, overreads=1.5),
    Marker("random", sensitivity=0.0, specificity=1.0),
    Marker("constant", sensitivity=0.0, specificity=1.0),
)
"""The third marks as many instances as another response has, anywhere; the last one finds nothing anywhere."""
EXPECTED = {
    "good": ("stands in for a rater",),
    "biased": ("beyond chance, not as good as a rater", "not beyond chance"),
    "random": ("not beyond chance",),
    "constant": ("not beyond chance", "not measured"),
}
"""Judge -> the verdicts that are right: without a claim there is no rate of claims, so that one cannot be measured."""
BENCHMARK = "small world"
EXPORTED = "2026-01-01T12:00:00Z"
"""When the simulated raters are done."""


@dataclass(frozen=True)
class World:
    """Cases and what is true of them."""

    medicine: Medicine
    cases: Mapping[str, Case]


def small_world(seed: int, questions: int) -> World:
    """Cases of an invented medicine."""
    medicine = invent(seed)
    return World(medicine, {case.id: case for case in islice(make_cases(medicine, seed), questions)})


def written(world: World, checkpoint: str, seed: int) -> dict[str, str]:
    """Case -> what a checkpoint writes about it."""
    rng = random.Random(f"{checkpoint} {seed}")
    return {
        id: write_trace(case, world.medicine, rng, CHECKPOINTS[checkpoint]).text for id, case in world.cases.items()
    }


def response_of(world: World, id: str, text: str, options: Mapping[str, str], target: str) -> Response:
    """A response with its truth."""
    case = world.cases[id]
    item = Item(
        id=id, epoch=1, stem=case.stem, options=options, target=target, response=shown_response(text).text,
        answer=extract_answer(text, dict(options)).letter, has_case=True, negated=False,
        facts=clauses(case.stem),
    )  # fmt: skip
    return Response.of(item, case, world.medicine)


def judged_marks(judge: Marker, response: Response, other: Response, rng: random.Random) -> list[Mark]:
    """What a judge finds in a response."""
    if judge.name != "random":
        return marks_by(judge, response, rng)
    guesses = [(one, phantom(one["of"], response, rng)) for one in other.truth if response.sentences]
    return [guess | ({"label": one["label"]} if "label" in one else {}) for one, guess in guesses]


def values_of(marks: Sequence[Mark], item: Item) -> dict[str, float]:
    """The numbers that follow from marks, by the code that counts what judges find."""
    answer = Answer(marks=Marks.model_validate(answer_of(marks)["marks"]))
    return dict(count(found_in(answer, METRICS), item, METRICS).values)


# --- the study through its commands -----------------------------------------------------------------------------------
def write_logs(world: World, folder: Path, seed: int) -> list[Path]:
    """Evaluate the checkpoints: a log each, not judged yet."""
    questions = [Question(case.id, case.stem, case.options, case.target) for case in world.cases.values()]
    records = len(questions)
    for checkpoint in CHECKPOINTS:
        texts = written(world, checkpoint, seed)
        given = QuestionSet(questions, source=BENCHMARK, revision=None, split=None, records=records, skipped=[])
        task = question_task(given, prompt="bare", votes=1, tie="share", shuffle_choices=None)
        task.metadata = (task.metadata or {}) | {"checkpoint": checkpoint}
        model = get_model("mockllm/model", custom_outputs=_says(texts))
        run_eval(task, model=model, log_dir=str(folder / checkpoint), display="none", log_level="error")
    return [Path(info.name.removeprefix("file://")) for info in list_eval_logs(str(folder))]


def _says(texts: Mapping[str, str]) -> Callable[..., ModelOutput]:
    def reply(*_: Any) -> ModelOutput:
        active = sample_active()
        assert active is not None
        output = ModelOutput.from_content(model="mockllm", content=texts[str(active.sample.id)])
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # else a tokenizer is fetched
        return output

    return reply


def judge_logs(world: World, logs: Sequence[Path], folder: Path, seed: int) -> dict[str, Path]:
    """Copies of logs with the scores of each judge: judge -> folder."""
    for path in logs:
        log = read_eval_log(str(path))
        log.eval.task = log.eval.task.replace("task", "small_world")
        shown = {str(sample.id): text for sample in log.samples or () if (text := item_in(sample))}
        responses = {id: response_of(world, id, one.response, one.options, one.target) for id, one in shown.items()}
        for judge in JUDGES:
            _score(log, judge, responses, {id: one.response for id, one in shown.items()}, f"{path.parent.name} {seed}")
            to = folder / judge.name / f"{path.parent.name}.eval"
            to.parent.mkdir(parents=True, exist_ok=True)
            write_eval_log(log, str(to))
    return {judge.name: folder / judge.name for judge in JUDGES}


def _score(log: EvalLog, judge: Marker, responses: Mapping[str, Response], raw: Mapping[str, str], seed: str) -> None:
    """Give every sample the judge's scores in place of another judge's."""
    rng = random.Random(f"{judge.name} {seed}")
    others = list(responses.values())
    for sample in log.samples or ():
        response = responses[str(sample.id)]
        marks = judged_marks(judge, response, rng.choice(others), rng)
        offsets = shown_response(raw[str(sample.id)]).offsets
        spans = [_in_raw(mark, offsets, raw[str(sample.id)]) for mark in marks]
        about = {"judge": judge.name, "backend": "simulated", "profile": "spans", "gold": False, "prompt_hash": "0"}
        about |= {"weight": 1.0, "words": response.item.words, "facts": len(response.item.facts)}
        values = values_of(marks, response.item)
        for scorer, metrics in (("grounding", METRICS[:3]), ("behaviours", METRICS[3:])):
            own = [span for span in spans if (span["of"] in METRICS[3:]) == (scorer == "behaviours")]
            score = Score(value={key: values[key] for key in keys_of(metrics)}, metadata=about | {"spans": own})
            sample.scores = (sample.scores or {}) | {scorer: score}


def _in_raw(mark: Mapping[str, Any], offsets: OffsetMap, text: str) -> dict[str, Any]:
    start, end = offsets.to_raw(mark["start"], mark["end"]) or (0, 1)
    return {**mark, "start": start, "end": end, "text": text[start:end]}


def run_study(out: Path, arguments: argparse.Namespace) -> bool:
    """Make, label, import and report a study; whether every verdict is right."""
    if arguments.logs:
        medicine, cases = read_world(arguments.world)
        world, logs = World(medicine, cases), [Path(log) for log in arguments.logs]
    else:
        world = small_world(arguments.seed, arguments.questions)
        logs = write_logs(world, out / "logs" / "plain", arguments.seed)
    judged = judge_logs(world, logs, out / "logs", arguments.seed)
    first, *others = (str(path) for path in judged.values())
    study, seed = out / "study", str(arguments.seed)
    size = ["--items", str(arguments.items), "--raters", str(arguments.raters), "--seed", seed, "--facts", "rules"]
    title = ["--title", "SIMULATED clinicians on invented cases"]
    _run("study", "new", first, "-o", str(study), "--metrics", ",".join(METRICS), *size, *title)
    answers = simulate_answers(
        read_folder(study), world.medicine, world.cases, out / "simulated_answers", arguments.seed, EXPORTED
    )
    _run("study", "import", str(study), *map(str, answers))
    draws = ["--resamples", str(arguments.resamples), "--seed", seed]
    _run("study", "report", str(study), "--judge", *others, "-o", str(out / "report"), *draws)
    tables = json.loads((out / "report" / "results.json").read_text(encoding="utf-8"))["tables"]
    _compare_with_truth(pd.DataFrame(tables["corrected"]), world, logs, arguments.seed)
    return _check_verdicts(tables["verdicts"])


def _run(*words: str) -> None:
    print(f"\n$ clinical-r1 {' '.join(words)}", flush=True)
    if subprocess.run([sys.executable, "-m", "clinical_r1.cli", *words], check=False).returncode:
        raise SystemExit(2)


def _check_verdicts(rows: Sequence[Mapping[str, Any]]) -> bool:
    print("\nverdicts (SIMULATED clinicians)")
    right = True
    for row in rows:
        if row["primary"]:
            expected = row["verdict"] in EXPECTED[row["judge"]]
            right &= expected
            print(f"  {row['judge']:9} {row['label']:30} {row['verdict']:38} {'right' if expected else 'WRONG'}")
    return right


def _compare_with_truth(corrected: pd.DataFrame, world: World, logs: Sequence[Path], seed: int) -> None:
    """Corrected figures beside what such clinicians say of all responses, and what is true of them."""
    print(
        "\nall judged responses: the good judge, corrected by SIMULATED clinicians, such clinicians on all, the truth"
    )
    for path in logs:
        samples = [text for sample in read_eval_log(str(path)).samples or () if (text := item_in(sample))]
        ids = [str(sample.id) for sample in read_eval_log(str(path)).samples or ()]
        responses = [
            response_of(world, id, one.response, one.options, one.target) for id, one in zip(ids, samples, strict=True)
        ]
        rng = random.Random(f"all {seed}")
        seen = pooled([values_of(marks_by(CLINICIAN, one, rng), one.item) for one in responses])
        true = pooled([values_of(one.truth, one.item) for one in responses])
        for row in corrected[corrected["primary"] & (corrected["checkpoint"] == path.parent.name)].to_dict("records"):
            ends = f"[{row['low']:.3f}, {row['high']:.3f}]"
            print(f"  {row['checkpoint']:9} {row['label']:30} {row['raw']:.3f}  {row['value']:.3f} {ends}  "
                  f"{seen[row['metric']]:.3f}  {true[row['metric']]:.3f}")  # fmt: skip


def pooled(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Key -> mean over responses, or ratio of sums for the metrics that are one."""
    frame = pd.DataFrame(values)
    found = frame.mean().to_dict()
    for key, metric in KEYS.items():
        if key in frame and metric.numerator in frame and metric.denominator in frame:
            found[key] = frame[metric.numerator].sum() / frame[metric.denominator].sum()
    return {str(key): float(value) for key, value in found.items()}


# --- coverage ---------------------------------------------------------------------------------------------------------
SHOWN_KEYS = ("cecd", "cecd_coverage", "drc_coverage", "hallucination_rate", "backtracking_any")


def coverage(arguments: argparse.Namespace) -> pd.DataFrame:
    """How often 95 % intervals hold what such clinicians would say of all responses that there could be.

    Every repetition makes new cases, responses, judge's values, a new draw and new ratings. Returns a row per estimate:
    how often its interval held the truth, beside an interval from the judge alone.
    """
    judge = next(one for one in JUDGES if one.name == arguments.coverage_of)
    found: list[pd.DataFrame] = []
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in CHECKPOINTS}
    for number in range(arguments.repeat):
        labelled, everything = _repetition(judge, arguments, arguments.seed + 1000 + number)
        tables = corrected_tables(labelled, Resampling(100, number))
        for name, values in everything.items():
            seen[name] += values
        both = [tables["corrected"], tables["corrected_differences"].assign(checkpoint="careful - anchored")]
        found.append(pd.concat(both, ignore_index=True).assign(number=number))
        print(f"\r{number + 1} of {arguments.repeat}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    truth = {name: pooled(values) for name, values in seen.items()}
    truth["careful - anchored"] = {key: truth["careful"][key] - truth["anchored"][key] for key in truth["careful"]}
    return _held(pd.concat(found, ignore_index=True), truth)


def _held(rows: pd.DataFrame, truth: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    rows = rows[rows["metric"].isin(SHOWN_KEYS)]
    true = np.array([truth[name][key] for name, key in zip(rows["checkpoint"], rows["metric"], strict=True)])
    held = {
        side: (rows[f"{start}low"] <= true) & (true <= rows[f"{start}high"])
        for side, start in (("corrected", ""), ("labels", "labels_"), ("judge", "raw_"))
    }
    widths = {"width": rows["high"] - rows["low"], "labels_width": rows["labels_high"] - rows["labels_low"]}
    return (
        rows.assign(true=true, **held, **widths)
        .groupby(["checkpoint", "metric"], sort=False)[["true", *held, *widths]]
        .mean()
        .reset_index()
    )


def _repetition(
    judge: Marker, arguments: argparse.Namespace, seed: int
) -> tuple[Labelled, dict[str, list[dict[str, float]]]]:
    """A study in memory, and what one clinician would say of all responses."""
    world = small_world(seed, arguments.questions)
    rng = random.Random(f"repetition {seed}")
    responses = {
        name: {
            id: response_of(world, id, text, world.cases[id].options, world.cases[id].target)
            for id, text in written(world, name, seed).items()
        }
        for name in CHECKPOINTS
    }
    every = [one for own in responses.values() for one in own.values()]
    judged = {
        (name, id): values_of(judged_marks(judge, one, rng.choice(every), rng), one.item)
        for name, own in responses.items()
        for id, one in own.items()
    }
    everything = {
        name: [values_of(marks_by(CLINICIAN, one, rng), one.item) for one in own.values()]
        for name, own in responses.items()
    }
    candidates = [_candidate(id, responses, judged) for id in world.cases]
    draw = draw_questions(candidates, arguments.items // len(CHECKPOINTS), seed)
    items: dict[str, dict[str, Any]] = {
        f"{name} {one.candidate.question}": {
            **{"checkpoint": name, "benchmark": BENCHMARK, "question": one.candidate.question, "epoch": 1},
            **{"stratum": one.stratum, "weight": float(1 / one.inclusion), "repeat_of": None, "has_case": True},
            **{"correct": True, "words": one.candidate.words},
        }
        for one in draw.questions
        for name in CHECKPOINTS
    }
    read = {
        rater: {
            id: values_of(marks_by(CLINICIAN, one, rng), one.item)
            for id, item in items.items()
            for one in (responses[item["checkpoint"]][item["question"]],)
        }
        for rater in ("r1", "r2", "r3")
    }
    keys = list(judged[next(iter(judged))])
    rows = [{"checkpoint": name, "benchmark": BENCHMARK, "question": id, "epoch": 1, "has_case": True, **values}
            for (name, id), values in judged.items()]  # fmt: skip
    ratings = {
        key: {rater: {id: v[key] for id, v in own.items() if v[key] == v[key]} for rater, own in read.items()}
        for key in keys
    }
    of_items = {id: judged[item["checkpoint"], item["question"]] for id, item in items.items()}
    values = {key: {id: own[key] for id, own in of_items.items()} for key in keys}
    frame = pd.DataFrame.from_dict(items, orient="index").astype({"repeat_of": object})
    labelled = Labelled("0", METRICS, frame, ratings, {judge.name: values}, {judge.name: pd.DataFrame(rows)})
    return labelled, everything


def _candidate(
    id: str, responses: Mapping[str, Mapping[str, Response]], judged: Mapping[Any, Mapping[str, float]]
) -> Candidate:
    items = [own[id].item for own in responses.values()]
    return Candidate(
        benchmark=BENCHMARK,
        question=id,
        epochs=(1,),
        has_case=True,
        right=tuple(item.answer == item.target for item in items),
        words=sum(item.words for item in items) / len(items),
        found=float(np.nanmean([judged[name, id]["hallucination"] for name in responses])),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the example; 1 where a verdict is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("output", type=Path, help="folder, made if it is not there")
    add("--questions", type=int, default=300, help="cases (300)")
    add("--items", type=int, default=120, help="responses that are labelled (120)")
    add("--raters", type=int, default=3, help="simulated clinicians (3)")
    add("--resamples", type=int, default=1000, help="of the report's bootstrap (1000)")
    add("--seed", type=int, default=0, help="of everything (0)")
    add("--repeat", type=int, default=0, metavar="N", help="measure coverage over N studies instead")
    add("--coverage-of", choices=[one.name for one in JUDGES], default="biased", help="whose numbers (biased)")
    add("--world", type=Path, help="a folder of clinical-r1 world, for --logs")
    add("--logs", nargs="+", help="evaluations of that world's test.jsonl, instead of simulated checkpoints")
    arguments = parser.parse_args(argv)
    if bool(arguments.logs) != bool(arguments.world):
        parser.error("--world and --logs go together")
    arguments.output.mkdir(parents=True, exist_ok=True)
    if not arguments.repeat:
        return 0 if run_study(arguments.output, arguments) else 1
    found = coverage(arguments)
    print(found.round(3).to_string(index=False))
    found.to_csv(arguments.output / "coverage.csv", index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
