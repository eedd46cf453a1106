"""Write the report of a comparison or of a study: page, tables, figures, and every number in one file."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import clinical_r1
from clinical_r1.analysis.results import Results
from clinical_r1.analysis.summary import Sentence
from clinical_r1.errors import UserError
from clinical_r1.files import jsonable, make_folder, write_whole
from clinical_r1.logs import ShownSample, read_texts
from clinical_r1.metrics import METRICS
from clinical_r1.study.analysis import Analysis, write_cards
from clinical_r1.study.corrected import FILE, MAIN, write_corrected
from clinical_r1.study.verdict import MARGIN, SHARE, UNCORRECTED

from . import study_contents
from .contents import CHAPTERS, RUNS, Absent, Chapter, FigureOf, TableOf
from .first_screen import first_screen
from .html import relative
from .page import Block, Details, FigureBlock, Finding, Page, Section, TableBlock, Text, render
from .plotting import Palette, palette, save
from .reader import SamplePair, Side
from .tables import without_empty, write_tables


def write_results(path: Path, tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]) -> Path:
    """Write tables as JSON: `{"about": {...}, "tables": {name: [row, ...]}}`, a row of a table on each line.

    What is no finite number is null. Names and `about` are sorted, the fields of a row stand in the order of the
    frame's columns; the same numbers give the same bytes. Text is as it was read, with escapes for all but ASCII.

    Args:
        path: Of the file, which is there whole or not at all.
        tables: Name -> frame; its index is left out.
        about: What was read and how: plain values, lists and mappings.

    Returns:
        The path.

    Raises:
        UserError: If the file cannot be written.
    """
    parts = []
    for name, frame in sorted(tables.items()):
        lines = [json.dumps(jsonable(row), allow_nan=False) for row in frame.to_dict("records")]
        parts.append(f"{json.dumps(name)}: " + ("[\n" + ",\n".join(lines) + "\n]" if lines else "[]"))
    head = json.dumps(jsonable(about), sort_keys=True, indent=1)
    body = ",\n".join(parts)
    return write_whole(path, f'{{\n"about": {head},\n"tables": {{\n{body}\n}}\n}}\n')


# --- sections ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Output:
    """Where a report goes, and what its parts share."""

    folder: Path
    tables: Mapping[str, pd.DataFrame]
    palettes: Mapping[str, Palette]
    """Whose labels -> how they are drawn."""

    def named(self, tables: Mapping[str, str]) -> dict[str, pd.DataFrame]:
        """Tables as arguments: argument -> name of a table, to argument -> table."""
        return {argument: self.tables[name] for argument, name in tables.items()}


def _sections(chapters: Iterable[Chapter], output: _Output) -> list[Section]:
    """Draw and write the parts of every chapter; one of which there is nothing to show is left out."""
    made = [(one, [block for part in one.parts if (block := _block(part, output))]) for one in chapters]
    return [Section(one.id, one.title, one.intro, blocks) for one, blocks in made if blocks]


def _findings(summary: Iterable[Sentence]) -> list[tuple[Finding, str]]:
    return [("note" if sentence.kind == "unit" else sentence.kind, sentence.text) for sentence in summary]


def _block(part: FigureOf | TableOf | Absent, output: _Output) -> Block | None:
    table = output.tables[part.table]
    if isinstance(part, Absent):
        return Text(part.paragraphs) if table.empty else None
    frame = table if table.empty else part.rows(table)
    if frame.empty:
        return None
    if isinstance(part, FigureOf):
        return _figure(part, frame, output)
    view = without_empty(part.view(frame))
    paths = write_tables(output.folder / "tables", part.name, view)
    block = TableBlock(view, part.caption, [path.relative_to(output.folder).as_posix() for path in paths])
    folded = part.folded or ("The numbers" if len(frame) > part.long else "")
    return Details(folded, [block]) if folded else block


def _figure(part: FigureOf, frame: pd.DataFrame, output: _Output) -> Block:
    """The figure; where it cannot be drawn, why."""
    try:
        drawn = part.module.figure(frame, palette=output.palettes[part.labels], **output.named(part.drawn_with))
    except ValueError as error:
        return Text([f"The figure `{part.name}` is left out: {error}."])
    make_folder(output.folder / "figures")
    files = save(drawn, output.folder / "figures" / part.name)
    caption = part.module.caption(frame, **output.named(part.beside))
    return FigureBlock(files[0].read_bytes(), caption, [file.relative_to(output.folder).as_posix() for file in files])


# --- a comparison -----------------------------------------------------------------------------------------------------
SAMPLES = (
    "Where two checkpoints differ most, those of the verdict first: a right answer against a wrong one counts most, "
    "then the bounded forms of the judges' metrics."
)
MARKS = "Marks are the quotes that code found in the response."


def write_report(
    results: Results,
    folder: Path,
    *,
    title: str = "",
    command: str,
    cards: Sequence[Path] = (),
    script: Path | None = None,
    links: Sequence[str] = (),
) -> Path:
    """Write everything of a comparison; the page comes last, so that a page that is there is whole.

    Args:
        results: The tables.
        folder: Made if it is not there; what an earlier report left in it under the same names is replaced.
        title: What stands before the verdict's context.
        command: That made it, for the page's foot.
        cards: `judge_card.json` files.
        script: Commands that made the logs, to be shown.
        links: Pages beside this one, each `TEXT=PAGE`.

    Returns:
        The page.

    Raises:
        UserError: If a file cannot be written, or a card or the script cannot be read.
    """
    how = [_how(script)] if script else []
    card = pd.DataFrame([row for path in cards for row in _card(path)])
    tables = {**results.tables, "judge_card": card, "runs": _runs(results)}
    arms = [label for comparison in results.comparisons for label in (comparison.a, comparison.b)]
    output = _Output(folder, tables, {"checkpoints": palette([*results.log_set.checkpoints, *arms])})
    _forget(folder)
    sections = [*_sections([*CHAPTERS, RUNS], output), *how]
    about = {
        "command": command,
        "version": clinical_r1.__version__,
        "verdict": {key: value for key, value in results.verdict.as_dict().items() if key != "rows"},
        "contrast": vars(results.contrast) if results.contrast else None,
        "comparisons": [
            {name: getattr(one, name) for name in ("a", "b", "benchmark", "prompts")}
            | {"differing": list(map(str, one.differing))}
            for one in results.comparisons
        ],
        "notes": list(results.log_set.notes),
        "resamples": results.resampling.resamples,
        "seed": results.resampling.seed,
        "family": "column `family` of `paired`: endpoints of the contrast, its other metrics, other comparisons",
        "files": sorted(
            path.relative_to(folder).as_posix()
            for part in ("tables", "figures")
            for path in (folder / part).glob("*.*")
        ),
    }
    write_results(folder / "results.json", tables, about)
    samples = list(_samples(results, output.palettes["checkpoints"]))
    places = [(f"Read the responses ({len(samples)})", "#samples")] if samples else []
    places += [(one.title, f"#{one.id}") for one in sections if one.id in ("differences", "answers", "commands")]
    page = Page(
        title=" · ".join(filter(None, [results.verdict.title, title])),
        screen=first_screen(results.verdict, title),
        links=[*places, *beside(links)],
        sections=sections,
        samples=samples,
        samples_intro=f"{SAMPLES if results.comparisons else 'Drawn at random.'} {MARKS}",
        facts=[
            ("Command", command),
            ("Version", f"clinical-r1 {clinical_r1.__version__}"),
            ("All numbers", "results.json"),
        ],
    )
    return write_whole(folder / "index.html", render(page))


def beside(links: Sequence[str]) -> list[tuple[str, str]]:
    """Words and address of pages beside a report, each given as `TEXT=PAGE`."""
    return [(words, relative(page)) for words, _, page in (link.rpartition("=") for link in links)]


def _forget(folder: Path) -> None:
    """Take away the tables and figures of an earlier report, so that nothing of it stands beside this one."""
    try:
        files = json.loads((folder / "results.json").read_text(encoding="utf-8"))["about"]["files"]
        ours = [str(name) for name in files if str(name).startswith(("tables/", "figures/")) and ".." not in str(name)]
    except (OSError, ValueError, LookupError, TypeError):
        return
    for name in ours:
        (folder / name).unlink(missing_ok=True)


def _runs(results: Results) -> pd.DataFrame:
    failed = results.log_set.responses.groupby("run", observed=True)["error"].count()
    return pd.DataFrame(
        [
            {
                "benchmark": run.benchmark,
                "checkpoint": run.checkpoint,
                "model": run.model,
                "found": run.found,
                "expected": run.expected,
                "failed": int(failed.get(run.index, 0)),
                "status": run.status,
                "conditions": "; ".join(f"{key} {value}" for key, value in run.conditions.items() if value is not None),
                "logs": ", ".join((*run.paths, *run.probes)),
            }
            for run in results.log_set.runs
        ]
    )


def _how(script: Path) -> Section:
    """The commands of a shell script, those of each heading behind a line."""
    parts: list[tuple[str, list[str]]] = [("Commands", [])]
    try:
        lines = script.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--commands {script}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    for line in lines:
        if line.startswith("# "):
            parts.append((line.removeprefix("# "), []))
        elif line.strip() and not line.startswith(("#", "set ")):
            parts[-1][1].append(line)
    blocks = [
        Details(heading, [Text([f"`{one.replace('`', chr(39))}`" for one in said])]) for heading, said in parts if said
    ]
    intro = f"The commands that made these numbers, in their order, as `{script.name}` holds them."
    return Section("commands", "How was this made?", intro, blocks)


# --- judge cards ------------------------------------------------------------------------------------------------------
def _card(path: Path) -> Iterator[dict[str, Any]]:
    """A row per level x metric."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        for level, metrics in card["lines"].items():
            for metric, line in metrics.items():
                if isinstance(line, str):  # not judged
                    continue
                row = {"judge": card["judge"], "level": level, "metric": metric, "items": line["items"]}
                for name in ("precision", "recall", "f1", "bias"):
                    part = line[name]
                    row |= {name: part["value"], f"{name}_low": part["low"], f"{name}_high": part["high"]}
                yield row
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not a judge card (judge_card.json of inspect eval judge_bench): {error}") from error


