"""An SVG figure as a part of a page: it draws, and does nothing else."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from markupsafe import Markup

_DRAWN = frozenset(
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan image marker pattern "
    "mask clipPath linearGradient radialGradient stop".split()
)
_INSIDE = ("#", "data:image/png;base64,")


def drawing(svg: str) -> Markup:
    """An `<svg>` element in its own size, written anew from what was understood of it.

    Args:
        svg: XML; namespaces are dropped, which HTML does not know.

    Raises:
        ValueError: If it is no SVG, or anything in it runs, styles, or refers to what is outside.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"not an SVG: {error}") from error
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(name): value for name, value in element.attrib.items()}
        for problem in _problems(element):
            raise ValueError(f"an SVG in a page may not hold {problem}")
    if root.tag != "svg":
        raise ValueError(f"not an SVG: <{root.tag}>")
    if size := re.fullmatch(r"\S+ \S+ ([\d.]+) ([\d.]+)", root.get("viewBox", "")):
        root.attrib |= {"width": size[1] + "pt", "height": size[2] + "pt"}
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def _problems(element: ElementTree.Element) -> Iterator[str]:
    if element.tag not in _DRAWN:
        yield f"<{element.tag}>"
    for name, value in element.attrib.items():
        outside = name in ("href", "src") and not value.startswith(_INSIDE)
        if outside or name == "style" or name.lower().startswith("on"):
            yield f"{name}={value[:40]!r}"


def _local(name: str) -> str:
    return name.rsplit("}")[-1]
