"""One document's names: what each stands for in proofs and in numbers, and the truth about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from derive.arrays.reductions import PEAK, peaks
from derive.comparing import Program
from derive.diagnostic import DeriveError, Diagnostic, Span, refuse
from derive.differentials import speaks
from derive.elaborate import Elaborator
from derive.entries import DIFFERENTIAL
from derive.notation import write
from derive.points import size_names
from derive.selection import is_selection
from derive.setting import Asked, Setting
from derive.shape import ONE, Dim, Shape, shape_text
from derive.tensors import Value, column_shape, solid
from derive.term import (
    Derivation,
    Equation,
    Symbol,
    Term,
    Var,
    rebuild,
    substitute,
    turned,
    variables,
)
from derive.truth import Target, Truth, inner_names

NUMERATOR = "numerator"
"""How derivatives are arranged where that of a number is a row, as that of a vector has rows."""

LEAF = "°"
"""Ends a name that stands for a derivative in this text, so that it is never taken for another."""

_DERIVATIVE = re.compile(r"d(.+)/d(.+)")


def derivative_of(name: str) -> tuple[str, str] | None:
    """The two names in the name of a derivative, `dL/dW2`."""
    match = _DERIVATIVE.fullmatch(name)
    return (match.group(1), match.group(2)) if match else None


class Case:
    """A document and the derivatives that its claims speak of, each found once."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.inner = inner_names(setting.shapes)
        self.free = largest_entries(setting) | differentials(setting)
        self.shapes = {self.inner[n]: shape for n, shape in setting.shapes.items()} | self.free
        self.clashing = {n: Var(i) for n, i in self.inner.items() if n != i}
        self.truths: dict[str, Truth] = {}
        self.programs: dict[str, Program] = {}
        self.claimed: dict[tuple[str, str], None] = {}
        """What the claims are about, in order: derivatives that the text has names for."""
        self.said: dict[str, Dim] = {}
        """Names that the text has for sizes of a stack, by what they were first said of."""

    def renamed(self, term: Term) -> Term:
        """A formula in declared names, in those that are calculated with."""
        return substitute(term, self.clashing) if self.clashing else term

    def truth(self, of: str) -> Truth:
        """The derivatives of a name. Raises DeriveError where it has none."""
        if of not in self.truths:
            self.truths[of] = Truth(self._derivation(of), self.shapes, self.inner[of])
        return self.truths[of]

    def truth_of(self, term: Term, shape: Shape = ()) -> Truth:
        """The derivatives of a formula that has no name."""
        name = f"formula·{len(self.truths)}"
        plain = without_spans(term)
        known = next(
            (t for t in self.truths.values() if t.derivation.definition(t.of) == plain), None
        )
        if known is None:
            derivation = self._derivation(next(iter(self.inner)))
            longer = replace(derivation, equations=(*derivation.equations, Equation(name, plain)))
            known = Truth(replace(longer, loss=name), {**self.shapes, name: shape}, name)
            self.truths[name] = known
        return known

    def _derivation(self, of: str) -> Derivation:
        given = self.setting.derivation(self.inner[of])
        return replace(
            given,
            symbols=(
                *(replace(_free(s), name=self.inner[s.name]) for s in given.symbols),
                *self.numbers(),
                *(Symbol(name, shape, "input") for name, shape in self.free.items()),
            ),
            equations=tuple(
                replace(e, name=self.inner[e.name], term=self.renamed(e.term))
                for e in given.equations
            ),
        )

    def numbers(self) -> Iterator[Symbol]:
        """Names of numbers that are no size of any array, such as the N of a mean that is told."""
        known = {s.name for s in self.setting.symbols} | {e.name for e in self.setting.equations}
        known |= set(size_names(s.shape for s in self.setting.symbols))
        for name, shape in self.setting.shapes.items():
            if not shape and name not in known and name.isidentifier():
                yield Symbol(name, (), "const", ("positive",))

    def target(self, of: str, wrt: str, layout: str) -> Target:
        """The derivative as it is calculated with."""
        return Target(self.inner[of], self.inner[wrt], layout)

    def program(self, of: str) -> Program:
        """What is evaluated for the claims about one name: the forward and the backward pass."""
        if of not in self.programs:
            truth = self.truth(of)
            named = truth.prover.steps
            shapes = {n: column_shape(s) for n, s in truth.prover.shapes.items()}
            constants = {self.inner[n]: v for n, v in self.setting.constants.items()}
            sizes = tuple(self.inner[n] for n in self.setting.loose_sizes())
            self.programs[of] = Program(truth.derivation, shapes, named, constants, sizes=sizes)
        return self.programs[of]


def largest_entries(setting: Setting) -> dict[str, Shape]:
    """Names for the largest entries of every array, where a claim speaks of any."""
    if not any("max(" in a.line.text or r"\max" in a.line.text for a in setting.claims):
        return {}
    made: dict[str, Shape] = {}
    for name, shape in setting.shapes.items():
        made |= peaks(name, shape)
    return made


def differentials(setting: Setting) -> dict[str, Shape]:
    """Names for the differentials of every name, where a claim speaks of that of the loss."""
    losses = {a.line.bracket.of if a.line.bracket else setting.loss for a in setting.claims}
    if not any(speaks(a.line.text, loss) for a in setting.claims for loss in losses):
        return {}
    return {DIFFERENTIAL + name: shape for name, shape in setting.shapes.items()}


def _free(symbol: Symbol) -> Symbol:
    """A symbol by which a claim may derive: a target as well as an input, but no pick of rows."""
    if symbol.kind in ("input", "param") or is_selection(symbol.name):
        return symbol
    return replace(symbol, kind="input")


