"""What a page needs of figures beside the figures: one look a label, figures inside the page, figures as files."""

from .palette import Look, looks
from .vector import inline_svg, save

__all__ = ["Look", "inline_svg", "looks", "save"]