# --- samples ----------------------------------------------------------------------------------------------------------
def _samples(results: Results, colours: Palette) -> Iterator[SamplePair]:
    texts = read_texts(results.log_set, [(run, one.id, one.epoch) for one in results.samples for run in one.runs])
    labels = {run.index: run.checkpoint for run in results.log_set.runs}
    responses = results.log_set.responses
    keys = zip(responses["run"], responses["id"].astype(str), responses["epoch"], strict=True)
    rows = {key: responses.iloc[place] for place, key in enumerate(keys) if key in texts}
    for shown in results.samples:
        places = [key for run in shown.runs if (key := (run, shown.id, shown.epoch)) in rows]
        if not places:
            continue
        sides = [_side(labels[key[0]], texts[key], rows[key], colours) for key in places]
        first = texts[places[0]].item
        yield SamplePair(
            id=f"{shown.id}, epoch {shown.epoch}",
            benchmark=shown.benchmark,
            question=first.stem,
            options=first.options,
            target=first.target,
            why=shown.why,
            sides=sides,
            facts=[fact.text for fact in first.facts],
        )


def _side(checkpoint: str, sample: ShownSample, row: "pd.Series[Any]", colours: Palette) -> Side:
    numbers = {m.label: float(row[m.key]) for m in METRICS.values() if m.primary and m.judge != "answer"}
    place = int(row["shown_position"])
    return Side(
        checkpoint=checkpoint,
        response=sample.item.response,
        answer=list(sample.item.options)[place] if place >= 0 else None,
        correct=None if pd.isna(row["answer"]) else bool(row["answer"]),
        words=None if pd.isna(row["words"]) else int(row["words"]),
        spans=sample.spans,
        numbers={label: value for label, value in numbers.items() if not pd.isna(value)},
        colour=colours[checkpoint].colour,
    )


