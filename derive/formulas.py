"""The gradients of a derivation as formulas: matrix form, LaTeX, NumPy, SymPy, facts, steps."""

from __future__ import annotations

from collections.abc import Mapping
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
from derive.notation import latex_name, write
from derive.shape import Shape, shape_text
from derive.symbolic import forward_form, sympy_form
from derive.term import Derivation, Term, Var, apply, substitute, variables
from derive.tidy import hoisted, scalar_names, written_out
from derive.unraised import formula_of


class Step(NamedTuple):
    """One equation of the backward pass: `name = term`, its shape, and the ops it goes through."""

    name: str
    term: Term
    shape: Shape
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Gradient:
    """dL/d(name) in every form: `matrix`, `latex`, `numpy`, `index`, with `shape` and `facts`."""

    name: str
    adjoint: Adjoint
    table: Mapping[str, Step] = field(repr=False)
    written: Mapping[str, Term] = field(repr=False)
    scalars: frozenset[str] = field(repr=False)
    sizes: Mapping[str, int] = field(repr=False)
    program: Program = field(repr=False)

    @property
    def shape(self) -> Shape:
        """The shape, that of the name itself."""
        return self.adjoint.shape

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
        found = {adjoint_name(self.name)}
        todo = [self.step]
        while todo:
            new = {n for n in variables(todo.pop()) if n in self.table} - found
            found |= new
            todo += [self.table[name].term for name in new]
        return tuple(step for name, step in self.table.items() if name in found)

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

    def _repr_latex_(self) -> str:
        name = latex_name(self.name)
        return rf"$\displaystyle \frac{{\partial L}}{{\partial {name}}} = {self.latex}$"


@dataclass(frozen=True)
class Gradients(Mapping[str, Gradient]):
    """The gradient of the loss by every name: parameters, the input, every intermediate."""

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


def gradients(source: Stack | Derivation, *, spread: bool = False) -> Gradients:
    """The gradients of a stack or of a derivation, at symbolic sizes.

    With `spread`, a gradient that is the same along an axis is written with an array of ones.

    Raises DeriveError where a formula has no derivative or no matrix form here.

    >>> from derive.layers import stack
    >>> gradients(stack("784,100,10,10"))["W2"].matrix
    '[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N'
    """
    derivation = source.derivation if isinstance(source, Stack) else source
    return _Writer(derivation, backward(derivation), spread).gradients()


class _Writer:
    """Turns adjoints into gradients: raised, tidied, with the steps they rely on."""

    def __init__(self, derivation: Derivation, swept: Backward, spread: bool) -> None:
        self.derivation, self.swept, self.spread = derivation, swept, spread
        self.program = swept.program
        self.adjoints = {adjoint_name(name): a for name, a in swept.adjoints.items()}
        self.scalars = scalar_names(self.program.shapes)
        self.known = self.program.shapes | {n: a.shape for n, a in self.adjoints.items()}
        self.latest = {
            term.name: Var(name)
            for name, term in self.program.aliases.items()
            if isinstance(term, Var)
        }
        self.known |= {n.name: self.known[name] for name, n in self.latest.items()}
        self.steps = {
            name: Step(name, self._raised(a), a.shape, a.uses) for name, a in self.adjoints.items()
        }
        self.written = written_out({name: step.term for name, step in self.steps.items()})

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
            return matrix_form(adjoint.value, adjoint.shape, self._shape)
        return formula_of(adjoint.value, adjoint.shape, self.shapes)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of all names, those of adjoints among them."""
        return self.known | {n: self._shape(n) for n in (*self.adjoints, *self.program.shapes)}

    def _shape(self, name: str) -> Shape:
        adjoint = self.adjoints.get(name)
        return adjoint.shape if adjoint is not None else self.program.shapes[name]

    def gradients(self) -> Gradients:
        table = {a.name: self._gradient(a) for a in self.adjoints.values()}
        for name, term in self.program.aliases.items():
            if isinstance(term, Var) and term.name in table:
                table[name] = table[term.name]
        return Gradients(self.derivation, self.swept, table)

    def _gradient(self, adjoint: Adjoint) -> Gradient:
        return Gradient(
            adjoint.name,
            adjoint,
            self.steps,
            self.written,
            self.scalars,
            self.derivation.sizes,
            self.program,
        )
