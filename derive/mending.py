"""A wrong claim with what is right: the repair in the notation of the text, for NumPy, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from derive.array_code import numpy_text
from derive.case import LEAF, Reading
from derive.chains import factors_of
from derive.depiction import drawn
from derive.diagnostic import DeriveError
from derive.edits import Edit, Names
from derive.formula import Formula, renewed
from derive.lower import lower
from derive.mistakes import mistake_of
from derive.notation import write
from derive.repair import Goal, Search
from derive.selection import is_selection, selection_code
from derive.shape import ONE, Shape
from derive.tensors import Value, column_shape, solid
from derive.term import (
    Apply,
    Binding,
    Const,
    Term,
    Var,
    apply,
    const,
    rebuild,
    substitute,
    turned,
    variables,
    walk,
)
from derive.truth import ACTING, Target, Truth
from derive.unraised import with_diagonal
from derive.verdict import Claim

WHOLE = Edit("whole")
"""No small change was found: the gradient itself is shown."""


@dataclass(frozen=True)
class Repair:
    """A right formula: in the notation of the text, as NumPy, and what was changed."""

    text: str
    numpy: str | None
    edits: tuple[Edit, ...]
    formula: Formula

    def told(self, claim: Claim) -> Claim:
        """The claim with what is right."""
        kinds = tuple(edit.kind for edit in self.edits)
        claim = replace(claim, repair=self.text, repair_numpy=self.numpy, edits=kinds)
        return replace(claim, mistake=mistake_of(kinds), repaired=self.formula)


class Mender:
    """Finds repairs for formulas of one reading of one claim."""

    def __init__(
        self,
        reading: Reading,
        truth: Truth,
        target: Target,
        code: bool,
        acting: Callable[[Value], Value],
    ) -> None:
        self.reading, self.truth, self.target, self.code = reading, truth, target, code
        self.acting = acting
        self.setting = reading.case.setting
        self.outer = {Var(i): Var(n) for n, i in reading.case.inner.items() if i != n}
        self.spoken = {
            term: Var(name)
            for name, term in reading.leaves.items()
            if isinstance(term, Var) and term.name in truth.prover.steps
        }

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of every name of the text, as it has them."""
        return {**self.setting.shapes, **self.reading.shapes}

    def repair(self, written: Term) -> Repair | None:
        """The nearest right formula that was found, or the gradient itself."""
        goal = self.goal()
        search = Search(goal, self.reading.program(), self.truth.prover, self.reading.elaborator())
        search.resolve, search.acting = self.reading.resolved, self.acting
        found = search.run(written)
        if found is None:
            return self.whole()
        edited, value = found
        numpy = self.numpy(value)
        if numpy is None:  # it holds a Jacobian, which only a formula can name
            whole = self.whole()
            if self.code or whole is None:
                return whole
            numpy = whole.numpy
        right = leftward(edited.term)
        formula = renewed(drawn(self.reading, right), written)
        return Repair(self.text(right), numpy, edited.edits, formula)

    def whole(self) -> Repair | None:
        """The gradient as derived, where it has a matrix form."""
        if self.target.layout in ACTING:
            return None
        term = self.own()
        if any(isinstance(n, Apply) and n.op == "each" for n in walk(term)):
            shapes = self.reading.program().shapes
            term = raised(term, self.truth.shape(self.target), shapes, self.truth) or term
        term = self.spelled(term)
        if any(isinstance(n, Apply) and n.op == "each" for n in walk(term)):
            return None
        numpy = self.numpy(Value(term, self.truth.shape(self.target)))
        if numpy is None:
            return None
        formula = drawn(self.reading, term)
        return Repair(numpy if self.code else self.text(term), numpy, (WHOLE,), formula)

    def own(self) -> Term:
        """The true derivative in forward names."""
        target = self.target
        if self.truth.seeded or target.wrt not in self.truth.gradients:
            return self.truth.prover.flat(self.truth.formula(target))
        term = self.truth.gradients[target.wrt].term
        if any(name in self.truth.prover.steps for name in variables(term)):
            return self.truth.written(target.wrt)
        return term

    def spelled(self, term: Term) -> Term:
        """A formula in declared names; adjoints by the names that the text gives them."""
        named = substitute(substitute(term, _named(self.spoken)), _named(self.outer))
        return rebuild(named, _once)

    def goal(self) -> Goal:
        """What the repair must be equal to, and what it may be made of."""
        shapes, true = self.shapes, self.truth.formula(self.target)
        own = {n for n, term in self.reading.leaves.items() if term == true}
        arrays = {n: self.oriented(s) for n, s in shapes.items() if s and "·" not in n}
        arrays = {n: s for n, s in arrays.items() if n not in own}
        sizes = tuple(n for n, s in shapes.items() if not s and n != self.target.of)
        shape = self.oriented(self.truth.shape(self.target))
        names = Names(arrays)
        return Goal(true, shape, sizes, names, tuple(self.factors()))

    def oriented(self, shape: Shape) -> Shape:
        """A shape with one axis as this text means it."""
        if len(shape) != 1 or self.reading.vectors == "numpy":
            return shape
        return (ONE, *shape) if self.reading.vectors == "row" else (*shape, ONE)

    def factors(self) -> Iterator[Term]:
        """The factors of the true gradient, step by step and written out, each once."""
        true = self.truth.formula(self.target)
        seen: set[Term] = {Var(n) for n, term in self.reading.leaves.items() if term == true}
        for term in self.levels():
            for factor in factors_of(self.spelled(term)):
                if factor not in seen:
                    seen.add(factor)
                    yield factor

    def levels(self) -> Iterator[Term]:
        """The true gradient in terms of the adjoints before it, and in forward names."""
        if self.target.wrt not in self.truth.gradients:
            return
        found = self.truth.gradients[self.target.wrt]
        yield found.step
        yield from (step.term for step in found.steps[-3:])
        yield found.term

    # ------------------------------------------------------------------------------------ text

    def text(self, term: Term) -> str:
        """A formula in the notation of the text."""
        written = self.reading.text
        notation = "numpy" if self.code else "latex" if "\\" in written else "plain"
        if self.code:
            value = self.reading.elaborator().value(term)
            core = self.nameable(solid(value))
            return numpy_text(core, value.shape, self.shapes) or write(term, "plain")
        scalars = {n for n, s in self.shapes.items() if not s}
        return write(term, notation, scalars=scalars)

    def numpy(self, value: Value) -> str | None:
        """A value as NumPy text over names that code can know."""
        term = self.nameable(solid(value))
        shape = self.truth.shape(self.target)
        try:
            return numpy_text(term, shape if len(shape) == 1 else value.shape, self.shapes)
        except (DeriveError, KeyError):
            return None

    def nameable(self, term: Term) -> Term:
        """A formula whose derivatives stand under given names, or are written out."""
        values: dict[str, Term] = {}
        for leaf in variables(term):
            name = leaf.removesuffix(LEAF)
            if is_selection(leaf):
                values[leaf] = Var(selection_code(leaf))
            elif name != leaf and "/" not in name:
                values[leaf] = Var(name)
            elif name != leaf:
                meant = self.reading.leaves[name]
                same = next(
                    (n for n, t in self.reading.leaves.items() if t == meant and "/" not in n), None
                )
                values[leaf] = Var(same) if same else self.spelled(self.truth.prover.flat(meant))
        return substitute(term, values)


