"""A report as a part of a notebook: the page without a font and an outline of its own."""

from derive.faces.html import part as write

__all__ = ["write"]
