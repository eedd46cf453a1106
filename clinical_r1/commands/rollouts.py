"""`clinical-r1 rollouts`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinical_r1.commands import Commands, add_command, count
from clinical_r1.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from inspect_ai import Task
    from inspect_ai.model import Model

    from clinical_r1.train.recipe import RlRecipe

DESCRIPTION = """Write rollouts of a training run as logs, as an evaluation would have written them: judge, report and
Inspect View open them. A log per batch of rollouts, named after the update that first learned from it; its model is the
checkpoint that wrote them, which need not have been saved. Logs that are there already are kept."""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "rollouts", "write rollouts of a training run as logs", description=DESCRIPTION)
    parser.add_argument("folder", type=Path, metavar="RUN", help="output folder of clinical-r1 train")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the logs")
    parser.add_argument("--every", type=count, default=10, metavar="N", help="every Nth batch, from the first (10)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.files import RECIPE
    from clinical_r1.train.recipe import RlRecipe, load

    batches = sorted((arguments.folder / "completions").glob("step_*.parquet"))
    recipe = load(path) if (path := arguments.folder / RECIPE).is_file() else None
    if not (isinstance(recipe, RlRecipe) and batches):
        raise UserError(f"{arguments.folder}: no rollouts in it; allowed is the output folder of an RL run")
    for batch in batches[:: arguments.every]:
        log = arguments.output / f"{batch.stem}.eval"
        if not log.exists():
            _write(batch, recipe, arguments.folder, log)
        print(f"log: {log}", flush=True)


def _write(batch: Path, recipe: "RlRecipe", run: Path, log: Path) -> None:
    """Run the evaluation's own task on a batch, with a model that says again what was said."""
    from tempfile import TemporaryDirectory

    import pandas as pd
    from inspect_ai import eval as evaluate

    from clinical_r1.files import make_folder, writable

    rows = pd.read_parquet(batch).dropna(subset="target")  # unknown of twins whose edit came without it
    update = int(batch.stem.removeprefix("step_"))
    make_folder(log.parent)
    with writable(log), TemporaryDirectory(dir=log.parent) as folder:
        (written,) = evaluate(
            _task(rows, recipe, f"update {update}", Path(folder) / "questions.jsonl"),
            model=_saying(rows, run / f"checkpoint-{update - 1}"),
            temperature=recipe.temperature,
            top_p=recipe.top_p,
            max_tokens=recipe.max_completion_tokens,
            log_dir=folder,
            log_format="eval",
            display="none",
        )
        Path(written.location).replace(log)


def _task(rows: "pd.DataFrame", recipe: "RlRecipe", source: str, file: Path) -> "Task":
    """The evaluation of a batch's questions, as many epochs as there are rollouts of each."""
    import json
    from dataclasses import replace

    from clinical_r1.datasets import Question, load, write_questions
    from clinical_r1.tasks import question_task

    first = rows.drop_duplicates("id")[["id", "question", "options", "target"]].itertuples(index=False)
    asked = [Question(id, stem, json.loads(options), target) for id, stem, options, target in first]
    write_questions(file, asked, benchmark := recipe.data.benchmark)
    questions = replace(load(benchmark, str(file)), source=source, name=f"{benchmark}_rollouts")
    return question_task(questions, recipe.data.prompt, recipe.rollouts, "share", None)


def _saying(rows: "pd.DataFrame", checkpoint: Path) -> "Model":
    """A model that replies to each question and epoch with the rollout of that place."""
    from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, ModelUsage, get_model, modelapi

    from clinical_r1.inspect_private import sample_being_answered

    rows = rows.assign(epoch=rows.groupby("id").cumcount() + 1)
    said = {f"{row['id']}:{row['epoch']}": row for row in rows.to_dict("records")}
    kept = [str(name) for name in rows if name not in ("id", "epoch", "target", "options", "question", "completion")]

    @modelapi(name="rollouts")
    class Rollouts(ModelAPI):
        def __init__(self, model_name: str, *_: Any, config: GenerateConfig, model_path: str, **__: Any) -> None:
            super().__init__(model_name, config=config)

        async def generate(self, *_: Any, **__: Any) -> ModelOutput:
            row = said[str(sample_being_answered())]
            output = ModelOutput.from_content(model=self.model_name, content=row["completion"])
            tokens = int(row.get("tokens", 0))
            output.usage = ModelUsage(output_tokens=tokens, total_tokens=tokens)
            output.metadata = {name: row[name] for name in kept}
            return output

    return get_model(f"rollouts/{checkpoint.parent.name}", model_path=str(checkpoint), memoize=False)