def leftward(term: Term) -> Term:
    """The formula with its elementwise products read from the left, which needs fewer brackets."""

    def node(old: Term) -> Term:
        if not (isinstance(old, Apply) and old.op == "mul"):
            return old
        left, right = old.args
        if isinstance(right, Apply) and right.op == "mul":
            return apply("mul", node(apply("mul", left, right.args[0])), right.args[1])
        return old

    return rebuild(term, node)


def _once(term: Term) -> Term:
    """Transposed twice is not at all, and an array of one number is made of ones."""
    if isinstance(term, Apply) and term.op == "transpose":
        return turned(term.args[0])
    if isinstance(term, Apply) and term.op == "each" and not term.args:
        return _filled(term)
    return term


def _filled(term: Apply) -> Term:
    """An array of one number as people write it."""
    (made,) = term.attrs
    if not isinstance(made, Binding) or not isinstance(made.body, Const):
        return term
    ones = apply("ones", attrs=tuple(str(dim) for _, dim in made.indices))
    return ones if made.body == const(1) else apply("mul", made.body, ones)


def _named(table: Mapping[Var, Var]) -> dict[str, Term]:
    return {old.name: new for old, new in table.items()}


def raised(term: Term, shape: Shape, shapes: Mapping[str, Shape], truth: Truth) -> Term | None:
    """A formula of entries as a formula of matrices, where it has such a form."""
    rules = truth.prover.plain.rules
    rules.effort.left = None  # what a search for a proof has used up is no concern of this
    try:
        blocks = lower(term, shapes, rules, shape=column_shape(shape))
        if len(blocks) != 1:
            return None
        (value,) = blocks.values()
        return with_diagonal(value, column_shape(shape), shapes)
    except (DeriveError, KeyError):
        return None
