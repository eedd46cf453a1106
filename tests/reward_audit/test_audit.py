"""The reward audit: known shares, intervals, input formats, the command, and what it refuses."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from clinical_r1.reports.figures.audit import figure, reading

from clinical_r1.cli import main
from clinical_r1.datasets import Question
from clinical_r1.errors import UserError
from clinical_r1.item import Item
from clinical_r1.reward_audit import Audit, audit, completions_to_audit
from clinical_r1.reward_audit.perturbations import PERTURBATIONS
from tests.running import ROOT, make_task, model_that_says, run_task
from tests.tables.answers import FOUR

STEMS = {
    "q1": "A man has fever, neck stiffness and photophobia. What is the diagnosis?",
    "q2": "A woman has wheezing, urticaria and hypotension after peanuts. What is the diagnosis?",
    "q3": "A child has jaundice, pruritus and pale stools since birth. What is the diagnosis?",
}
FINDINGS = {
    "q1": ("fever", "stiffness", "photophobia"),
    "q2": ("wheezing", "urticaria", "hypotension"),
    "q3": ("jaundice", "pruritus", "stools"),
}
BOX = r"\boxed{B}"


def answer(id: str, epoch: int = 1) -> str:
    """The second epoch invents its findings, the third refers to nothing."""
    first, second, third = FINDINGS[id] if epoch != 2 else ("clubbing", "haemoptysis", "hoarseness")
    prose = f"Given the {first} and the {second} above, it is B." if epoch != 3 else "It is B."
    return (
        f"<dx>The {first} and the {second} decide it. Note the {third} too.</dx><conclusion>{prose} {BOX}</conclusion>"
    )


def asked(id: str, stem: str, response: str) -> Item:
    return Item(id, 1, stem, FOUR, "B", response, "B", has_case=True, negated=False, facts=())


def completions(epochs: int = 1) -> list[Item]:
    return [asked(id, STEMS[id], answer(id, epoch)) for id in STEMS for epoch in range(1, epochs + 1)]


def line(found: Audit, perturbation: str, detector: str) -> Any:
    table = found.table
    [row] = table[(table.perturbation == perturbation) & (table.detector == detector)].itertuples()
    return row


KEPT = [
    # perturbation, presence, lexical, grounded, specific, released; reason
    ("box_only", 0, 0, 0, 0, 0, "no rule pays for the box alone"),
    ("keyword_bag", 1, 0, 0, 0, 1, "any text satisfies the released rule"),
    ("copy_analysis", 1, 0, 0, 0, 1, "so does a copy"),
    ("replace_by_other_script", 1, 0, 0, 0, 1, "and a foreign sentence"),
    ("delete_findings_from_conclusion", 1, 0, 0, 0, 1, "nothing is left to refer to"),
    ("delete_findings_from_analysis", 1, 0, 0, 0, 1, "nothing is left to refer to"),
    ("swap_findings", 1, 1, 0, 0, 1, "grounded and specific look at the question"),
    ("negate_reference", 1, 1, 1, 1, 1, "rules do not see truth"),
    ("duplicate_tags", 0, 0, 0, 0, 1, "the released format takes a tag twice"),
    ("boilerplate", 1, 1, 0, 0, 1, "a text for every question has words in common with itself"),
    ("stem_words", 1, 1, 0, 0, 1, "so has a list of usual words; none of them stands in these short stems"),
    ("other_case", 1, 1, 0, 0, 1, "and the answer to another question"),
    ("empty_analysis", 0, 0, 0, 0, 1, "the released format takes an empty section"),
    ("text_behind", 0, 0, 0, 0, 0, "every format ends with its last tag"),
    ("contradict", 1, 1, 1, 1, 1, "the findings are still there"),
    ("shuffle_sentences", 1, 1, 1, 1, 1, "the findings are still there"),
    ("pad", 1, 1, 1, 1, 1, "and when more is said"),
    ("append_other_script", 1, 1, 1, 1, 1, "in whatever script"),
]


@pytest.mark.parametrize(
    ("perturbation", "presence", "lexical", "grounded", "specific", "released", "why"), KEPT, ids=lambda v: str(v)[:20]
)
def test_what_keeps_the_bonus(
    perturbation: str, presence: int, lexical: int, grounded: int, specific: int, released: int, why: str
) -> None:
    found = audit(completions())
    expected = {"presence": presence, "lexical": lexical, "grounded": grounded, "specific": specific}
    for detector, kept in (expected | {"released": released}).items():
        row = line(found, perturbation, detector)
        assert (row.completions, row.with_bonus, row.kept) == (3, 3, kept), (detector, why)


def test_usual_words_of_stems_satisfy_grounded_and_not_specific() -> None:
    stem = (
        "A man has abdominal pain, fever, nausea and vomiting for 2 days. His temperature and pulse are high. His "
        "blood pressure is normal. Examination of heart and lungs shows no abnormality; the skin is yellow with "
        "excoriations and spider angiomata. What is it?"
    )
    text = "<dx>Excoriations and spider angiomata point to it.</dx><conclusion>So it is, by the angiomata and the "
    found = audit([asked("q", stem, f"{text}excoriations. {BOX}</conclusion>")])
    assert [line(found, "stem_words", detector).kept for detector in ("lexical", "grounded", "specific")] == [1, 1, 0]


def test_an_answer_that_is_taken_back_no_longer_counts() -> None:
    found = audit(completions())
    for perturbation in ("contradict", "text_behind"):
        rows = {d: line(found, perturbation, d) for d in ("presence", "specific", "released")}
        assert all((row.takes_back, row.right) == (True, 3) for row in rows.values())
        assert (rows["presence"].stays_right, rows["specific"].stays_right) == (0, 0)
        # The released code counts boxes: another one costs, words do not.
        assert rows["released"].stays_right == (perturbation == "contradict")
    assert line(found, "contradict", "specific").change == -10
    assert not line(found, "pad", "specific").takes_back


def test_the_unperturbed_rates_and_what_is_gained_or_not_applicable() -> None:
    found = audit(completions(epochs=3))
    assert (found.completions, found.questions, found.left_out) == (9, 3, 0)
    rates = {
        d: line(found, "duplicate_tags", d).bonus for d in ("presence", "lexical", "grounded", "specific", "released")
    }
    assert rates == pytest.approx(
        {"presence": 1, "lexical": 2 / 3, "grounded": 1 / 3, "specific": 1 / 3, "released": 1}
    )
    swapped = line(found, "swap_findings", "lexical")
    assert (swapped.completions, swapped.not_applicable) == (3, 6), "two epochs name no finding of the case"
    bag = line(found, "keyword_bag", "presence")
    assert (bag.without_bonus, pd.isna(bag.gained)) == (0, True), "a share of nothing is no number"
    assert line(found, "duplicate_tags", "lexical").change == pytest.approx(-1 - 0.5 * 2 / 3)


def test_what_is_wrong_with_the_format_stays_wrong_and_what_has_no_sections_is_counted() -> None:
    [first, *_] = completions()
    chatty, bare = replace(first, response=f"Sure! {first.response}"), replace(first, response=BOX)
    found = audit([chatty, bare])
    assert (found.completions, found.left_out) == (1, 1)
    row = line(found, "keyword_bag", "presence")
    assert (row.format, row.bonus, row.gained) == (0, 0, 0)
    assert audit([bare, *completions()], limit=2).completions == 2


def rows() -> list[dict[str, Any]]:
    return [
        {"id": c.id, "question": c.stem, "options": dict(c.options), "target": c.target, "completion": c.response}
        for c in completions()
    ]


def write_jsonl(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_every_form_of_input_gives_the_same_completions(tmp_path: Path) -> None:
    chat = [{**row, "completion": [{"role": "assistant", "content": row["completion"]}]} for row in rows()]
    text_options = [{**row, "options": json.dumps(row["options"])} for row in chat]
    pd.DataFrame(text_options).to_parquet(tmp_path / "completions.parquet")
    five = [*rows()[:2], {**rows()[2], "options": {**FOUR, "E": "Otitis"}}]  # parquet fills the others' E with null
    pd.DataFrame(five).to_parquet(tmp_path / "five.parquet")
    questions = [Question(id, stem, dict(FOUR), "B", {}) for id, stem in STEMS.items()]
    run_task(make_task(questions), model_that_says(lambda id, epoch: answer(id)), tmp_path / "logs")
    expected = completions()
    for name in ("logs", "completions.parquet"):
        assert list(completions_to_audit([tmp_path / name])) == expected, name
    for records in (rows(), chat, text_options):
        assert list(completions_to_audit([write_jsonl(tmp_path / "c.jsonl", records)])) == expected
    assert [len(c.options) for c in completions_to_audit([tmp_path / "five.parquet"])] == [4, 4, 5]
    nameless = write_jsonl(tmp_path / "c.jsonl", [{k: v for k, v in row.items() if k != "id"} for row in rows()])
    assert [c.id for c in completions_to_audit([nameless])] == list(STEMS.values())


def test_the_command_writes_the_same_bytes_for_the_same_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_jsonl(tmp_path / "c.jsonl", rows())
    for folder in ("one", "two"):
        assert main(["rewards", "audit", str(source), "-o", str(tmp_path / folder), "--seed", "4"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"report: {tmp_path / 'two' / 'audit.md'}"
    names = ["audit.csv", "audit.md", "audit.png", "audit.svg"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    text = (tmp_path / "one" / "audit.md").read_text(encoding="utf-8")
    assert text.strip() in printed
    assert "what `grounded` notices least is negate reference (kept in 1.00 of 3)" in text
    assert "## Still counts as the right answer, though the text takes it back" in text
    assert len(pd.read_csv(tmp_path / "one" / "audit.csv")) == len(KEPT) * 5


def test_the_reading_follows_the_numbers() -> None:
    table = audit(completions()).table
    better = table.assign(kept=table.kept.where(table.should_keep, 0.0), gained=0.0)
    said = reading(better)
    assert "0.00 under `presence`, 0.00 under `lexical`" in said
    assert said.endswith("no change earns a bonus that was not there.")
    assert reading(table.assign(kept=float("nan"))).startswith("No completion had the bonus")


def test_the_figure_shows_every_perturbation_and_detector() -> None:
    table = audit(completions()).table
    drawn = figure(table)
    labels = [label.get_text().split("\n")[0] for label in drawn.axes[0].get_yticklabels()]
    assert labels == [perturbation.name.replace("_", " ") for perturbation in PERTURBATIONS]
    [legend] = drawn.legends
    assert [text.get_text().split(" (")[0] for text in legend.get_texts()][1:] == list(table.detector.unique())


BAD = [
    (["missing.jsonl"], "missing.jsonl: no such file", "no such file"),
    (["missing.eval"], "missing.eval: no such file", "no such log"),
    (["c.txt"], "c.txt: allowed are .eval and .json logs", "another kind of file"),
    (["bare.jsonl"], "none of 1 completions has both sections", "nothing to perturb"),
    (["column.jsonl"], "column.jsonl:1: no target, question; a row has completion, target, options, question", "a column is missing"),
    (["target.jsonl"], "target.jsonl:1: target E is no option; allowed: A, B, C, D", "target and options disagree"),
    (["options.jsonl"], "options.jsonl:1: options: not JSON", "options that cannot be read"),
    (["list.jsonl"], "list.jsonl:1: options: allowed is a mapping", "options of another type"),
    (["number.jsonl"], "number.jsonl:1: completion: allowed is a text", "a completion of another type"),
    (["broken.jsonl"], "broken.jsonl:1: not JSON", "a broken line"),
    (["c.jsonl", "--detectors", "lexcal"], "detectors: lexcal is unknown; allowed: presence", "a typing mistake"),
    (["c.jsonl", "--limit", "0"], "--limit 0: allowed is a number from 1", "nothing to audit"),
    (["c.jsonl", "-o", "c.txt"], "c.txt: cannot be written", "a file where the folder should be"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message", "why"), BAD, ids=lambda value: str(value)[:30])
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    [row, *_] = rows()
    changed = {
        "c": row,
        "bare": {**row, "completion": BOX},
        "column": {key: row[key] for key in ("completion", "options")},
        "target": {**row, "target": "E"},
        "options": {**row, "options": "{"},
        "list": {**row, "options": ["a", "b"]},
        "number": {**row, "completion": 3},
    }
    for name, record in changed.items():
        write_jsonl(tmp_path / f"{name}.jsonl", [record])
    (tmp_path / "broken.jsonl").write_text("{\n")
    (tmp_path / "c.txt").write_text("")
    assert main(["rewards", "audit", *arguments]) == 2, why
    [said] = capsys.readouterr().err.splitlines()
    assert message in said, why


def test_one_question_has_no_other_patient() -> None:
    found = audit(completions()[:1])
    assert line(found, "swap_findings", "lexical").not_applicable == 1
    assert figure(found.table).axes
    with pytest.raises(UserError, match="no completion to audit"):
        audit([])


DOCS = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("shown", re.findall(r"^    clinical-r1 (rewards audit .+)$", DOCS, re.MULTILINE))
def test_a_shown_command_runs(shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = write_jsonl(tmp_path / "c.jsonl", rows())
    verb, action, _, *options = shown.split()
    assert main([verb, action, str(source), *options]) == 0
    assert (tmp_path / "audit" / "audit.md").exists()


def test_the_page_lists_every_perturbation() -> None:
    for perturbation in PERTURBATIONS:
        words = perturbation.name.replace("_", " ").replace("delete findings ", "")
        assert words in DOCS, perturbation.name
