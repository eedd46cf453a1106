"""The `clinical-r1` command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clinical_r1.cli import main, parser
from clinical_r1.commands import EXAMPLES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--seeds", "0"], ["--seeds 0", "from 1"]),  # nothing to train
        (["demo", "-o", "{file}"], ["--output", "cannot be written"]),  # a file
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


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["demo", "--seeds", "many"]])
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


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("jud", {"judge"}),
        ("train crpo_k1", {"crpo_k1", "crpo_k10", "crpo_k10_unscaled", "crpo_k1_unscaled"}),
        ("judge logs --metrics cecd,ha", {"cecd,hallucination"}),  # what stands before the comma stays
        ("distil --prompt cr", {"crpo"}),
    ],
)
def test_tab_completes(typed: str, offered: set[str], tmp_path: Path) -> None:
    line = f"clinical-r1 {typed}"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    asked |= {"_ARGCOMPLETE_SUPPRESS_SPACE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "out")}
    subprocess.run([sys.executable, "-m", "clinical_r1.cli"], env=os.environ | asked, check=True)
    assert set((tmp_path / "out").read_text().splitlines()) == offered


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_help_has_an_example_that_is_understood(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command.split(), "--help"])
    assert stopped.value.code == 0
    assert f"example:\n  clinical-r1 {EXAMPLES[command]}" in capsys.readouterr().out
    assert callable(parser().parse_args(EXAMPLES[command].split()).run)
