"""`clinical-r1 rewards audit`."""

import argparse
from pathlib import Path

from clinical_r1.commands import Commands


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("rewards", help="look into rewards", description="Look into rewards.")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    about = "change real completions in ways that should cost the cross-reference bonus, or should not, and see"
    audit = actions.add_parser("audit", help=about, description=f"{about[0].upper()}{about[1:]}.")
    audit.add_argument(
        "completions", type=Path, nargs="+", help=".eval logs, folders of them, .jsonl or .parquet files of completions"
    )
    audit.add_argument("-o", "--output", type=Path, default=Path("audit"), help="folder for table and figure (audit)")
    audit.add_argument(
        "--detectors", default="presence,lexical,grounded", help="with commas between (presence,lexical,grounded)"
    )
    audit.add_argument("--seed", type=int, default=0, help="of every random choice (0)")
    audit.add_argument("--limit", type=int, help="audit only the first so many completions")
    audit.set_defaults(run=_audit)


def _audit(arguments: argparse.Namespace) -> None:
    from clinical_r1.errors import UserError
    from clinical_r1.files import write_whole
    from clinical_r1.reports.audit import figure, markdown, save
    from clinical_r1.train.audit.completions import completions_to_audit
    from clinical_r1.train.audit.table import audit

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
