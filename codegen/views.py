"""Terms that NumPy reads without computing: transposes and blocks, in one form."""

from __future__ import annotations

from derive.term import Apply, Attr, Term, apply


def transposed(term: Term) -> Term:
    """The transpose of a term; of a transpose, what is inside."""
    if isinstance(term, Apply) and term.op == "transpose":
        return term.args[0]
    return apply("transpose", term)


def sliced(term: Term, attrs: tuple[Attr, ...]) -> Term:
    """A block of a term; of a transpose, the transpose of the block: `W[1:]^T`."""
    axis, *bounds = attrs
    if isinstance(term, Apply) and term.op == "transpose" and isinstance(axis, int):
        return transposed(sliced(term.args[0], (1 - axis, *bounds)))
    return apply("slice", term, attrs=attrs)
