"""Figures as files, and as SVG inside a page: no script, no style sheet, the page's own text colour.

An SVG inside a page draws, and does nothing else.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup
from matplotlib.figure import Figure

from clinical_r1.files import writing

from .plotting import INK, settings, shown

# --- what an SVG may hold ---------------------------------------------------------------------------------------------
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


# --- files and inline SVG ---------------------------------------------------------------------------------------------
FORMATS = (".png", ".svg")
FONTS = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
"""The reader's own. Matplotlib's font, by which texts are laid out, is about as wide as any of these."""

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_NAMESPACE = re.compile(r"^\{[^}]*\}")
_ADDRESS = re.compile(r"^(#)(.+)()$")
_PART = re.compile(r"^(url\(#)([^)]+)(\))$")
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")
_MEASURES = ("d", "x", "y", "width", "height", "transform")
_TEXTS = ("text", "title", "desc")
_INKS = (INK.lower(), "#000000")


def save(drawn: Figure, stem: Path) -> None:
    """Write a figure as `.png` and `.svg`: the same figure gives the same bytes."""
    for suffix in FORMATS:
        metadata = {"Software": None} if suffix == ".png" else {"Date": None}
        with writing(stem.with_suffix(suffix)) as path, settings():
            drawn.savefig(path, format=suffix[1:], dpi=150, metadata=metadata)


def inline_svg(figure: Figure, *, title: str, description: str) -> str:
    """A figure as an `<svg>` element to put into an HTML page.

    Black ink is `currentColor` and the background is transparent, so the figure is at home on light and on dark pages.
    Styles are attributes and nothing refers to anything outside: any content security policy admits it. It is as wide
    as what holds it; the class `plot` is there for a page's `max-width`.

    Args:
        figure: Drawn by a function of this package.
        title: Its name for screen readers, any text.
        description: What it shows for screen readers, any text; its caption will do.

    Returns:
        The element. The same arguments give the same text; figures that differ have no id in common.
    """
    raw = io.BytesIO()
    with settings():
        figure.savefig(raw, format="svg", transparent=True, metadata=_NO_METADATA)
    said = "\0".join((title, description)).encode("utf-8", "replace")
    prefix = f"p{hashlib.sha256(said + raw.getvalue()).hexdigest()[:10]}"
    drawing = ElementTree.fromstring(raw.getvalue())
    head = _head(drawing.attrib["viewBox"], prefix)
    for tag, text in (("title", title), ("desc", description)):
        SubElement(head, tag, {"id": f"{prefix}-{tag}"}).text = shown(text)
    _clean(drawing, prefix, _referenced(drawing))
    head.extend(child for child in drawing if child.tag in ("g", "defs"))
    return ElementTree.tostring(head, encoding="unicode")


def _head(size: str, prefix: str) -> Element:
    about = {
        "class": "plot",
        "role": "img",
        "aria-labelledby": f"{prefix}-title {prefix}-desc",
        "viewBox": size,
        "width": "100%",
        "fill": "currentColor",
        "font-family": FONTS,
        "stroke-linejoin": "round",
        "xmlns": "http://www.w3.org/2000/svg",
    }
    return Element("svg", about)


def _referenced(drawing: Element) -> set[str]:
    given = [item for element in drawing.iter() for item in _attributes(element).items()]
    return {match[2] for name, value in given if (match := _reference(name, value))}


def _reference(name: str, value: str) -> re.Match[str] | None:
    """What stands before, in and after an id, where a value refers to one."""
    return _ADDRESS.match(value) if name == "href" else _PART.match(value)


def _attributes(element: Element) -> dict[str, str]:
    """Attributes without namespaces, and with each property of `style` as one."""
    found = {_NAMESPACE.sub("", name): value for name, value in element.attrib.items()}
    for part in found.pop("style", "").split(";"):
        name, _, value = part.strip().partition(": ")
        if name == "font":  # older matplotlib: "700 10px 'DejaVu Sans', ..."
            found |= _font(value)
        elif name and name != "font-family":
            found[name] = value
    return found


def _font(value: str) -> dict[str, str]:
    before, size, _ = re.split(r"([\d.]+px)", value, maxsplit=1)
    weight = re.search(r"\b\d{3}\b|\bbold\b", before)
    return {"font-size": size, **({"font-weight": weight[0]} if weight else {})}


def _clean(element: Element, prefix: str, kept: set[str]) -> None:
    """Turn an element, and all inside it, into plain SVG with ids of its own."""
    element.tag = _NAMESPACE.sub("", element.tag)
    given = _attributes(element)
    element.attrib.clear()
    for name, value in given.items():
        if name == "id" and value not in kept:
            continue
        element.set(name, _value(name, value, prefix))
    if element.tag not in _TEXTS:
        element.text = None
    element.tail = None
    for child in list(element):
        _clean(child, prefix, kept)
        if _shows_nothing(child):
            element.remove(child)


def _value(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    if match := _reference(name, value):
        return f"{match[1]}{prefix}-{match[2]}{match[3]}"
    if name in ("fill", "stroke") and value.lower() in _INKS:
        return "currentColor"
    if name in _MEASURES:
        return " ".join(_DECIMALS.sub(lambda number: f"{float(number[0]):.2f}", value).split())
    return value


def _shows_nothing(element: Element) -> bool:
    if element.tag == "style":
        return True
    if element.tag == "text":
        return not (element.text or "").strip()
    if element.tag in ("g", "defs"):
        return not len(element)
    return element.tag == "path" and element.get("fill") == "none" and element.get("stroke", "none") == "none"
