"""The model card of a final model, in the form of the Hugging Face hub: recipe, data, results of the run, limits.

Whoever publishes the folder adds a licence, and figures of an evaluation.
"""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import yaml
from huggingface_hub import ModelCard, ModelCardData

import clinical_r1
from clinical_r1.files import RECIPE, RECORD, write_whole
from clinical_r1.train.callbacks import PREFIX
from clinical_r1.train.data import Manifest
from clinical_r1.train.recipe import Recipe, SftRecipe, resolved
from clinical_r1.train.trl_settings import processes

CARD = "README.md"
SPAN = 10
"""Updates at either end of a run over which the card's means go, in a run that has so many."""
_MEASURES = ("loss", "reward", "kl", "beta", "entropy", "completion_tokens", "truncated", "groups_without_variance")


def write_card(recipe: Recipe, data: Manifest, folder: Path) -> None:
    """Write the card and the recipe into the folder of a final model.

    Args:
        recipe: Of the run; its output folder holds the run's record.
        data: What was trained on, see `clinical_r1.train.data`.
        folder: Where the weights are.

    Raises:
        UserError: If a file cannot be written.
    """
    write_whole(folder / RECIPE, resolved(recipe))
    write_whole(folder / CARD, f"{model_card(recipe, data)}")


def model_card(recipe: Recipe, data: Manifest) -> ModelCard:
    """The card of a finished run, with the metadata that the hub reads at its top."""
    output, text = Path(recipe.output), resolved(recipe)
    whole = pd.read_csv(path) if (path := output / RECORD).is_file() else pd.DataFrame({"step": []})
    record = whole[whole["step"] > 0]  # held-out questions are also answered before the first update
    span = max(1, min(SPAN, len(record) // 2))
    metadata = ModelCardData(
        base_model=_base_model(recipe.model),
        datasets=[data[f"{of}source"] for of in ("", "questions_") if data.get(f"{of}revision")] or None,
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["clinical-r1", "trl", "sft" if isinstance(recipe, SftRecipe) else "grpo"],
    )
    packages = ("trl", "transformers", "torch", *(["peft"] if recipe.lora else []))
    card: ModelCard = ModelCard.from_template(
        metadata,
        template_path=str(Path(__file__).with_suffix(".md")),
        name=output.name,
        recipe=recipe,
        recipe_text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        method=_method(recipe),
        prompt=data.get("prompt"),
        data={name: value for name, value in data.items() if value is not None},
        updates=len(record),
        processes=processes(),
        span=span,
        results=[_ends(record, name, span) for name in (*_MEASURES, *getattr(recipe, "rewards", ())) if name in record],
        best=_best(recipe, whole),
        versions={"clinical-r1": clinical_r1.__version__, "Python": platform.python_version()}
        | {name: version(name) for name in packages},
    )
    return card


def _method(recipe: Recipe) -> str:
    if isinstance(recipe, SftRecipe):
        return "supervised fine-tuning on a teacher's traces"
    weights = ", ".join(f"{name} {weight:g}" for name, weight in recipe.rewards.items())
    return f"group relative policy optimization (GRPO; rewards and their weights: {weights})"


def _base_model(model: str) -> str | None:
    """Hub id of the model that a run, or the runs before it, began with; None for one that never had an id."""
    if not Path(model).exists():
        return model
    try:
        found = ModelCard.load(Path(model) / CARD).data.base_model
    except (OSError, ValueError, yaml.YAMLError):  # no card, or one that somebody else wrote
        return None
    return found if isinstance(found, str) else None


def _ends(record: pd.DataFrame, name: str, span: int) -> dict[str, str]:
    values = record[name].dropna()
    return {"measure": name} | {
        end: f"{part.mean():.4g}" for end, part in (("first", values.head(span)), ("last", values.tail(span)))
    }


def _best(recipe: Recipe, record: pd.DataFrame) -> str | None:
    """What the checkpoint that is kept is the best of."""
    if isinstance(recipe, SftRecipe):
        column, sign, what = "eval_loss", -1, "the lowest loss on held-out traces"
    elif recipe.held_out is not None:
        chosen = recipe.held_out.keep_best
        column, sign, what = PREFIX + chosen, 1, f"the best {chosen} on held-out questions"
    else:
        return None
    told = {int(row["step"]): row[column] for row in record.to_dict("records") if pd.notna(row.get(column))}
    trained = [step for step in told if step]
    if not trained:
        return None
    best = max(trained, key=lambda step: sign * told[step])  # the first of several, as TRL has it
    ends = {"start": told.get(0), "end": told[trained[-1]]}
    beside = ", ".join(f"{value:.4g} at the {end}" for end, value in ends.items() if value is not None)
    return f"{what}: {told[best]:.4g} at update {best} ({beside})"
