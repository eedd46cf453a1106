"""A template teacher: traces for a cold start, and questions to train, to hold out and to test on, from records.

    python examples/real_model/traces.py OUT medqa=FILE medmcqa=FILE ...

Of each file come the questions that describe a case. They are parted by content, so that copies stay together: half of
them for the cold start (`traces.jsonl`), a quarter for RL (`rl.jsonl`), an eighth each to hold out and to test on.

The teacher knows the right option and no medicine: it quotes findings of the case, names the options, and refers back
to the finding with which its text earns CRPO's whole reward. What a model learns from it is the layout and to cite, not
to diagnose. A case in which no finding earns it has no trace, and is counted.
"""

import sys
from pathlib import Path

from clinical_r1.datasets import Question, load, write_json_lines, write_questions
from clinical_r1.datasets.overlap import split_halves
from clinical_r1.prompts import load_prompt
from clinical_r1.sentences import clauses
from clinical_r1.train.data import trace_row
from clinical_r1.train.rewards import crpo_reward

FINDINGS = 3
"""Fewest findings that make a case, and most that a trace quotes."""
LONGEST = 16
"""Words of a finding at most: a longer one is no single finding."""
WHOLE_REWARD = 12.0


def findings(question: Question) -> list[str]:
    """What the case tells, a clause each, those that are long enough to say something first."""
    told = [clause.text for clause in clauses(question.stem) if len(clause.text.split()) <= LONGEST]
    return sorted(told, key=lambda text: len(text.split()) < 4)


def teach(question: Question) -> str | None:
    """A completion that earns CRPO's whole reward, or None where none of this form does."""
    right = question.options[question.target]
    others = [text for letter, text in question.options.items() if letter != question.target]
    told = findings(question)
    for key in told:
        cited = sorted([key, *(text for text in told if text != key)][:FINDINGS], key=question.stem.find)
        quoted = _listed([f'"{text}"' for text in cited])
        completion = (
            f"<dx>\nThe case tells of {quoted}. {right} comes to mind. Checked against what is told, "
            f"{_listed(others)} {'leave' if len(others) > 1 else 'leaves'} more of it open.\n</dx>\n"
            f"<conclusion>\n{right} goes with what was cited: {key}. \\boxed{{{question.target}}}\n</conclusion>"
        )
        if crpo_reward(completion, question.target, question.options, question=question.stem).total == WHOLE_REWARD:
            return completion
    return None


def _listed(texts: list[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]


def write(output: Path, questions: list[Question]) -> dict[str, int]:
    """Write the four files.

    Returns:
        Name of each file -> its lines; `no_trace`, the cases that the teacher has none for.
    """
    first = split_halves(questions, seed=0)
    second = split_halves(first.second, seed=1)
    third = split_halves(second.second, seed=2)
    prompt = load_prompt("crpo")
    taught = [(question, teach(question)) for question in first.first]
    rows = [trace_row(question, prompt, completion) for question, completion in taught if completion]
    output.mkdir(parents=True, exist_ok=True)
    write_json_lines(output / "traces.jsonl", rows)
    parts = {"rl": second.first, "dev": third.first, "test": third.second}
    for name, part in parts.items():
        write_questions(output / f"{name}.jsonl", part, "medqa")
    return {
        "traces": len(rows),
        **{name: len(part) for name, part in parts.items()},
        "no_trace": len(taught) - len(rows),
    }


def main() -> None:
    """Read the files that are named, and write."""
    output, *sources = sys.argv[1:]
    questions = [
        question
        for source in sources
        for question in load(*source.split("=", 1), on_bad_record="skip").questions
        if len(clauses(question.stem)) >= FINDINGS
    ]
    print(", ".join(f"{name} {count}" for name, count in write(Path(output), questions).items()))


if __name__ == "__main__":
    main()
