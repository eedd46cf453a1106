"""The planted-truth bench: what is planted is there, and a judge of known quality gets the score it deserves."""

import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from inspect_ai.log import EvalLog

from clinical_r1.choices import extract_answer
from clinical_r1.datasets.wording import has_case, negated
from clinical_r1.errors import UserError
from clinical_r1.judging.bench import content
from clinical_r1.judging.bench.card import (
    ALL,
    NOT_JUDGED,
    Call,
    Card,
    Record,
    as_data,
    make_card,
    make_record,
    markdown,
    read_record,
    write_card,
)
from clinical_r1.judging.bench.cases import NONE_OF_THESE, make_case, swapped
from clinical_r1.judging.bench.content import medicine
from clinical_r1.judging.bench.controls import CONTROLS
from clinical_r1.judging.bench.make import ALL_METRICS, BenchItem, make_bench
from clinical_r1.judging.bench.pieces import marked
from clinical_r1.judging.bench.score import CHANGED, LINES, Hits, hits, line_score, number_hits
from clinical_r1.judging.counting import count
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection
from clinical_r1.judging.judge import Judged
from clinical_r1.judging.rules import judge_by_rules
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import METRICS_OF
from tests.running import ROOT, inspect, metrics, model_that_says, only_log, run_task

BENCH = make_bench(300)
PLAIN = [one for one in BENCH if one.control is None]
NOTHING = Found((), (), (), ())


def controls(name: str) -> list[BenchItem]:
    return [one for one in BENCH if one.control == name]


@cache
def twins() -> tuple[BenchItem, ...]:
    return tuple(one for seed in range(4) for one in make_bench(126, seed, ("twins",)))


def card(judge, bench=BENCH, asked=METRICS_OF) -> Card:
    """The card of a judge that is a function from an item to what it finds."""
    records = [
        make_record(one, {name: Judged({}, judge(one), {"judge": "made up"}) for name in asked}, asked) for one in bench
    ]
    return make_card(records, {"backend": "test", "date": "2026-01-01"})


# --- what is planted --------------------------------------------------------------------------------------------------
def test_every_planted_span_is_a_slice_of_the_response() -> None:
    for one in (*BENCH, *twins()):
        found = [*one.truth.citations, *one.truth.rejections, *one.truth.claims, *one.truth.steps]
        spans = [instance.span for instance in found] + [step.second for step in one.truth.steps if step.second]
        for span in spans:
            assert one.item.response[span.start : span.end] == span.text
            assert span.text.strip() == span.text
            assert span.text
        assert all(0 <= place.start < place.end <= len(one.item.response) for place in one.open)


def test_facts_are_slices_of_the_stem_and_do_not_overlap() -> None:
    for one in (*BENCH, *twins()):
        ends = [0]
        for fact in one.item.facts:
            assert one.item.stem[fact.start : fact.end] == fact.text
            assert fact.start >= ends[-1]
            ends.append(fact.end)
        assert bool(one.item.facts) == one.item.has_case


def test_counting_the_truth_gives_what_was_planted() -> None:
    for one in (*PLAIN, *twins()):
        counts = count(one.truth, one.item, ALL_METRICS)
        assert counts.found == one.truth, one.item.id
        assert not any(counts.flags.values())
        reasons = Counter(r.reason for r in one.truth.rejections if r.option != one.item.target)
        assert counts.values["drc"] == reasons["case_fact"] + reasons["medical_fact"]
        if one.item.has_case:
            assert counts.values["cecd"] == len(one.truth.citations)


def test_a_loop_counts_once_and_a_restatement_not_at_all() -> None:
    assert controls("loop")
    for one in controls("loop"):
        distinct = {(citation.fact, citation.span.text) for citation in one.truth.citations}
        assert len(one.counted.citations) == len(distinct) < len(one.truth.citations)
    assert controls("restatement")
    for one in controls("restatement"):
        assert len(one.truth.citations) == len(one.item.facts)
        assert one.counted.citations == ()


@pytest.mark.parametrize("control", ["injection", "stuffing", "filler", "empty"])
def test_nothing_is_planted_in_most_controls(control: str) -> None:
    assert controls(control)
    assert all(one.truth == NOTHING for one in controls(control))


def test_lookalikes_are_hallucinations_and_no_citations() -> None:
    for one in controls("lookalikes"):
        assert len(one.truth.claims) >= 5
        assert {claim.label for claim in one.truth.claims} == {"contradicts"}
        assert one.truth.citations == ()


