r"""Embedded models that know no medicine: reference points that need no key, no download and no GPU.

`clinical_r1/baseline-random` guesses, seeded by sample and epoch, so that votes differ and a retry repeats them;
`clinical_r1/baseline-longest` takes the longest option; `clinical_r1/baseline-overlap` takes the option that shares
most content words with the stem and writes the answer out in the `crpo` style. They see what any model sees, the
messages, and read the options from them.
"""

import re
from collections.abc import Callable, Mapping
from random import Random

from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from clinical_r1.choices import LETTERS
from clinical_r1.errors import names_near
from clinical_r1.inspect_private import PrerequisiteError, sample_being_answered

_OPTION = re.compile(r"^\(?([A-Z])[.):] ?(.*)$")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]{2,}|\d+(?:\.\d+)?")
_STOP_WORDS = frozenset(
    "the and for with from that this which what when where who whom whose into onto than then they them their there "
    "these those have has had was were are been being his her its not but you your can could will would should may "
    "might following most likely patient man woman year old years next best step shows show due all any both one two "
    "answer medical multiple-choice question "
    "each other more less also after before during between about over under upon per via".split()
)


def read_question(prompt: str) -> tuple[str, dict[str, str]]:
    """Stem and options of a prompt in which each option stands on a line of its own, from A on.

    Of several such lists the last is taken. Without one there are no options.
    """
    lines = prompt.splitlines()
    best: tuple[int, dict[str, str]] = (len(lines), {})
    for start, line in enumerate(lines):
        if (first := _OPTION.match(line)) and first[1] == "A":
            options: dict[str, str] = {}
            for letter, text in zip(LETTERS, lines[start:], strict=False):
                if not (option := _OPTION.match(text)) or option[1] != letter:
                    break
                options[letter] = option[2]
            if len(options) > 1:
                best = (start, options)
    return "\n".join(lines[: best[0]]).strip(), best[1]


def content_words(text: str) -> list[str]:
    """Lower-case words and numbers of a text that carry meaning, in order, each once."""
    words = (word.lower() for word in _WORD.findall(text))
    return list(dict.fromkeys(word for word in words if word not in _STOP_WORDS))


def random_answer(stem: str, options: Mapping[str, str], rng: Random) -> str:
    """Any option, all equally likely."""
    return f"A guess. \\boxed{{{rng.choice(list(options))}}}"


def longest_answer(stem: str, options: Mapping[str, str], rng: Random) -> str:
    """The option with most characters, the first of them on a tie."""
    letter = max(options, key=lambda option: len(options[option]))
    return f"The longest option is {letter}. \\boxed{{{letter}}}"


def overlap_answer(stem: str, options: Mapping[str, str], rng: Random) -> str:
    """The option that shares most content words with the stem, one of them at random on a tie, written out."""
    words = content_words(stem)
    shared = {
        letter: [word for word in content_words(text) if word in frozenset(words)] for letter, text in options.items()
    }
    most = max(len(common) for common in shared.values())
    letter = rng.choice([option for option, common in shared.items() if len(common) == most])
    lines = [f"First impression: {options[letter]}. The question mentions {', '.join(words[:6]) or 'nothing'}."]
    for option, common in shared.items():
        verdict = f"shares {', '.join(common)} with the question" if common else "shares no word with the question"
        ending = "." if option == letter else ", so it is rejected." if len(common) < most else ", but was not drawn."
        lines.append(f"{option} ({options[option]}) {verdict}{ending}")
    reason = f"because {', '.join(shared[letter])} also stand in the question" if most else "by a draw between equals"
    analysis, conclusion = "\n".join(lines), f"{options[letter]} is chosen {reason}. \\boxed{{{letter}}}"
    return f"<dx>\n{analysis}\n</dx>\n<conclusion>\n{conclusion}\n</conclusion>"


BASELINES: dict[str, Callable[[str, Mapping[str, str], Random], str]] = {
    "baseline-random": random_answer,
    "baseline-longest": longest_answer,
    "baseline-overlap": overlap_answer,
}
"""Model name (after `clinical_r1/`) to the function that answers: stem, options, random generator -> completion."""


class Baseline(ModelAPI):
    """An Inspect model that answers with one of `BASELINES`."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        if model_name not in BASELINES:
            raise PrerequisiteError(
                f"model clinical_r1/{model_name} is unknown; allowed: {names_near(model_name, BASELINES)}"
            )
        self.seed = seed

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Answer the last user message."""
        prompt = next((m.text for m in reversed(input) if isinstance(m, ChatMessageUser)), "")
        stem, options = read_question(prompt)
        rng = Random(f"{self.seed}:{self.model_name}:{sample_being_answered() or prompt}")
        text = BASELINES[self.model_name](stem, options, rng) if options else "The prompt shows no options."
        output = ModelOutput.from_content(model=self.model_name, content=text)
        # Inspect would otherwise count tokens with a tokenizer that it first has to download.
        read, written = len(prompt.split()), len(text.split())
        output.usage = ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written)
        return output

    def max_connections(self) -> int:
        """Answers cost no more than microseconds, so there is no reason to queue them."""
        return 100


@modelapi(name="clinical_r1")
def baselines() -> type[ModelAPI]:
    """Models `clinical_r1/baseline-…`."""
    return Baseline
