"""Schemas of a study's files, validated when they are read.

    protocol.json       what was decided, for whoever runs the study
    items.json          what raters see: no model, no judge, no right answer
    key.json            where each item comes from; not for raters
    forms/ labelstudio/ sheets/     the same items as material for raters
    answers/RATER.json  what `clinical-r1 study import` keeps

Offsets of marks count characters (Unicode code points) of an item's `text`, which is the texts of its sections with an
empty line between two of them: the first section begins at 0, the next one two characters behind the end of it.
"""

from collections.abc import Collection
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from clinical_r1.metrics import METRICS_OF, ClaimLabel, Judge, RejectionReason, counted_labels, keys_of

SCHEMA = 1
"""Version of all these files. Raised whenever an older reader would misread them."""
METRIC_NAMES = tuple(base for bases in METRICS_OF.values() for base in bases)
"""The metrics that raters can be asked for."""
SECTION_GAP = "\n\n"
"""What stands between two sections in an item's text."""


def six_digits(value: float) -> float:
    """A number with six significant digits: what logs hold as 32-bit floats is then equal to what is counted anew.

    Examples:
        >>> six_digits(2 / 7) == six_digits(0.2857142984867096)
        True
    """
    return float(f"{value:.6g}")


def judges_of(metrics: Collection[str]) -> tuple[Judge, ...]:
    """The judges that give some of the metrics."""
    return tuple(judge for judge, bases in METRICS_OF.items() if set(bases) & set(metrics))


class Record(BaseModel):
    """A part of a study file; a key that is not named here is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


# --- what raters are asked --------------------------------------------------------------------------------------------
Harm = Literal["none", "mild", "serious"]
"""What could come of a wrong claim if somebody acted on it."""
WRONG = counted_labels("hallucination")
"""Labels of wrong claims."""
HARMS: tuple[Harm, ...] = get_args(Harm)
"""From the least to the worst."""
ACCEPTABLE = "Would you accept this reasoning from a resident?"
ACCEPT = {1: "no", 2: "rather not", 3: "undecided", 4: "rather yes", 5: "yes"}
"""Answers to whether a rater would accept the reasoning from a resident."""


class Asked(Record):
    """What raters are asked beside the metrics, and how; studies of earlier versions asked for nothing of it."""

    claims: Literal["all", "errors"] = "all"
    """Whether raters mark every claim, or only those that are wrong."""
    harm: bool = False
    """Whether each wrong claim is given a degree of harm."""
    practice: int = Field(default=0, ge=0, le=2)
    """Items with feedback before the first one, in forms alone; they are not counted."""
    accept: bool = False
    """Whether they say of each item if they would accept its reasoning from a resident, 1 to 5."""


NEED_ALL_CLAIMS = (*keys_of(("faithfulness",)), "hallucination_rate", "unverifiable", "claims")
"""Keys of metrics that have no number where only wrong claims are marked."""


# --- what raters see --------------------------------------------------------------------------------------------------
class Section(Record):
    """One part of a response."""

    heading: str
    """Neutral: it does not say how the model's own heading or tag was called."""
    text: str


class StudyItem(Record):
    """One response with its question."""

    id: str
    """Such as `i007`; says nothing about where the item comes from."""
    question: str
    """The question without its options."""
    options: dict[str, str]
    """Letter -> text, in the order that the model saw."""
    facts: list[str]
    """Facts of the case, called 1, 2, … in marks; none where there is no case or no metric needs them."""
    sections: list[Section]
    """The response; none where the model wrote nothing."""
    text: str
    """The texts of the sections, an empty line between two of them."""
    negated: bool
    """Whether the question asks for the option that does not hold."""
    has_case: bool
    """Whether the question describes a patient."""
    truncated: bool
    """Whether the response was cut off."""


class ItemsFile(Record):
    """`items.json`."""

    study: str
    schema_version: int = Field(default=SCHEMA, alias="schema")
    metrics: list[str]
    """What raters are asked for, among `METRIC_NAMES`."""
    asked: Asked = Asked()
    items: list[StudyItem]


# --- what was decided -------------------------------------------------------------------------------------------------
class RubricNote(Record):
    """The rubric that the judge was given and raters have at hand."""

    version: str
    hash: str


class Protocol(Record):
    """`protocol.json`."""

    study: str
    """12 hexadecimal digits of the hash of what the study holds."""
    schema_version: int = Field(default=SCHEMA, alias="schema")
    created: str
    """ISO 8601, UTC."""
    title: str
    notes: list[str] = []
    """What raters read before they begin: whom to ask, until when, what becomes of their answers."""
    seed: int
    metrics: list[str]
    asked: Asked = Asked()
    raters: list[str]
    items: int
    """Distinct responses to label, hidden repeats not counted."""
    questions: int
    """Questions drawn; the responses of all compared checkpoints to each of them are items."""
    checkpoints: int
    """Checkpoints compared; they are named in `key.json` alone."""
    overlap: int
    """Raters per item, at least."""
    repeats: float
    """Share of a rater's items that come twice."""
    benchmarks: list[str]
    orders: dict[str, list[str]]
    """Rater -> ids of the items given to this rater, repeats included, in the order shown."""
    command: str
    version: str
    """Of this package."""
    rubrics: dict[str, RubricNote]
    """`grounding`, `behaviours`: those that the metrics need."""