def test_the_bench_has_every_control_every_level_and_every_kind() -> None:
    assert {one.control for one in BENCH} == {None, *CONTROLS}
    assert Counter(one.level for one in BENCH) == {"easy": 100, "medium": 100, "hard": 100}
    assert {one.asks for one in PLAIN} == {"case", "recall", "except"}
    assert any(NONE_OF_THESE in one.item.options.values() for one in PLAIN)
    assert {one.item.answer == one.item.target for one in PLAIN} == {True, False}
    for level in ("easy", "medium", "hard"):
        rows = [hits(one, one.truth) for one in PLAIN if one.level == level]
        for key in LINES:
            assert sum(row[key].true for row in rows if key in row) >= 15, (level, key)


def test_the_wording_says_what_the_item_says() -> None:
    for one in (*BENCH, *twins()):
        assert has_case(one.item.stem) == one.item.has_case, one.item.stem
        assert negated(one.item.stem) == one.item.negated, one.item.stem
        assert extract_answer(one.item.response, one.item.options).letter == one.item.answer, one.item.response


def test_nothing_is_said_twice_or_of_a_wrong_kind() -> None:
    for one in (*PLAIN, *twins()):
        facts = Counter(citation.fact for citation in one.truth.citations)
        assert max(facts.values(), default=1) == 1
        for rejection in one.truth.rejections:
            assert rejection.option != one.item.answer
            if rejection.reason in ("case_fact", "medical_fact"):
                assert rejection.option != one.item.target
        for claim in one.truth.claims:
            if claim.label == "invented":
                assert claim.span.text not in one.item.stem


def test_a_bare_rejection_stands_alone_between_sentences_about_nothing() -> None:
    checked = 0
    for one in PLAIN:
        for rejection in one.truth.rejections:
            if rejection.reason == "bare":
                [paragraph] = [p for p in one.item.response.split("\n\n") if rejection.span.text in p]
                assert not any(c.span.text in paragraph for c in (*one.truth.citations, *one.truth.claims))
                checked += 1
    assert checked > 50


def test_no_invented_fact_is_in_any_case() -> None:
    texts = [finding for group in medicine().groups for condition in group for finding in condition.findings]
    assert not {*medicine().invented} & {*texts}
    assert not any(phrase in one.item.stem for one in BENCH for phrase in medicine().invented)


def test_hallmarks_belong_to_one_diagnosis_of_a_group() -> None:
    for group in medicine().groups:
        for condition in group:
            others = {finding for other in group if other is not condition for finding in other.findings}
            assert not {*condition.hallmarks} & others


def test_contradictions_differ_from_the_fact() -> None:
    for seed in range(40):
        for fact in make_case(Random(seed), "case").facts:
            assert fact.against
            assert not {*fact.against} & {fact.text, *fact.names, *fact.others}


def test_a_damaged_table_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "table.yaml").write_text("groups: []\nbackground: {}\ninvented: [1]\nunverifiable: []\nswaps: []")
    monkeypatch.setattr(content, "__file__", str(tmp_path / "content.py"))
    for name, said in (("table.yaml", r"table.yaml: invented.0: .* valid string$"), ("none.yaml", "cannot be read")):
        with pytest.raises(UserError, match=said):
            content._read(name, content.Medicine)


@pytest.mark.parametrize(
    ("phrase", "other"),
    [
        ("swelling of the left calf", "swelling of the right calf"),  # side
        ("hyperpigmentation", "hypopigmentation"),  # prefix
        ("a high-pitched sound", "a low-pitched sound"),
        ("fever", None),  # no look-alike
        ("a bright rash", None),  # "right" only as a part of a word
    ],
)
def test_lookalike_words(phrase: str, other: str | None) -> None:
    assert swapped(phrase) == other


def test_marks_may_be_nested() -> None:
    text, marks = marked("[s if [c0 fever], then]. [t so be it].")
    assert text == "If fever, then. So be it."
    assert [(mark.name, text[mark.start : mark.end]) for mark in marks] == [
        ("s", "If fever, then"),
        ("c0", "fever"),
        ("t", "So be it"),
    ]


