"""Write a world into a folder."""

import json
import random
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from clinical_r1.datasets import Question
from clinical_r1.errors import UserError
from clinical_r1.files import disk_error, writable, write_whole
from clinical_r1.prompts import load_prompt
from clinical_r1.train.data import chat_prompt, trace_row
from clinical_r1.world.cases import Case, Medicine, invent, make_blanks, make_cases, make_twin, possible_cases
from clinical_r1.world.teacher import Teacher, write_trace

PROMPT = "bare"
"""Prompt style of a world: its student learns the format from the traces."""

EDITS = "edits.jsonl"
"""Of each case but those of traces its twin, and a blank per finding, see `make_twin` and `make_blanks`."""

_NO_WORLD = (OSError, ValueError, LookupError, AttributeError, TypeError)
"""What reading anything but a world raises: its files are missing, no JSON, or JSON of another shape."""


@dataclass(frozen=True)
class Size:
    """How large a world is."""

    traces: int = 8000
    """Traces for the cold start."""
    rl: int = 2000
    """Cases for reinforcement learning."""
    test: int = 400
    """Cases for evaluation."""
    dev: int = 200
    """Cases that are answered while training runs, to choose a checkpoint by."""
    width: int = 64
    """Hidden size of the model, a multiple of 32."""
    layers: int = 3
    """Layers of the model."""


def build_world(folder: Path, *, seed: int = 0, size: Size | None = None) -> Path:
    """Write cases, their twins, traces, truth and an untrained model.

    The same arguments give the same bytes. A folder that holds this very world is left as it is, also when another
    process wrote it in the meantime; one of an earlier version is given the edits that it lacks.

    Args:
        folder: Made if it is not there.
        seed: Another seed is another medicine, other cases and another model.
        size: How large; the defaults if None.

    Returns:
        The folder.

    Raises:
        UserError: If the folder cannot be written or holds something else, or a size is impossible.
    """
    size, teacher = size or Size(), Teacher()
    _refuse_impossible(size, seed)
    about = {"invented": True, "seed": seed, "size": asdict(size), "teacher": asdict(teacher)}
    if _is_built(folder, about):
        if not (folder / EDITS).is_file():
            with writable(folder):
                _write_edits(folder, size, seed)
        return folder
    if not folder.name:
        raise UserError(f"{folder}: cannot be replaced from inside; name a folder in it, such as {folder / 'world'}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}.partial-", dir=folder.parent) as aside:
            partial = Path(aside) / folder.name  # a folder in it, since the temporary one is closed to other users
            partial.mkdir()
            _fill(partial, about, size, teacher, seed)
            _take_place(partial, folder, about)
    except Exception as error:  # of any class: safetensors, torch and tokenizers each have their own for a full disk
        if (reason := disk_error(error)) is None:
            raise
        raise UserError(f"{folder}: cannot be written ({reason})") from error
    return folder


def _refuse_impossible(size: Size, seed: int) -> None:
    if size.width % 32:
        raise UserError(f"width={size.width}: allowed are the multiples of 32")
    counts = {"traces": size.traces, "rl": size.rl, "test": size.test, "dev": size.dev}
    wanted, possible = sum(counts.values()), possible_cases(invent(seed))
    if wanted > possible:
        said = ", ".join(f"{name}={count}" for name, count in counts.items())
        raise UserError(f"{said}: {wanted:,} cases in all; a world has at most {possible:,} that differ")


def _take_place(partial: Path, folder: Path, about: Mapping[str, Any]) -> None:
    """Give a finished world its name, unless another process was faster."""
    try:
        partial.rename(folder)
    except OSError:
        if not _is_built(folder, about):  # raises a `UserError` if something else is there now
            raise


def read_world(folder: Path) -> tuple[Medicine, dict[str, Case]]:
    """The medicine of a world, and all its cases by id.

    Raises:
        UserError: If the folder holds no world.
    """
    try:
        world = json.loads((folder / "world.json").read_text(encoding="utf-8"))
        lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
        medicine = Medicine({disease: tuple(findings) for disease, findings in world["diseases"].items()})
        cases = [Case.of_truth(json.loads(line)) for line in lines]
    except _NO_WORLD as error:
        raise UserError(f"{folder}: holds no world (make one with: clinical-r1 world {folder})") from error
    return medicine, {case.id: case for case in cases}


def _is_built(folder: Path, about: Mapping[str, Any]) -> bool:
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return False
        before = json.loads((folder / "world.json").read_text(encoding="utf-8"))
        changed = [key for key in about if before.get(key) != about[key]]
    except _NO_WORLD as error:
        raise UserError(f"{folder}: exists and holds no world; name another folder") from error
    if changed:
        raise UserError(f"{folder}: holds a world of another {', '.join(changed)}; name another folder")
    return True


def _fill(folder: Path, about: Mapping[str, Any], size: Size, teacher: Teacher, seed: int) -> None:
    from clinical_r1.world.student import make_student, make_tokenizer

    medicine = invent(seed)
    made = make_cases(medicine, seed)
    learn, practice, test, dev = (list(islice(made, count)) for count in (size.traces, size.rl, size.test, size.dev))
    rng = random.Random(f"teacher {seed}")
    traces = [(case, write_trace(case, medicine, rng, teacher)) for case in learn]
    prompt = load_prompt(PROMPT)
    lines = (
        trace_row(_question(case), prompt, trace.text, answer=trace.answer, imperfections=trace.imperfections)
        for case, trace in traces
    )
    _write_lines(folder / "traces.jsonl", lines)
    _write_lines(folder / "rl.jsonl", (case.record() for case in practice))
    _write_lines(folder / "test.jsonl", (case.record() for case in test))
    _write_lines(folder / "dev.jsonl", (case.record() for case in dev))
    _write_lines(folder / "truth.jsonl", (case.truth(medicine) for case in (*learn, *practice, *test, *dev)))
    asked = (chat_prompt(_question(case), prompt)[0]["content"] for case in (*learn, *practice, *test, *dev))
    tokenizer = make_tokenizer([*asked, *(trace.text for _, trace in traces)])
    parameters = make_student(folder / "model", tokenizer, width=size.width, layers=size.layers, seed=seed)
    shutil.copyfile(Path(__file__).with_name("about_world.md"), folder / "README.md")
    world = {**about, "parameters": parameters, "diseases": medicine.signatures}
    (folder / "world.json").write_text(json.dumps(world, indent=1), encoding="utf-8")
    _write_edits(folder, size, seed)


def _write_edits(folder: Path, size: Size, seed: int) -> None:
    """Write a twin per case, every other one of which moves the right answer, and a blank per finding."""
    medicine, cases = read_world(folder)
    lines = list[str]()
    for number, case in enumerate(list(cases.values())[size.traces :]):
        twin = make_twin(case, medicine, random.Random(f"twin {seed} {case.id}"), moves=number % 2 == 1)
        blanks = make_blanks(case, medicine, random.Random(f"blank {seed} {case.id}"))
        lines += [json.dumps({"id": case.id, **asdict(edit)}) for edit in (twin, *blanks)]
    write_whole(folder / EDITS, "".join(f"{line}\n" for line in lines))


def _question(case: Case) -> Question:
    return Question(case.id, case.stem, case.options, case.target)


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
