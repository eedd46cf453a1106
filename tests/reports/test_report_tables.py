"""Tables of a report: numbers with their interval and n in every format, and names that do nothing in any."""

import csv
import doctest
import importlib
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clinical_r1.reports.tables import (
    Column,
    TableView,
    across,
    cells,
    csv_text,
    decimal,
    headers,
    latex,
    markdown,
    p_value,
    to_csv,
    to_html,
    to_latex,
    to_markdown,
    write_tables,
)
from clinical_r1.reports.write import write_results
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from clinical_r1.errors import UserError
from clinical_r1.untrusted import escape_controls

LONG = pd.DataFrame(
    [
        ("MedQA", "cited", "grpo", 0.5123, 0.48, 0.5441, 200, ""),
        ("MedQA", "cited", "crpo", 0.25, 0.2, 0.3, 198, ""),
        ("MedQA", "rejected", "grpo", math.nan, math.nan, math.nan, 0, "judge failed"),
        ("MedQA", "rejected", "crpo", 1.0, 0.97, 1.0, 198, ""),
        ("MedXpertQA", "cited", "crpo", 0.0, 0.0, 0.03, 198, ""),
    ],
    columns=["benchmark", "label", "checkpoint", "value", "low", "high", "n", "why"],
)
WIDE = across(LONG, {"label": "metric"}, "checkpoint", group="benchmark", why="why")

NAMES = [
    "<b>x</b>", "=1+1", "+1", "@SUM(A1)", "-2+3", "\t=1", " =1", "a|b", "a,b;=c", 'say "x"', "a\nb", "\\", "\\input{x}", "100 % & #1",
    "$x^2_i$", "~^", "[link](javascript:alert(1))", "![x](http://x.y/z)", "`code`", "*bold* _it_ __b__ crpo_cold", "http://a.b www.a.b",
    "\x1b[31m", "\u202ex", "&lt;", "<!--", "--- '' `` ?`", "{}", "# x", "~~x~~", "| --- |", "\\|", "\\\\|", "$$", "Ménière β 中",
]  # fmt: skip


def named(*names: str) -> TableView:
    frame = pd.DataFrame({"name": names, "value": 0.5, "low": 0.4, "high": 0.6, "n": range(len(names))})
    return TableView(frame, [Column("name", "name"), Column("value", names[0], "number", "low", "high", "n")])


def test_a_wide_table_keeps_the_order_of_its_frame() -> None:
    assert [(header.text, header.n) for header in headers(WIDE)] == [("metric", ""), ("grpo", "200"), ("crpo", "198")]
    assert [(group.heading, [row[0].text for row in group.rows]) for group in cells(WIDE)] == [
        ("MedQA", ["cited", "rejected"]),
        ("MedXpertQA", ["cited"]),
    ]


def test_groups_that_are_scattered_are_gathered() -> None:
    view = across(LONG.iloc[[0, 4, 3]], {"label": "metric"}, "checkpoint", group="benchmark")
    assert [group.heading for group in cells(view)] == ["MedQA", "MedXpertQA"]


def test_two_numbers_for_a_cell_are_an_error() -> None:
    with pytest.raises(ValueError, match="more than one row for a cell of benchmark, label by checkpoint"):
        across(pd.concat([LONG, LONG]), {"label": "metric"}, "checkpoint", group="benchmark")


def test_a_cell_has_its_interval_and_its_n_or_says_why_not() -> None:
    [medqa, other] = cells(WIDE)
    assert medqa.rows[0][1][:3] == ("0.512", "[0.480, 0.544]", "")
    assert medqa.rows[1][1][:2] == ("judge failed", "")
    assert other.rows[0][1][:2] == ("–", ""), "no such row"
    many = TableView(LONG, [Column("label", ""), Column("value", "v", "number", "low", "high", "n")])
    assert cells(many)[0].rows[0][1][:3] == ("0.512", "[0.480, 0.544]", "200")
    ends = TableView(LONG, [Column("low", "all at once", "interval", "low", "high")])
    assert cells(ends)[0].rows[0][0][:2] == ("[+0.480, +0.544]", "")


