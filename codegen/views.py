"""Terms that NumPy reads without computing: transposes and blocks, in one form."""

from __future__ import annotations

from derive.term import Apply, Attr, Term, apply, turned


def sliced(term: Term, attrs: tuple[Attr, ...]) -> Term:
    """A block of a term; of a transpose, the transpose of the block: `W[1:]^T`."""
    axis, *bounds = attrs
    if isinstance(term, Apply) and term.op == "transpose" and isinstance(axis, int):
        return turned(sliced(term.args[0], (1 - axis, *bounds)))
    return apply("slice", term, attrs=attrs)
