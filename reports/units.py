"""What the numbers of a metric are, for axes."""

from clinical_r1.metrics import METRICS

_UNITS = {
    "share": "share, 0 to 1",
    "any": "share, 0 to 1",
    "count": "a response",
    "per_1k": "per 1,000 words",
}


def unit(metric: str) -> str:
    """The unit of a metric's mean.

    Examples:
        >>> unit("drc"), unit("verification_any"), unit("some other")
        ('a response', 'share, 0 to 1', '')
    """
    return _UNITS[METRICS[metric].form] if metric in METRICS else ""


def is_share(metric: str) -> bool:
    """Whether a metric's mean lies in [0, 1].

    Examples:
        >>> is_share("answer"), is_share("drc")
        (True, False)
    """
    return metric in METRICS and METRICS[metric].form in ("share", "any")