SHOWN = [
    ("number", 0.5123, "0.512"),
    ("signed", -0.0319, "-0.032"),
    ("signed", 1.5, "+1.500"),
    ("signed", -0.0001, "0.000"),
    ("count", 12345, "12,345"),
    ("p", 0.0031, ".003"),
    ("p", 1e-9, "< .001"),
    ("text", True, "yes"),
    ("text", math.nan, "–"),
    ("number", math.nan, "–"),
    ("number", None, "–"),
    ("number", pd.NA, "–"),
]


@pytest.mark.parametrize(("show", "value", "text"), SHOWN)
def test_a_value_is_written_as_its_column_says(show: str, value: object, text: str) -> None:
    view = TableView(pd.DataFrame({"x": [value]}, dtype=object), [Column("x", "x", show)])  # type: ignore[arg-type]
    assert cells(view)[0].rows[0][0].text == text


@given(st.floats(0, 1))
def test_a_p_value_is_never_zero_nor_one(p: float) -> None:
    assert re.fullmatch(r"p (= \.\d{3}|< \.001|> \.999)", p_value(p))
    assert p_value(p) not in ("p = .000", "p = .1000")


@given(st.floats(-1e6, 1e6), st.integers(0, 5))
def test_a_rounded_number_is_near_and_zero_has_no_sign(value: float, digits: int) -> None:
    text = decimal(value, digits, signed=True)
    assert abs(float(text.replace(",", "")) - value) <= 0.5 * 10**-digits + 1e-9
    assert not re.fullmatch(r"[-+][0.]+", text)


# --- CSV -------------------------------------------------------------------------------------------------------------
def test_csv_has_the_numbers_as_they_are() -> None:
    read = pd.read_csv(io.StringIO(to_csv(WIDE)))
    pd.testing.assert_frame_equal(read, LONG.replace("", np.nan), check_dtype=False)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_cell_of_csv_and_no_formula(name: str) -> None:
    [header, row] = csv.reader(io.StringIO(to_csv(named(name))))
    assert header == ["name", "value", "low", "high", "n"]
    assert row[0] in (escape_controls(name, one_line=True), "'" + escape_controls(name, one_line=True))
    assert not row[0].lstrip().startswith(("=", "@", "-", "+")) or re.fullmatch(r"[-+]\d+", row[0])
    assert row[1:] == ["0.5", "0.4", "0.6", "0"]


def test_numbers_in_text_stay_numbers_in_csv() -> None:
    assert [csv_text(text) for text in ("-0.5", "+3", "-1e-05", "-", "-x", "=5")] == [
        "-0.5",
        "+3",
        "-1e-05",
        "'-",
        "'-x",
        "'=5",
    ]


# --- Markdown --------------------------------------------------------------------------------------------------------
def test_markdown_lines_up_and_reads() -> None:
    lines = to_markdown(WIDE).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split("|")[1:5] == [
        " benchmark  ",
        " metric   ",
        " grpo (n = 200)       ",
        " crpo (n = 198)       ",
    ]
    assert "| MedQA      | cited    | 0.512 [0.480, 0.544] | 0.250 [0.200, 0.300] |" in lines


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_cell_of_markdown_and_no_markup(name: str) -> None:
    tokens = (
        MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"]).parse(to_markdown(named(name)))
    )
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    parts = [part for part in cells[2].children or [] if part.content or part.type != "text"]
    assert {part.type for part in parts} <= {"text", "text_special"}
    assert "".join(part.content for part in parts) == escape_controls(name, one_line=True).strip()


def test_bare_addresses_are_no_links_of_markdown() -> None:
    assert markdown("http://a.b www.c.d") == r"http:\//a.b www\.c.d"


# --- LaTeX -----------------------------------------------------------------------------------------------------------
def test_latex_is_a_table_of_booktabs() -> None:
    assert (
        to_latex(WIDE).splitlines()
        == [
            r"% needs \usepackage{booktabs}",
            r"\begin{tabular}{lrr}",
            r"\toprule",
            r"metric & grpo (n = 200) & crpo (n = 198) \\",
            r"\midrule",
            r"\multicolumn{3}{l}{\textit{MedQA}} \\",
            r"cited & 0.512 [0.480, 0.544] & 0.250 [0.200, 0.300] \\",
            r"rejected & judge failed & 1.000 [0.970, 1.000] \\",
            r"\addlinespace",
            r"\multicolumn{3}{l}{\textit{MedXpertQA}} \\",
            r"cited & -- & 0.000 [0.000, 0.030] \\",
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ][:-1]
    )


