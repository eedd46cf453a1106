"""Every command that README and docs show is run, with an embedded model on the vignettes where it names another."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def shown_evaluations() -> list[str]:
    """Distinct `inspect eval` lines of the pages and of the benchmark files' docstrings."""
    texts = [page.read_text(encoding="utf-8") for page in (*PAGES, *sorted((ROOT / "evals").glob("*.py")))]
    lines = [line for text in texts for line in re.findall(r"^    (inspect eval .+)$", text, re.MULTILINE)]
    return sorted({offline(line) for line in lines})


def offline(command: str) -> str:
    """The command with an embedded model and the bundled vignettes, two samples of them, all else as shown."""
    command = re.sub(r"--model \S+", "--model clinical_r1/baseline-random", command)
    if "-T dataset=" not in command:
        command += " -T dataset=vignettes"
    return f"{command} --limit 2 --display none"


def test_the_pages_show_evaluations_of_every_benchmark() -> None:
    shown = " ".join(shown_evaluations())
    assert all(name in shown for name in ("medqa", "medmcqa", "medxpertqa"))


@pytest.mark.parametrize("command", shown_evaluations())
def test_a_shown_evaluation_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "inspect_ai", *words, "--log-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    assert len(list(tmp_path.glob("*.eval"))) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_the_pages_give_what_they_show(page: Path) -> None:
    assert doctest.testfile(str(page), module_relative=False).failed == 0


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(named) >= {"demo", "test", "check"}
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named)
