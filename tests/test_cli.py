"""The `clinical-r1` command."""

import subprocess
import sys
from pathlib import Path

import pytest

from clinical_r1.cli import main


def test_the_demo_prints_its_table_and_ends_with_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--quick", "--votes", "2", "-o", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"report: {tmp_path / 'report.md'}"
    rows = [line.split() for line in lines if line.startswith("medqa")]
    assert [row[1] for row in rows] == ["baseline-random", "baseline-longest", "baseline-overlap"]
    assert all(row[2:4] == ["24", "2"] for row in rows)  # questions and votes stand beside every accuracy
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert report.count("| medqa |") == 3
    assert "inspect eval-set clinical_r1/medqa" in report
    assert not list(tmp_path.glob("*.partial"))
    logs = {path.name: path.stat().st_mtime for path in tmp_path.rglob("*.eval")}
    assert main(["demo", "--quick", "--votes", "2", "-o", str(tmp_path)]) == 0
    again = {path.name: path.stat().st_mtime for path in tmp_path.rglob("*.eval")}
    assert again == logs  # what is finished is not paid for twice


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--votes", "0"], ["--votes 0", "from 1"]),  # a vote of nobody
        (["demo", "-o", "{file}/x"], ["--output", "cannot be written"]),  # below a file
    ],
)
def test_what_the_user_can_mend_is_one_line_and_exit_code_2(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main([argument.format(file=tmp_path / "file") for argument in arguments]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert all(word in message for word in words)


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["demo", "--votes", "many"]])
def test_a_wrong_command_line_shows_the_usage(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clinical_r1.cli", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: clinical-r1")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, clinical_r1.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"inspect_ai", "pandas", "numpy", "torch", "datasets", "matplotlib"} & set(
        eval(done.stdout.splitlines()[-1])
    )
