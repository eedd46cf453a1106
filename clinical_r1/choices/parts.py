"""Which parts of a completion answer its question: not its thoughts, and not what it asks itself next."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from clinical_r1.choices.letters import same_text, shown
from clinical_r1.grammar import Response, Spoken

# Base models go on with the next question of an imagined list, and chat models sum up the answers to all examples.
_NEXT_TURN = re.compile(
    r"\n[ \t>*_-]*+(?:"
    r"(?:#{1,6}[ \t]*|\*\*|<\|[a-z_]+\|>)?(?:Question|Q|Human|User|Problem|Case|Example|Exercise|Directions|"
    r"Instruction|MCQ|Item)\b[ \t]*+\d*+(?: of \d+)?[ \t]*+[:.)#\n]|"
    r"#{1,6}[ \t]*Question\b|\[/?INST\]|Next question\b|"
    r"[^\n]{0,20}\b(?:summari[sz]e|summary of)\b[^\n]{0,30}\banswers\b)"
)
_END_OF_TURN = re.compile(r"(?:</s>|<\|(?:im_end|eot_id|endoftext|end_of_text)\|>)\s*(?=\S)")
_ITEM = re.compile(r"\n[ \t]*[(\[]?A[).:\]][ \t]+(?P<a>\S[^\n]*?)(?:\n\s*|[ \t]+)[(\[]?B[).:\]][ \t]+(?P<b>\S[^\n]*)")
LINE_HEAD = re.compile(
    r"^[\s*#>_\"'•-]*(?:(?:option|choice)\s+)?[(\[]?(?P<letter>[A-Z])(?:[)\]]|[.:,](?=\s|\Z)|\s*[-–—:](?=\s)|[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
"""The letter that heads a line, as items of a list of options have it."""
_OPEN_END = re.compile(r"(?:[:=]|\b(?:is|be))\s*\Z")
_LONE_END = re.compile(r"[?:.)]\W*[A-Z]\Z")
_NEAR = 2000
"""Characters before and behind a list of options in which an answer makes it another question's."""
_MOST_LISTS = 50
"""Lists that are looked at, the first ones: no text that answers has more."""
_LOOP = 4000
"""Characters at the end of a text in which a loop is looked for."""
_HEAD, _TAIL = 300, 1200
"""Characters at either end of a long text that are read for what their sentences conclude on."""
_ANSWER_WORDS = (
    "answer",
    "correct",
    "choose",
    "respuesta",
    "réponse",
    "antwort",
    "resposta",
    "risposta",
    "ответ",
    "答",
    "답",
    "选",
)
_ANSWERED = re.compile(r"\n[ \t*#]*(?:the\s+)?(?:correct\s+)?(?:answer|ans)\b", re.IGNORECASE)
_ANSWER = re.compile(r"\b[Aa]nswer(?:\s+is\b|:)\s*[(\[]?[A-Z]\b")
_ANSWERS = re.compile(r"\banswer\b[^\n]{0,40}\Z", re.IGNORECASE)


def parts(text: str, response: Response, said: Spoken, options: Mapping[str, str]) -> Iterator[str]:
    """Parts of the text to read, the one that speaks last first, each cut where a next question begins.

    Args:
        text: A completion.
        response: What `clinical_r1.grammar.parse` makes of it.
        said: What `clinical_r1.grammar.spoken` makes of it.
        options: Letter to option text.
    """
    seen: set[str] = set()
    whole = said.text if said.unfinished or said.text.strip() else text
    for part in (_conclusion(text, response), whole, "" if said.unfinished else text):
        if part in seen:
            continue
        for piece in (_own(part, options), part):
            if piece.strip() and piece not in seen:
                seen.add(piece)
                yield piece


def ends(text: str) -> str:
    """Beginning and end of a long text, where answers stand; all of a shorter one."""
    if len(text) <= 2 * (_HEAD + _TAIL):
        return text
    head, tail = text.find("\n", _HEAD, 2 * _HEAD), text.find("\n", len(text) - _TAIL, len(text) - _TAIL // 2)
    return f"{text[: head if head >= 0 else _HEAD]}\n\n{text[tail if tail >= 0 else len(text) - _TAIL :]}"


def speaks_of_answer(text: str) -> bool:
    """Whether what a long text says between its ends speaks of an answer."""
    middle = text[_HEAD:-_TAIL].lower()
    return any(word in middle for word in (_ANSWER_WORDS[:3] if middle.isascii() else _ANSWER_WORDS))


def _conclusion(text: str, response: Response) -> str:
    """The conclusion, however badly delimited."""
    if response.has_conclusion:
        return response.conclusion
    opening = [tag for tag in response.tags if tag.name in ("conclusion", "answer") and not tag.closing]
    if not opening:
        return ""
    closing = [tag for tag in response.tags if tag.closing and tag.start >= opening[0].end]
    return text[opening[0].end : closing[-1].start if closing else len(text)]


def _own(text: str, options: Mapping[str, str]) -> str:
    """The text up to where another question begins."""
    ends = [found.start() for pattern in (_NEXT_TURN, _END_OF_TURN) if (found := pattern.search(text))]
    item = _next_item(text, options)
    return text[: min([*ends, len(text) if item is None else item])]


def _next_item(text: str, options: Mapping[str, str]) -> int | None:
    """Where a question of the model's own begins: a stem with options and an answer, or a list of other options."""
    begin = len(text) - len(text.lstrip())
    for item in islice(_ITEM.finditer(text, begin), _MOST_LISTS):
        before = text[max(begin, item.start() - _NEAR) : item.start()].rstrip()
        foreign = not any(
            same_text(item[key.lower()]).startswith(same_text(options.get(key, "\0"))[:12]) for key in "AB"
        )
        if foreign and _ANSWERS.search(before[-60:]):
            return item.start()
        if _ANSWERED.search(text, item.end(), item.end() + _NEAR) and (before.endswith("?") or _ANSWER.search(before)):
            end = item.start() - 1
            stem = text.rfind("\n\n", begin, end)
            return stem if stem >= 0 else max(text.rfind("\n", begin, end), begin)
    return None


def unfinished(text: str) -> bool:
    """Whether a long text goes round in circles at its end, or stops in the middle of a sentence or of a list."""
    tail = text.rstrip()
    if len(tail) < 300:
        return False
    before, _, line = tail.rpartition("\n")
    cut = (len(line) > 80 and not _LONE_END.search(line[-8:]) and (line[-1].isalnum() or line[-1] in ",-")) or any(
        line.count(a) > line.count(b) for a, b in ("()", "{}")
    )
    return cut or endless(tail) or _cut_list(before, line)


def _cut_list(before: str, line: str) -> bool:
    """Whether the last line names the next option of a list, and nothing comes of it."""
    head = LINE_HEAD.match(line)
    if not head or len(line) > 120:
        return False
    previous = chr(ord(head["letter"].upper()) - 1)
    earlier = [item for item in LINE_HEAD.finditer(before[-3000:]) if item["letter"].upper() == previous]
    return (
        bool(earlier)
        and before[-3000:].rstrip().rfind("\n") <= earlier[-1].end() + 400
        and not _OPEN_END.search(before)
    )


def endless(text: str) -> bool:
    """Whether a long text ends in the same words three times over."""
    text = shown(text[-_LOOP:].rstrip())
    period = len(text) - 40 - text.rfind(text[-40:], 0, len(text) - 1)
    span = max(3 * period, 80)
    return span <= len(text) and text[-span:-period] == text[-span + period :]
