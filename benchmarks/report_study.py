"""Time and memory of reading a full-size study: 3 benchmarks x 5 models x 5 epochs, 197,650 judged responses.

The 15 logs are made: of each benchmark one small evaluation of an embedded model, judged by rules, gives the layout,
and its samples are written again and again under other ids, with 1,000-word responses and made-up scores, some of them
unscored. They take a few minutes and two gigabytes. Then each reading runs in a process of its own: first without a
cache, then from the cache that the first has left.

    python benchmarks/report_study.py
    python benchmarks/report_study.py --folder study --share 0.05
"""

import json
import subprocess
import sys
import zipfile
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from math import nan
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import Any

import psutil  # type: ignore[import-untyped]
from _report import arguments, report
from inspect_ai._util.zipfile import zipfile_compress_kwargs

from clinical_r1.metrics import METRICS

COLD_SECONDS, CACHED_SECONDS, GIGABYTES = 90, 10, 3
QUESTIONS = {"medqa": 1273, "medmcqa": 4183, "medxpertqa": 2450}
MODELS = ("base", "grpo", "crpo", "cold_start_grpo", "cold_start_crpo")
EPOCHS = 5
SENTENCES = 60  # of about 17 words: 1,000 words
UNSCORED = 0.01
ROOT = Path(__file__).resolve().parents[1]
REMOVED = "Key removed from summary (> 1k)"  # what Inspect leaves of long metadata
READ = """
import json, sys
from time import perf_counter
start = perf_counter()
from pathlib import Path
from clinical_r1.logs import read_logs
imported = perf_counter()
study = read_logs([sys.argv[1]], cache=Path(sys.argv[2]))
print(json.dumps({
    "seconds": perf_counter() - start, "import_seconds": imported - start, "rows": len(study.responses),
    "runs": len(study.runs), "frame_megabytes": int(study.responses.memory_usage(deep=True).sum() / 1e6),
}))
"""


@dataclass(frozen=True)
class Recording:
    """A small real log, taken apart."""

    start: dict[str, Any]
    header: dict[str, Any]
    samples: list[dict[str, Any]]
    summaries: list[dict[str, Any]]


def record(benchmark: str, folder: Path) -> Recording:
    """Run a benchmark on its bundled questions and let both judges score it by rules."""
    inspect = [sys.executable, "-c", "from inspect_ai._cli.main import main; main()"]
    model = ["--model", "clinical_r1/baseline-overlap", "-T", "dataset=vignettes", "--log-dir", str(folder)]
    _run([*inspect, "eval", f"evals/{benchmark}.py", *model])
    [path] = folder.glob("*.eval")
    for judge in ("grounding", "behaviours"):
        scorer = ["--scorer", f"judges/{judge}.py@{judge}", "-S", "backend=rules", "--model", "none/none"]
        _run([*inspect, "score", str(path), *scorer, "--action", "append", "--overwrite"])
    with zipfile.ZipFile(path) as log:
        read = {name: json.loads(log.read(name)) for name in log.namelist()}
    samples = {(sample["id"], sample["epoch"]): sample for name, sample in read.items() if name.startswith("samples/")}
    summaries = read["summaries.json"]
    ordered = [samples[summary["id"], summary["epoch"]] for summary in summaries]
    return Recording(read["_journal/start.json"], read["header.json"], ordered, summaries)


