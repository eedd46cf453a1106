"""The facts of a case: made once per question, and the same for every checkpoint, judge and rater.

A share of facts cited compares checkpoints only if its denominator is the same for all of them, so that an inventory
made by a model is kept on disk under the case and the words of the prompt, and whoever comes next takes that one,
whichever model made it.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from inspect_ai.model import Model
from platformdirs import user_cache_path
from pydantic import BaseModel, ValidationError

from clinical_r1.errors import UserError
from clinical_r1.files import write_whole
from clinical_r1.judging.ask import exchange, one_at_a_time
from clinical_r1.judging.replies import SCHEMA_VERSION, FactsReply, response_schema
from clinical_r1.judging.rubric import read_prompt
from clinical_r1.judging.spans import Sentence, clauses, verify
from clinical_r1.prompts import fill

Kind = Literal["rules", "llm"]


class InventoryError(RuntimeError):
    """A model's inventory of a case cannot be used, so that what is measured against it is unscored."""


async def case_facts(stem: str, kind: Kind, model: Model | None = None) -> tuple[Sentence, ...]:
    """The fact inventory of a question.

    Args:
        stem: The question without its options.
        kind: `rules` cuts the stem into clauses. `llm` has a model list the facts, once per question: from then on the
            list is read from `cache_folder()`, even where another model asks.
        model: Who makes the list; not needed where it is on disk.

    Returns:
        Parts of the stem in its order, without overlaps: fact 1 is the first. `stem[fact.start:fact.end] == fact.text`.

    Raises:
        InventoryError: If the model's reply cannot be read after one repair, or nothing in it stands in the stem.
        ValueError: If the list is to be made and there is no model.
        UserError: If the cache cannot be written.
    """
    if kind == "rules":
        return tuple(clauses(stem))
    asked = f"{read_prompt('facts').hash}\0{SCHEMA_VERSION}\0{stem}"
    path = cache_folder() / f"{hashlib.sha256(asked.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
    async with one_at_a_time("facts", str(path)):
        kept = _read(path, stem)
        if kept is not None:
            return kept
        if model is None:
            raise ValueError("no inventory of this case on disk, and no model to make one")
        try:  # before a call is paid
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{path.parent}: cannot be made ({error.strerror}); CLINICAL_R1_CACHE names another"
            ) from error
        facts = await _made_by(model, stem)
        places = [(one.start, one.end) for one in facts]
        file = _File(stem=stem, facts=places, model=str(model), version=_VERSION)
        try:
            write_whole(path, file.model_dump_json(indent=1) + "\n")
        except UserError:
            if not path.exists():  # else another process wrote it at the same time
                raise
        kept = _read(path, stem)  # another process may have been faster: what lies there is what counts
        return facts if kept is None else kept


def cache_folder() -> Path:
    """Where inventories are kept: `facts` in `CLINICAL_R1_CACHE`, else in this user's cache folder."""
    root = os.environ.get("CLINICAL_R1_CACHE")
    return (Path(root) if root else user_cache_path("clinical_r1")) / "facts"


_VERSION = 1


class _File(BaseModel):
    """An inventory on disk."""

    stem: str
    facts: list[tuple[int, int]]
    model: str
    version: int


def _read(path: Path, stem: str) -> tuple[Sentence, ...] | None:
    """The inventory on disk; None if there is none that fits the stem."""
    try:
        file = _File.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None  # made anew
    if file.stem != stem or file.version != _VERSION or any(not 0 <= a < b <= len(stem) for a, b in file.facts):
        return None
    return tuple(Sentence(start, end, stem[start:end]) for start, end in file.facts)


async def _made_by(model: Model, stem: str) -> tuple[Sentence, ...]:
    prompt = read_prompt("facts")
    schema = response_schema("facts", FactsReply).json_schema.model_dump(exclude_none=True)
    user = fill(prompt.sections["item"], {"stem": stem.strip()})
    done = await exchange(model, "facts", prompt.system((), schema), user, FactsReply)
    if done.reply is None:
        raise InventoryError(f"fact inventory: {done.unscored}")
    facts = _verified(done.reply.facts, stem)
    if not facts:  # a case has facts: an empty list would be kept, and leave the question unscored for everybody
        raise InventoryError(f"fact inventory: none of {len(done.reply.facts)} facts stands in the case")
    return facts


def _verified(quotes: Iterable[str], stem: str) -> tuple[Sentence, ...]:
    """What stands in the stem, in its order; of overlapping facts the one that was listed first."""
    kept: list[Sentence] = []
    for quote in quotes:
        span = verify(quote, stem)
        if span is None or span.negated_context:
            continue
        if not any(map(span.overlaps, kept)):
            kept.append(Sentence(span.start, span.end, span.text))
    return tuple(sorted(kept))
