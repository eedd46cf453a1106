"""From benchmark questions to the rows that TRL trains on."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from clinical_r1.datasets import Question, QuestionSet, load
from clinical_r1.datasets.overlap import shared, split_halves
from clinical_r1.datasets.read import BadRecord, has_splits, read_rows
from clinical_r1.edits.files import read_edits
from clinical_r1.edits.values import own_words
from clinical_r1.errors import UserError
from clinical_r1.item import Item
from clinical_r1.prompts import Prompt, load_prompt, render
from clinical_r1.train.recipe import Data, HeldOut, RlRecipe

Row = dict[str, Any]
Manifest = dict[str, Any]
"""What a model is trained on: where it comes from, which part of it, and how much."""
PAIR = "pair"
"""In a question's metadata: columns of its row that tell of its twin."""


def chat_prompt(question: Question | Item, prompt: Prompt) -> list[dict[str, str]]:
    """What a model is asked, word for word as in evaluation, as a chat of one message."""
    return [{"role": "user", "content": render(prompt, question.stem, question.options)}]


def trace_row(question: Question | Item, prompt: Prompt, completion: str, **extra: Any) -> Row:
    """A line of a traces file: `id`, `prompt` and `completion` in chat format."""
    reply = [{"role": "assistant", "content": completion}]
    return {"id": question.id, "prompt": chat_prompt(question, prompt), "completion": reply, **extra}


def rollout_row(question: Question, prompt: Prompt) -> Row:
    """A row that a policy is trained on: the prompt, and what the rewards need beside a completion."""
    return {
        "prompt": chat_prompt(question, prompt),
        "id": question.id,
        "question": question.stem,
        "options": json.dumps(question.options, ensure_ascii=False),
        "target": question.target,
        **question.metadata.get(PAIR, {}),
    }


def training_questions(data: Data) -> QuestionSet:
    """The set that a recipe names, its questions those of one half of the split, or all of it, up to the limit.

    Raises:
        UserError: If they cannot be loaded, or none is left.
    """
    split = data.split if has_splits(data.dataset) else None
    loaded = load(data.benchmark, data.dataset, split=split)
    questions = loaded.questions
    if data.half != "both":
        cut = split_halves(questions, data.half_seed)
        questions = cut.first if data.half == "first" else cut.second
    if data.twins is not None:
        questions = with_twins(questions, Path(data.twins))
    rows = 1 if data.twins is None else 2
    return replace(loaded, questions=questions[: data.limit and rows * data.limit])


def with_twins(questions: Sequence[Question], path: Path) -> list[Question]:
    """Each question followed by its twin: the same about a case that an edit has changed, the first one of a file.

    Left out are questions without an edit, and those whose edit leaves one of the two stems with no word or number that
    the other and the options have not: no citation could tell them apart.

    Raises:
        UserError: If the file cannot be read, an edit is not one of its question, or no pair is left.
    """
    edits, pairs = read_edits(path), list[Question]()
    for question in questions:
        for edit in edits.get(question.id, ())[:1]:
            letters, texts = ", ".join(question.options), question.options.values()
            if not edit.stands_in(question.stem) or edit.answer not in (None, *question.options):
                needed = f"{edit.old!r} at {edit.start} of its stem, and an answer of {letters} or none"
                raise UserError(f"data.twins={path}: question {question.id}: its edit needs {needed}")
            stem, twin = edit.applied(question.stem), f"{question.id}~twin"
            own = sorted(own_words(question.stem, stem, texts))
            other = sorted(own_words(stem, question.stem, texts))
            if own and other:
                here: Row = {"twin": twin, "own": own, "other": other}
                there: Row = {"twin": question.id, "own": other, "other": own, "target": edit.answer}
                pairs += [
                    replace(question, metadata=question.metadata | {PAIR: here}),
                    replace(question, id=twin, stem=stem, metadata=question.metadata | {PAIR: there}),
                ]
    if not pairs:
        ids = f"ids are like {next(iter(edits), 'none')} there, like {next(iter(questions)).id} here"
        raise UserError(f"data.twins={path}: none of {len(questions)} questions has an edit that can be cited ({ids})")
    return pairs