@dataclass
class Reading:
    """One way to read a claim: how vectors lie, and how derivatives of tensors are arranged.

    `leaves` are the names of this text that stand for something: given names and derivatives, by
    the formulas that they are.
    """

    case: Case
    asked: Asked
    of: str
    vectors: str
    arrangement: str
    text: str
    leaves: dict[str, Term] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    programs: dict[int, Program] = field(default_factory=dict)

    def speak(self) -> None:
        """Takes up every given name, also those that the claim does not use."""
        for name in self.asked.given:
            try:
                self.leaf(name)
            except DeriveError:
                continue

    def elaborator(self) -> Elaborator:
        """What settles the formulas of the claim."""
        setting = self.case.setting
        shapes = {**setting.shapes, **self.case.free}
        made = Elaborator(shapes, self.leaf, self.vectors, self.text, setting.sizes)
        made.differentiated, made.leaves = self.differentiated, self.core
        made.columns = setting.vectors == "column"
        made.chosen, made.once = setting.known_selection, setting.once
        return made

    def differentiated(self, value: Value, wrt: str) -> Value:
        """The derivative of a formula by a name, in forward names; of a tensor, the Jacobian."""
        known = {**self.case.setting.shapes, **self.case.free}
        if wrt not in known:
            raise refuse("D101", f"unknown name `{wrt}`", self.text)
        inner = self.case.inner.get(wrt, wrt)
        shape = () if value.single else value.shape
        if shape and wrt.startswith(DIFFERENTIAL):
            have = shape_text(shape, self.case.setting.sizes)
            message = f"the formula is {have}, but the differential of a loss is a number"
            raise refuse("D210", message, self.text)
        truth = self.case.truth_of(self.resolved(solid(value)), shape)
        if not shape:
            return Value(truth.written(inner), known[wrt])
        target = Target(truth.of, inner, self.arrangement)
        return Value(truth.formula(target), truth.shape(target))

    def leaf(self, name: str) -> Value | None:
        """A given name or a derivative, as a name with a shape; None for other names."""
        if name not in self.shapes:
            value = self._meant(name)
            if value is None:
                return None
            self.leaves[name], self.shapes[name] = solid(value), value.shape
        return Value(Var(name + LEAF), self.shapes[name])

    def _meant(self, name: str) -> Value | None:
        if name in self.asked.given:
            return self._given(self.asked.given[name])
        return self.derived(name)

    def _given(self, written: Term) -> Value:
        """A given formula in the names that are calculated with, adjoints among them.

        Its derivatives keep names of their own until the declared names are inner ones: the
        adjoint of `c` may be called as a declared `dc` is.
        """
        setting, inside = self.case.setting, replace(self, leaves={}, shapes={}, asked=self.bare)
        value = Elaborator(
            setting.shapes, inside.leaf, "numpy", sizes=setting.sizes, leaves=inside.core
        ).value(written)
        return replace(value, term=inside.resolved(value.term))

    @property
    def bare(self) -> Asked:
        """The claim without given names."""
        return replace(self.asked, given={})

    def derived(self, name: str) -> Value | None:
        """A derivative by what it is in forward names and adjoints."""
        ends = derivative_of(name)
        known = self.case.setting.shapes
        if ends is None or ends[0] not in known or ends[1] not in known:
            return None
        truth, rows = self.case.truth(ends[0]), self.arrangement == NUMERATOR
        target = self.case.target(*ends, "gradient" if not truth.seeded else self.arrangement)
        if truth.seeded and (rows or (target.layout == "elementwise" and not truth.alike(target))):
            target = replace(target, layout="jacobian")
        foreign = ends[0] != self.of and not truth.seeded  # its adjoints are not those of the claim
        term = truth.written(target.wrt) if foreign else truth.formula(target)
        found = Value(term, truth.shape(target))
        return _as_row(found) if rows and not truth.seeded else found

    def resolved(self, term: Term) -> Term:
        """A formula of the text in the names that proofs and numbers know."""
        leaves = {name + LEAF: value for name, value in self.leaves.items()}
        return substitute(self.case.renamed(term), leaves)

    def loose(self, claimed: Term, span: Span) -> Diagnostic | None:
        """Why numbers refute nothing: the formula depends on what is only said to be largest."""
        if not any(name.startswith(PEAK) for name in variables(claimed)):
            return None
        message = "`max` is followed only where it cancels, as the shift of an exp"
        return refuse("D905", message, self.text, span).diagnostic

    def written(self, term: Term) -> str:
        """A formula as it was understood."""
        scalars = {name for name, shape in self.case.setting.shapes.items() if not shape}
        return write(term, "plain", scalars=scalars)

    def program(self) -> Program:
        """What is evaluated for this reading: the names of the text above the rest."""
        count = len(self.leaves)
        if count not in self.programs:
            named = {name + LEAF: term for name, term in self.leaves.items()}
            self.programs[count] = self.case.program(self.of).extended(named, self.core())
        return self.programs[count]

    def core(self) -> dict[str, Shape]:
        """The shapes of the names of this text as they are kept."""
        return {name + LEAF: column_shape(shape) for name, shape in self.shapes.items()}


def _as_row(value: Value) -> Value:
    """A column as the row that it is as a Jacobian; anything else as it is."""
    rows, *columns = value.shape or (ONE,)
    column = bool(value.shape) and not rows.is_one and all(dim.is_one for dim in columns)
    return Value(turned(solid(value)), (ONE, rows)) if column else value


def without_spans(term: Term) -> Term:
    """The formula without its places, so that what is shared is found."""
    return rebuild(term, lambda node: replace(node, span=None))