# --- a study ----------------------------------------------------------------------------------------------------------
DISAGREEMENTS = (
    "Items on which the judge is farthest from raters stand first, in units of each metric's spread; then those on "
    "which raters are farthest from each other. Marks at the left are the judge's, those at the right all raters'."
)


@dataclass(frozen=True)
class About:
    """What the report of a study says about itself."""

    title: str
    command: str
    study: str
    """The study's id."""
    date: str
    """Of the newest answer, or of the study where there is none."""
    facts: Sequence[tuple[str, str]] = ()
    """More for the foot of the page: label and value."""
    links: Sequence[str] = ()
    """Pages beside this one, each `TEXT=PAGE`."""


def write_study_report(analysis: Analysis, folder: Path, about: About, samples: Sequence[SamplePair] = ()) -> Path:
    """Write everything of a study, a card per judge too; the page comes last, so that a page that is there is whole.

    Args:
        analysis: The tables.
        folder: Made if it is not there; what an earlier report left in it under the same names is replaced.
        about: Title, command, study, date.
        samples: For the disagreement browser.

    Returns:
        The page.

    Raises:
        UserError: If a file cannot be written.
    """
    labelled, raters = analysis.labelled, len(analysis.labelled.raters)
    palettes = {"judges": palette(labelled.judges), "checkpoints": palette(labelled.items["checkpoint"])}
    make_folder(folder)
    sections = _sections(study_contents.chapters(analysis), _Output(folder, analysis.tables, palettes))
    facts = {"study": about.study, "date": about.date, "command": about.command, "version": clinical_r1.__version__}
    more = {
        "epsilon": analysis.epsilon,
        "margin": {"absolute": MARGIN, "share": SHARE},
        "verdicts": UNCORRECTED,
        "corrected": MAIN,
        "summary": [sentence.text for sentence in analysis.summary],
        "notes": list(labelled.notes),
    }
    write_results(folder / "results.json", analysis.tables, facts | more)
    judge, verdicts = next(iter(labelled.judges), ""), analysis.tables["verdicts"]
    own = verdicts[verdicts["judge"] == judge] if len(verdicts) else verdicts
    standing = dict(zip(own["metric"], own["verdict"], strict=True)) if len(own) else {}
    write_corrected(folder / FILE, analysis.tables, {"judge": judge, "standing": standing, **facts})
    write_cards(folder, analysis, facts)
    page = Page(
        title=about.title,
        subtitle=f"{', '.join(labelled.judges) or 'no judge'} against {raters} rater{'s' * (raters != 1)}",
        links=beside(about.links),
        summary=_findings(analysis.summary),
        sections=sections,
        samples=samples,
        samples_intro=DISAGREEMENTS,
        facts=[
            *((label.capitalize(), value) for label, value in facts.items()),
            ("All numbers", "results.json"),
            ("Corrected numbers", "corrected.json (clinical-r1 report --study)"),
            *about.facts,
        ],
    )
    return write_whole(folder / "index.html", render(page))
