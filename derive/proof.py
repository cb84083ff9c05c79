"""Is a formula equal to a derivative, for all sizes? The comparison of normal forms.

A formula is read from its leaves up, and a sub-formula that is a known quantity (a forward node, or
an adjoint up to a scalar such as N) becomes its name. So the normal forms that are compared stay
small at any depth. Equal normal forms are a proof; anything else is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.diagnostic import DeriveError
from derive.facts import rules_for
from derive.formulas import Gradients
from derive.gradient import adjoint_name
from derive.infer import typed
from derive.local import prime
from derive.lower import Block, Blocks, lower
from derive.normal import NO_RULES, Rules, normal
from derive.poly import Poly, factor, number
from derive.shape import Shape, agree
from derive.term import Apply, Const, Term, Var, apply, fold, size, substitute, variables

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
        self.plain = self._rules(expand=False)
        self.known = self._known()

    def _rules(self, *, expand: bool) -> Rules:
        derivation = self.gradients.derivation
        return rules_for(derivation, self.shapes, expand=expand, primes=self._prime)

    def _prime(self, name: str, arg: Poly) -> Poly:
        return prime(name, arg, self.plain)

    def _known(self) -> dict[Key, tuple[str, Scale, frozenset[str]]]:
        """Keys of the quantities that have a name: forward nodes, then adjoints."""
        table: dict[Key, tuple[str, Scale, frozenset[str]]] = {}
        forward = {e.name: e.term for e in self.gradients.derivation.equations}
        for name, term in (*forward.items(), *self.steps.items()):
            if isinstance(term, Const | Var):
                continue
            self.plain.used.clear()
            key, scale = primitive(lower(term, self.shapes, self.plain))
            if scale is not None:
                table.setdefault(key, (name, scale, frozenset(self.plain.used)))
        return table

    def named(self, term: Term) -> Term:
        """The term with every sub-formula that is a known quantity replaced by its name."""

        def node(old: Term, args: tuple[Term, ...]) -> Term:
            new = replace(old, args=args) if isinstance(old, Apply) else old
            if isinstance(new, Var):
                return self.aliases.get(new.name, new)
            if isinstance(new, Const) or new.op in ("slice", "transpose", "concat"):
                return new
            return self._name(new)

        return fold(term, node)

    def _name(self, term: Apply) -> Term:
        shape = typed(term, self.shapes)[1]
        key, scale = primitive(lower(term, self.shapes, self.plain, shape=shape))
        found = self.known.get(key)
        if found is None or scale is None or not _same(self.shapes[found[0]], shape):
            return term
        self.plain.used.update(found[2])
        return scale.over(found[1]).times(Var(found[0]))

    def equal(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof that two formulas of one shape are equal, or None."""
        self.plain.used.clear()
        left, right = self.named(a), self.named(b)
        if self._difference(left, right, shape, self.plain, expand=False):
            return Proof(tuple(sorted(self.plain.used)))
        left, right = self._flat(left), self._flat(right)
        if size(left) > FLAT or size(right) > FLAT:
            return None
        if self._difference(left, right, shape, self.plain, expand=False):
            return Proof(tuple(sorted(self.plain.used)))
        wide = self._rules(expand=True)
        if self._difference(left, right, shape, wide, expand=True):
            return Proof(tuple(sorted(wide.used | self.plain.used)), expanded=True)
        return None

    def gradient(self, name: str, formula: Term) -> Proof | None:
        """A proof that the formula is dL/d(name), or None; its facts are those of both sides."""
        own = self.gradients[name]
        truth = Var(adjoint_name(own.name))
        step = self.steps[truth.name]
        proof = self.equal(formula, step, own.shape)
        if proof is None:
            return None
        return replace(proof, facts=tuple(sorted({*proof.facts, *own.facts})))

    def _flat(self, term: Term) -> Term:
        """The term with adjoints put into each other, while it stays below the limit."""
        while names := [name for name in variables(term) if name in self.steps]:
            if size(term) > FLAT:
                return term
            term = substitute(term, {name: self.steps[name] for name in names})
        return term

    def _difference(self, a: Term, b: Term, shape: Shape, rules: Rules, *, expand: bool) -> bool:
        """Whether the normal form of the difference is empty in every block."""
        primes: Callable[[str, Poly], Poly] | None = self._prime if expand else None
        try:
            left = lower(a, self.shapes, rules, expand=expand, primes=primes, shape=shape)
            right = lower(b, self.shapes, rules, expand=expand, primes=primes, shape=shape)
        except DeriveError:
            return False
        return all(not normal(left[block] - right[block], rules).terms for block in left)


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
