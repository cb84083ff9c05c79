"""Which parts of a formula have their shape written under them: the factors, and bracketed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from derive.formula import FAULT, NEW, Formula, nodes
from derive.notation import write
from derive.notation.styles import Written
from derive.notation.table import ATOM, LATEX
from derive.term import Apply, Const, Term

PRODUCTS = ("matmul", "mul", "div", "outer", "inner")
FITTED = ("matmul", "mul", "outer", "inner")
SUMS = ("add", "sub")
SIGNED = ("mul", "matmul", "add", "sub", "neg")


class Caption(NamedTuple):
    """What stands out of one node: the shape to be written under it, and its mark."""

    shape: str = ""
    mark: str = ""
    joined: bool = False
    """Whether the node is a product, whose factors have captions of their own."""
    signed: bool = False
    """Whether a sign is all that a repair brings in with the node."""


def captions(formula: Formula) -> tuple[Caption, ...]:
    """One for each node, in the order of `fold`."""
    rows, waiting = nodes(formula.term), list[int]()
    wanted = {len(rows) - 1} if _is_atom(formula.term) else set[int]()
    for index, node in enumerate(rows):
        args = [waiting.pop() for _ in node.args] if isinstance(node, Apply) else []
        waiting.append(index)
        if _captions_args(formula, node, index, args):
            wanted.update(args)
    pairs = zip(rows, formula.parts, strict=True)
    return tuple(
        Caption(
            part.shape if i in wanted and not isinstance(node, Const) else "",
            part.mark,
            _is_one_of(node, PRODUCTS),
            _is_one_of(node, SIGNED),
        )
        for i, (node, part) in enumerate(pairs)
    )


def _is_one_of(node: Term, ops: tuple[str, ...]) -> bool:
    return isinstance(node, Apply) and node.op in ops


def _is_atom(term: Term) -> bool:
    return not _is_one_of(term, (*PRODUCTS, *SUMS, "neg"))


def _captions_args(formula: Formula, node: Term, index: int, args: list[int]) -> bool:
    """Whether what a node joins is captioned: the factors of a product, and all that does not fit.

    What is multiplied with a number has no need of it, nor has what is added or divided.
    """
    parts = formula.parts
    if not _is_one_of(node, (*PRODUCTS, *SUMS)):
        return False
    arrays = all(parts[arg].shape for arg in args)
    return not parts[index].shape or (arrays and _is_one_of(node, FITTED))


def bracketed(form: str, args: Sequence[Written]) -> list[bool]:
    """Which operands of an op stand in brackets, by the row of the table that writes it."""
    row = LATEX.rows[form]
    needs = [
        ATOM if arg.op in row.wrap else need for arg, need in zip(args, row.needs, strict=True)
    ]
    return [arg.level < need for arg, need in zip(args, needs, strict=True)]


def spoken(formula: Formula) -> str:
    """The formula in words, with the parts that stand out, for those who do not see them."""
    said = [formula.text()]
    for mark, words in ((FAULT, "at fault"), (NEW, "new")):
        parts = [node for node, part in formula.rows() if part.mark == mark]
        texts = dict.fromkeys(write(node, "plain", scalars=formula.scalars) for node in parts)
        if texts:
            said.append(f"{words}: {', '.join(texts)}")
    return "; ".join(said)