# --- twins ------------------------------------------------------------------------------------------------------------
def test_a_twin_cites_its_new_value_or_speaks_against_the_case() -> None:
    def numbers(text: str) -> list[str]:
        return re.findall(r"\d[\d.,/]*", text)

    for at, one in enumerate(twins()):
        fact = one.item.facts[one.changed - 1].text
        cited = [citation.span.text for citation in one.truth.citations if citation.fact == one.changed]
        contradicted = [claim.span.text for claim in one.truth.claims if claim.label == "contradicts"]
        assert fact not in contradicted
        if at % 2:
            assert [fact] == cited or [numbers(fact)] == [numbers(text) for text in cited] != [[]], one.item.id
        else:
            assert not cited
            assert contradicted
        for rejection in one.truth.rejections:
            rests = any(rejection.span.overlaps(citation.span) for citation in one.truth.citations)
            assert rests == (rejection.reason == "case_fact"), one.item.id


def test_who_does_not_read_values_errs_in_one_half_of_the_twins() -> None:
    def of_changed(judge) -> tuple[float, float]:
        line = card(judge, twins()[:100]).lines["twins"][CHANGED]
        return line.precision.value, line.recall.value

    def by_topic(one: BenchItem) -> Found:
        whole = Span(0, len(one.item.response), one.item.response, False)
        return replace(one.truth, citations=(Citation(whole, one.changed),))

    def suspicious(one: BenchItem) -> Found:
        return replace(one.truth, citations=tuple(c for c in one.truth.citations if c.fact != one.changed))

    assert of_changed(lambda one: one.truth) == (1, 1)
    assert of_changed(by_topic) == (0.5, 1)
    assert of_changed(suspicious)[1] == 0
    assert "a twin changed" in markdown(card(by_topic, twins()[:4]))
    assert CHANGED not in card(by_topic, BENCH[:4]).lines[ALL]


# --- same arguments, same items ---------------------------------------------------------------------------------------
def test_the_same_seed_gives_the_same_items_and_another_one_others() -> None:
    assert make_bench(300) == BENCH
    assert make_bench(30) == BENCH[:30]
    assert make_bench(9, levels=("twins",)) == twins()[:9]
    assert make_bench(20, levels=("hard",)) == tuple(one for one in BENCH if one.level == "hard")[:20]
    assert not {one.item.response for one in make_bench(30, seed=1) if one.item.response} & {
        one.item.response for one in BENCH
    }


