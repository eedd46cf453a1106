"""The facts of a case: made once per question, and the same for every checkpoint, judge and rater.

A share of facts cited compares checkpoints only if its denominator is the same for all of them, so that an inventory
made by a model is kept on disk under the case and the words of the prompt, and whoever comes next takes that one,
whichever model made it. A list that cannot be right is not kept.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from inspect_ai.model import Model
from platformdirs import user_cache_path
from pydantic import BaseModel, ValidationError

from clinical_r1.errors import UserError
from clinical_r1.files import write_whole
from clinical_r1.judging.ask import exchange, one_at_a_time
from clinical_r1.judging.replies import SCHEMA_VERSION, FactsReply, response_schema
from clinical_r1.judging.rubric import read_prompt
from clinical_r1.judging.spans import verify
from clinical_r1.prompts import fill
from clinical_r1.sentences import NEVER_LAST, Sentence, clauses, sentences
from clinical_r1.untrusted import quoted

Kind = Literal["rules", "llm"]


class InventoryError(RuntimeError):
    """A model's inventory of a case cannot be used, so that what is measured against it is unscored."""


class Inventory(NamedTuple):
    """The facts of a case."""

    facts: tuple[Sentence, ...]
    """Parts of the stem in order, without overlaps: fact 1 is the first. `stem[fact.start:fact.end] == fact.text`."""
    by: str
    """Who made it: `rules`, or a model's name."""


async def case_facts(stem: str, kind: Kind, model: Model | None = None, *, refresh: bool = False) -> Inventory:
    """The fact inventory of a question.

    Args:
        stem: The question without its options.
        kind: `rules` cuts the stem into clauses. `llm` has a model list the facts, once per question: from then on the
            list is read from `cache_folder()`, even where another model asks.
        model: Who makes the list; not needed where it is on disk.
        refresh: Make the list anew, once per process.

    Raises:
        InventoryError: If the model's reply cannot be read or cannot be right, after one repair.
        ValueError: If the list is to be made and there is no model.
        UserError: If the cache cannot be written.
    """
    if kind == "rules":
        return Inventory(tuple(clauses(stem)), "rules")
    asked = f"{read_prompt('facts').hash}\0{SCHEMA_VERSION}\0{stem}"
    path = cache_folder() / f"{hashlib.sha256(asked.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
    anew = refresh and path not in _REFRESHED
    async with one_at_a_time("facts", str(path)):
        kept = None if anew else _read(path, stem)
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
        made = Inventory(await _made_by(model, stem, cached=not anew), str(model))
        places = [(one.start, one.end) for one in made.facts]
        file = _File(stem=stem, facts=places, model=made.by, version=_VERSION)
        try:
            write_whole(path, file.model_dump_json(indent=1) + "\n")
        except UserError:
            if not path.exists():  # else another process wrote it at the same time
                raise
        _REFRESHED.add(path)
        return _read(path, stem) or made  # another process may have been faster: what lies there is what counts


_REFRESHED: set[Path] = set()  # lists made by this process


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


def _read(path: Path, stem: str) -> Inventory | None:
    """The inventory on disk; None if there is none that fits the stem and can be right."""
    try:
        file = _File.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None  # made anew
    if file.stem != stem or file.version != _VERSION or any(not 0 <= a < b <= len(stem) for a, b in file.facts):
        return None
    facts = tuple(Sentence(start, end, stem[start:end]) for start, end in file.facts)
    return None if wrong_list(facts, stem) else Inventory(facts, file.model)


async def _made_by(model: Model, stem: str, *, cached: bool) -> tuple[Sentence, ...]:
    prompt = read_prompt("facts")
    schema = response_schema("facts", FactsReply).json_schema.model_dump(exclude_none=True)
    user = fill(prompt.sections["item"], {"stem": stem.strip()})

    def problem_of(reply: FactsReply) -> str | None:
        facts = _verified(reply.facts, stem)
        # a case has facts: an empty list would be kept, and leave the question unscored for everybody
        return wrong_list(facts, stem) if facts else f"none of {len(reply.facts)} facts stands in the case"

    system = prompt.system((), schema)
    done = await exchange(model, "facts", system, user, FactsReply, problem_of=problem_of, cached=cached)
    if done.reply is None:
        raise InventoryError(f"fact inventory: {done.unscored}")
    return _verified(done.reply.facts, stem)


SENTENCES_PER_FACT = 6
"""Sentences of a case that cannot do with one fact."""


def wrong_list(facts: Sequence[Sentence], stem: str) -> str | None:
    """Why a list cannot be that of a case: too short for it, or with facts that are cut in the middle of sentences.

    Examples:
        >>> stem = "His pressure is 90/60 mm Hg. The lungs are clear. He saw Dr. Low."
        >>> wrong_list([Sentence(22, 39, stem[22:39])], stem)
        'fact “mm Hg. The lungs”: the end of one sentence and the beginning of another'
        >>> wrong_list([Sentence(50, 60, stem[50:60])], stem)
        'fact “He saw Dr.”: cut at an abbreviation'
    """
    every = sentences(stem)
    if len(facts) * SENTENCES_PER_FACT < len(every):
        return f"{len(facts)} facts for the {len(every)} sentences of the case"
    for fact in facts:
        within = [one for one in every if one.start < fact.end and fact.start < one.end]
        wrong = None
        if len(within) > 1 and fact.start > within[0].start:
            wrong = "the end of one sentence and the beginning of another"
        elif fact.end < within[-1].end - 1 and fact.text.rstrip(".").split()[-1].lower() in NEVER_LAST:
            wrong = "cut at an abbreviation"
        if wrong:
            return f"fact {quoted(fact.text)}: {wrong}"
    return None


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
