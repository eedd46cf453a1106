"""Any text as a cell of a CSV, Markdown or LaTeX table: it says what it said, and does nothing."""

import re

from clinical_r1.visible import visible

_FORMULA = tuple("=+-@＝＋－＠")
"""A spreadsheet takes a cell that begins so for a formula."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_QUOTED = re.compile('[",;|\n]|^ | $')

_MARKDOWN = re.compile(r"[\\`*\[\]<>|~$&!#]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"''",
    "`": r"\textasciigrave{}",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "…": r"\dots{}",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
}
_HYPHENS = re.compile("(?<=-)(?=-)")
"""Between hyphens, which would become a dash."""
_LETTERS = "\u017f"
"""The last letter that every LaTeX can print; a code stands for those after it."""


def csv_text(text: str) -> str:
    """A cell for a CSV file; one that a spreadsheet would compute gets a quotation mark before it.

    Examples:
        >>> csv_text("=1+1"), csv_text("-0.5"), csv_text("grpo, k = 10")
        ("'=1+1", '-0.5', '"grpo, k = 10"')
    """
    text = visible(text, one_line=True)
    if text.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def markdown(text: str) -> str:
    r"""A cell for a Markdown table, in which nothing is markup.

    Examples:
        >>> markdown("crpo_cold | <b>k</b> [x](http://y)")
        'crpo_cold \\| \\<b\\>k\\</b\\> \\[x\\](http:\\//y)'
    """
    return _MARKDOWN.sub(r"\\\g<0>", visible(text, one_line=True))


def latex(text: str) -> str:
    r"""A cell for a LaTeX table, in which nothing is a command.

    Examples:
        >>> latex("50 % of crpo_cold")
        '50 \\% of crpo\\_cold'
    """
    parts = _HYPHENS.split(visible(text, one_line=True))
    return "{}".join("".join(map(_latex, part)) for part in parts)


def _latex(character: str) -> str:
    if character in _LATEX or character <= _LETTERS:
        return _LATEX.get(character, character)
    return rf"\texttt{{U+{ord(character):04X}}}"
