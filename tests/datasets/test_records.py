"""Reading files row by row: what is wrong with one row stays in that row."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clinical_r1.datasets.read import BadRecord, Row, read_rows
from clinical_r1.errors import UserError

GOOD = b'{"question": "Q"}'


def read(path: Path, content: bytes) -> list[Row | BadRecord]:
    path.write_bytes(content)
    return list(read_rows(path))


BAD_LINES = [
    (b'{"question": ', "not JSON", "cut off"),
    (b"not json at all", "not JSON", "plain text"),
    (b'["Q"]', "a record must be an object, this is a list", "JSON, but not a record"),
    (b"null", "a record must be an object, this is a NoneType", "the same"),
    (b'{"question": "a\x00b"}', "NUL", "a NUL byte"),
    (GOOD.decode().encode("utf-16-le"), "UTF-16", "a line of another encoding"),
    (b"[" * 100_000, "not JSON", "nested deeper than Python goes"),
    (b'{"cop": ' + b"9" * 5000 + b"}", "not JSON", "a number longer than Python reads"),
]


@pytest.mark.parametrize(("line", "reason", "why"), BAD_LINES)
def test_a_bad_line_is_reported_and_leaves_the_others(tmp_path: Path, line: bytes, reason: str, why: str) -> None:
    before, bad, after = read(tmp_path / "x.jsonl", GOOD + b"\n" + line + b"\n" + GOOD + b"\n")
    assert (before, after) == (Row(1, {"question": "Q"}), Row(3, {"question": "Q"}))
    assert isinstance(bad, BadRecord)
    assert bad.row == 2
    assert reason in bad.reason
    assert "\n" not in str(bad)


LINE_FILES = [
    (b"\xef\xbb\xbf" + GOOD + b"\n", [1], "byte order mark"),
    (GOOD + b"\r\n" + GOOD + b"\r\n", [1, 2], "Windows line ends"),
    (b"\n" + GOOD + b"\n\n  \n" + GOOD, [2, 5], "blank lines count as lines, not as records; no line end at the end"),
    ('{"question": "a\u2028b"}\n'.encode() + GOOD, [1, 2], "a Unicode line separator is not a line end"),
    (b"", [], "an empty file has no rows"),
]


@pytest.mark.parametrize(("content", "numbers", "why"), LINE_FILES)
@pytest.mark.parametrize("suffix", [".jsonl", ".JSONL"])
def test_lines(tmp_path: Path, content: bytes, numbers: list[int], why: str, suffix: str) -> None:
    rows = read(tmp_path / f"x{suffix}", content)
    assert [row.number for row in rows if isinstance(row, Row)] == numbers
    assert len(rows) == len(numbers)


JSON_FILES = [
    ('[{"a": 1}, {"a": 2}]', 2, "a list"),
    ('{"data": [{"a": 1}, {"a": 2}], "version": "1"}', 2, "a list inside an object"),
    ('{"question": "Q", "options": [{"letter": "A"}]}', 1, "one record"),
    ('{"a": 1}\n{"a": 2}\n', 2, "one record a line, as MedMCQA's own dev.json"),
    ('{"qtext": "Q", "answers": [{"aid": 1}]}', 1, "one record, HEAD-QA"),
    ("[]", 0, "no records"),
]


@pytest.mark.parametrize(("content", "rows", "why"), JSON_FILES)
def test_json(tmp_path: Path, content: str, rows: int, why: str) -> None:
    assert [row.number for row in read(tmp_path / "x.json", content.encode()) if isinstance(row, Row)] == list(
        range(1, rows + 1)
    )


def test_a_member_of_a_json_list_that_is_no_object(tmp_path: Path) -> None:
    good, bad = read(tmp_path / "x.json", b'[{"a": 1}, 5]')
    assert isinstance(good, Row)
    assert isinstance(bad, BadRecord)
    assert bad.row == 2


CSV_FILES = [
    (b"a,b\n1,2\n3,4\n", [2, 3], [], "the header is line 1"),
    (b'a,b\n"1\n1",2\n3,4\n', [2, 4], [], "a record is where it starts"),
    (b"a,b\n1,2\n\n3,4\n", [2, 4], [], "blank line"),
    (b"a,b\n1\n3,4\n", [3], [(2, "1 cells where the header has 2")], "too few cells"),
    (b"a,b\n1,2,3\n3,4\n", [3], [(2, "3 cells where the header has 2")], "too many cells"),
    (b"a,b\n\xe9,2\n3,\xc3\xa9\n", [3], [(2, "not UTF-8")], "a row that is not in the file's encoding"),
    (b"a,b\n\x81\xe9,2\n", [], [(2, "not UTF-8")], "nor in any that is known"),
    (b"a,b\n1\x00,2\n3,4\n", [3], [(2, "NUL")], "a NUL byte"),
    (b'a,b\n1,2\n"3,4\n', [2], [(3, "not CSV")], "a quote that is never closed"),
    (b"a,b\n" + b"x" * 200_000 + b",2\n3,4\n", [3], [(2, "not CSV")], "a cell longer than the csv module reads"),
    (b"\xef\xbb\xbfa,b\n1,2\n", [2], [], "byte order mark"),
]


@pytest.mark.parametrize(("content", "good", "bad", "why"), CSV_FILES)
def test_csv(tmp_path: Path, content: bytes, good: list[int], bad: list[tuple[int, str]], why: str) -> None:
    rows = read(tmp_path / "x.csv", content)
    assert [row.number for row in rows if isinstance(row, Row)] == good
    found = [row for row in rows if isinstance(row, BadRecord)]
    assert [row.row for row in found] == [number for number, _ in bad]
    assert all(reason in row.reason for row, (_, reason) in zip(found, bad, strict=True))
    assert all(list(row.record) == ["a", "b"] for row in rows if isinstance(row, Row))


def test_a_line_in_another_encoding_than_its_file(tmp_path: Path) -> None:
    bad, good = read(tmp_path / "x.jsonl", b'{"question": "caf\xe9"}\n' + '{"question": "café"}'.encode())
    assert isinstance(bad, BadRecord)
    assert "not UTF-8: byte 0xe9 at position 18" in bad.reason
    assert good == Row(2, {"question": "café"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", '{"a": "Weiß à ½", "b": "2"}\n'),
        ("x.json", '[{"a": "Weiß à ½", "b": "2"}]'),
        ("x.csv", "a,b\nWeiß à ½,2\n"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, name: str, content: str) -> None:
    [row] = read(tmp_path / name, content.encode(encoding))
    assert isinstance(row, Row)
    assert row.record == {"a": "Weiß à ½", "b": "2"}


DELIMITERS = [
    ("x.csv", "a;b\n1,5;2\n", {"a": "1,5", "b": "2"}, 2, "semicolons"),
    ("x.csv", 'a;b\n"1;5";2\n', {"a": "1;5", "b": "2"}, 2, "a semicolon in quotes"),
    ("x.csv", "a\tb\n1,5\t2\n", {"a": "1,5", "b": "2"}, 2, "tabs"),
    ("x.tsv", "a\tb\n1,5\t2\n", {"a": "1,5", "b": "2"}, 2, "the same, by its suffix"),
    ("x.csv", "a|b\n1,5|2\n", {"a": "1,5", "b": "2"}, 2, "bars"),
    ("x.csv", "sep=;\r\na;b\r\n1;2\r\n", {"a": "1", "b": "2"}, 3, "a line for Excel"),
    ("x.csv", "a,b (x; y; z)\n1,2\n", {"a": "1", "b (x; y; z)": "2"}, 2, "commas, and more semicolons in a name"),
    ("x.csv", "\na;b\n1;2\n", {"a": "1", "b": "2"}, 3, "a blank line first"),
    ("x.csv", "a\n1;2\n", {"a": "1;2"}, 2, "one column"),
    ("x.csv", "a;b;;\n1;2;; \n", {"a": "1", "b": "2"}, 2, "empty columns behind the others"),
]


@pytest.mark.parametrize(("name", "content", "record", "number", "why"), DELIMITERS)
def test_what_parts_cells(
    tmp_path: Path, name: str, content: str, record: dict[str, str], number: int, why: str
) -> None:
    assert read(tmp_path / name, content.encode()) == [Row(number, record)], why


def test_an_empty_csv_cell_is_no_value(tmp_path: Path) -> None:
    assert read(tmp_path / "x.csv", b'a,b\n"", \n') == [Row(2, {"a": None, "b": None})]


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, None]}), tmp_path / "x.parquet")
    assert list(read_rows(tmp_path / "x.parquet")) == [Row(1, {"a": 1}), Row(2, {"a": None})]


WHOLE_FILES = [
    ("x.csv", "\ufeffa,b".encode("utf-16-be")[:-1], "UTF-16", "half a character at the end"),
    ("x.json", b"[{]", "not a JSON list", "broken list"),
    ("x.json", b"5", "must hold a list", "no list"),
    ("x.csv", b"a,a\n1,2\n", "twice in the header", "two columns of one name"),
    ("x.parquet", b"PAR1 is not enough", "not a readable parquet file", "broken parquet"),
    ("x.xlsx", b"", ".xlsx: allowed are .jsonl, .json, .csv, .parquet", "unknown type"),
    ("x", b"", "(no suffix)", "no type at all"),
]


@pytest.mark.parametrize(("name", "content", "message", "why"), WHOLE_FILES)
def test_files_that_cannot_be_read_at_all(tmp_path: Path, name: str, content: bytes, message: str, why: str) -> None:
    with pytest.raises(UserError) as error:
        read(tmp_path / name, content)
    assert message in str(error.value)
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_the_name_shown(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^given/x\.jsonl: no such file$"):
        list(read_rows(tmp_path / "x.jsonl", "given/x.jsonl"))


@pytest.mark.parametrize(
    "value", ["é", "\u2028", "a\nb", '"', "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
)
def test_text_arrives_as_it_was_written(tmp_path: Path, value: str) -> None:
    assert read(tmp_path / "x.jsonl", json.dumps({"a": value}, ensure_ascii=False).encode()) == [Row(1, {"a": value})]
