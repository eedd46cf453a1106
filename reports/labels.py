"""Names from outside as text of a figure: harmless, short, and still different from each other."""

from collections.abc import Iterable, Mapping, Sequence

from clinical_r1.visible import visible


def shown(text: object) -> str:
    r"""A text on one line in which nothing is hidden.

    Examples:
        >>> shown("a\x1b[0m\tb")
        'a␛[0m␉b'
    """
    return visible(str(text), one_line=True)


def short(text: object, width: int = 24) -> str:
    """A text of at most `width` characters, `…` for what is left out in the middle.

    Args:
        text: Any.
        width: At least 3 characters.

    Examples:
        >>> short("Qwen/Qwen2.5-3B-Instruct-clinical-crpo", 20)
        'Qwen/Qwen2…ical-crpo'
    """
    whole = shown(text)
    if len(whole) <= width:
        return whole
    end = (width - 1) // 2
    return f"{whole[: width - 1 - end]}…{whole[len(whole) - end :]}"


def names(labels: Iterable[str], width: int = 24) -> dict[str, str]:
    """Label -> short name, no two of which are the same.

    Of long labels that start alike, the part in which they differ is shown; what still looks alike is numbered.

    Args:
        labels: Any texts.
        width: Most characters of a name, at least 12.

    Examples:
        >>> list(names(["outputs/long/grpo_seed1/final", "outputs/long/grpo_seed2/final", "base"], 20).values())
        ['…g/grpo_seed1/final', '…g/grpo_seed2/final', 'base']
    """
    every = {label: shown(label) for label in map(str, labels)}
    found = {label: short(text, width) for label, text in every.items()}
    long = {label: text[: width // 2] for label, text in every.items() if len(text) > width}
    for group in _alike(long):
        found |= dict(zip(group, _differing([every[label] for label in group], width), strict=True))
    for group in _alike(found):
        room = width - len(f" ({len(every)})")
        found |= {label: f"{short(label, room)} ({list(every).index(label) + 1})" for label in group}
    return found


def _alike(texts: Mapping[str, str]) -> list[list[str]]:
    """Labels that have one text."""
    groups: dict[str, list[str]] = {}
    for label, text in texts.items():
        groups.setdefault(text, []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _differing(texts: Sequence[str], width: int) -> list[str]:
    """Of each text the part that is not in all, with what fits around it."""
    start = _shared(texts)
    end = _shared([text[:start:-1] for text in texts])
    return [_window(text, start, len(text) - end, width) for text in texts]


def _shared(texts: Sequence[str]) -> int:
    """How many characters all texts have in common at the start."""
    different = (place for place, letters in enumerate(zip(*texts, strict=False)) if len(set(letters)) > 1)
    return next(different, min(map(len, texts)))


def _window(text: str, start: int, stop: int, width: int) -> str:
    """At most `width` characters of a text around a part of it; the part's own middle is cut if it is longer."""
    room = width - 2 - (stop - start)
    if room < 0:
        return f"…{short(text[start:stop], width - 2)}…"
    first = max(0, min(start - room // 2, len(text) - (width - 2)))
    last = first + width - 2
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
