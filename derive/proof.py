"""Is a formula equal to a derivative, for all sizes? The comparison of normal forms.

A formula is read from its leaves up, and a sub-formula that is a known quantity (a forward node, or
an adjoint up to a scalar such as N) becomes its name. So the normal forms that are compared stay
small at any depth. Equal normal forms are a proof; anything else is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.diagnostic import DeriveError
from derive.facts import rules_for
from derive.flatten import ARITHMETIC
from derive.formulas import Gradients
from derive.functions import FUNCTIONS, PRIME, is_function
from derive.gradient import adjoint_name
from derive.infer import typed
from derive.local import prime
from derive.lower import Block, Blocks, lower
from derive.normal import normal
from derive.poly import Poly, factor, number
from derive.rules import NO_RULES
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


@dataclass(frozen=True, slots=True)
class Proof:
    """That two formulas are equal for all sizes, by these declared facts, by expanded functions."""

    facts: tuple[str, ...]
    expanded: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """A scalar: a number times powers of sizes."""

    coef: Fraction
    sizes: tuple[tuple[str, Fraction], ...]

    def over(self, other: Scale) -> Scale:
        """The quotient of two scalars."""
        powers = dict(self.sizes)
        for name, power in other.sizes:
            powers[name] = powers.get(name, Fraction(0)) - power
        left = tuple(sorted((n, p) for n, p in powers.items() if p))
        return Scale(self.coef / other.coef, left)

    def times(self, term: Term) -> Term:
        """The term scaled."""
        if self.coef != 1:
            term = apply("mul", Const(self.coef), term)
        for name, power in self.sizes:
            factor: Term = Var(name)
            if abs(power) != 1:
                factor = apply("pow", factor, attrs=(str(abs(power)),))
            term = apply("mul", factor, term) if power > 0 else apply("div", term, factor)
        return term


ONE = Scale(Fraction(1), ())


class Prover:
    """Compares formulas over one derivation with each other and with its adjoints."""

    def __init__(self, gradients: Gradients) -> None:
        self.gradients = gradients
        self.shapes: dict[str, Shape] = dict(gradients.backward.program.shapes)
        for name, term in gradients.backward.program.aliases.items():
            if isinstance(term, Var):
                self.shapes[name] = self.shapes[term.name]
        self.aliases = {
            name: term
            for name, term in gradients.backward.program.aliases.items()
            if isinstance(term, Var)
        }
        self.steps = {step.name: step.term for step in gradients.steps}
        self.shapes.update({step.name: step.shape for step in gradients.steps})
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
        side speaks; then with all of them, and the adjoints put into each other.
        """
        proof = self.plain.equal(a, b, shape)
        if proof is not None:
            return proof
        left, right = self._flat(a), self._flat(b)
        some = self._differing(left, right)
        proof = self._reading(some).equal(a, b, shape) if some else None
        if proof is not None or size(left) > FLAT or size(right) > FLAT:
            return proof
        return self._reading(some or ALL).same(left, right, shape)

    def _differing(self, a: Term, b: Term) -> frozenset[str]:
        """The functions in one formula and not in the other; all, where one speaks of exp."""
        names = _functions(a) ^ _functions(b)
        bases = {name.removesuffix(PRIME) for name in names}
        if any(FUNCTIONS[base].definition is None for base in bases):
            terms = (a, b, *(e.term for e in self.gradients.derivation.equations))
            bases |= {n.removesuffix(PRIME) for term in terms for n in _functions(term)}
        return frozenset(base for base in bases if FUNCTIONS[base].definition is not None)

    def gradient(self, name: str, formula: Term) -> Proof | None:
        """A proof that the formula is dL/d(name), or None; its facts are those of both sides.

        Raises DeriveError where the formula has no shape.
        """
        own = self.gradients[name]
        formula, shape = typed(formula, self.shapes)
        if not _same(shape, own.shape):
            return None
        proof = self.equal(formula, self.steps[adjoint_name(own.name)], own.shape)
        if proof is None:
            return None
        mentioned = (self.gradients[n[1:]].facts for n in variables(formula) if n in self.steps)
        return replace(proof, facts=tuple(sorted({*proof.facts, *own.facts}.union(*mentioned))))

    def _flat(self, term: Term) -> Term:
        """The term with adjoints put into each other, while it stays below the limit."""
        while names := [name for name in variables(term) if name in self.steps]:
            if size(term) > FLAT:
                return term
            term = substitute(term, {name: self.steps[name] for name in names})
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
        shape = typed(term, self.shapes)[1]
        key, scale = primitive(self.lower(term, shape))
        found = self.known.get(key)
        if found is None or scale is None or not _same(self.shapes[found[0]], shape):
            return term
        self.rules.used.update(found[2])
        return scale.over(found[1]).times(Var(found[0]))

    def equal(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof that two formulas are equal, sub-formulas by their names."""
        self.rules.used.clear()
        try:
            return self._same(self.named(a), self.named(b), shape)
        except DeriveError:
            return None

    def same(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof that two formulas are equal, as they stand."""
        self.rules.used.clear()
        try:
            return self._same(a, b, shape)
        except DeriveError:
            return None

    def _same(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        left, right = self.lower(a, shape), self.lower(b, shape)
        if any(normal(left[block] - right[block], self.rules).terms for block in left):
            return None
        return Proof(tuple(sorted(self.rules.used)), bool(self.expand))


VIEWS = frozenset({"slice", "transpose"})


ALL = frozenset(FUNCTIONS)


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


Key = tuple[tuple[Block, Poly], ...]
"""The blocks of a formula without their common scalar."""


def _same(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(agree(one, other) for one, other in zip(a, b, strict=True))


def primitive(blocks: Blocks) -> tuple[Key, Scale | None]:
    """The blocks without their common scalar, and that scalar; None where there is none."""
    lead = next((poly.terms[0] for poly in blocks.values() if poly.terms), None)
    if lead is None:
        return (), None
    sizes = tuple(sorted((a.head, p) for a, p in lead.factors if not a.slots and a.arg is None))
    scale = Scale(lead.coef, sizes)
    divided = {block: _divided(poly, scale) for block, poly in blocks.items()}
    return tuple(sorted(divided.items())), scale


def _divided(poly: Poly, scale: Scale) -> Poly:
    inverse = number(1 / scale.coef)
    for name, power in scale.sizes:
        inverse = inverse * factor(name, power=-power)
    return normal(poly * inverse, NO_RULES)
