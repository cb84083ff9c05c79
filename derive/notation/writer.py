"""Terms to text: one writer for the three notations, by the rows of the table.

What no row can say stands below, one table for each kind: names, numbers, calls, blocks. Every text
is read back as the same term, except that the negative of a number and the quotient of two numbers
are read as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.functions import FUNCTIONS, PRIME, is_function
from derive.notation.calls import SOFTMAX_AXIS
from derive.notation.names import latex_name
from derive.notation.piece import is_scalar
from derive.notation.table import (
    ADD,
    ATOM,
    BESIDE,
    COMPARE,
    MINUS,
    NOTATIONS,
    SCRIPT,
    SIGNED,
    TIMES,
    Notation,
)
from derive.term import Apply, Attr, Const, Term, Var, fold


@dataclass(frozen=True, slots=True)
class Written:
    """A written term: its text, how tightly it binds, its op, and if it is known to be a number."""

    text: str
    level: int
    op: str = ""
    scalar: bool = False
    value: Fraction | None = None


Calls = Mapping[str, str]


def write(
    term: Term,
    notation: str,
    *,
    scalars: Collection[str] = (),
    functions: Mapping[str, str] | None = None,
) -> str:
    r"""A term as text in "plain" (Unicode), "latex" or "numpy" notation.

    `scalars` are the names that stand for one number each: a product with them is juxtaposition.
    `functions` are the names of functions, where a NumPy text does not use the usual ones.

    >>> from derive.notation.reader import read
    >>> term = read("[1 H1]^T (yhat - y)", ["H1", "yhat", "y"])
    >>> print(write(term, "latex"), write(term, "numpy"), sep="\n")
    [1\ H_{1}]^T (\hat{y} - y)
    np.hstack([np.ones((len(H1), 1)), H1]).T @ (yhat - y)
    """
    writer = _WRITERS[notation](NOTATIONS[notation], frozenset(scalars), functions or {})
    return fold(term, writer.node).text


@dataclass(frozen=True, slots=True)
class _Writer:
    """Plain text; the other notations change what differs."""

    notation: Notation
    scalars: frozenset[str]
    functions: Mapping[str, str]

    def node(self, term: Term, args: Sequence[Written]) -> Written:
        """One node, its arguments being written."""
        if isinstance(term, Var):
            return Written(self.name(term.name), ATOM, scalar=term.name in self.scalars)
        if isinstance(term, Const):
            return self.constant(term.value)
        written = self.application(term.op, args, term.attrs)
        scalar = is_scalar(term.op, term.attrs, [arg.scalar for arg in args])
        return replace(written, op=term.op, scalar=scalar)

    def application(self, op: str, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
        """An op on arguments."""
        if op == "pow":
            return self.power(args[0], str(attrs[0]))
        if op == "concat":
            return self.blocks(args, attrs[0])
        if op == "slice":
            return self.slice(args[0], attrs)
        if op == "sum":
            return self.sum(args[0], *attrs)
        if op in ("softmax", "log_softmax"):
            return self.along(op, args[0], attrs[0])
        if op == "step" or not is_function(op):
            return self.row(self.form(op, args), args)
        return self.call(self.function(op), args)
