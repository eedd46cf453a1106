"""What was read from logs is kept, used again while they are the same, and never trusted further than that."""

import os
from collections.abc import Callable
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from clinical_r1.errors import UserError
from clinical_r1.logs import LogSet, cache, read_logs, read_texts
from clinical_r1.logs.find import LogFile
from clinical_r1.logs.table import LogTable
from tests.logged import both, judged, judgement, write


def equal(one: LogSet, other: LogSet) -> None:
    assert one.runs == other.runs
    assert one.notes == other.notes
    pd.testing.assert_frame_equal(one.responses, other.responses)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two runs, one of them judged."""
    scores = both(judged("grounding", judgement("grounding", 2)), judged("behaviours", judgement("behaviours", 3)))
    write(tmp_path / "logs" / "a.eval", scores, metadata={"checkpoint": "the one", "note": "µ"})
    write(tmp_path / "logs" / "b.eval", task_id="t2", model="vllm/lab/two")
    return tmp_path / "logs"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Logs whose samples are read."""
    read: list[str] = []
    read_table = cache.read_table

    def counting(file: LogFile) -> LogTable:
        read.append(Path(file.path).name)
        return read_table(file)

    monkeypatch.setattr(cache, "read_table", counting)
    return read


def test_logs_are_read_once(logs: Path, counted: list[str], tmp_path: Path) -> None:
    cold = read_logs([logs], cache=tmp_path / "cache")
    assert sorted(counted) == ["a.eval", "b.eval"]
    equal(read_logs([logs], cache=tmp_path / "cache"), cold)
    assert [run.checkpoint for run in cold.runs] == ["the one", "lab/two"]
    assert len(counted) == 2
    turned = read_logs([logs / "b.eval", logs / "a.eval"], cache=tmp_path / "cache")
    assert [run.checkpoint for run in turned.runs] == ["lab/two", "the one"]
    assert len(counted) == 2, "the cache is one a log, whatever study it is in"
    read_logs([logs])
    assert len(counted) == 4, "without a cache everything is read"


def test_not_even_the_log_itself_is_opened_again(logs: Path, tmp_path: Path) -> None:
    cold = read_logs([logs], cache=tmp_path / "cache")
    for log in logs.glob("*.eval"):
        about = log.stat()
        log.write_bytes(bytes(about.st_size))
        os.utime(log, ns=(about.st_atime_ns, about.st_mtime_ns))
    equal(read_logs([logs], cache=tmp_path / "cache"), cold)


def test_a_log_that_changed_is_read_again_and_others_are_not(logs: Path, counted: list[str], tmp_path: Path) -> None:
    read_logs([logs], cache=tmp_path / "cache")
    write(logs / "b.eval", judged("grounding", judgement("grounding", 4)), task_id="t2", model="vllm/lab/two")
    study = read_logs([logs], cache=tmp_path / "cache")
    assert counted[2:] == ["b.eval"]
    assert set(study.responses["drc"]) == {2.0, 4.0}
    about = (logs / "a.eval").stat()
    os.utime(logs / "a.eval", ns=(about.st_atime_ns, about.st_mtime_ns + 1_000_000_000))
    read_logs([logs], cache=tmp_path / "cache")
    assert counted[3:] == ["a.eval"]


def test_another_version_of_the_reader_reads_again(
    logs: Path, counted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_logs([logs], cache=tmp_path / "cache")
    monkeypatch.setattr("clinical_r1.logs.cache.VERSION", -1)
    read_logs([logs], cache=tmp_path / "cache")
    assert len(counted) == 4


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda kept: kept.write_bytes(kept.read_bytes()[:-100]), "cut"),
    (lambda kept: kept.write_bytes(b""), "empty"),
    (lambda kept: kept.write_text("not parquet"), "something else"),
    (lambda kept: pd.DataFrame({"a": [1]}).to_parquet(kept), "another parquet file"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES, ids=[row[-1] for row in DAMAGES])
def test_a_damaged_cache_is_no_error(
    damage: Callable[[Path], object], reason: str, logs: Path, counted: list[str], tmp_path: Path
) -> None:
    cold = read_logs([logs], cache=tmp_path / "cache")
    for kept in (tmp_path / "cache").iterdir():
        damage(kept)
    equal(read_logs([logs], cache=tmp_path / "cache"), cold)
    assert len(counted) == 4, reason
    equal(read_logs([logs], cache=tmp_path / "cache"), cold)
    assert len(counted) == 4, "the cache is mended"


def test_a_cache_that_cannot_be_written_is_one_line(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        read_logs([logs], cache=tmp_path / "file" / "cache")


def test_a_choice_of_judge_is_not_kept(logs: Path, tmp_path: Path) -> None:
    other = judged("grounding1", judgement("grounding", 5, judge="openai/other"))
    write(logs / "a.eval", both(judged("grounding", judgement("grounding", 2)), other))
    for judge, value in (("openai/j", 2.0), (None, 5.0), ("other", 5.0), ("openai/j", 2.0)):
        study = read_logs([logs / "a.eval"], cache=tmp_path / "cache", judge=judge)
        assert set(study.responses["drc"]) == {value}


# --- other file systems -----------------------------------------------------------------------------------------------
def test_logs_are_read_from_any_file_system(logs: Path, counted: list[str], tmp_path: Path) -> None:
    system = fsspec.filesystem("memory")
    for log in logs.glob("*.eval"):
        system.pipe(f"/study/deep/{log.name}", log.read_bytes())
    local = read_logs([logs])
    counted.clear()
    try:
        for paths in (["memory://study"], ["memory://study/deep/a.eval", "memory://study/deep/b.eval"]):
            study = read_logs(paths, cache=tmp_path / "cache")
            pd.testing.assert_frame_equal(study.responses, local.responses)
        both_ways = read_logs(["memory://study/deep/a.eval", "memory://study"], cache=tmp_path / "cache")
        assert len(both_ways.responses) == len(local.responses)
        assert set(counted) == {"a.eval", "b.eval"}
        assert read_texts(study, [(0, "q1", 1)])[0, "q1", 1].item.response == r"\boxed{C}"
        before = len(counted)
        system.pipe("/study/deep/b.eval", (logs / "a.eval").read_bytes())
        read_logs(["memory://study"], cache=tmp_path / "cache")
        assert counted[before:].count("b.eval") == 1, "what was written anew is read anew"
    finally:
        system.rm("/study", recursive=True)


def test_local_files_may_be_named_by_url(logs: Path) -> None:
    study = read_logs([logs])
    equal(read_logs([f"file://{logs}"]), study)
    equal(read_logs([(logs / "a.eval").as_uri(), logs / "b.eval", logs]), study)


# --- progress ---------------------------------------------------------------------------------------------------------
def test_progress_is_told_where_it_is_asked_for(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    read_logs([logs], cache=tmp_path / "cache", progress=lambda done, total: told.append((done, total)))
    total = sum(log.stat().st_size for log in logs.glob("*.eval"))
    assert [all_of_it for _, all_of_it in told] == [total, total]
    assert told[-1][0] == total
    read_logs([logs], cache=tmp_path / "cache", progress=lambda done, total: told.append((done, total)))
    assert len(told) == 2, "there is nothing to wait for"
    read_logs([logs])
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(cache, "QUICK", 0.0)
    read_logs([logs], progress=True)
    out, err = capsys.readouterr()
    assert (out, "reading logs" in err) == ("", True)


def test_a_log_is_not_changed(logs: Path) -> None:
    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in logs.iterdir()}

    before = content()
    read_texts(read_logs([logs]), [(0, "q1", 1)])
    assert content() == before
