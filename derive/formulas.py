"""The gradients of a derivation as formulas: matrix form, LaTeX, NumPy, SymPy, facts, steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from derive.dense import Stack
from derive.diagnostic import refuse
from derive.flatten import Program, is_hidden
from derive.gradient import Adjoint, Backward, Use, adjoint_name, backward
from derive.indexing import filled
from derive.infer import shape_of
from derive.matrix import matrix_form
from derive.notation import write
from derive.shape import Shape, shape_text
from derive.shown import shown
from derive.symbolic import forward_form, sympy_form
from derive.term import Derivation, Term, Var, apply, substitute
from derive.tidy import hoisted, scalar_names, written_out
from derive.unfolding import Both, OnDemand, needed
from derive.unraised import formula_of


class Step(NamedTuple):
    """One equation of the backward pass: `name = term`, its shape, and the ops it goes through."""

    name: str
    term: Term
    shape: Shape
    uses: tuple[Use, ...]


@shown
@dataclass(frozen=True)
class Gradient:
    """dL/d(name) in every form: `matrix`, `latex`, `numpy`, `index`, with `shape` and `facts`."""

    name: str
    adjoints: Mapping[str, Adjoint] = field(repr=False)
    table: Mapping[str, Step] = field(repr=False)
    written: Mapping[str, Term] = field(repr=False)
    scalars: frozenset[str] = field(repr=False)
    sizes: Mapping[str, int] = field(repr=False)
    program: Program = field(repr=False)

    @property
    def adjoint(self) -> Adjoint:
        """The general entry, with the facts that it relies on and the ops that it goes through."""
        return self.adjoints[self.name]

    @property
    def shape(self) -> Shape:
        """The shape, that of the name itself."""
        return self.program.shapes[self.name]

    @property
    def facts(self) -> tuple[str, ...]:
        """The declared facts without which the formula would be longer."""
        return self.adjoint.facts

    @property
    def step(self) -> Term:
        """The formula in terms of the adjoints before it: `[1 H1]^T dz2`."""
        return self.table[adjoint_name(self.name)].term

    @cached_property
    def term(self) -> Term:
        """The formula with the adjoints before it put in, while it stays readable."""
        return hoisted(self.written[adjoint_name(self.name)], self.scalars)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The equations that lead to it, in order, itself last."""
        own = adjoint_name(self.name)
        terms = OnDemand(self.table, lambda name: self.table[name].term)
        found = set(needed((own,), terms)) - {own}
        names = (adjoint_name(node) for node in reversed(self.program.nodes))
        return (*(self.table[name] for name in names if name in found), self.table[own])

    @property
    def matrix(self) -> str:
        """The matrix form: `[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N`."""
        return write(self.term, "plain", scalars=self.scalars)

    @property
    def latex(self) -> str:
        """The matrix form in LaTeX."""
        return write(self.term, "latex", scalars=self.scalars)

    @property
    def numpy(self) -> str:
        """The matrix form as a NumPy expression."""
        return write(self.term, "numpy", scalars=self.scalars)

    @property
    def index(self) -> Any:
        """The general entry as a SymPy expression over the names of its step."""
        hidden = {
            name: write(self.program.expand(node), "plain", scalars=self.scalars)
            for name, node in self.program.nodes.items()
            if is_hidden(name)
        }
        return sympy_form(self.adjoint.value, hidden)

    def __str__(self) -> str:
        return f"dL/d{self.name} = {self.matrix}  ({shape_text(self.shape, self.sizes)})"


