"""Terms to text: one writer for all notations, by the rows of the table.

Every text is read back as the same term, except that the negative of a number and the quotient of
two numbers are read as numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from derive.entries import DIFFERENTIAL
from derive.functions import is_function
from derive.notation.calls import SOFTMAX_AXIS
from derive.notation.entrywise import WRITERS, letter
from derive.notation.names import latex_name
from derive.notation.piece import is_scalar
from derive.notation.styles import STYLES, Style, Written, atomic
from derive.notation.table import ADD, ATOM, BESIDE, SCRIPT
from derive.ops import ALONG
from derive.term import Attr, Const, Term, Var, fold


def write(
    term: Term,
    notation: str,
    *,
    scalars: Collection[str] = (),
    functions: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    r"""A term as text in "plain" (Unicode), "latex", "numpy" or "array-api" notation.

    `scalars` are the names that stand for one number each: a product with them is juxtaposition.
    `functions` gives, for ops, the names by which this text calls them, `names` other spellings.

    >>> from derive.notation.reader import read
    >>> term = read("[1 H1]^T (yhat - y)", ["H1", "yhat", "y"])
    >>> print(write(term, "latex"), write(term, "numpy"), sep="\n")
    [1\ H_{1}]^T (\hat{y} - y)
    np.hstack([np.ones((len(H1), 1)), H1]).T @ (yhat - y)
    """
    writer = Writer(STYLES[notation], frozenset(scalars), functions or {}, names or {})
    return fold(term, writer.node).text


class Writer(NamedTuple):
    """A style, and what is known of the names in one text."""

    style: Style
    scalars: frozenset[str]
    functions: Mapping[str, str]
    names: Mapping[str, str]

    def node(self, term: Term, args: Sequence[Written]) -> Written:
        """One node, its arguments being written."""
        if isinstance(term, Var):
            return self.name(term.name)
        if isinstance(term, Const):
            text, level = self.style.number(term.value)
            return Written(text, level, scalar=True, value=term.value)
        written = self.application(term.op, args, term.attrs)
        scalar = is_scalar(term.op, term.attrs, [arg.scalar for arg in args])
        return written._replace(op=term.op, scalar=scalar)

    def name(self, name: str) -> Written:
        """A name: as the text spells it, an index letter, or a derivative `dL/dz2`."""
        if name in self.names:
            return Written(self.names[name], ATOM, "name", name in self.scalars)
        if name.startswith("#"):
            return Written(letter(name), ATOM, "name", scalar=True)
        if name.startswith(DIFFERENTIAL):
            return Written(self.style.name(f"d{name.removeprefix(DIFFERENTIAL)}"), ATOM, "name")
        if "/d" in name and self.style.notation.name == "latex":
            ends = (latex_name(end) for end in name[1:].split("/d"))
            return Written(r"\frac{{\partial {}}}{{\partial {}}}".format(*ends), SCRIPT, "name")
        level = BESIDE if "/" in name else ATOM
        return Written(self.style.name(name), level, "name", name in self.scalars)

    def application(self, op: str, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
        """An op on arguments."""
        if op == "pow" and attrs != ("1/2",):
            base = atomic(self.style, args[0])
            return Written(self.style.power(base, Fraction(str(attrs[0]))), SCRIPT)
        if op == "concat":
            assert isinstance(attrs[0], int)
            return Written(self.style.blocks(self.style, args, attrs[0]), ATOM)
        if op == "slice":
            return Written(atomic(self.style, args[0]) + self.style.part(attrs), ATOM)
        if op == "sum" and (total := self.total(args[0], attrs)):
            return total
        if op in WRITERS:
            return WRITERS[op](self.style, args, attrs)
        if op in _KEYWORDS:
            return self.call(op, args[0], keywords_of(op, attrs))
        if is_function(op) and (op in self.functions or op not in self.style.notation.rows):
            return self.call(op, args[0], {})
        form = form_of(op, args)
        if form not in self.style.notation.rows:
            return self.call(op, Written(", ".join(arg.text for arg in args), ADD), {})
        return self.row(form, args)

    def total(self, arg: Written, attrs: Sequence[Attr]) -> Written | None:
        """A sum along an axis that is kept, as a product with ones, where the notation has that."""
        form = _TOTALS.get(tuple(attrs), "")
        if arg.scalar or arg.text[0].isdigit() or form not in self.style.notation.rows:
            return None
        return self.row(form, [arg])

    def call(self, op: str, argument: Written, keywords: Mapping[str, Attr]) -> Written:
        """A function on its argument."""
        function = self.functions.get(op) or self.style.function(op)
        return Written(self.style.keyed(function, argument.text, keywords), ATOM)

    def row(self, form: str, args: Sequence[Written]) -> Written:
        """An op that a row of the table says how to write."""
        row = self.style.notation.rows[form]
        pairs = zip(args, row.needs, strict=True)
        texts = [atomic(self.style, a, ATOM if a.op in row.wrap else need) for a, need in pairs]
        return Written(row.text.format(*texts), row.level)


_TOTALS: Mapping[tuple[Attr, ...], str] = {(0, True): "sum rows", (1, True): "sum columns"}

_KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "sum": ("axis", "keepdims"),
    **dict.fromkeys(ALONG, ("axis",)),
}
"""The keywords that the attributes of an op are written as."""


def keywords_of(op: str, attrs: Sequence[Attr]) -> dict[str, Attr]:
    """The keywords that have to be written; most ops have none."""
    default = None if op == "sum" else SOFTMAX_AXIS
    pairs = dict(zip(_KEYWORDS.get(op, ()), attrs, strict=False))
    said = {k: v for k, v in pairs.items() if v is not False and v is not None}
    return {k: v for k, v in said.items() if k != "axis" or v != default}


def form_of(op: str, args: Sequence[Written]) -> str:
    """The row by which an op is written: products and quotients of numbers have their own."""
    if op == "pow":
        return "sqrt"
    scaling = any(arg.scalar for arg in args)
    beside = not (len(args) > 1 and args[1].level >= SCRIPT and args[1].text[0].isdigit())
    if op == "mul" and scaling and beside:
        return "scale"
    ones = bool(args) and args[0].text == "1^T"
    if op == "matmul" and (scaling or not beside or ones):
        return "scalar matmul"
    if op == "div" and _is_count(args[0].value) and args[1].op == "name":
        return "number div"
    return op


def _is_count(value: Fraction | None) -> bool:
    return value is not None and value >= 0 and value.denominator == 1
