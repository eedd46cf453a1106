"""`clinical-r1 rewards audit` and `clinical-r1 rewards words`."""

import argparse
from pathlib import Path

from clinical_r1.commands import Commands, add_command
from clinical_r1.errors import UserError, names_near


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "rewards", "look into rewards")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    about = "change real completions in ways that should cost the cross-reference bonus, or should not, and see"
    audit = add_command(actions, "audit", about)
    audit.add_argument(
        "completions", type=Path, nargs="+", help=".eval logs, folders of them, .jsonl or .parquet files of completions"
    )
    audit.add_argument("-o", "--output", type=Path, default=Path("audit"), help="folder for table and figure (audit)")
    audit.add_argument(
        "--detectors",
        default="presence,lexical,grounded,specific",
        help="with commas between (presence,lexical,grounded,specific)",
    )
    audit.add_argument("--seed", type=int, default=0, help="of every random choice (0)")
    audit.add_argument("--limit", type=int, help="audit only the first so many completions")
    audit.set_defaults(run=_audit)
    about = "count how common words are in the stems of questions, for cross_reference: specific:FILE"
    words = add_command(actions, "words", about)
    words.add_argument("questions", nargs="+", metavar="BENCHMARK=FILE", help="each set is counted for itself")
    words.add_argument("-o", "--output", type=Path, default=Path("words.tsv"), help="file for the table (words.tsv)")
    words.set_defaults(run=_words)


def _audit(arguments: argparse.Namespace) -> None:
    from clinical_r1.files import write_whole
    from clinical_r1.reports.figures.audit import figure, markdown
    from clinical_r1.reports.plotting import save
    from clinical_r1.reward_audit import audit, completions_to_audit

    if arguments.limit is not None and arguments.limit < 1:
        raise UserError(f"--limit {arguments.limit}: allowed is a number from 1")
    detectors = [name.strip() for name in arguments.detectors.split(",")]
    found = audit(
        completions_to_audit(arguments.completions), detectors=detectors, seed=arguments.seed, limit=arguments.limit
    )
    counts = f"{found.completions} completions of {found.questions} questions were changed"
    if found.left_out:
        counts += f"; {found.left_out} were left out, as they have not both sections once and with text"
    text = f"{markdown(found.table)}\n{counts}. Seed {arguments.seed}.\n"
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
        write_whole(arguments.output / "audit.csv", found.table.to_csv(index=False, lineterminator="\n"))
        save(figure(found.table), arguments.output / "audit")
        report = write_whole(arguments.output / "audit.md", text)
    except OSError as error:
        raise UserError(f"{arguments.output}: cannot be written: {error.strerror or error}") from error
    print(text)
    print(f"report: {report}")


def _words(arguments: argparse.Namespace) -> None:
    from clinical_r1.datasets import BENCHMARKS, load
    from clinical_r1.files import write_whole
    from clinical_r1.train.cross_reference import count_shares, shares_text

    sets, about = [], []
    for given in arguments.questions:
        benchmark, equals, file = given.partition("=")
        if not equals or benchmark not in BENCHMARKS:
            known = names_near(benchmark, BENCHMARKS)
            raise UserError(f"{given}: allowed is BENCHMARK=FILE, with a benchmark of {known}")
        questions = load(benchmark, file, on_bad_record="skip").questions
        sets.append([question.stem for question in questions])
        about.append(f"{benchmark} ({len(questions)} stems, {BENCHMARKS[benchmark].licence})")
    text = shares_text(
        count_shares(sets),
        f"thousandths of stems with a word, the most of {', '.join(about)}; counts, no text of theirs",
    )
    try:
        print(f"words: {write_whole(arguments.output, text)}")
    except OSError as error:
        raise UserError(f"{arguments.output}: cannot be written: {error.strerror or error}") from error
