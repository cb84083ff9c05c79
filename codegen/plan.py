"""What an emitted module computes: named lines, forward and backward, in a form for floats.

A line keeps the formula that a person reads beside the form that is computed. Both are terms, and
`codegen.readback` proves them equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from codegen.orientation import held_turned, sides, turned_name
from codegen.stable import stable
from derive.formulas import Gradients
from derive.gradient import adjoint_name
from derive.infer import shape_of
from derive.shape import Shape
from derive.term import Apply, Derivation, Term, Var, fold, variables, walk
from derive.tidy import scalar_names

VIEWS = frozenset({"slice", "transpose"})
"""Ops that cost nothing in NumPy."""

OUTPUT = "yhat"
"""The name of what the network predicts."""


class Line(NamedTuple):
    """`name = term`; `formula` is the same in the notation of the derivation."""

    name: str
    term: Term
    formula: Term
    shape: Shape


@dataclass(frozen=True)
class Plan:
    """The lines of the forward pass (the loss is the last) and of the backward pass.

    The values of the names in `held` are held transposed, under names of their own.
    """

    derivation: Derivation
    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    shapes: Mapping[str, Shape]
    held: frozenset[str] = frozenset()

    @property
    def owned(self) -> Mapping[str, str]:
        """For each parameter the name under which its gradient is computed."""
        return {name: turned_name(adjoint_name(name), self.held) for name in self.parameters}

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(s.name for s in self.derivation.symbols if s.kind == "param")

    @cached_property
    def scalars(self) -> frozenset[str]:
        """The names that stand for numbers."""
        return scalar_names(self.shapes)

    @cached_property
    def derivatives(self) -> frozenset[str]:
        """The names of lines that are dL/d(name) of some name."""
        known = {turned_name(adjoint_name(name), self.held) for name in self.shapes}
        return frozenset(line.name for line in self.backward if line.name in known)

    def label(self, name: str) -> str:
        """How an equation calls a name: `dW2` is dL/dW2."""
        return f"d{self.derivation.loss}/{name}" if name in self.derivatives else name

    def lines_for(self, names: Iterable[str]) -> tuple[Line, ...]:
        """The lines that the given names need, in order."""
        needed = set(names)
        kept = []
        for line in reversed((*self.forward, *self.backward)):
            if line.name in needed:
                kept.append(line)
                needed |= set(variables(line.term))
        return tuple(reversed(kept))


def plan(gradients: Gradients, *, by_column: bool = False) -> Plan:
    """The plan of the module that computes the gradients of every parameter.

    With `by_column` each sample is a column, and the ones of `[1; H]` stand in H's own array.
    """
    derivation = gradients.derivation
    shapes = dict(gradients.backward.program.shapes)
    for name, term in gradients.backward.program.aliases.items():
        if isinstance(term, Var):
            shapes[name] = shapes[term.name]
    steps = [s for s in gradients.steps if s.name != adjoint_name(derivation.loss)]
    shapes.update({step.name: step.shape for step in steps})
    terms = {e.name: e.term for e in derivation.equations} | {s.name: s.term for s in steps}
    wanted = {adjoint_name(name) for name in gradients.parameters}
    held: frozenset[str] = frozenset()
    if by_column:
        inputs = {s.name for s in derivation.symbols if s.kind in ("input", "target")}
        computed = {name: shapes[name] for name in (*terms, *inputs)}
        held = held_turned(computed, {name: terms[name] for name in wanted & terms.keys()}, inputs)
    writing = _Writing(shapes, held, terms, joining=by_column)
    forward = tuple(writing.line(e.name) for e in derivation.equations)
    backward = tuple(writing.line(step.name) for step in steps)
    owned = {turned_name(name, held) for name in wanted}
    full = Plan(derivation, forward, backward, writing.shapes, held)
    needed = {line.name for line in full.lines_for(owned)}
    kept = early((line for line in backward if line.name in needed), owned)
    return shared(Plan(derivation, forward, kept, writing.shapes, held))


class _Writing:
    """Lines in their safe forms, with the transposes that are held in place of some."""

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        held: frozenset[str],
        terms: Mapping[str, Term],
        joining: bool,
    ) -> None:
        self.own, self.held, self.terms = shapes, held, terms
        turns = {turned_name(n, held): shapes[n][::-1] for n in held}
        self.shapes = {**shapes, **turns}
        computed = [turned_name(name, held) for name in terms]
        self.joined = frozenset(computed) if joining else frozenset[str]()
        self.definitions = {turned_name(name, held): self.formula(name) for name in terms}

    def formula(self, name: str) -> Term:
        """What a line computes, unsafe as it stands in the derivation."""
        if not self.held:
            return self.terms[name]
        both = sides(self.terms[name], self.own, self.held)
        return both.turned if name in self.held else both.straight

    def line(self, name: str) -> Line:
        """The line of a name."""
        target = turned_name(name, self.held)
        formula = self.definitions[target]
        term = stable(formula, self.definitions, self.joined)
        return Line(target, term, formula, self.shapes[target])


def early(lines: Iterable[Line], wanted: Collection[str]) -> tuple[Line, ...]:
    """The lines, each wanted one right after the last of those that it needs.

    So what only a gradient needs is needed no longer when the gradient is there.
    """
    order = list(lines)
    places = {line.name: at for at, line in enumerate(order)}

    def key(line: Line) -> tuple[int, bool]:
        needed = (places.get(name, -1) for name in variables(line.term))
        last = line.name in wanted
        return (max(needed, default=-1) if last else places[line.name]), last

    return tuple(sorted(order, key=key))


def shared(made: Plan) -> Plan:
    """The plan with every computation that stands twice done once, under a name `t1`, `t2`, ..."""
    sharing = _Sharing(made)
    forward = [new for line in made.forward for new in sharing.lines(line)]
    backward = [new for line in made.backward for new in sharing.lines(line)]
    return replace(made, forward=tuple(forward), backward=tuple(backward), shapes=sharing.shapes)


class _Sharing:
    """Names for computations, in the order in which lines need them."""

    def __init__(self, made: Plan) -> None:
        self.shapes = dict(made.shapes)
        self.names: dict[Term, Var] = {}
        terms = [line.term for line in (*made.forward, *made.backward)]
        nodes = Counter(node for term in terms for node in walk(term) if _costs(node))
        self.repeated = {node for node, count in nodes.items() if count > 1}
        self.count = 0

    def lines(self, line: Line) -> list[Line]:
        """The line, after lines for the repeated computations that it is the first to need."""
        made: list[Line] = []

        def node(old: Term, args: tuple[Term, ...]) -> Term:
            new = replace(old, args=args) if isinstance(old, Apply) else old
            if old is line.term:
                return new
            if old not in self.names and old in self.repeated:
                made.append(self._temporary(old, new))
            return self.names.get(old, new)

        term = self.names.get(line.term) or fold(line.term, node)
        if _costs(line.term):
            self.names.setdefault(line.term, Var(line.name))
        return [*made, line._replace(term=term)]

    def _temporary(self, old: Term, new: Term) -> Line:
        self.count += 1
        name = f"t{self.count}"
        self.names[old] = Var(name)
        self.shapes[name] = shape_of(new, self.shapes)
        return Line(name, new, old, self.shapes[name])


def _costs(term: Term) -> bool:
    """Whether computing a term takes work that depends on the data."""
    return isinstance(term, Apply) and term.op not in VIEWS and bool(variables(term))
