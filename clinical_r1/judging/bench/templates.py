"""The sentences from which responses are composed, by what they do and by level.

Slots: `{D}` and `{E}` are options under discussion, `{T}` the option that the response chooses, `{f0}` … facts of the
case as noun phrases, `{q0}` … the same letter for letter, `{x}` a noun phrase that the case does not bear out, `{m}` a
statement, `{g}`, `{steps}` and `{lines}` goals, `{a}` a finding that nobody claims. `[s …]` and `[t …]` mark the two
places of a reasoning step; without them the whole text is the place.

Easy texts use the cue words of their kind and quote the case. Medium ones vary. Hard ones avoid the cue words, and the
decoys use them for nothing.
"""

from collections.abc import Mapping
from typing import Literal

Level = Literal["easy", "medium", "hard"]
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")
ByLevel = Mapping[Level, tuple[str, ...]]


def _by_level(easy: str, medium: str, hard: str) -> ByLevel:
    texts = (tuple(line.strip() for line in part.strip().splitlines()) for part in (easy, medium, hard))
    return dict(zip(LEVELS, texts, strict=True))


MENTION = _by_level(
    """The case states "{q0}".
    The stem says "{q0}" and "{q1}".
    The case mentions "{q0}", "{q1}" and "{q2}".""",
    """The case gives {f0}.
    Noteworthy here: {f0} and {f1}.
    The history and the findings include {f0}, {f1}, and {f2}.
    What stands out is {f0}.
    In this patient there is {f0}, together with {f1}.""",
    """One keeps coming back to {f0}.
    Much of the story turns on {f0}, less on {f1}.
    Behind all this stands {f0}; beside it, {f1} and {f2}.
    Set {f0} next to {f1} and a picture forms.
    And then there is {f0}.""",
)
SUPPORT = _by_level(
    """{T} is supported by {f0}.
    {T} fits because of {f0} and {f1}.
    {T} is likely given {f0}.""",
    """With {f0} and {f1}, {T} fits best.
    {T} is in keeping with {f0}.
    {T} accounts for {f0} as well as {f1}.
    From {f0} and {f1} one arrives at {T}.""",
    """{T} shows itself at the bedside through {f0}.
    Between {f0} and {f1}, it is hard to see past {T}.
    {T} brings {f0} and {f1} under one roof.
    Once {f0} is on the table, the road leads to {T}.""",
)
REJECT = _by_level(
    """{D} is ruled out because of {f0}.
    {D} is unlikely given {f0}.
    {D} is incorrect because of {f0}.""",
    """I would not choose {D} in view of {f0}.
    {D} does not fit with {f0}.
    Given {f0}, {D} is improbable.
    In the face of {f0}, {D} moves down the list.""",
    """{D} and {f0} do not go together in one patient.
    With {f0}, little is left of {D}.
    Anyone who wants to defend {D} has {f0} to reckon with.
    {D} stumbles over {f0}.
    After {f0} there is no good road back to {D}.""",
)
"""For a fact, or for what the case does not bear out."""
REJECT_UNEXPLAINED = _by_level(
    "{D} is unlikely because it does not explain {f0}.",
    """{D} does not account for {f0}.
    Neither {D} nor {E} would give {f0}.""",
    """{D} leaves us alone with {f0}.
    {f0} would come as a surprise in {D}.
    Whoever picks {D} or {E} has nothing to say about {f0}.""",
)
"""For a finding that speaks for another diagnosis."""
REJECT_MEDICAL = _by_level(
    """{D} is incorrect because {m}.
    {D} is excluded, because {m}.
    {D} is wrong, since {m}.""",
    """I would set {D} aside: {m}.
    {D} can be crossed out, as {m}.
    {D} is not my choice, for {m}.""",
    """{D} takes us to another page of the book: {m}.
    {m}, and so the search goes on beyond {D}.
    For {D} one would have to overlook that {m}.
    Keep in mind that {m}; that settles the matter of {D}.""",
)
REJECT_BARE = _by_level(
    """{D} is incorrect.
    {D} is ruled out.
    {D} is unlikely.""",
    """I would not choose {D}.
    {D} can be set aside.
    {D} and {E} are less likely.""",
    """{D} is not it.
    {D} does not convince me.
    I pass over {D}.
    Nor would I put my name under {D}.""",
)
ASSERT = _by_level(
    """The case mentions {x}.
    The stem says that there is {x}.""",
    """The findings include {x}.
    On top of that there is {x}.
    We are also told of {x}.""",
    """One also has to live with {x}.
    And not least, {x} belongs to the picture here.
    Add to this {x}, which the stem brings up in passing.""",
)
"""States what the case does not bear out."""
INVENT = _by_level(
    """The patient has {x}.
    The patient reports {x}.""",
    """The patient also has {x}.
    The history includes {x}.""",
    """One also has to live with {x}.
    And not least, {x} belongs to the picture here.
    Add to this {x}, which the stem brings up in passing.""",
)
"""States a patient fact that the case does not have."""
DENY = _by_level(
    "The case says that there is no {x}.",
    """{x} is absent in this patient.
    There is no mention of {x}, and the stem says so clearly.""",
    """{x} was looked for in this patient, patiently and by everybody involved, and did not turn up.
    Of {x} there is, and this matters, no trace here.
    The patient was spared, among other things, {x}.""",
)
"""Denies a finding that the case states, the hard ones at a distance."""
STATEMENT = _by_level(
    "{m}.",
    """{m}.
    Recall that {m}.
    We know that {m}.""",
    """Not to be forgotten: {m}.
    It does not hurt to bear in mind that {m}.
    {m}, if one thinks about it.""",
)
BACKTRACK = _by_level(
    """[s At first I thought of {D}]. But wait, {f0} does not fit. [t So I turn to {T} instead].
    [s Initially I considered {D}]. Actually, {f0} does not fit, so [t I switch to {T} instead].""",
    """[s My first idea was {D}]. On reflection {f0} speaks against that, so [t I go over to {T}].
    [s I started out with {D} in mind]. With {f0} I cannot keep that up. [t Let me follow {T} in its place].""",
    """[s {D} had my vote when I began to read]. After {f0} it no longer has; [t {T} takes its place].
    [s I was halfway to writing down {D}]. What stopped me was {f0}, and [t the line that I now pursue is {T}].""",
)
BACKTRACK_PLAIN = _by_level(
    "[s At first I thought of {D}]. Wait, no. [t Let me go with {T} instead].",
    "[s My first idea was {D}]. I drop that and [t turn to {T}].",
    "[s {D} had my vote when I began to read]. It no longer has; [t {T} takes its place].",
)
VERIFY = _by_level(
    """My provisional answer is {T}. [s Let me verify {T} once more with {f0}]: it holds.
    My answer so far is {T}. [s Double-checking {T} with {f0}]: this is consistent.""",
    """I lean towards {T}. [s To make sure, I go back to {f0}]: no conflict.
    My working answer is {T}. [s Does it agree with {f0}? It does].""",
    """Having settled on {T}, [s I hold it up once more to {f0}]; nothing breaks.
    My pen is already on {T}. [s One more look at {f0} before I put it down: they agree].""",
)
VERIFY_PLAIN = _by_level(
    "My provisional answer is {T}. [s Let me verify that it answers what the question asks]: it does.",
    "I lean towards {T}. [s Rereading the question to make sure that this is what it wants]: yes.",
    "My pen is already on {T}. [s Held up once more to the wording of the question], it stands.",
)
SUBGOAL = _by_level(
    """First, I need to {g}.
    My first goal is to {g}.""",
    """Before choosing, let me {g}.
    The next thing to do is to {g}.""",
    """What has to come before any choice, and comes now: to {g}.
    I leave the options alone until I have managed to {g}.""",
)
GOALS = (
    "work out which organ is affected", "find out which finding carries the most weight",
    "decide whether the process is acute or chronic", "sort the findings by how specific they are",
    "see which of the options belong to the same organ", "separate what matters from what does not",
    "list what each option would predict", "settle which mechanism is at work",
)  # fmt: skip
RECALL_GOALS = (
    "recall how the disease develops", "see what the four options have in common",
    "sort the options by organ", "recall which organ the disease affects",
    "group the options by mechanism", "recall the usual course of the disease",
)  # fmt: skip
PLAN = _by_level(
    """My plan is as follows: {steps}.
    My plan: {lines}""",
    """The plan: {steps}.
    What I will do: {lines}""",
    """In this order, then: {steps}.
    Bit by bit: {steps}.""",
)
BACKWARD = _by_level(
    """[s If this were {T}], [t we would expect {f0}, and that is what we see].
    [s Assuming {T}], [t we should find {f0}, and we do].""",
    """[s Suppose it is {T}]. [t Then {f0} ought to be there, and it is].
    [s Let us take {T} as a hypothesis]. [t It predicts {f0}, which the case confirms].""",
    """[s Grant {T} for a moment]; [t what ought to follow from it is {f0}, and the chart bears that out].
    [s Imagine {T} at work here]. [t Its footprint would be {f0}: found].""",
)
BACKWARD_AGAINST = _by_level(
    "[s If this were {D}], [t we would not expect {f0}, but that is what we see].",
    "[s Suppose it is {D}]. [t Then {f0} could hardly be on record, but it is].",
    "[s Grant {D} for a moment]; [t one would then have to square it with {f0}, and cannot].",
)
NEAR_MISS = _by_level(
    """Let us read carefully.
    This is a common kind of question.""",
    """Wait.
    Hmm, let me think.
    Actually, this is a classic question.
    ## Step 1: Summary
    ## Verification""",
    """Wait, wait.
    Actually, hmm.
    Let me double-check.
    ## Step 2: Ruling out the alternatives
    ## Backtracking and verification
    On second thought, the wording is fine.
    First things first.""",
)
"""Cue words and imposed headings without what they announce."""
DECOY = (
    "{D} cannot be excluded at this point.",
    "At first sight {D} is not unlikely.",
    "{D} is by no means an unreasonable thought.",
    "It would be wrong to dismiss {D} out of hand.",
    "{D} has not been ruled out so far.",
)
"""Cue words of rejections, and none is made."""
HYPOTHETICAL = (
    "If there had been {a}, the matter would look different.",
    "In another patient, {a} might have been worth a thought.",
    "Had the stem offered {a}, one could talk about it for a while.",
)
"""Findings that nobody claims."""
IDLE = (
    "If this were an oral examination, the examiner would look up at this point.",
    "Instead of a long discussion, here is a short one.",
    "Unlikely words sometimes hide in long stems, but not in this one.",
    "To check one's work is good advice in any examination.",
    "Nothing in the wording excludes a careful reader.",
    "Ruling things out is a habit of examinees, however they are taught.",
)
"""Cue words of rejections and behaviours in sentences that are about neither."""
FILLER = (
    "The wording of the question is clear.",
    "Four options are given.",
    "Questions of this kind reward calm reading.",
    "There is more than one way to write this up.",
    "A short answer would do as well.",
    "The stem has the usual length.",
    "Much has been written about questions like this one.",
    "The order of the options carries no meaning.",
    "It is worth taking a moment here.",
    "Some readers will find this straightforward.",
    "The question leaves little room for debate about its wording.",
    "So far, so good.",
)
CONCLUSION = _by_level(
    "The answer is {T}. Final answer: {letter}",
    "All in all, I choose {T}. Final answer: {letter}",
    "That leaves me with {T}. Answer: {letter}",
)