def _run(command: list[str]) -> None:
    subprocess.run([*command, "--display", "none"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@dataclass(frozen=True)
class Task:
    """One log to be written."""

    path: Path
    benchmark: str
    model: str
    questions: int
    recording: Recording


def write_log(task: Task) -> int:
    """Write a log as Inspect lays it out.

    Returns:
        Number of samples.
    """
    random = Random(f"{task.benchmark} {task.model}")
    sentences = list(_sentences(task.recording, random))
    templates = [_Template(*pair) for pair in zip(task.recording.samples, task.recording.summaries, strict=True)]
    ids = [f"{task.benchmark}-{number:05d}" for number in range(task.questions)]
    spec = {
        "task_id": f"{task.benchmark}-{task.model}",
        "model": "hf/local",
        "model_args": {"model_path": f"runs/seed-0/{task.model}/final"},
        "config": task.recording.header["eval"]["config"] | {"epochs": EPOCHS},
        "dataset": task.recording.header["eval"]["dataset"] | {"samples": len(ids), "sample_ids": ids},
    }
    header = task.recording.header | {"eval": task.recording.header["eval"] | spec}
    summaries: list[str] = []
    partial = task.path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", **zipfile_compress_kwargs) as log:
        log.writestr("_journal/start.json", json.dumps(task.recording.start | {"eval": header["eval"]}))
        for number, id in enumerate(ids):
            template = templates[number % len(templates)]
            for epoch in range(1, EPOCHS + 1):
                sample, summary = template.fill(id, epoch, sentences, random)
                log.writestr(f"samples/{id}_epoch_{epoch}.json", sample)
                summaries.append(summary)
        joined = f"[{','.join(summaries)}]"
        log.writestr("_journal/summaries/1.json", joined)
        log.writestr("summaries.json", joined)
        log.writestr("header.json", json.dumps(header))
    partial.replace(task.path)
    return len(summaries)


def _sentences(recording: Recording, random: Random) -> Iterator[str]:
    words = " ".join(sample["input"] for sample in recording.samples).split()
    for _ in range(2000):
        yield " ".join(random.choices(words, k=17)).replace(".", "") + "."


class _Template:
    """A recorded sample and its summary, with places left for what differs between samples."""

    def __init__(self, sample: dict[str, Any], summary: dict[str, Any]) -> None:
        said = _escaped(sample["output"]["completion"])
        about = {"id": "@id@", "epoch": "@epoch@", "uuid": "@uuid@", "scores": "@scores@"}
        self.sample = json.dumps(sample | about).replace(said, "@text@")
        self.summary = json.dumps(summary | about)
        self.scores: dict[str, Any] = sample["scores"]
        self.letters = "ABCDEFGHIJ"[: len(sample["choices"])]
        self.target: str = sample["target"]

    def fill(self, id: str, epoch: int, sentences: list[str], random: Random) -> tuple[str, str]:
        """A sample and its summary as JSON."""
        said = random.choices(sentences, k=SENTENCES)
        letter = self.target if random.random() < 0.5 else random.choice(self.letters)
        text = f"<dx>\n{' '.join(said)}\n</dx>\n<conclusion>\n\\boxed{{{letter}}}\n</conclusion>"
        scores = self._scores(letter, epoch, random)
        starts = accumulate((len(one) + 1 for one in said[:11]), initial=text.index(said[0]))
        spans = [
            {"of": "claims", "start": start, "end": start + len(one), "text": one, "label": "supported"}
            for start, one in zip(starts, said, strict=False)
        ]
        places = {'"@epoch@"': str(epoch), "@id@": id, "@uuid@": f"{id}-{epoch}", "@text@": _escaped(text)}
        return (
            _filled(self.sample, places | {'"@scores@"': json.dumps(_with_spans(scores, spans))}),
            _filled(self.summary, places | {'"@scores@"': json.dumps(_with_spans(scores, REMOVED))}),
        )

    def _scores(self, letter: str, epoch: int, random: Random) -> dict[str, Any]:
        scores = {}
        for name, score in self.scores.items():
            metadata = score["metadata"] | {"epoch": epoch}
            if name == "answer":
                metadata |= {"shown_letter": letter, "vote": letter, "words": 1020, "stop_reason": "stop"}
                value: Any = "C" if letter == self.target else "I"
                scores[name] = score | {"value": value, "answer": letter, "metadata": metadata}
                continue
            numbers = {key: _number(key, random) for key in score["value"]}
            metadata |= {"words": 1020, "tally": {"returned": 12, "verified": 11, "repaired": 1, "rejected": {"x": 1}}}
            if random.random() < UNSCORED:
                metadata |= {"unscored": "unreadable: no JSON in the reply"}
                numbers = dict.fromkeys(numbers, nan)
            scores[name] = score | {"value": numbers, "metadata": metadata}
        return scores


def _number(key: str, random: Random) -> float:
    """A value that a metric can have."""
    match METRICS[key].form:
        case "any":
            return float(random.random() < 0.3)
        case "share":
            return round(random.random(), 3)
        case _:
            return float(random.randrange(8) + 20 * (key == "claims"))


def _with_spans(scores: dict[str, Any], spans: object) -> dict[str, Any]:
    judged = ((name, score) for name, score in scores.items() if name != "answer")
    return scores | {name: score | {"metadata": score["metadata"] | {"spans": spans}} for name, score in judged}


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _filled(template: str, places: dict[str, str]) -> str:
    for place, text in places.items():
        template = template.replace(place, text)
    return template


def write_study(folder: Path, share: float) -> None:
    """Write the logs that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    tasks = []
    for benchmark, questions in QUESTIONS.items():
        paths = {model: folder / f"2026-01-01T00-00-00+00-00_{benchmark}_{model}.eval" for model in MODELS}
        missing = {model: path for model, path in paths.items() if not path.exists()}
        if missing:
            with TemporaryDirectory() as small:
                recording = record(benchmark, Path(small))
            number = max(1, round(questions * share))
            tasks += [Task(path, benchmark, model, number, recording) for model, path in missing.items()]
    tasks.sort(key=lambda task: -task.questions)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(write_log, tasks))


def measured(folder: Path, cache: Path) -> dict[str, float]:
    """Read the study in a process of its own, and watch the memory of all its processes."""
    process = subprocess.Popen([sys.executable, "-c", READ, str(folder), str(cache)], stdout=subprocess.PIPE, text=True)
    done, peak = Event(), [0.0]

    def watch() -> None:
        root = psutil.Process(process.pid)
        while not done.wait(0.05):
            peak[0] = max(peak[0], sum(map(_memory, [root, *_children(root)])))

    watcher = Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(process.returncode)
    found: dict[str, float] = json.loads(output)
    return {name: round(value, 2) for name, value in found.items()} | {"peak_gigabytes": round(peak[0], 2)}


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1024**3
    except psutil.Error:
        return 0.0


def main(args: Namespace) -> None:
    """Measure and report."""
    with TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary) / "study"
        start = perf_counter()
        write_study(folder, args.share)
        written = perf_counter() - start
        cache = Path(temporary) / "cache"
        cold, cached = measured(folder, cache), measured(folder, cache)
        megabytes = sum(path.stat().st_size for path in folder.glob("*.eval")) / 1e6
        report(
            args.output,
            figure="cold reading of a study",
            value=cold["seconds"],
            unit="s",
            aim=f"under {COLD_SECONDS} s and {GIGABYTES} GB, from the cache under {CACHED_SECONDS} s",
            met=cold["seconds"] < COLD_SECONDS
            and cached["seconds"] < CACHED_SECONDS
            and max(cold["peak_gigabytes"], cached["peak_gigabytes"]) < GIGABYTES,
            n=1,
            cold=cold,
            cached=cached,
            log_megabytes=round(megabytes),
            writing_seconds=round(written, 1),
        )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--folder", type=Path, help="folder of the logs, kept, and used again if they are there")
    parser.add_argument("--share", type=float, default=1.0, help="share of each benchmark's questions (default: 1)")
    main(parser.parse_args())