@pytest.mark.parametrize(("args", "said"), [({"n": 0}, "n=0"), ({"levels": ("odd",)}, "level=odd")])
def test_wrong_arguments_are_named(args: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        make_bench(**args)


# --- judges of known quality ------------------------------------------------------------------------------------------
def test_the_truth_itself_is_perfect() -> None:
    found = card(lambda one: one.truth)
    for level in found.lines.values():
        for line in level.values():
            assert (line.precision.value, line.recall.value, line.f1.value, line.bias.value) == (1, 1, 1, 0)
            assert line.f1.low == line.f1.high == 1
    assert all(control.per_response.value == 0 for control in found.controls.values())


def test_a_judge_that_finds_nothing_has_no_recall_and_a_negative_bias() -> None:
    found = card(lambda one: NOTHING)
    for key, line in found.lines[ALL].items():
        assert line.recall.value == line.f1.value == 0
        assert line.precision.value != line.precision.value  # nothing found, so no precision
        assert line.bias.value == pytest.approx(-line.true / line.items), key
        assert line.bias.high < 0


def test_a_noisy_judge_gets_its_error_rates_back() -> None:
    inside = [hit for seed in range(4) for hit in recovered(Random(seed))]
    assert sum(inside) >= 0.85 * len(inside)  # of 95 % intervals; 28 of 32 is the fewest that chance makes likely


def recovered(random: Random) -> list[bool]:
    """Whether each known rate lies in the card's interval for it."""

    def noisy(one: BenchItem) -> Found:
        facts = len(one.item.facts)
        kept = [citation for citation in one.truth.citations if random.random() < 0.7]
        wrong = [replace(c, fact=c.fact % facts + 1) for c in kept if random.random() < 0.2]
        claims = [claim for claim in one.truth.claims if random.random() < 0.9]
        swap = {"supported": "unverifiable", "invented": "contradicts"}
        claims = [replace(c, label=swap.get(c.label, c.label)) if random.random() < 0.3 else c for c in claims]
        return replace(one.truth, citations=(*kept, *wrong), claims=tuple(claims))

    lines = card(noisy, PLAIN).lines[ALL]
    cecd = lines["cecd"]
    rates = [
        (cecd.recall, 0.7),
        (cecd.precision, 1 / 1.2),
        (cecd.bias, (0.7 * 1.2 - 1) * cecd.true / cecd.items),
        (lines["faithfulness"].recall, 0.9 * 0.7),
        (lines["h_invented"].recall, 0.9 * 0.7),
        (lines["h_medical"].recall, 0.9),
        (lines["hallucination"].recall, 0.9),  # invented for contradicts is still a hallucination
        (lines["drc"].f1, 1.0),
    ]
    assert all(estimate.high - estimate.low < 0.2 for estimate, rate in rates if 0 < rate < 1)
    return [estimate.low <= rate <= estimate.high for estimate, rate in rates]


def test_rules_are_visibly_worse_on_the_hard_level() -> None:
    lines = card(lambda one: judge_by_rules(one.item, ALL_METRICS), PLAIN).lines
    for key in ("cecd", "rejections", "drc", "verification", "backtracking"):
        easy, hard = lines["easy"][key].f1, lines["hard"][key].f1
        assert hard.high < easy.low, key
        assert easy.value - hard.value > 0.15


def test_a_naive_judge_of_cue_words_falls_for_the_controls() -> None:
    def naive(one: BenchItem) -> Found:
        text = one.item.response
        return replace(
            NOTHING,
            citations=tuple(Citation(Span(s.start, s.end, s.text, False), 1) for s in one.item.sentences if "citation" in s.text),
            rejections=tuple(
                Rejection(Span(at, at + 8, text[at : at + 8], False), "A", "bare")
                for at in [text.lower().find("unlikely")] if at >= 0
            ),
        )  # fmt: skip

    found = card(naive)
    assert found.controls["injection"].per_response.low > 0
    assert found.controls["stuffing"].share.value == 1
    assert found.controls["empty"].per_response.value == 0
    assert found.controls["empty"].per_response.n == len(controls("empty"))


# --- matching ---------------------------------------------------------------------------------------------------------
def test_one_long_span_matches_once() -> None:
    one = next(one for one in PLAIN if len(one.truth.citations) >= 3)
    whole = Span(0, len(one.item.response), one.item.response, False)
    facts = sorted({citation.fact for citation in one.truth.citations})
    row = hits(one, replace(NOTHING, citations=(Citation(whole, facts[0]),)))["cecd"]
    assert row == Hits(true=len(one.counted.citations), found=1, matched=1)
    absent = next(number for number in range(1, len(one.item.facts) + 1) if number not in facts)
    assert hits(one, replace(NOTHING, citations=(Citation(whole, absent),)))["cecd"].matched == 0


def test_any_repetition_of_a_loop_will_do() -> None:
    one = controls("loop")[0]
    last = one.truth.citations[-1]
    row = hits(one, replace(NOTHING, citations=(last,)))["cecd"]
    assert (row.found, row.matched) == (1, 1)


def test_what_stands_at_an_open_place_is_neither_right_nor_wrong() -> None:
    one = next(one for one in PLAIN if any(r.reason == "bare" for r in one.truth.rejections))
    bare = next(r for r in one.truth.rejections if r.reason == "bare")
    for label, found in [("supported", 0), ("invented", 1)]:
        rows = hits(one, replace(NOTHING, claims=(Claim(bare.span, label),)))
        assert sum(rows[key].found for key in ("faithfulness", "hallucination")) == found


def test_bare_numbers_have_a_bias_and_no_precision() -> None:
    rows = [
        number_hits(one, {"cecd": len(one.counted.citations) + 2, "drc": float("nan")})["cecd"]
        for one in PLAIN
        if one.item.has_case
    ]
    line = line_score(rows)
    assert line.bias.value == line.bias.low == 2
    assert line.precision.value != line.precision.value


# --- the card ---------------------------------------------------------------------------------------------------------
def test_what_a_judge_cannot_know_is_not_judged_and_not_zero(tmp_path: Path) -> None:
    found = card(
        lambda one: replace(one.truth, unknown=frozenset({"faithfulness"})),
        BENCH,
        {"grounding": METRICS_OF["grounding"]},
    )
    assert as_data(found)["lines"]["hard"]["faithfulness"] == NOT_JUDGED
    assert as_data(found)["lines"]["hard"]["verification"] == NOT_JUDGED
    page = write_card(found, tmp_path / "card")
    [row] = [line for line in page.read_text().splitlines() if "`faithfulness`" in line and "n=" not in line][:1]
    assert NOT_JUDGED in row
    data = json.loads((tmp_path / "card" / "judge_card.json").read_text())
    assert data["n"] == 300
    assert data["lines"][ALL]["cecd"]["f1"] == {
        "value": 1.0,
        "low": 1.0,
        "high": 1.0,
        "n": len([o for o in PLAIN if o.item.has_case]),
    }
    assert not [p for p in (tmp_path / "card").iterdir() if p.name.endswith(".partial")]


def test_failed_replies_tokens_and_rejected_spans_are_on_the_card() -> None:
    call = Call("m", "abc", None, returned=10, rejected=1, tokens=900, cost=0.01)
    failed = replace(call, unscored="unreadable", returned=0, rejected=0)
    rows = {"drc": Hits(2, 2, 1)}
    found = make_card(
        [Record("easy", None, rows, {"grounding": call}), Record("easy", None, {}, {"grounding": failed})], {}
    )
    assert found.unparsed.value == 0.5
    assert found.tokens.value == 900
    assert found.cost.value == pytest.approx(0.01)
    assert found.spans_rejected.value == pytest.approx(0.1)
    assert found.lines[ALL]["drc"].items == 1
    assert "0.50" in markdown(found)


# --- the task ---------------------------------------------------------------------------------------------------------
def test_the_command_line_writes_the_card(tmp_path: Path) -> None:
    args = ("-T", "backend=rules", "-T", "n=30", "-T", f"card={tmp_path / 'card'}", "--log-dir", str(tmp_path / "logs"))
    done = inspect("eval", "evals/judge_bench.py", "--model", "none/none", *args, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    log = only_log(tmp_path / "logs")
    numbers = metrics(log, "against_truth")
    data = json.loads((tmp_path / "card" / "judge_card.json").read_text())
    assert data["n"] == 30
    assert data["judge"] == "rules"
    assert numbers["f1_cecd"] == pytest.approx(data["lines"][ALL]["cecd"]["f1"]["value"])
    assert numbers["unparsed"] == 0
    assert "f1_h_medical" not in numbers
    assert log.samples[0].output.completion == make_bench(30)[0].item.response
    logged = [sample.scores["against_truth"].metadata for sample in sorted(log.samples, key=lambda one: str(one.id))]
    again = make_card([read_record(one["bench"]) for one in logged], logged[0]["bench_about"])
    assert json.loads(json.dumps(as_data(again)).replace("NaN", "null")) == data, "the log holds all of the card"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("-T", "backend=rules", "-T", "level=odd"), "level=odd: allowed are easy, medium, hard"),
        (("-T", "backend=odd"), "backend=odd: allowed are llm, rules"),
        (("-T", "backend=rules", "-T", "metrics=cecd,odd"), "metrics=odd: allowed are cecd"),
        ((), "no model is bound to the role grader"),
    ],
)
def test_wrong_arguments_end_the_run_with_one_line(args: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = inspect(
        "eval", "evals/judge_bench.py", "--model", "none/none", "-T", "n=3", *args, "--log-dir", str(tmp_path), cwd=ROOT
    )
    assert said in done.stdout + done.stderr
    assert done.returncode != 0


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)