# --- where items come from --------------------------------------------------------------------------------------------
class KeyItem(Record):
    """Where one item comes from. A value that is not known is null."""

    run: int
    """Number of the run when the study was made; `checkpoint` and `benchmark` name it for good."""
    checkpoint: str
    model: str
    """As Inspect names it."""
    benchmark: str
    question: str
    """Id of the question."""
    epoch: int
    stratum: str
    """The question's stratum in the draw."""
    inclusion: float
    """Probability of the question to be drawn: questions drawn from its stratum / questions in it, exactly; in an
    active draw its own."""
    weight: float
    """1 / inclusion: questions that this one stands for."""
    epochs: int
    """Epochs of which one was drawn, each as likely as any other."""
    repeat_of: str | None
    """Id of the item that this one repeats, None for an item of its own."""
    target: str
    """Letter shown of the right option."""
    answer: str | None
    """Letter shown that the response gives, None where none can be read."""
    correct: bool
    words: int
    """Words of the response as the judge counts them."""
    facts: int | None
    """Facts in the judge's inventory of the case."""
    judge: dict[str, float | None]
    """Key of `clinical_r1.metrics.METRICS` -> the judge's value."""
    judge_reasons: dict[str, str | None]
    """`grounding`, `behaviours` -> why the judge gave no numbers; null where it gave some."""
    judge_spans: list[dict[str, Any]]
    """What the judge found, see `clinical_r1.judging.instances.spans_of`; offsets are those of the item's text."""
    offsets: list[tuple[int, int, int, int]]
    """Pieces of the item's text and of the raw response, see `clinical_r1.study.content.OffsetMap`."""
    logs: list[str]
    """Logs of the run, newest first."""


class StratumNote(Record):
    """One stratum of the draw: questions that have the same probability to be drawn, unless the draw is active."""

    stratum: str
    benchmark: str
    questions: int
    """Questions in it."""
    drawn: int


class KeyFile(Record):
    """`key.json`."""

    note: str
    """For whoever opens the file."""
    study: str
    schema_version: int = Field(default=SCHEMA, alias="schema")
    command: str
    """As typed."""
    checkpoints: list[str]
    """Those compared."""
    judges: dict[str, str | None]
    """`grounding`, `behaviours` -> the judge whose scores stand here, with backend, profile and prompt."""
    strata: list[StratumNote]
    items: dict[str, KeyItem]
    files: dict[str, str]
    """Path in the folder -> SHA-256 of every file written with this one."""


# --- answers ----------------------------------------------------------------------------------------------------------
class Mark(Record):
    """A stretch of an item's text."""

    start: int = Field(ge=0)
    """Offset of the first character."""
    end: int = Field(ge=1)
    """Offset behind the last character."""
    text: str
    """The characters between the two."""


class CitationMark(Mark):
    """A fact of the case is cited."""

    fact: int = Field(ge=1)
    """Number of the fact, from 1."""
    option: str | None = None
    """Letter of the option that it is used for or against."""


class RejectionMark(Mark):
    """An option is rejected."""

    option: str
    reason: RejectionReason


class ClaimMark(Mark):
    """A clinical statement that can be checked."""

    label: ClaimLabel
    harm: Harm | None = None
    """Of a wrong claim, in studies that ask for it."""


MOST_MARKS = 2_000
"""Marks of one kind that an answer may have: more are a slip of software, not a reading."""


class Marks(Record):
    """All that a rater marked in one item."""

    cecd: list[CitationMark] = Field(default=[], max_length=MOST_MARKS)
    drc: list[RejectionMark] = Field(default=[], max_length=MOST_MARKS)
    claims: list[ClaimMark] = Field(default=[], max_length=MOST_MARKS)
    backtracking: list[Mark] = Field(default=[], max_length=MOST_MARKS)
    verification: list[Mark] = Field(default=[], max_length=MOST_MARKS)
    subgoal_setting: list[Mark] = Field(default=[], max_length=MOST_MARKS)
    backward_chaining: list[Mark] = Field(default=[], max_length=MOST_MARKS)

    def of(self, name: str) -> list[Mark]:
        """One of the lists, by its name."""
        return list(getattr(self, name))


LONGEST_NOTE = 20_000
"""Characters of a note or a reason."""


class Answer(Record):
    """What a rater said about one item.

    A metric is judged where it has marks, stands in `none`, or has a number in `counts` (sheets carry numbers alone).
    """

    status: Literal["done", "cannot_judge", "open"] = "open"
    reason: str = Field(default="", max_length=LONGEST_NOTE)
    """Why the item cannot be judged."""
    notes: str = Field(default="", max_length=LONGEST_NOTE)
    """Plain text, whatever stands in it: never read as HTML."""
    marks: Marks = Marks()
    none: list[str] = []
    """Metrics that are said to have no instance."""
    seconds: float = Field(default=0.0, ge=0)
    """Time spent on the item."""
    accept: int | None = Field(default=None, ge=1, le=5)
    """One of `ACCEPT`, in studies that ask for it."""
    counts: dict[str, int] = {}
    """Metric -> number of instances, from sheets."""
    cannot: list[str] = []
    """Metrics that are said to be beyond judging, from sheets."""
    harm: Harm | None = None
    """Of the worst wrong claim, from sheets; elsewhere each claim has its own."""
    exported: str | None = None
    """When this answer left the rater, where that is another time than the file's."""
    source: Literal["form", "labelstudio", "sheet"] | None = None
    """What it was read from; set by the import."""


class AdjudicationFile(Record):
    """`adjudication.json`: the items on which raters differ, and which rater is A, B, …; not for the adjudicator."""

    study: str
    schema_version: int = Field(default=SCHEMA, alias="schema")
    created: str
    """ISO 8601, UTC."""
    items: list[str]
    """In the order shown."""
    raters: dict[str, list[str]]
    """Item -> raters in the order of their letters."""


class AnswersFile(Record):
    """The answers of one rater: the form's export, and `answers/RATER.json`."""

    study: str
    schema_version: int = Field(default=SCHEMA, alias="schema")
    rater: str
    exported: str
    """ISO 8601."""
    items: dict[str, Answer]
