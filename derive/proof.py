"""Is a formula equal to a derivative, for all sizes? The comparison of normal forms.

A formula is read from its leaves up, and a sub-formula that is a known quantity (a forward node, or
an adjoint up to a scalar such as N) becomes its name. So the normal forms that are compared stay
small at any depth. Equal normal forms are a proof; anything else is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from derive.diagnostic import DeriveError, refuse
from derive.facts import rules_for
from derive.flatten import ARITHMETIC
from derive.formulas import Gradients
from derive.functions import FUNCTIONS, PRIME, is_function
from derive.gradient import adjoint_name
from derive.infer import typed
from derive.local import prime
from derive.lower import Blocks, lower
from derive.normal import normal
from derive.poly import Poly
from derive.scale import Key, Scale, primitive
from derive.shape import Shape, agree
from derive.term import (
    Apply,
    Const,
    Equation,
    Term,
    Var,
    apply,
    fold,
    size,
    substitute,
    variables,
    walk,
)

FLAT = 4_000
"""Nodes up to which adjoints are put into each other when their names alone do not decide."""

EFFORT, EFFORT_PER_NODE = 4_000, 20
"""Terms that one search for a proof may go through: the textbook's proofs need 1 to 6 a node."""


class Proof(NamedTuple):
    """That two formulas are equal for all sizes, by these declared facts, by expanded functions."""

    facts: tuple[str, ...]
    expanded: bool = False


