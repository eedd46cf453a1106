"""Every command that README and docs show is run, with an embedded model on the vignettes where it names another."""

import doctest
import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from clinical_r1.evals.hints import hints

from clinical_r1.cli import main, parser
from clinical_r1.reward_audit import completions_to_audit
from clinical_r1.study.folder import read_folder
from tests.running import ROOT, evaluate, inspect, make_task, model_that_says, question, run_task
from tests.study_files import CASE, REASONED, answers_of, form_file, judged_by_rules

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def shown(start: str) -> set[str]:
    """Distinct commands of the pages and of the files' docstrings; a backslash continues a line."""
    files = (*PAGES, *sorted((ROOT / "evals").glob("*.py")), *sorted((ROOT / "judges").glob("*.py")))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    joined = re.sub(r"\s*\\\\?\n\s+", " ", text)
    return set(re.findall(rf"^    ({start} .+)$", joined, re.MULTILINE))


def shown_evaluations() -> list[str]:
    return sorted({offline(line) for line in shown("inspect eval")})


def shown_judgements() -> list[str]:
    """The `inspect score` lines, with rules in place of a grader; the world's are tested with a world."""
    lines = {re.sub(r"--model-role (?:'[^']*'|\S+)", "-S backend=rules", line) for line in shown("inspect score")}
    return sorted(line for line in lines if "world" not in line and "..." not in line)


def offline(command: str) -> str:
    """The command with an embedded model and the bundled vignettes, two samples of them, all else as shown."""
    if "judge_bench" in command:
        return re.sub(r" --model-role \S+| -T (?:card|n|backend)=\S+", "", command) + " -T backend=rules -T n=6"
    command = re.sub(r"--model \S+", "--model clinical_r1/baseline-random", command)
    command = re.sub(r" -T (?:log|other|edits)=\S+| --log-dir \S+", "", command)  # probes evaluate first
    if "-T dataset=" not in command:
        command += " -T dataset=vignettes"
    return f"{command} --limit 2"


@pytest.mark.parametrize("command", sorted(shown("clinical-r1")))
def test_a_shown_command_is_understood(command: str) -> None:
    """Its names and options are those that there are; what it does is tested where the command is."""
    arguments = parser().parse_args(shlex.split(command, comments=True)[1:])
    assert callable(arguments.run)


def test_the_pages_show_evaluations_of_every_benchmark() -> None:
    together = " ".join(shown_evaluations())
    assert all(name in together for name in ("medqa", "medmcqa", "medxpertqa", "judge_bench"))
    assert all(name in " ".join(shown_judgements()) for name in ("grounding", "behaviours"))


@pytest.mark.parametrize("command", shown_evaluations())
def test_a_shown_evaluation_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)[1:]
    done = inspect(*words, "--log-dir", str(tmp_path), cwd=ROOT)
    assert done.returncode == 0, done.stderr or done.stdout
    tasks = [word for word in words if word.startswith(("clinical_r1/", "evals/")) and "baseline" not in word]
    assert len(list(tmp_path.glob("*.eval"))) == len(tasks)


@pytest.fixture(scope="module")
def judged_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    words = ("evals/medqa.py", "--model", "clinical_r1/baseline-overlap", "-T", "dataset=vignettes", "--limit", "2")
    evaluate(*words, folder=folder, cwd=ROOT)
    [log] = folder.glob("*.eval")
    return log


@pytest.mark.parametrize("command", shown_judgements())
def test_a_shown_judgement_runs(command: str, judged_log: Path, tmp_path: Path) -> None:
    log = shutil.copy(judged_log, tmp_path / "log.eval")
    words = [str(log) if word == "LOG" else word for word in shlex.split(command)[1:]]
    done = inspect(*words, cwd=ROOT)
    assert done.returncode == 0, done.stderr or done.stdout


# --- a day with three checkpoints -------------------------------------------------------------------------------------
DAY = ("plan", "study plan", "study new", "study import", "study report", "report", "compare", "rewards audit")
"""What is done with logs, in this order; `world`, `train` and `distil` are run, smaller, where they are tested."""


def shown_day() -> list[str]:
    lines = [line for start in DAY for line in sorted(shown(f"clinical-r1 {start}"))]
    return [line.removeprefix("clinical-r1 ") for line in lines]


def forty_cases(folder: Path) -> None:
    """Logs of three checkpoints, judged by rules: forty cases, in the words of two models."""
    cases = [
        replace(question(f"q{n:02d}", target="BCA"[n % 3], has_case=True, body_system=("Heart", "Lungs")[n % 2],
                         question_type=("Drugs", "Diagnosis")[n % 2]), stem=CASE.format(n))
        for n in range(40)
    ]  # fmt: skip
    for place, name in enumerate(("cold_start", "grpo", "crpo")):
        task = make_task(cases)
        task.metadata = {**(task.metadata or {}), "checkpoint": name}
        said = {(case.id, 1): REASONED[(n * (place + 1) // 4) % 2] for n, case in enumerate(cases)}
        run_task(judged_by_rules(task), model_that_says(said), folder / name)


@pytest.mark.exhaustive
def test_the_shown_commands_on_logs_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, in a folder with `logs` (also called `judged` and `trial`) and the raters' answers."""
    monkeypatch.chdir(tmp_path)
    forty_cases(tmp_path / "logs")
    for name in ("judged", "trial"):
        (tmp_path / name).symlink_to("logs")
    [log] = (tmp_path / "logs/crpo").glob("*.eval")
    run_task(hints(log=str(log)), model_that_says(lambda id, epoch: REASONED[0]), tmp_path / "probes")
    renamed = {"response": "completion", "stem": "question"}
    frame = pd.DataFrame(completions_to_audit([log])).rename(columns=renamed)
    frame.assign(options=[json.dumps(dict(one)) for one in frame["options"]]).to_parquet("completions.parquet")
    for line in shown_day():
        words = [str(log) if word == "LOG" else word for word in shlex.split(line, comments=True)]
        words = [
            found for word in words for found in (sorted(map(str, tmp_path.glob(word))) if "*" in word else [word])
        ]
        if line.startswith("study new"):
            shutil.rmtree("study", ignore_errors=True)
        assert main(words) == 0, line
        if line.startswith("study new"):
            folder = read_folder(tmp_path / "study")
            (tmp_path / "answers").mkdir(exist_ok=True)
            for rater in folder.protocol.orders:
                form_file(tmp_path / f"answers/{rater}.json", answers_of(folder, rater))
    assert "corrected" in (tmp_path / "report/index.html").read_text(encoding="utf-8")
    for page in ("study/report", "report", "comparison"):
        assert (tmp_path / page / "index.html").is_file()
    assert (tmp_path / "audit/audit.csv").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_the_pages_give_what_they_show(page: Path) -> None:
    assert doctest.testfile(str(page), module_relative=False).failed == 0


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:^    |`)make ([a-z-]+)", readme, re.MULTILINE)
    assert set(named) >= {"demo", "test", "check"}
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named)


# --- links ------------------------------------------------------------------------------------------------------------
def links(page: Path) -> list[str]:
    """Targets of the page's links and pictures, without those that lead out of the project and those shown as code."""
    text = re.sub(r"```.*?```|^    .*?$|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """Names that GitHub gives to the page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_page_is_in_the_index() -> None:
    named = {target.partition("#")[0] for target in links(ROOT / "docs/index.md")}
    assert {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"index.md"} <= named
    assert "docs/index.md" in links(ROOT / "README.md")