def held_out_questions(recipe: RlRecipe, held: HeldOut, learned: Sequence[Question]) -> QuestionSet:
    """The questions that are answered during a run: none of them stands, by its content, among those `learned` from.

    Raises:
        UserError: If they cannot be loaded, or none is left.
    """
    benchmark = held.benchmark or recipe.data.benchmark
    asked = training_questions(Data(benchmark=benchmark, dataset=held.dataset, split=held.split, half="both"))
    trained_on = set(shared(learned, asked.questions))
    left = [question for question in asked.questions if question.id not in trained_on]
    if not left:
        raise UserError(f"held_out: all {len(trained_on)} questions are trained on; name another dataset or split")
    return replace(asked, questions=left[: held.limit])


def rollout_rows(
    asked: QuestionSet, data: Data, count_tokens: Callable[[list[dict[str, str]]], int]
) -> tuple[list[Row], Manifest]:
    """The rows of questions, and what they are: questions with a prompt that is too long are left out and counted, in
    pairs of twins both.

    Raises:
        UserError: If no question is left.
    """
    prompt = load_prompt(data.prompt)
    rows = [rollout_row(question, prompt) for question in asked.questions]
    long = {row["id"] for row in rows if count_tokens(row["prompt"]) > data.max_prompt_tokens}
    short = [row for row in rows if long.isdisjoint((row["id"], row.get("twin")))]
    if not short:
        raise UserError(f"data.max_prompt_tokens={data.max_prompt_tokens}: no question is left of {len(rows)}")
    half = "all of it" if data.half == "both" else f"the {data.half} one of a cut with seed {data.half_seed}"
    manifest = {"benchmark": data.benchmark, **asked.origin, "records": asked.records, "half": half}
    manifest |= {"prompt": data.prompt, "questions": len(short), "left_out_as_too_long": len(rows) - len(short)}
    if data.twins is not None:
        manifest |= {
            "twins": Path(data.twins).name,
            "twins_sha256": hashlib.sha256(Path(data.twins).read_bytes()).hexdigest(),
        }
    return short, manifest


def read_traces(path: Path) -> list[Row]:
    """Read a traces file.

    Returns:
        Rows of `prompt` and `completion` alone, in chat format.

    Raises:
        UserError: If it cannot be read, or a line is no trace.
    """
    rows = []
    for row in read_rows(path):
        if isinstance(row, BadRecord):
            raise UserError(str(row))
        record = row.record
        if not (_is_chat(record.get("prompt"), "user") and _is_chat(record.get("completion"), "assistant")):
            allowed = "prompt and completion as lists of {role, content}, the last ones of the user and the assistant"
            raise UserError(f"{path}:{row.number}: is no trace; a trace has {allowed}")
        rows.append({"prompt": record["prompt"], "completion": record["completion"]})
    if len(rows) < 2:
        raise UserError(f"{path}: {len(rows)} traces; at least 2 are needed, one of them held out")
    return rows


def traces_manifest(path: Path) -> Manifest:
    """Which file traces were read from and, where `clinical-r1 distil` made it, by whom and about what."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest: Manifest = {"source": path.name, "sha256": digest}
    try:
        made = json.loads(path.with_name("manifest.json").read_text(encoding="utf-8"))
        if made["files"][path.name] == digest:
            manifest |= {"teacher": made["teacher"]["model"], "prompt": made["prompt"]["name"]}
            manifest |= {
                f"questions_{name}": made["dataset"][name] for name in ("source", "split", "revision", "sha256")
            }
    except (OSError, ValueError, KeyError, TypeError):  # no manifest, or not of these traces
        pass
    return manifest


def _is_chat(messages: object, role: str) -> bool:
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        return False
    texts = (isinstance(message, dict) and isinstance(message.get("content"), str) for message in messages)
    return all(texts) and messages[-1].get("role") == role
