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
        (["report", "{file}", "-o", "{logs}"], ["--output", "holds logs"]),  # among which a page would be lost
        (["rewards", "words", "medqua={file}"], ["medqua=", "medqa, medmcqa, medxpertqa (nearest: medqa)"]),
        (["plan", "--metric", "acuracy"], ["--metric acuracy", "accuracy (the nearest of 14)"]),
        (["study", "plan", "--width-of", "kapa"], ["--width-of kapa", "(nearest: kappa)"]),
        (
            ["distil", "--teacher", "x/y", "-o", "{file}.d", "--keep", "wellformed"],
            ["--keep", "(nearest: well-formed)"],
        ),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_exit_code_2(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "x.eval").write_text("")
    paths = {name: tmp_path / name for name in ("file", "logs")}
    assert main([argument.format(**paths) for argument in arguments]) == 2
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


NEAR = {
    "evaluate logs": "type: inspect eval clinical_r1/medqa --model MODEL",  # what Inspect does
    "score logs": "type: clinical-r1 judge LOG",
    "reprot logs": "reprot: allowed are demo, judge, report, compare, plan, study, train, experiment, rollouts, distil, "
    "rewards, world (nearest: report)",
    "study pln": "(nearest: plan)",  # of a command of commands
    "study new x -o y --draw activ": "argument --draw: activ: allowed are stratified, active (nearest: active)",
    "train crpo --dryrun": "clinical-r1 train: error: unrecognized arguments: --dryrun (nearest: --dry-run)",
    "study plan --minuts=6": "clinical-r1 study plan: error: unrecognized arguments: --minuts=6 (nearest: --minutes)",
}


@pytest.mark.parametrize("typed", NEAR)
def test_a_slip_on_the_command_line_names_what_is_nearest(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(typed.split())
    assert stopped.value.code == 2
    assert NEAR[typed] in capsys.readouterr().err


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
        ("train crpo_k1", {"crpo_k1", "crpo_k10_unscaled", "crpo_k1_unscaled"}),
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