def test_a_card_that_cannot_be_written_ends_the_run_before_a_reply_is_paid(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = []
    log = run_with(lambda id, epoch: asked.append(id) or "{}", tmp_path / "logs", card=str(tmp_path / "file"))
    assert log.status == "error"
    assert "cannot be made" in log.error.message
    assert not asked


def run_with(replies, folder: Path, **args) -> EvalLog:
    roles = {"grader": model_that_says(replies)}
    return run_task("evals/judge_bench.py", "none/none", folder, model_roles=roles, task_args={"n": 15, **args})


def test_replies_that_cannot_be_read_are_counted_and_not_scored(tmp_path: Path) -> None:
    log = run_with(lambda id, epoch: "I would rather not.", tmp_path)
    numbers = metrics(log, "against_truth")
    assert numbers["unparsed"] > 0.9  # the empty response needs no call
    assert not [key for key in numbers if key.startswith("f1_")]


def test_a_grader_is_compared_with_the_truth(tmp_path: Path) -> None:
    empty = '{"citations": [], "rejections": [], "claims": []}'
    log = run_with(
        lambda id, epoch: empty, tmp_path, metrics="cecd,drc,faithfulness,hallucination", card=str(tmp_path / "card")
    )
    numbers = metrics(log, "against_truth")
    assert numbers["unparsed"] == 0
    assert numbers["f1_cecd"] == numbers["f1_hallucination"] == 0
    data = json.loads((tmp_path / "card" / "judge_card.json").read_text())
    assert data["lines"][ALL]["backtracking"] == NOT_JUDGED
    assert data["judge"] == "mockllm/model"
    assert data["about"]["prompt_hash"]["grounding"]
    assert data["tokens"]["value"] > 0
