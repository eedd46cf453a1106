"""Numbers as text, the same way in every table and sentence."""

from math import isfinite, isnan

MINUS = "−"


def decimal(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """A number with a fixed number of decimals; no text where it is none, and zero has no sign.

    Examples:
        >>> decimal(0.5126), decimal(0.04, 2, signed=True), decimal(-0.0004), decimal(float("nan"))
        ('0.513', '+0.04', '0.000', '')
    """
    if not isfinite(value):
        return ""
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    return text if float(text.replace(",", "")) else f"{0:.{digits}f}"


def whole(value: float) -> str:
    """A count.

    Examples:
        >>> whole(12345), whole(float("nan"))
        ('12,345', '')
    """
    return f"{value:,.0f}" if isfinite(value) else ""


def p_value(p: float, *, bare: bool = False) -> str:
    """A p-value as journals print it.

    Args:
        p: In [0, 1].
        bare: Without the name, for a column that is headed so.

    Examples:
        >>> p_value(0.0031), p_value(0.0000004), p_value(0.9999), p_value(0.25, bare=True)
        ('p = .003', 'p < .001', 'p > .999', '.250')
    """
    if isnan(p):
        return ""
    sign, text = ("<", ".001") if p < 0.001 else (">", ".999") if p > 0.9994 else ("=", f"{p:.3f}"[1:])
    return f"p {sign} {text}" if not bare else text if sign == "=" else f"{sign} {text}"


def interval(low: float, high: float, digits: int = 3, *, signed: bool = False) -> str:
    """An interval; no text where it has no ends.

    Examples:
        >>> interval(0.48, 0.5441)
        '[0.480, 0.544]'
    """
    ends = [decimal(end, digits, signed=signed) for end in (low, high)]
    return f"[{ends[0]}, {ends[1]}]" if all(ends) else ""


def typeset(text: str) -> str:
    """A number's text with a minus that is as wide as a plus."""
    return text.replace("-", MINUS)