class Prover:
    """Compares formulas over one derivation with each other and with its adjoints."""

    def __init__(self, gradients: Gradients) -> None:
        self.gradients = gradients
        self.shapes: dict[str, Shape] = dict(gradients.backward.program.shapes)
        aliases = gradients.backward.program.aliases.items()
        self.aliases = {name: term for name, term in aliases if isinstance(term, Var)}
        self.aliases |= _copies(gradients.derivation.equations)
        self.shapes.update({name: self.shapes[t.name] for name, t in self.aliases.items()})
        self.steps = {step.name: step.term for step in gradients.steps}
        self.shapes.update({step.name: step.shape for step in gradients.steps})
        self.functions: dict[str, frozenset[str]] = {}
        for name, term in self.steps.items():
            self.functions[name] = self._functions(term)
        equations = gradients.derivation.equations
        self.forward = frozenset[str]().union(*(_functions(e.term) for e in equations))
        self.readings: dict[frozenset[str], _Reading] = {}
        self.plain = self._reading(frozenset())

    def _reading(self, expand: frozenset[str]) -> _Reading:
        """The reading in which some functions stand for their definitions."""
        if expand not in self.readings:
            self.readings[expand] = _Reading(self, expand)
        return self.readings[expand]

    def equal(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof that two formulas of one shape are equal, or None.

        First with functions by their names; then with those by their definitions of which only one
        side speaks; then with all of them, where one side speaks of exp at once. Where names do not
        decide, the adjoints are put into each other.
        """
        proof = self.plain.equal(a, b, shape)
        if proof is not None:
            return proof
        try:
            return self._opened(a, b, shape)
        except DeriveError:
            return None

    def _opened(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof with definitions and adjoints put in. Raises DeriveError beyond the limits."""
        left, right = self._functions(a), self._functions(b)
        every = _defined(left | right | self.forward)
        some = every if _by_primitives(left ^ right) else _defined(left ^ right)
        return (
            (self._reading(some).equal(a, b, shape) if some else None)
            or self.plain.equal(a, b, shape, flat=True)
            or (self._reading(every).equal(a, b, shape) if every != some else None)
            or self._reading(every).equal(a, b, shape, flat=True)
        )

    def _functions(self, term: Term) -> frozenset[str]:
        """The functions in a formula, with its adjoints put in."""
        inner = (self.functions[name] for name in variables(term) if name in self.functions)
        return _functions(term).union(*inner)

    def gradient(self, name: str, formula: Term, *, quick: bool = False) -> Proof | None:
        """A proof that the formula is dL/d(name), or None; its facts are those of both sides.

        A quick one has functions by their names alone: what it misses, the whole search may find.

        Raises DeriveError where the formula has no shape.
        """
        own = self.gradients[name]
        formula, shape = typed(formula, self.shapes)
        if not _same(shape, own.shape):
            return None
        search = self.plain.equal if quick else self.equal
        proof = search(formula, self.steps[adjoint_name(own.name)], own.shape)
        if proof is None:
            return None
        mentioned = (self.gradients[n[1:]].facts for n in variables(formula) if n in self.steps)
        return proof._replace(facts=tuple(sorted({*proof.facts, *own.facts}.union(*mentioned))))

    def flat(self, term: Term) -> Term:
        """The term with adjoints put into each other. Raises DeriveError beyond the limit."""
        while names := [name for name in variables(term) if name in self.steps]:
            term = substitute(term, {name: self.steps[name] for name in names})
            if size(term) > FLAT:
                raise refuse("D901", "the formula is too long with its adjoints put in")
        return term


class _Reading:
    """Normal forms under one set of rules, and the quantities that are known by them."""

    def __init__(self, prover: Prover, expand: frozenset[str]) -> None:
        self.prover, self.expand, self.shapes = prover, expand, prover.shapes
        derivation = prover.gradients.derivation
        self.rules = rules_for(derivation, self.shapes, expand=expand, primes=self._prime)
        self.opened = _elementwise(derivation.equations, expand)
        self.known = self._known()
        self.names: dict[Apply, tuple[Term, frozenset[str]]] = {}

    def _prime(self, name: str, arg: Poly) -> Poly:
        return prime(name, arg, self.rules)

    def lower(self, term: Term, shape: Shape | None = None) -> Blocks:
        """The normal form of a term."""
        return lower(
            substitute(substitute(term, self.opened), self.prover.aliases),
            self.shapes,
            self.rules,
            expand=self.expand,
            primes=self._prime,
            shape=shape,
        )

    def _known(self) -> dict[Key, tuple[str, Scale, frozenset[str]]]:
        """Keys of the quantities that have a name: forward nodes, then adjoints."""
        table: dict[Key, tuple[str, Scale, frozenset[str]]] = {}
        derivation = self.prover.gradients.derivation
        forward = {e.name: e.term for e in derivation.equations}
        for name, term in (*forward.items(), *self.prover.steps.items()):
            if isinstance(term, Const | Var):
                continue
            self.rules.used.clear()
            key, scale = primitive(self.lower(term))
            if scale is not None:
                table.setdefault(key, (name, scale, frozenset(self.rules.used)))
        return table

    def named(self, term: Term) -> Term:
        """The term with every sub-formula that is a known quantity replaced by its name."""

        def node(old: Term, args: tuple[Term, ...]) -> Term:
            new = replace(old, args=args) if isinstance(old, Apply) else old
            if isinstance(new, Var):
                return self.prover.aliases.get(new.name, new)
            if isinstance(new, Const) or new.op in VIEWS:
                return new
            return self._name(new)

        return fold(term, node)

    def _name(self, term: Apply) -> Term:
        if term not in self.names:  # every function of an emitted text says much the same again
            before = frozenset(self.rules.used)
            self.rules.used.clear()
            self.names[term] = self._found(term), frozenset(self.rules.used)
            self.rules.used.update(before)
        name, used = self.names[term]
        self.rules.used.update(used)
        return name

    def _found(self, term: Apply) -> Term:
        """The name of a known quantity that a formula is, perhaps transposed, or the formula."""
        name = self._known_as(term)
        if name is None and len(typed(term, self.shapes)[1]) == 2:
            turned = self._known_as(apply("transpose", term))
            name = None if turned is None else apply("transpose", turned)
        return term if name is None else name

    def _known_as(self, term: Term) -> Term | None:
        """The known quantity that a formula is, with its scalar; or None."""
        shape, used = typed(term, self.shapes)[1], set(self.rules.used)
        key, scale = primitive(self.lower(term, shape))
        found = self.known.get(key)
        if found is None or scale is None or not _same(self.shapes[found[0]], shape):
            self.rules.used.intersection_update(used)
            return None
        self.rules.used.update(found[2])
        return scale.over(found[1]).times(Var(found[0]))

    def equal(self, a: Term, b: Term, shape: Shape, *, flat: bool = False) -> Proof | None:
        """A proof that two formulas are equal, sub-formulas by their names; or None.

        With `flat`, the adjoints among those names are then put into each other.
        """
        self.rules.used.clear()
        self.rules.effort.left = EFFORT + EFFORT_PER_NODE * (size(a) + size(b))
        try:
            a, b = self.named(a), self.named(b)
            if flat:
                a, b = self.prover.flat(a), self.prover.flat(b)
            return self._same(a, b, shape)
        except DeriveError:
            return None

    def _same(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        left, right = self.lower(a, shape), self.lower(b, shape)
        if any(normal(left[block] - right[block], self.rules).terms for block in left):
            return None
        return Proof(tuple(sorted(self.rules.used)), bool(self.expand))


def _copies(equations: Iterable[Equation]) -> dict[str, Var]:
    """Names for the same values as another name, `b = a * 1`, by that name."""
    found: dict[str, Var] = {}
    for equation in equations:
        term = equation.term
        if isinstance(term, Apply) and term.op == "mul" and Const(Fraction(1)) in term.args:
            other = next((arg for arg in term.args if isinstance(arg, Var)), None)
            if other is not None:
                found[equation.name] = found.get(other.name, other)
    return found


VIEWS = frozenset({"slice", "transpose"})


def _defined(names: Iterable[str]) -> frozenset[str]:
    """The functions, without primes, that have a definition by others."""
    bases = {name.removesuffix(PRIME) for name in names}
    return frozenset(base for base in bases if FUNCTIONS[base].definition is not None)


def _by_primitives(names: Iterable[str]) -> bool:
    """Whether one of the functions is a primitive such as exp, which may stand for any other."""
    return any(FUNCTIONS[name.removesuffix(PRIME)].definition is None for name in names)


def _functions(term: Term) -> frozenset[str]:
    """The elementwise functions in a formula."""
    nodes = (node for node in walk(term) if isinstance(node, Apply))
    return frozenset(node.op for node in nodes if is_function(node.op))


def _elementwise(equations: Iterable[Equation], expand: frozenset[str]) -> dict[str, Term]:
    """Names for a function that is expanded, entry by entry of another name: H2 = silu(z2)."""
    found: dict[str, Term] = {}
    for equation in equations:
        term = equation.term
        ops = {node.op for node in walk(term) if isinstance(node, Apply)}
        if _functions(term) & expand and ops <= ARITHMETIC | _functions(term):
            found[equation.name] = substitute(term, found)
    return found


def _same(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(agree(one, other) for one, other in zip(a, b, strict=True))
