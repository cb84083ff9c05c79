"""Lines -> statements of one operation each, on names and numbers: three-address form.

An operation entry by entry gets operands of the shape and layout of its result: what repeats, such
as a bias, or is turned round is first written out. NumPy would do that too, in memory of its own.
Samples that are columns are taken to be turned round: mostly they are the transpose of rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from codegen.plan import VIEWS, Line, Plan
from derive.infer import shape_of
from derive.shape import ONE, Dim, Shape, agree, dim
from derive.term import Apply, Const, Term, Var, variables

Part = tuple[int, int, int | None]
"""A block of an array: the axis, where it starts and where it stops."""

TEMPORARY = "%"
"""What the names of results start with that no line has a name for."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`target = term`, for `line`: one op on atoms, which are names, numbers and views of names.

    With `part`, the value is that block of the target. With `copies` the term is an atom that is
    written into the target; a name that is not copied gets the target as another name. With `joins`
    the term is `[1; A]`, and the array of A is all of the target's but its ones. `inner` is the
    dimension that a product or a sum runs over.
    """

    line: Line
    target: str
    term: Term
    shape: Shape
    part: Part | None = None
    copies: bool = False
    joins: bool = False
    inner: Dim | None = None

    @property
    def is_turned(self) -> bool:
        """Whether the value is a product of two transposes: the transpose of the product."""
        match self.term:
            case Apply("matmul", (Apply("transpose"), Apply("transpose"))):
                return True
        return False

    @property
    def is_number(self) -> bool:
        """Whether the value is no array."""
        return self.shape == ()

    @property
    def is_alias(self) -> bool:
        """Whether the target is another name of an array, or of one with its ones."""
        plain = isinstance(self.term, Var) and not self.copies and not self.is_number
        return plain or self.joins


def statements(lines: Iterable[Line], made: Plan) -> tuple[Statement, ...]:
    """The statements that compute these lines of a plan."""
    lowering = _Lowering(made)
    for line in lines:
        lowering.add(line)
    return tuple(lowering.made)


def fits(a: Shape, b: Shape) -> bool:
    """Whether two shapes are the same for all sizes."""
    return len(a) == len(b) and all(agree(one, other) for one, other in zip(a, b, strict=True))


class _Lowering:
    """The statements made so far, and the shapes of their results."""

    def __init__(self, made: Plan) -> None:
        self.shapes = dict(made.shapes)
        self.sizes = made.derivation.sizes
        self.owned = set(made.owned.values())
        self.computed = {line.name for line in (*made.forward, *made.backward)} - self.owned
        self.turned = {s.name for s in made.derivation.symbols if s.shape[-1:] == (dim("N"),)}
        self.made: list[Statement] = []
        self.count = 0

    def add(self, line: Line) -> None:
        """Adds the statements of one line."""
        self.line = line
        self._into(line.term, line.name, line.shape)

    def _into(self, term: Term, target: str, shape: Shape, part: Part | None = None) -> None:
        """Statements that leave the value of a term in a target."""
        if shape == ():
            self._emit(Statement(self.line, target, self._number(term), shape))
        elif self._joins(term) and target not in self.owned:
            self._emit(Statement(self.line, target, term, shape, joins=True))
        elif isinstance(term, Apply) and term.op == "concat" and part is None:
            self._blocks(term, target, shape)
        elif isinstance(term, Apply) and term.op not in {*VIEWS, "concat"} and not self._free(term):
            args = tuple(self._operand(arg, term.op, shape) for arg in term.args)
            op, inner = replace(term, args=args), self._inner(term)
            self._emit(Statement(self.line, target, op, shape, part, inner=inner))
        else:
            self._name(self._atom(term), target, shape, part)

    def _joins(self, term: Term) -> bool:
        """Whether a term is `[1; A]` of an A that a line computes."""
        match term:
            case Apply("concat", (Const(), Var(name)), (0,)):
                return name in self.computed
        return False

    def _name(self, term: Term, target: str, shape: Shape, part: Part | None) -> None:
        """An atom under another name, or copied where the name has an array of its own."""
        plain = isinstance(term, Var) and fits(shape_of(term, self.shapes), shape)
        copies = not plain or part is not None or target in self.owned
        self._emit(Statement(self.line, target, term, shape, part, copies=copies))

    def _emit(self, statement: Statement) -> None:
        self.shapes.setdefault(statement.target, statement.shape)
        self.made.append(statement)

    def _inner(self, term: Apply) -> Dim | None:
        """The dimension that a product, or a sum that keeps its axis, runs over."""
        if term.op not in ("matmul", "sum"):
            return None
        own = shape_of(term.args[0], self.shapes)
        axis, keep = (1, True) if term.op == "matmul" else term.attrs
        return own[axis] if keep and isinstance(axis, int) and len(own) == 2 else None

    def _blocks(self, term: Apply, target: str, shape: Shape) -> None:
        """Blocks laid side by side, each written to its own part of the target."""
        (axis,) = term.attrs
        assert isinstance(axis, int)
        start, last = 0, len(term.args) - 1
        for place, block in enumerate(term.args):
            own = shape_of(block, self.shapes) or (*shape[:axis], ONE, *shape[axis + 1 :])
            stop = None if place == last else start + own[axis].size(self.sizes)
            self._into(block, target, own, (axis, start, stop))
            start = stop or 0

    def _free(self, term: Term) -> bool:
        """Arithmetic on numbers alone."""
        return all(self.shapes[name] == () for name in variables(term))

    def _is_atom(self, term: Term) -> bool:
        if isinstance(term, Apply) and term.op in VIEWS:
            return self._is_atom(term.args[0])
        return not isinstance(term, Apply) or self._free(term)

    def _atom(self, term: Term) -> Term:
        """The term, its value computed beforehand unless it is an atom."""
        if self._is_atom(term):
            return term
        assert isinstance(term, Apply)
        if term.op in VIEWS:
            return replace(term, args=(self._atom(term.args[0]),))
        return self._temporary(term, shape_of(term, self.shapes))

    def _number(self, term: Term) -> Term:
        """A number: arithmetic of Python on sums over arrays that are computed beforehand."""
        if not isinstance(term, Apply):
            return term
        inner = self._atom if term.op == "sum" else self._number
        return replace(term, args=tuple(inner(arg) for arg in term.args))

    def _operand(self, term: Term, op: str, shape: Shape) -> Term:
        """An operand as the op can take it: a product and a sum read views, the others do not."""
        own = shape_of(term, self.shapes)
        value = self._atom(term)
        plain = isinstance(value, Var) and fits(own, shape) and value.name not in self.turned
        if own == () or op in ("matmul", "sum") or plain:
            return value
        return self._temporary(value, shape)

    def _temporary(self, term: Term, shape: Shape) -> Var:
        self.count += 1
        name = f"{TEMPORARY}{self.count}"
        if isinstance(term, Var):
            self._emit(Statement(self.line, name, term, shape, copies=True))
        else:
            self._into(term, name, shape)
        return Var(name)
