"""The verdict on a judge: whether it may stand in for a rater, per metric, with the reasons for it.

Four questions, all of which must be answered with yes:

1. Is there enough to go by: at least `RATERS` raters with `ITEMS` items each (what the alternative annotator test of
   Calderon et al. 2025, arXiv 2501.10970, needs)?
2. Does the judge agree with raters beyond chance: does the interval of the chance-corrected agreement lie above 0?
3. Is its agreement close to the human ceiling: does the interval of the gap (the judge's agreement with a rater's
   colleagues less that rater's own) lie above -`MARGIN`, and above -`SHARE` of the raters' own?
4. Does it agree with a rater's colleagues as well as that rater does, less a margin `epsilon` for its lower price: is
   the winning rate of the alternative annotator test at least `WINNING`?

The second and third are there because the fourth alone is not enough. It counts agreement that chance would give too:
where an instance is rare, a judge that always says "none" agrees with everybody nearly always, and one that misses two
in three agrees nearly as often as a rater. So a verdict also says how often raters found an instance.

Each verdict is one decision at one-sided 2.5 %: see `UNCORRECTED`.
"""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal, get_args

RATERS = 3
"""Fewest raters for a verdict."""
ITEMS = 30
"""Fewest items of each of them."""
WINNING = 0.5
"""Winning rate from which the alternative annotator test is passed."""
MARGIN = 0.3
"""Chance-corrected agreement that a judge may lack of a rater's, at the lower end of the gap's 95 % interval."""
SHARE = 0.4
"""The same as a share of the raters' own agreement: raters who agree little set no low bar. With both, a judge as good
as raters passes in nine of ten studies of 200 items, of which one in ten has an instance."""
EPSILON = 0.2
"""The margin for raters who are experts, as Calderon et al. advise; .15 for trained and .1 for casual ones."""

UNCORRECTED = (
    "Each verdict stands for itself: a judge just beyond a margin passes by chance in about 2.5 % of studies, in more "
    "with few items, and nothing is corrected for the number of judges and metrics. That a judge passes on all of some "
    "metrics needs no correction; that it passes on the best of many does."
)

Verdict = Literal[
    "stands in for a rater",
    "beyond chance, not as good as a rater",
    "not beyond chance",
    "too little data",
    "not measured",
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""Best first."""


@dataclass(frozen=True)
class Evidence:
    """What a verdict on a judge and a metric rests on."""

    raters: int
    """Raters that can be compared with the judge."""
    fewest: int
    """Items of the rater who has the fewest."""
    agreement: float = nan
    """Chance-corrected agreement of the judge with raters, at most 1; NaN where it has no value."""
    low: float = nan
    """Lower end of its interval."""
    ceiling: float = nan
    """Agreement of a rater with the others."""
    gap: float = nan
    """Agreement of the judge in a rater's place less that rater's."""
    gap_low: float = nan
    """Lower end of its interval."""
    prevalence: float = nan
    """Share of items in which raters found an instance, 0 to 1."""
    omega: float = nan
    """Winning rate, 0 to 1; NaN where the test could not be made."""
    tested: int = 0
    """Raters that it is a share of."""
    no_agreement: str = ""
    """Why `agreement` or its interval has no value."""
    no_gap: str = ""
    """Why `gap` or its interval has none."""
    no_omega: str = ""
    """Why `omega` has none."""
    constant: str = ""
    """Who gave every item the same value, if anybody: `it` (the judge) or `raters`."""


@dataclass(frozen=True)
class Decision:
    """A verdict and why."""

    verdict: Verdict
    reason: str
    """A sentence without a full stop."""


def decide(evidence: Evidence) -> Decision:
    """Weigh the evidence.

    Examples:
        >>> decide(Evidence(raters=3, fewest=40, agreement=0.02, low=-0.1, omega=1.0, tested=3)).verdict
        'not beyond chance'
        >>> from dataclasses import replace
        >>> few = Evidence(3, 40, agreement=0.4, low=0.2, ceiling=0.7, gap=-0.3, gap_low=-0.5, omega=1.0, tested=3)
        >>> decide(few).reason
        'as good as 3 of 3 raters, but agrees less beyond chance: gap -0.30, from -0.50, allowed from -0.28'
        >>> decide(replace(few, gap=-0.02, gap_low=-0.1, prevalence=0.15))  # doctest: +NORMALIZE_WHITESPACE
        Decision(verdict='stands in for a rater',
                 reason='as good as 3 of 3 raters; gap -0.02, from -0.10; raters found it in 15 % of items')
    """
    if not evidence.raters or not evidence.fewest:
        return Decision("not measured", evidence.no_agreement or "no item has both a rating and a value of the judge")
    if evidence.raters < RATERS or evidence.fewest < ITEMS:
        raters = f"{evidence.raters} rater{'s' * (evidence.raters != 1)}"
        fewest = f"the fewest items {evidence.fewest}; it takes {RATERS} with {ITEMS} each"
        return Decision("too little data", f"{raters}, {fewest}")
    if not isfinite(evidence.low):
        return Decision("not measured", evidence.no_agreement or "agreement has no interval")
    wins = evidence.omega >= WINNING
    won = f"{round(evidence.omega * evidence.tested)} of {evidence.tested} raters" if isfinite(evidence.omega) else ""
    if evidence.low <= 0:
        constant = f"{evidence.constant} say{'s' * (evidence.constant == 'it')} the same of every item"
        begins = f"the interval begins at {evidence.low:.2f}"
        alone = f"; the alternative annotator test alone would pass it ({won})" if wins else ""
        return Decision("not beyond chance", f"{constant if evidence.constant else begins}{alone}")
    if not isfinite(evidence.gap_low):
        return Decision("not measured", evidence.no_gap or "the gap to raters has no interval")
    if not isfinite(evidence.omega):
        return Decision("not measured", evidence.no_omega or "the alternative annotator test has no value")
    lost = min(MARGIN, SHARE * evidence.ceiling)
    near = evidence.gap_low > -lost
    gap = f"gap {evidence.gap:+.2f}, from {evidence.gap_low:+.2f}"
    gap = f"; {gap}" if near else f", but agrees less beyond chance: {gap}, allowed from {-lost:+.2f}"
    often = f"; raters found it in {100 * evidence.prevalence:.0f} % of items" if isfinite(evidence.prevalence) else ""
    return Decision(
        "stands in for a rater" if near and wins else "beyond chance, not as good as a rater",
        f"as good as {won}{gap}{often}",
    )
