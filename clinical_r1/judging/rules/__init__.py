"""The rule-based judge: deterministic, free, offline, and a floor with known limits.

It reads words, in one pass over a response (`reading`): which options are named, what is negated, what is said of a
disease and not of this patient. On these stand citations, rejections, claims and behaviours, a file each; the words and
cue phrases themselves are data (`words.yaml`). It does not understand: a paraphrased finding is no citation here, a
reason of general medicine cannot be weighed, and of all claims only those are judged that can be read off the stem.
"""

from collections.abc import Sequence

from clinical_r1.item import Item
from clinical_r1.judging.instances import Found
from clinical_r1.judging.rules.behaviours import find_steps
from clinical_r1.judging.rules.citations import find_citations, read_facts
from clinical_r1.judging.rules.claims import find_claims
from clinical_r1.judging.rules.reading import read_response
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
    reading = read_response(item)
    cited = find_citations(reading, read_facts(item.stem, item.facts)) if wanted & {"cecd", "drc"} else ()
    return Found(
        citations=cited if "cecd" in wanted else None,
        rejections=find_rejections(reading, cited) if "drc" in wanted else None,
        claims=find_claims(reading) if wanted & {"faithfulness", "hallucination"} else None,
        steps=find_steps(reading) if wanted & {*METRICS_OF["behaviours"]} else None,
        unknown=UNKNOWN,
    )