PRINTED = re.compile(
    r"\\(textbackslash|textasciitilde|textasciicircum|textasciigrave|textless|textgreater|textbar|dots)\{\}"
    r"|\\[{}$&%#_]|\$(-|\\pm|\\times|\\leq|\\geq|\\langle|\\rangle)\$|\\texttt\{U\+[0-9A-F]{4,6}\}|\{\}"
)


@given(st.text(st.characters(codec="utf-8")) | st.sampled_from(NAMES))
def test_nothing_in_a_name_is_a_command_of_latex(name: str) -> None:
    rest = PRINTED.sub("", latex(name))
    assert not set(rest) & set('\\{}$&%#_^~<>|"`\n')
    assert not re.search("--(?!-)", latex(name).replace("–", "")) or set(name) & set("–—")
    assert max(map(ord, rest), default=0) <= 0x17F, "a letter that not every LaTeX prints"


@pytest.mark.parametrize("name", ["[h]", "*"])
def test_a_row_does_not_begin_with_what_ends_the_row_above(name: str) -> None:
    assert f"\n{{}}{name} & " in to_latex(named(name))


# --- HTML ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_in_html(name: str) -> None:
    plain, odd = to_html(named("name")), to_html(named(name))
    assert re.findall("<[a-z]+", odd) == re.findall("<[a-z]+", plain)


def test_html_says_what_heads_what() -> None:
    html = to_html(WIDE)
    assert html.count('<th scope="col"') == 3
    assert html.count('<th scope="row">') == 3
    assert html.count('<th scope="rowgroup" colspan="3">') == 2
    assert '<td class="num none">judge failed</td>' in html


# --- Files -----------------------------------------------------------------------------------------------------------
def test_tables_are_three_files(tmp_path: Path) -> None:
    paths = write_tables(tmp_path / "new" / "tables", "accuracy", WIDE)
    assert [path.name for path in paths] == ["accuracy.csv", "accuracy.md", "accuracy.tex"]
    assert sorted(path.name for path in (tmp_path / "new" / "tables").iterdir()) == [
        "accuracy.csv",
        "accuracy.md",
        "accuracy.tex",
    ]


def test_a_folder_that_cannot_be_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="file: cannot be made"):
        write_tables(tmp_path / "file", "accuracy", WIDE)
    with pytest.raises(UserError, match="cannot be written"):
        write_results(tmp_path / "no" / "results.json", {}, {})


def refuse(constant: str) -> float:
    raise AssertionError(f"{constant} is not JSON")


def test_results_are_plain_json(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "z": [0.1, math.nan, math.inf],
            "a": ["\x1b[31m", "\u202e", None],
            "n": np.array([1, 2, 3], dtype=np.int8),
            "flag": [True, False, True],
            "kind": pd.Categorical(["x", None, "x"]),
            "short": np.array([0.5, 0.25, math.nan], dtype=np.float32),
        }
    )
    about = {"z": {"b", "a"}, "a": {"n": np.int64(3), "x": math.nan, "path": Path("logs")}, "t": (1, None)}
    path = write_results(tmp_path / "results.json", {"two": frame, "one": frame.head(0)}, about)
    text = path.read_text(encoding="ascii")
    read = json.loads(text, parse_constant=refuse)
    assert read["about"] == {"a": {"n": 3, "path": "logs", "x": None}, "t": [1, None], "z": ["a", "b"]}
    assert read["tables"]["one"] == []
    assert read["tables"]["two"][0] == {"z": 0.1, "a": "\x1b[31m", "n": 1, "flag": True, "kind": "x", "short": 0.5}
    assert read["tables"]["two"][1:] == [
        {"z": None, "a": "\u202e", "n": 2, "flag": False, "kind": None, "short": 0.25},
        {"z": None, "a": None, "n": 3, "flag": True, "kind": "x", "short": None},
    ]
    assert list(read["tables"]["two"][0]) == list(frame.columns)
    assert [list(part) for part in (read["about"], read["tables"])] == [["a", "t", "z"], ["one", "two"]]
    again = write_results(tmp_path / "again.json", {"one": frame.head(0), "two": frame}, dict(reversed(about.items())))
    assert again.read_text(encoding="ascii") == text


@pytest.mark.parametrize("module", ["html", "page", "plotting", "reader", "tables", "write"])
def test_examples_are_true(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"clinical_r1.reports.{module}")).failed == 0