@shown
@dataclass(frozen=True)
class Gradients(Mapping[str, Gradient]):
    """The gradient of the loss by every name: parameters, the input, every intermediate.

    Each is found when something of it is first asked for.
    """

    derivation: Derivation
    backward: Backward
    table: Mapping[str, Gradient] = field(repr=False)

    def __getitem__(self, name: str) -> Gradient:
        return self.table[name]

    def __iter__(self) -> Any:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def forward(self) -> dict[str, Any]:
        """The forward graph in SymPy: for each equation, the general entry of its right side."""
        shapes = self.backward.program.shapes
        return {e.name: forward_form(e.term, shapes) for e in self.derivation.equations}

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(s.name for s in self.derivation.symbols if s.kind == "param")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The backward pass: every adjoint once, loss first."""
        first = next(iter(self.table.values()))
        return tuple(first.table.values())


def gradients(source: Stack | Derivation) -> Gradients:
    """The gradients of a stack or of a derivation, at symbolic sizes.

    Raises DeriveError where a formula has no derivative or no matrix form here.

    >>> from derive.layers import stack
    >>> gradients(stack("784,100,10,10"))["W2"].matrix
    '[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N'
    """
    derivation = source.derivation if isinstance(source, Stack) else source
    found = _Writer(derivation, backward(derivation), False).gradients()
    for name in found.table:  # now, so that what has none is refused here
        assert found.table[name].step
    return found


def spread_gradients(derivation: Derivation) -> Gradients:
    """The gradients of a derivation, each derived when it is first asked for.

    One that is the same along an axis is written with an array of ones. Raises DeriveError, then
    too, where a formula has no derivative.
    """
    return _Writer(derivation, backward(derivation), True).gradients()


class AdjointNames(Collection[str]):
    """The names of adjoints, in their order."""

    def __init__(self, adjoints: Mapping[str, Adjoint]) -> None:
        self.adjoints = adjoints

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name[:1] == "d" and name[1:] in self.adjoints

    def __iter__(self) -> Iterator[str]:
        return map(adjoint_name, self.adjoints)

    def __len__(self) -> int:
        return len(self.adjoints)


class _Writer:
    """Turns adjoints into gradients: raised, tidied, with the steps they rely on."""

    def __init__(self, derivation: Derivation, swept: Backward, spread: bool) -> None:
        self.derivation, self.swept, self.spread = derivation, swept, spread
        self.program = swept.program
        self.adjoints = swept.adjoints
        self.scalars = scalar_names(self.program.shapes)
        self.latest = {
            term.name: Var(name)
            for name, term in self.program.aliases.items()
            if isinstance(term, Var)
        }
        self.shapes = shapes_with_adjoints(swept)
        self.known = self.shapes | {n.name: self.shapes[name] for name, n in self.latest.items()}
        self.steps = OnDemand(AdjointNames(self.adjoints), self._step)
        self.written = written_out(OnDemand(self.steps, lambda name: self.steps[name].term))

    def _step(self, name: str) -> Step:
        adjoint = self.adjoints[name[1:]]
        return Step(name, self._raised(adjoint), adjoint.shape, adjoint.uses)

    def _raised(self, adjoint: Adjoint) -> Term:
        raised = self._formula(adjoint)
        term = substitute(self.program.expand(raised), self.latest)
        if shape_of(term, self.known) == adjoint.shape or adjoint.name == self.derivation.loss:
            return term
        if not self.spread:
            message = f"dL/d{adjoint.name} is the same along an axis: the loss is linear in it"
            raise refuse("D905", f"{message}, and such a loss has no formula here")
        return apply("mul", filled(1, adjoint.shape), term)

    def _formula(self, adjoint: Adjoint) -> Term:
        if not self.spread:
            return matrix_form(adjoint.value, adjoint.shape, self.shapes.__getitem__)
        return formula_of(adjoint.value, adjoint.shape, self.known)

    def gradients(self) -> Gradients:
        aliases = self.program.aliases.items()
        self.same = {
            n: t.name for n, t in aliases if isinstance(t, Var) and t.name in self.adjoints
        }
        self.table = OnDemand(Both(self.adjoints, self.same), self._gradient)
        return Gradients(self.derivation, self.swept, self.table)

    def _gradient(self, name: str) -> Gradient:
        if name in self.same:
            return self.table[self.same[name]]
        return Gradient(
            name,
            self.adjoints,
            self.steps,
            self.written,
            self.scalars,
            self.derivation.sizes,
            self.program,
        )


def shapes_with_adjoints(swept: Backward) -> dict[str, Shape]:
    """The shapes of all names of a program, and of its adjoints."""
    shapes = swept.program.shapes
    return shapes | {adjoint_name(name): shapes[name] for name in swept.adjoints.order}
