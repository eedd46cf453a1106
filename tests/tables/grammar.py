"""What the answer grammar must say about each text: the referee of `clinical_r1.grammar.parse`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GrammarCase:
    """One text: its style, whether it is well formed, kinds of fault that must be reported, section texts.

    `fault_kinds` is what must be among the reported kinds, others may be there too. `analysis` and `conclusion` are compared after
    stripping; None where the row does not care.
    """

    text: str
    style: str
    well_formed: bool
    fault_kinds: frozenset[str]
    analysis: str | None
    conclusion: str | None
    why: str


KINDS = frozenset(
    {
        "missing",
        "duplicate",
        "unclosed",
        "unopened",
        "out_of_order",
        "empty",
        "text_before",
        "text_between",
        "text_after",
        "variant",
    }
)


def _row(text: str, style: str, faults: str, analysis: str | None, conclusion: str | None, why: str) -> GrammarCase:
    """Build a row; a text is well formed exactly when no fault is listed."""
    return GrammarCase(text, style, not faults, frozenset(faults.split()), analysis, conclusion, why)


_PAIR = "<dx>a</dx><conclusion>b</conclusion>"

# fmt: off
GRAMMAR_CASES: list[GrammarCase] = [
    # --- well formed ---
    _row("<dx>a</dx><conclusion>b</conclusion>", "crpo", "", "a", "b", "the shortest"),
    _row("<dx>\na\n</dx>\n<conclusion>\nb\n</conclusion>", "crpo", "", "a", "b", "on lines of their own"),
    _row(" \n<dx>a</dx> \n\t<conclusion>b</conclusion>\r\n", "crpo", "", "a", "b", "white space outside is allowed"),
    _row("<think>a</think><answer>b</answer>", "think", "", "a", "b", "the other style"),
    _row("<think>\na\n</think>\n\n<answer>\n\\boxed{B}\n</answer>", "think", "", "a", r"\boxed{B}", "with a box"),
    _row("<dx>x < 5 and y > 3</dx><conclusion>b</conclusion>", "crpo", "", "x < 5 and y > 3", "b", "comparison signs are text"),
    _row("<dx><b>a</b></dx><conclusion>b</conclusion>", "crpo", "", "<b>a</b>", "b", "other tags are text"),
    _row("<dx>[dx] a [/dx]</dx><conclusion>b</conclusion>", "crpo", "", "[dx] a [/dx]", "b", "square brackets are text"),
    _row("<dx>the dx and the conclusion</dx><conclusion>b</conclusion>", "crpo", "", None, "b", "tag names without brackets are text"),
    _row("<dx>&lt;dx&gt;</dx><conclusion>b</conclusion>", "crpo", "", "&lt;dx&gt;", "b", "escaped tags are text"),
    _row("<dx>发热</dx><conclusion>\\boxed{B}</conclusion>", "crpo", "", "发热", r"\boxed{B}", "any language"),
    _row("<dx>a\x00b</dx><conclusion>c</conclusion>", "crpo", "", "a\x00b", "c", "a null byte is text"),
    _row("<dx>x</dx><conclusion>2</conclusion>", "crpo", "", "x", "2", "one letter or number is not empty"),
    _row("<dx>" + "a " * 5000 + "</dx><conclusion>b</conclusion>", "crpo", "", None, "b", "a long section"),
    _row("<dx>a</dx><conclusion>```\nb\n```</conclusion>", "crpo", "", "a", "```\nb\n```", "a fence inside a section"),

    # --- free: no tags at all ---
    _row("", "free", "missing", None, None, "empty text"),
    _row("  \n ", "free", "missing", None, None, "white space"),
    _row("The answer is B.", "free", "missing", None, None, "no tags"),
    _row("\\boxed{B}", "free", "missing", None, None, "a box is no tag"),
    _row("[dx]a[/dx][conclusion]b[/conclusion]", "free", "missing", None, None, "square brackets are text"),
    _row("&lt;dx&gt;a&lt;/dx&gt;", "free", "missing", None, None, "escaped tags are text"),
    _row("dx: a\nconclusion: b", "free", "missing", None, None, "names without brackets are text"),
    _row("<b>a</b><p>b</p>", "free", "missing", None, None, "other tags"),
    _row("<" * 3000, "free", "missing", None, None, "thousands of brackets"),
    _row("\x00\ufeff\u200b", "free", "missing", None, None, "nothing visible"),

    # --- nothing to be read in a section: an invisible analysis would be as good as none ---
    _row("<dx>...</dx><conclusion>b</conclusion>", "crpo", "empty", "...", "b", "dots"),
    _row("<dx>\u200b\u200c\u2060\ufeff</dx><conclusion>b</conclusion>", "crpo", "empty", None, "b", "zero-width characters"),
    _row("<dx>\u2800\u2800</dx><conclusion>b</conclusion>", "crpo", "empty", None, "b", "braille blanks"),
    _row("<dx>\u3164\u115f\u1160\uffa0</dx><conclusion>b</conclusion>", "crpo", "empty", None, "b", "fillers of Hangul are letters without a shape"),
    _row("<dx>_ - _</dx><conclusion>b</conclusion>", "crpo", "empty", "_ - _", "b", "lines"),
    _row("<dx>a</dx><conclusion>!</conclusion>", "crpo", "empty", "a", "!", "a conclusion of punctuation"),
    _row("<think>\u2800</think><answer>b</answer>", "think", "empty", None, "b", "in the other style"),
    _row("<dx>發</dx><conclusion>한</conclusion>", "crpo", "", "發", "한", "letters of other scripts can be seen"),

    # --- missing sections ---
    _row("<dx>a</dx>", "crpo", "missing", "a", "", "no conclusion"),
    _row("<conclusion>b</conclusion>", "crpo", "missing", "", "b", "no analysis"),
    _row("<dx>a</dx>\nThe answer is B.", "crpo", "missing", "a", "", "conclusion without tags"),
    _row("<think>a</think>", "think", "missing", "a", "", "no answer"),
    _row("<answer>b</answer>", "think", "missing", "", "b", "no thinking"),
    _row("<think>\na\n</think>\n\nThe answer is B.", "think", "missing", "a", "", "R1 style"),
    _row("Sure. <conclusion>b</conclusion>", "crpo", "missing text_before", "", "b", "a preamble and no analysis"),

    # --- unclosed, unopened ---
    _row("<dx>a<conclusion>b</conclusion>", "crpo", "unclosed", "", "b", "the conclusion is not lost"),
    _row("<dx>a</dx><conclusion>b", "crpo", "unclosed", "a", "", "cut off in the conclusion"),
    _row("<dx>a", "crpo", "unclosed missing", "", "", "cut off in the analysis"),
    _row("<dx>", "crpo", "unclosed missing", "", "", "cut off at once"),
    _row("<think>a</think><answer>b", "think", "unclosed", "a", "", "stopped at the closing tag"),
    _row("<think>a", "think", "unclosed missing", "", "", "cut off while thinking"),
    _row("<dx>a<conclusion>b", "crpo", "unclosed", "", "", "both unclosed"),
    _row("a</dx><conclusion>b</conclusion>", "crpo", "unopened", "", "b", "the analysis has no opening"),
    _row("a</think><answer>b</answer>", "think", "", "a", "b", "the chat template had opened it"),
    _row("<dx>a</dx>b</conclusion>", "crpo", "unopened", "a", "", "the conclusion has no opening"),
    _row("</dx></conclusion>", "crpo", "unopened", "", "", "only closing tags"),
    _row("</dx>", "crpo", "unopened missing", "", "", "one closing tag"),
    _row("<dx>a<dx><conclusion>b</conclusion>", "crpo", "duplicate unclosed", "", "b", "an opening where the closing belongs"),

    # --- duplicate ---
    _row("<dx>a</dx><dx>again</dx><conclusion>b</conclusion>", "crpo", "duplicate", "", "b", "two analyses"),
    _row("<dx><dx>a</dx></dx><conclusion>b</conclusion>", "crpo", "duplicate", "", "b", "nested in itself"),
    _row("<dx>a</dx><conclusion>b</conclusion><conclusion>c</conclusion>", "crpo", "duplicate", "a", "", "two conclusions"),
    _row(_PAIR + _PAIR, "crpo", "duplicate", "", "", "the whole answer twice"),
    _row("<dx>a</dx></dx><conclusion>b</conclusion>", "crpo", "duplicate", "", "b", "closed twice"),
    _row("<dx>a</dx><conclusion>b</conclusion></conclusion>", "crpo", "duplicate", "a", "", "the conclusion closed twice"),
    _row("<think>a</think><think>b</think><answer>c</answer>", "think", "duplicate", "", "c", "two thoughts"),
    _row("Use <dx>...</dx><conclusion>...</conclusion>. " + _PAIR, "crpo", "duplicate text_before", "", "", "the instructions echoed"),
    _row("<dx>" * 3000, "crpo", "duplicate missing", "", "", "thousands of openings"),
    _row("</conclusion>" * 3000, "crpo", "duplicate missing", "", "", "thousands of closings"),
    _row("<dx></dx>" * 3000 + "<conclusion>b</conclusion>", "crpo", "duplicate", "", "b", "thousands of pairs"),

    # --- order ---
    _row("<conclusion>b</conclusion><dx>a</dx>", "crpo", "out_of_order", "a", "b", "reversed"),
    _row("<answer>b</answer><think>a</think>", "think", "out_of_order", "a", "b", "reversed"),
    _row("<dx>a<conclusion>b</dx>c</conclusion>", "crpo", "out_of_order", None, None, "interleaved"),
    _row("<dx>a<conclusion>b</conclusion></dx>", "crpo", "out_of_order", None, "b", "conclusion inside the analysis"),
    _row("<conclusion>b<dx>a</dx></conclusion>", "crpo", "out_of_order", "a", None, "analysis inside the conclusion"),
    _row("</dx>a<dx><conclusion>b</conclusion>", "crpo", "out_of_order", None, "b", "closing before opening"),
    _row("<dx>a</dx></conclusion>b<conclusion>", "crpo", "out_of_order", "a", None, "closing before opening"),

    # --- empty sections ---
    _row("<dx></dx><conclusion>b</conclusion>", "crpo", "empty", "", "b", "nothing"),
    _row("<dx>\n \n</dx><conclusion>b</conclusion>", "crpo", "empty", "", "b", "white space"),
    _row("<dx>a</dx><conclusion></conclusion>", "crpo", "empty", "a", "", "empty conclusion"),
    _row("<think>\n\n</think>\n<answer>b</answer>", "think", "empty", "", "b", "Qwen3 without thinking"),
    _row("<dx></dx><conclusion></conclusion>", "crpo", "empty", "", "", "both"),

    # --- text outside ---
    _row("Sure! " + _PAIR, "crpo", "text_before", "a", "b", "a preamble"),
    _row(_PAIR + " Hope this helps.", "crpo", "text_after", "a", "b", "a courtesy"),
    _row(_PAIR + "<|im_end|>", "crpo", "text_after", "a", "b", "an end token"),
    _row("<dx>a</dx> so <conclusion>b</conclusion>", "crpo", "text_between", "a", "b", "a word between"),
    _row("<dx>a</dx>.<conclusion>b</conclusion>", "crpo", "text_between", "a", "b", "a full stop is text"),
    _row("<dx>a</dx>\n---\n<conclusion>b</conclusion>", "crpo", "text_between", "a", "b", "a ruler is text"),
    _row("x<dx>a</dx>y<conclusion>b</conclusion>z", "crpo", "text_before text_between text_after", "a", "b", "all three"),
    _row("```\n" + _PAIR + "\n```", "crpo", "text_before text_after", "a", "b", "a fence around it"),
    _row("```xml\n<think>a</think>\n<answer>b</answer>\n```", "think", "text_before text_after", "a", "b", "a fence around it"),
    _row("<think>t</think>" + _PAIR, "crpo", "text_before", "a", "b", "another style's section before"),
    _row("<think>t</think>\n\n" + _PAIR + "\nDone.", "crpo", "text_before text_after", "a", "b", "the same, and text behind"),
    _row("Here it is:\n\n<think>a</think><answer>b</answer>", "think", "text_before", "a", "b", "a preamble"),

    # --- tag variants ---
    _row("<DX>a</DX><CONCLUSION>b</CONCLUSION>", "crpo", "variant", None, None, "upper case"),
    _row("<Dx>a</dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "a capital"),
    _row("<dx id=1>a</dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "an attribute"),
    _row('<dx class="x">a</dx><conclusion>b</conclusion>', "crpo", "variant", None, "b", "a quoted attribute"),
    _row("<dx>a<\\dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "backslash"),
    _row("<dx>a<\\dx>\n<conclusion>b<\\conclusion>", "crpo", "variant", None, None, "backslash twice"),
    _row("< dx >a</dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "blanks inside"),
    _row("<dx>a</ dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "a blank behind the slash"),
    _row("<dx >a</dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "a blank before the bracket"),
    _row("<dx/>a</dx><conclusion>b</conclusion>", "crpo", "variant", None, "b", "self-closing"),
    _row("<dx>a</dx><Conclusion>b</Conclusion>", "crpo", "variant", "a", None, "a capital"),
    _row("<THINK>a</THINK><ANSWER>b</ANSWER>", "think", "variant", None, None, "upper case"),
    _row("<think>a</think><Answer>b</Answer>", "think", "variant", "a", None, "a capital"),
    _row("<dx>a <DX> b</dx><conclusion>c</conclusion>", "crpo", "variant", None, "c", "a variant inside a section"),
    _row("<dx>a</dx><DX>x</DX><conclusion>b</conclusion>", "crpo", "variant", None, "b", "a variant between"),
    _row("<\\dx>", "crpo", "variant", None, "", "nothing but a variant"),
]
# fmt: on
