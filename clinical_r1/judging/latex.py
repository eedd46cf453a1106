r"""LaTeX stripped from a text, with a map of offsets back to the original.

`\(SpO_2\)` and SpO₂, `88\%` and 88%, `\boxed{B}` and B say the same, and a quote may have the one where its source has
the other. Raised and lowered digits become the characters that are (`10^{9}`: 10⁹), so that one rule tells an exponent
from an ion's charge (`clinical_r1.judging.spans`). What is not known here stays as it stands.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

_LOWER = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega"
).split()
_GREEK = dict(zip(_LOWER, "αβγδεζηθικλμνξοπρστυφχψω", strict=True))
_SYMBOLS = {
    **_GREEK,
    **{f"var{name}": letter for name, letter in _GREEK.items()},
    **{name.capitalize(): letter.upper() for name, letter in _GREEK.items()},
    **dict.fromkeys(("le", "leq", "leqslant"), "≤"),
    **dict.fromkeys(("ge", "geq", "geqslant"), "≥"),
    **dict.fromkeys(("ne", "neq"), "≠"),
    **dict.fromkeys(("to", "rightarrow", "longrightarrow"), "→"),
    **dict.fromkeys(("Rightarrow", "Longrightarrow", "implies"), "⇒"),
    **dict.fromkeys(("circ", "degree", "textdegree"), "°"),
    **dict.fromkeys(("textmu", "micro"), "µ"),
    **dict.fromkeys(("ldots", "dots", "cdots"), "…"),
    **dict.fromkeys(("quad", "qquad", "space", "enspace", "thinspace", "newline"), " "),
    **{"lt": "<", "gt": ">", "times": "×", "cdot": "·", "div": "÷", "pm": "±", "mp": "∓", "approx": "≈", "sim": "~"},
    **{"leftarrow": "←", "leftrightarrow": "↔", "uparrow": "↑", "downarrow": "↓", "infty": "∞", "bullet": "•"},
}
# Commands that only change how their argument looks.
_LOOKS = frozenset(
    "bf big Big bigl Bigl bigr Bigr bm boldsymbol boxed ce displaystyle emph ensuremath fbox hbox it large Large left "
    "mathbf mathcal mathit mathnormal mathrm mathsf mathtt mbox normalsize num operatorname right rm sf si small text "
    "textbf textit textmd textnormal textrm textsc textsf textstyle textsubscript texttt textup tt underline "
    "unit".split()
)
# Commands of two arguments -> what stands between them.
_PAIRS = {"frac": "/", "dfrac": "/", "tfrac": "/", "nicefrac": "/", "sfrac": "/", "SI": " ", "qty": " "}
_COMMANDS = _LOOKS | _PAIRS.keys() | _SYMBOLS.keys()
_GAP = r"(?:\s|\\++[,;:])*+"
_SIGN = "[-+−]"
_DRESS = re.compile(
    rf"(?P<times>(?<=\d){_GAP}(?:[x×]|\\++times(?![A-Za-z])){_GAP}(?=\d))"
    rf"|(?:\^|\\++textsuperscript)(?:\{{\s*+(?P<power>{_SIGN}?\d*{_SIGN}?)\s*+\}}|(?P<bare>{_SIGN}?\d+{_SIGN}?|{_SIGN}))"
    r"|(?P<degree>\^\{?\s?\\++(?:circ|degree)(?![A-Za-z])\s?\}?)"
    r"|\^\{?(?P<ordinal>st|nd|rd|th)(?![A-Za-z])\}?"
    r"|_\{\s*+(?P<low>\d+)\s*+\}|_(?P<lower>\d+)|_(?P<index>\{|(?=[A-Za-z\\]))"
    r"|\\++(?:(?P<name>[A-Za-z]++)|(?P<sign>[^A-Za-z\s\\])|(?P<space>))"
    r"|\{(?P<point>[.,])\}|(?P<brace>[{}])|(?P<dollar>\$)|(?P<tie>(?<=[\w.)}])~(?=[^\W\d_]|\\))"
)
_ANY = re.compile(r"[\\$^_{}~]|[x×]\s*\d")
_ARGUMENT = re.compile(r"\s*+\{")
# White space behind a sign that TeX swallows: a bound must not come loose from its number, nor µ from its unit.
_SWALLOWED = {
    **dict.fromkeys("≤≥<>±∓≈~", re.compile(r"\s*+(?=\w)")),
    **dict.fromkeys("μµ", re.compile(r"\s*+(?=[gLlmM])")),
}
_UP = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_DOWN = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SAID = {"times": " x ", "degree": "°", "ordinal": "", "point": "", "tie": " ", "space": " "}
_SIGNS = {**dict.fromkeys(",;: ", " "), **dict.fromkeys("()[]$!/", "")}
_ESCAPES = {"\b": "b", "\f": "f", "\t": "t", "\r": "r", "\n": "n"}
_SPOILT = re.compile(r"[\b\f\t\r\n]([A-Za-z]+)")


@dataclass
class Undressed:
    """A text without its LaTeX."""

    pieces: list[str] = field(default_factory=list)
    starts: "array[int]" = field(default_factory=lambda: array("q"))
    """Offset in the original where each character comes from; what opens in front of it belongs to it."""
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    """Offset behind it; what closes behind it belongs to it."""
    _opened: int | None = None

    @property
    def last(self) -> str:
        """The last character so far, or nothing."""
        return self.pieces[-1][-1] if self.pieces else ""

    def keep(self, text: str, start: int, end: int) -> None:
        """Add a stretch of the original."""
        if start < end:
            self.pieces.append(text[start:end])
            self.starts.extend(range(start, end))
            self.ends.extend(range(start + 1, end + 1))
            self._open_at(end - start)

    def say(self, said: str, start: int, end: int) -> None:
        """Add what a stretch of the original says."""
        if said:
            self.pieces.append(said)
            self.starts.extend([start] * len(said))
            self.ends.extend([end] * len(said))
            self._open_at(len(said))

    def open(self, start: int) -> None:
        """Leave out what opens at a place."""
        self._opened = start if self._opened is None else self._opened

    def close(self, end: int) -> None:
        """Leave out what closes at a place."""
        if self.ends:
            self.ends[-1] = end

    def _open_at(self, back: int) -> None:
        if self._opened is not None:
            self.starts[-back] = self._opened
            self._opened = None


def undressed(text: str) -> Undressed | None:
    r"""Take the LaTeX off a text; None if it has none.

    Examples:
        >>> "".join(undressed(r"an \(SpO_2\) of $88\%$, \text{WBC} 4.5\times10^{9}").pieces)
        'an SpO₂ of 88%, WBC 4.5 x 10⁹'
    """
    mark = _DRESS.search(text) if _ANY.search(text) else None
    if mark is None:
        return None
    made, place = Undressed(), 0
    held: list[str | None] = []  # of each brace: what stands between arguments, or None for a brace that is text
    while mark:
        made.keep(text, place, mark.start())
        place = _take(mark, made, held)
        mark = _DRESS.search(text, place)
    made.keep(text, place, len(text))
    return made


def _take(mark: re.Match[str], made: Undressed, held: list[str | None]) -> int:
    """Add what a mark says; where to go on."""
    text, (start, end), kind = mark.string, mark.span(), str(mark.lastgroup)
    said = mark[kind]
    if kind == "name":
        return _command(said, mark, made, held)
    if kind == "brace":
        return _brace(said, mark, made, held)
    if kind in ("power", "bare") and (made.last.isalnum() or made.last in tuple(")]")):
        made.say(said.translate(_UP), start, end)
    elif kind in ("low", "lower") and (made.last.isalpha() or made.last in tuple(")]")):
        made.say(said.translate(_DOWN), start, end)
    elif kind == "index":
        plain = not made.last.isalpha()
        held += [None if plain else ""] if said else []
        made.keep(text, start, end if plain else start)
    elif kind in _SAID:
        made.say(_SAID[kind] or said, start, end)
    elif kind == "dollar" or (kind == "sign" and said in _SIGNS):
        made.say(_SIGNS[said], start, end)
        closes = said in ")]" or (said == "$" and start > 0 and not text[start - 1].isspace())
        (made.close if closes else made.open)(end if closes else start)
    elif kind == "sign":
        made.keep(text, end - 1, end)
    else:
        made.keep(text, start, end)
    return end


def _command(name: str, mark: re.Match[str], made: Undressed, held: list[str | None]) -> int:
    start, end = mark.span()
    argument = _ARGUMENT.match(mark.string, end)
    if name in _SYMBOLS:
        made.say(_SYMBOLS[name], start, end)
        gap = _SWALLOWED[_SYMBOLS[name]].match(mark.string, end) if _SYMBOLS[name] in _SWALLOWED else None
        return gap.end() if gap else end
    if name not in _LOOKS and name not in _PAIRS:
        made.keep(mark.string, start, end)
        return end
    made.say(" " if name in _PAIRS else "", start, end)
    made.open(start)
    if argument:
        held.append(_PAIRS.get(name, ""))
        return argument.end()
    return end


def _brace(brace: str, mark: re.Match[str], made: Undressed, held: list[str | None]) -> int:
    start, end = mark.span()
    if brace == "{":
        held.append(None)
        made.keep(mark.string, start, end)
        return end
    between = held.pop() if held else ""
    following = _ARGUMENT.match(mark.string, end)
    if between and following:
        held.append("")
        made.say(between, start, following.end())
        return following.end()
    if between is None:
        made.keep(mark.string, start, end)
    else:
        made.close(end)
    return end


def readings(quote: str) -> Iterator[str]:
    r"""A quote, and what it was meant to be if JSON took its LaTeX for escapes: a backspace and "oxed" for `\boxed`."""
    yield quote
    if _SPOILT.search(quote):
        yield _SPOILT.sub(lambda one: _command_of(one) if _command_of(one)[1:] in _COMMANDS else one[0], quote)
        yield _SPOILT.sub(_command_of, quote)  # the first of the two leaves line breaks in front of words alone


def _command_of(spoilt: re.Match[str]) -> str:
    return f"\\{_ESCAPES[spoilt[0][0]]}{spoilt[1]}"
