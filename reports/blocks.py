"""A figure and a table as blocks of a page, with their files beside it."""

from collections.abc import Callable
from pathlib import Path

from clinical_r1.reports.page import Block, Details, FigureBlock, TableBlock, Text
from clinical_r1.reports.style import inline_svg, save
from clinical_r1.reports.tables import TableView, write_tables
from matplotlib.figure import Figure

from clinical_r1.files import make_folder


def figure_block(folder: Path, name: str, draw: Callable[[], Figure], caption: Callable[[], str]) -> Block:
    """Draw a figure and write its files into `figures/`; where it cannot be drawn, say why.

    Args:
        folder: Of the page.
        name: Of the files, without an ending.
        draw: Makes the figure; raises ValueError if there is nothing to draw.
        caption: Makes what stands below it, its description for who cannot see it.

    Raises:
        UserError: If a file cannot be written.
    """
    try:
        drawn = draw()
    except ValueError as error:
        return Text([f"The figure `{name}` is left out: {error}."])
    make_folder(folder / "figures")
    save(drawn, folder / "figures" / name)
    said = caption()
    svg = inline_svg(drawn, title=name.replace("_", " "), description=said)
    return FigureBlock(svg, said, [f"figures/{name}.{ending}" for ending in ("svg", "png")])


def table_block(folder: Path, name: str, view: TableView, caption: str, folded: str = "") -> Block:
    """Write a table's files into `tables/`.

    Args:
        folder: Of the page.
        name: Of the files, without an ending.
        view: The table.
        caption: Above it.
        folded: The line behind which it is folded away; open where it is empty.

    Raises:
        UserError: If a file cannot be written.
    """
    paths = write_tables(folder / "tables", name, view)
    block = TableBlock(view, caption, [path.relative_to(folder).as_posix() for path in paths])
    return Details(folded, [block]) if folded else block
