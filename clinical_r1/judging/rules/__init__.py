"""Rule-based judges: deterministic, free, offline, and proxies with known limits.

They find what is said in the case's own words and what announces itself by a cue. They do not understand: a paraphrased
finding is no citation here, a reason of general medicine cannot be weighed, and of all claims only those are judged
that can be read off the words of the stem. `UNKNOWN` lists the numbers that they therefore never give.
"""

from collections.abc import Sequence

from clinical_r1.item import Item
from clinical_r1.judging.instances import Found
from clinical_r1.judging.rules.behaviours import find_steps
from clinical_r1.judging.rules.citations import find_citations
from clinical_r1.judging.rules.claims import find_claims
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.rejections import find_rejections
from clinical_r1.metrics import METRICS_OF

UNKNOWN = frozenset(
    "faithfulness faithfulness_per_1k faithful_rate h_medical hallucination hallucination_per_1k hallucination_rate "
    "hallucination_any claims unverifiable drc_medical_fact drc_false".split()
)
"""Keys of `clinical_r1.metrics.METRICS` that need medical knowledge."""


def judge_by_rules(item: Item, metrics: Sequence[str]) -> Found:
    """Find what rules can find in a response.

    The same item gives the same result. Never raises on any text; linear in the length of the response.

    Args:
        item: The response and its question.
        metrics: Names among those of `clinical_r1.metrics.METRICS_OF`.

    Returns:
        The instances, in the order of the text, with offsets in the response. What no metric asks for is None.
    """
    wanted = frozenset(metrics)
    reading = Reading.of(item)
    cites = find_citations(reading) if wanted & {"cecd", "drc"} else ()
    return Found(
        citations=tuple(one for line in cites for one in line) if "cecd" in wanted else None,
        rejections=find_rejections(reading, cites) if "drc" in wanted else None,
        claims=find_claims(reading) if wanted & {"faithfulness", "hallucination"} else None,
        steps=find_steps(reading) if wanted & {*METRICS_OF["behaviours"]} else None,
        unknown=UNKNOWN,
    )
