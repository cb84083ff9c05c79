"""Lines -> statements of one operation each, on names and numbers: three-address form.

An operation entry by entry gets operands of the shape and layout of its result: what repeats, such
as a bias, or is turned round is first written out. NumPy would do that too, in memory of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from codegen.plan import VIEWS, Line
from derive.infer import shape_of
from derive.shape import Shape, agree
from derive.term import Apply, Const, Term, Var, apply, variables

Part = tuple[int, int, int | None]
"""A block of an array: the axis, where it starts and where it stops."""

TEMPORARY = "%"
"""What the names of results start with that no line has a name for."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`target = term`, for `line`: one op on atoms, which are names, numbers and views of names.

    With `part`, the value is that block of the target. With `copies` the term is an atom, written
    into the target; without, a name alone is given another name.
    """

    line: Line
    target: str
    term: Term
    shape: Shape
    part: Part | None = None
    copies: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the value is no array."""
        return self.shape == ()

    @property
    def is_alias(self) -> bool:
        """Whether the target is another name of an array."""
        return isinstance(self.term, Var) and not self.copies and not self.is_number


def statements(
    lines: Iterable[Line], shapes: Mapping[str, Shape], owned: Collection[str]
) -> list[Statement]:
    """The statements that compute the lines; `owned` are the names with an array of their own."""
    lowering = _Lowering(shapes, owned)
    for line in lines:
        lowering.add(line)
    return lowering.made


def fits(a: Shape, b: Shape) -> bool:
    """Whether two shapes are the same for all sizes."""
    return len(a) == len(b) and all(agree(one, other) for one, other in zip(a, b, strict=True))


class _Lowering:
    """The statements made so far, and the shapes of their results."""

    def __init__(self, shapes: Mapping[str, Shape], owned: Collection[str]) -> None:
        self.shapes = dict(shapes)
        self.owned = owned
        self.made: list[Statement] = []
        self.line: Line
        self.count = 0

    def add(self, line: Line) -> None:
        """Adds the statements of one line."""
        self.line = line
        self._into(line.term, line.name, line.shape)

    def _emit(self, target: str, term: Term, shape: Shape, part: Part | None = None) -> None:
        plain = isinstance(term, Var) and part is None and target not in self.owned
        copies = shape != () and self._is_atom(term)
        copies = copies and not (plain and fits(shape_of(term, self.shapes), shape))
        self.shapes.setdefault(target, shape)
        self.made.append(Statement(self.line, target, term, shape, part, copies))

    def _into(self, term: Term, target: str, shape: Shape, part: Part | None = None) -> None:
        """Statements that leave the value of a term in a target."""
        if shape == ():
            self._emit(target, self._number(term), shape)
        elif isinstance(term, Apply) and term.op == "concat" and part is None:
            self._blocks(term, target, shape)
        elif not isinstance(term, Apply) or term.op in {*VIEWS, "concat"} or self._is_atom(term):
            self._emit(target, self._atom(term), shape, part)
        else:
            args = tuple(self._operand(arg, term.op, shape) for arg in term.args)
            self._emit(target, replace(term, args=args), shape, part)

    def _blocks(self, term: Apply, target: str, shape: Shape) -> None:
        """Blocks laid side by side, each written to its own part of the target."""
        (axis,) = term.attrs
        assert isinstance(axis, int)
        start = 0
        for block in term.args:
            own = shape_of(block, self.shapes)
            width = sum(p for p in own[axis].parts if isinstance(p, int)) if own else 1
            last = block is term.args[-1]
            across = own or tuple(replace(d, parts=(1,)) if a == axis else d for a, d in enumerate(shape))
            self._into(block, target, across, (axis, start, None if last else start + width))
            start += width

    def _is_atom(self, term: Term) -> bool:
        """A name, a view of one, or arithmetic on numbers."""
        if isinstance(term, Apply) and term.op in VIEWS:
            return self._is_atom(term.args[0])
        names = variables(term)
        return not isinstance(term, Apply) or all(self.shapes[name] == () for name in names)

    def _atom(self, term: Term) -> Term:
        """The term, its value computed beforehand unless it is an atom."""
        if self._is_atom(term):
            return term
        assert isinstance(term, Apply)
        if term.op in VIEWS:
            return replace(term, args=(self._atom(term.args[0]),))
        return self._temporary(term, shape_of(term, self.shapes))

    def _number(self, term: Term) -> Term:
        """A scalar: arithmetic of Python on sums over arrays that are computed beforehand."""
        if not isinstance(term, Apply):
            return term
        inner = self._atom if term.op == "sum" else self._number
        return replace(term, args=tuple(inner(arg) for arg in term.args))

    def _operand(self, term: Term, op: str, shape: Shape) -> Term:
        """An operand as the op can take it."""
        own = shape_of(term, self.shapes)
        if own == () or op in ("matmul", "sum"):
            return self._atom(term)
        value = term if self._is_atom(term) else self._atom(term)
        if isinstance(value, Var) and fits(own, shape):
            return value
        return self._temporary(value, shape)

    def _temporary(self, term: Term, shape: Shape) -> Var:
        self.count += 1
        name = f"{TEMPORARY}{self.count}"
        self._into(term, name, shape)
        return Var(name)


__all__ = ["TEMPORARY", "Const", "Part", "Statement", "apply", "fits", "statements"]
