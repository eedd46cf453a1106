"""`clinical-r1 report` and `compare`, end to end over real logs."""

import json
import re
import shutil
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from clinical_r1.cli import main
from tests.running import ROOT, make_task, model_that_says, question, run_task, said
from tests.study_files import MODELS, baseline_logs


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a model: MedQA vignettes, two votes, judged by rules."""
    return Path(shutil.copytree(baseline_logs(), tmp_path_factory.mktemp("logs") / "logs"))


@pytest.fixture(scope="module")
def report(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("report") / "out"
    card = ROOT / "cards" / "rules" / "judge_card.json"
    with redirect_stdout(StringIO()) as printed:
        assert main(["report", str(logs), "-o", str(output), "--resamples", "200", "--judge-card", str(card)]) == 0
    assert printed.getvalue().strip().splitlines()[-1] == f"report: {output / 'index.html'}"
    assert "this compares two checkpoints" in printed.getvalue()
    return output


def test_a_report_has_page_tables_figures_and_all_numbers(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    assert "baseline-overlap" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page), "nothing is fetched"
    linked = set(re.findall(r'href="((?:tables|figures)/[^"]+)"', page))
    assert {Path(name).suffix for name in linked} >= {".csv", ".md", ".tex", ".svg", ".png"}
    assert [name for name in linked if not (report / name).is_file()] == []
    assert not list(report.rglob("*.partial"))


def test_every_number_has_its_n_interval_and_method(report: Path) -> None:
    found = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert found["about"]["verdict"]["title"]
    for name, beside in (("accuracy", "value"), ("estimates", "value"), ("paired", "difference")):
        rows = [row for row in found["tables"][name] if row["n"]]
        assert rows
        assert all({"low", "high", "n", "method"} <= row.keys() and row["method"] for row in rows), name
        assert all(row[beside] is not None for row in rows), name
    [random, overlap] = [row["value"] for row in found["tables"]["accuracy"] if row["quantity"] == "parsed"]
    assert random == overlap == 1.0


def test_the_csv_of_a_table_holds_the_numbers_of_the_json(report: Path) -> None:
    found = json.loads((report / "results.json").read_text(encoding="utf-8"))
    frame = pd.read_csv(report / "tables" / "accuracy.csv")
    assert frame["value"].to_list() == pytest.approx([row["value"] for row in found["tables"]["accuracy"]])


def test_the_same_logs_give_the_same_bytes(
    logs: Path, report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["report", str(logs), "-o", str(tmp_path), "--resamples", "200"]) == 0
    assert "comparing 2 runs, " in (shown := capsys.readouterr().err), "who waits before a terminal knows for what"
    assert "writing the page" in shown
    for name in ("tables/differences.csv", "figures/accuracy.svg", "figures/differences.svg"):
        assert (tmp_path / name).read_bytes() == (report / name).read_bytes(), name


def test_compare_puts_the_second_side_minus_the_first(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = ["--a", str(logs / MODELS[0]), "--b", str(logs / MODELS[1])]
    assert main(["compare", *sides, "-o", str(tmp_path), "--resamples", "200", "--samples", "3"]) == 0
    assert "baseline-overlap against baseline-random: better\nbaseline-overlap cites" in capsys.readouterr().out
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    [row] = [row for row in found["tables"]["paired"] if row["metric"] == "answer"]
    means = {row["checkpoint"]: row["value"] for row in found["tables"]["accuracy"] if row["quantity"] == "accuracy"}
    assert row["difference"] == pytest.approx(means[MODELS[1]] - means[MODELS[0]])


REFUSED = {
    "an unknown baseline": (["report", "LOGS", "--baseline", "gpt"], "--baseline gpt: no such checkpoint; there are baseline-"),
    "an unknown benchmark": (["report", "LOGS", "--benchmarks", "medqa,usmle"], "--benchmarks usmle: not in these logs; there are medqa"),
    "an unknown stratum": (["report", "LOGS", "--by", "colour"], "--by colour: allowed are correct, has_case"),
    "an unknown judge": (["report", "LOGS", "--judge", "gpt-5"], "gpt-5"),
    "no such folder": (["report", "nowhere"], "nowhere: no such file or folder"),
    "a card that is none": (["report", "LOGS", "--judge-card", "pyproject.toml"], "pyproject.toml: not a judge card"),
    "no training record": (["report", "LOGS", "--training", "docs"], "--training docs: no record.csv in it"),
    "one run on both sides": (["compare", "--a", "LOGS", "--b", "LOGS"], "this run is on both sides"),
    "seeds that are not known": (
        ["compare", "--a", f"LOGS/{MODELS[0]}", "--b", f"LOGS/{MODELS[1]}", "--paired-seeds"],
        f"--paired-seeds: the training seed of {MODELS[0]} on medqa is not known",
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_what_a_user_can_mend_is_one_line_and_exit_code_2(
    reason: str, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    given, said_so = REFUSED[reason]
    words = [word.replace("LOGS", str(logs)) for word in given]
    assert main([*words, "-o", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    [complaint] = [line for line in lines if not line.startswith("reading logs")]  # a bar, if that takes a second
    assert said_so in complaint
    assert not (tmp_path / "out" / "index.html").exists()


def test_an_unfinished_log_is_shown_with_its_share_or_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def reply(id: str, epoch: int) -> str:
        if id == "q3":
            raise RuntimeError("the server was gone")
        return r"\boxed{C}"

    task = make_task([question(f"q{number}") for number in range(4)])
    run_task(task, model_that_says(reply), tmp_path / "logs", fail_on_error=False)
    capsys.readouterr()
    assert main(["report", str(tmp_path / "logs"), "-o", str(tmp_path / "out")]) == 0
    accuracy = pd.read_csv(tmp_path / "out" / "tables" / "accuracy.csv").set_index("quantity")
    assert accuracy.loc["accuracy", "value"] == 1.0, "a sample that failed is no wrong answer"
    assert accuracy.loc["accuracy", "unscored"] == 1


def test_hostile_text_stays_in_its_box_and_off_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "<script>document.title='x'</script>\x1b[2J" + r"\boxed{C}"
    for name in ("a", "b"):
        task = make_task([question(f"q{n}", target="C" if n else "A") for n in range(3)])
        task.metadata = {**(task.metadata or {}), "checkpoint": f"<b>{name}</b>\x1b[31m"}
        run_task(task, model_that_says(lambda id, epoch: said(nasty)), tmp_path / name)
    capsys.readouterr()
    sides = ["--a", str(tmp_path / "a"), "--b", str(tmp_path / "b")]
    assert main(["compare", *sides, "-o", str(tmp_path / "out")]) == 0
    assert "\x1b" not in capsys.readouterr().out
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "<script>document.title" not in page
    assert "<b>a</b>" not in page
    assert "\x1b" not in page


def test_a_report_does_not_depend_on_the_folder_of_the_logs(logs: Path, report: Path, tmp_path: Path) -> None:
    shutil.copytree(logs, tmp_path / "moved")
    assert main(["report", str(tmp_path / "moved"), "-o", str(tmp_path / "out"), "--resamples", "200"]) == 0
    assert (tmp_path / "out/tables/differences.csv").read_bytes() == (report / "tables/differences.csv").read_bytes()
