"""Time and memory of a second pass over a big log: both judges on the rules backend, read piece by piece.

The log is made: one small evaluation of the embedded model, its samples repeated under new ids with 1,000-word
responses. Then `inspect score --stream` appends `grounding` and `behaviours`, each in a process of its own.

    python benchmarks/judge_pass.py
    python benchmarks/judge_pass.py --samples 1000
"""

import resource
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from _report import arguments, report
from inspect_ai import eval
from inspect_ai.log import EvalLog, write_eval_log

GIGABYTES = 2
WORDS = 1000
ROOT = Path(__file__).resolve().parents[1]
STREAM = 200


def big_log(folder: Path, samples: int) -> Path:
    """Write a log of so many samples, with responses of `WORDS` words."""
    [small] = eval(
        "evals/medqa.py",
        model="clinical_r1/baseline-overlap",
        task_args={"dataset": "vignettes"},
        log_dir=str(folder / "small"),
        display="none",
    )
    log: EvalLog = small.model_copy(deep=True)
    originals = list(small.samples or [])
    log.samples = []
    for number in range(samples):
        sample = originals[number % len(originals)].model_copy(deep=True)
        sample.id, sample.uuid = f"{sample.id}-{number:06d}", None
        text = sample.output.completion
        sample.output.choices[0].message.content = text.replace("</dx>", f" {filler(text)}</dx>")
        log.samples.append(sample)
    log.eval.dataset.sample_ids = [sample.id for sample in log.samples]
    log.eval.dataset.samples = samples
    if log.results:
        log.results.total_samples = log.results.completed_samples = samples
    path = folder / "big.eval"
    write_eval_log(log, str(path))
    return path


def filler(text: str) -> str:
    """Sentences of the response again, differently numbered, up to `WORDS` words."""
    words = text.replace("<", " ").replace(">", " ").split()
    said = [" ".join(words[at : at + 15]) for at in range(0, len(words), 15)]
    lines: list[str] = []
    count = 0
    while count < WORDS:
        lines.append(f"Point {len(lines)}: {said[len(lines) % len(said)]}.")
        count += 17
    return " ".join(lines)


def main(args: Namespace) -> None:
    """Measure and report."""
    with TemporaryDirectory() as name:
        path = big_log(Path(name), args.samples)
        seconds = {}
        for judge in ("grounding", "behaviours"):
            judged = path.with_name(f"{judge}.eval")
            start = perf_counter()
            command = [sys.executable, "-c", "from inspect_ai._cli.main import main; main()", "score", str(path)]
            scorer = ["--scorer", f"judges/{judge}.py@{judge}", "-S", "backend=rules", "--model", "none/none"]
            options = ["--action", "append", "--stream", str(STREAM), "--output-file", str(judged), "--display", "none"]
            subprocess.run([*command, *scorer, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            seconds[judge] = round(perf_counter() - start, 1)
            path = judged
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        report(
            args.output,
            figure="peak memory of a judging pass over a big log",
            value=peak,
            unit="GB",
            aim=f"under {GIGABYTES}",
            met=peak < GIGABYTES,
            n=args.samples,
            seconds=seconds,
            log_megabytes=round(path.stat().st_size / 1e6),
            stream=STREAM,
        )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--samples", type=int, default=25_000, help="samples of the log (default: 25000)")
    main(parser.parse_args())
