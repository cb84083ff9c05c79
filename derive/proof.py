"""Is a formula equal to a derivative, for all sizes? The comparison of normal forms.

A formula is read from its leaves up, and a sub-formula that is a known quantity (a forward node, or
an adjoint up to a scalar such as N) becomes its name. So the normal forms that are compared stay
small at any depth. Equal normal forms are a proof; anything else is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from derive.diagnostic import DeriveError
from derive.facts import rules_for
from derive.formulas import AdjointNames, Gradients, shapes_with_adjoints
from derive.gradient import adjoint_name
from derive.infer import typed
from derive.local import prime
from derive.lower import Blocks, lower
from derive.normal import normal
from derive.openings import by_entry, by_formula, by_primitives, copies, defined, functions_of
from derive.poly import Poly
from derive.rules import Effort
from derive.scale import Key, Scale, primitive
from derive.shape import Shape, agree
from derive.term import (
    Apply,
    Const,
    Term,
    Var,
    apply,
    fold,
    size,
    substitute,
    variables,
)
from derive.unfolding import OnDemand, needed, unfolded

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
        self.aliases |= copies(gradients.derivation.equations)
        self.shapes.update({name: self.shapes[t.name] for name, t in self.aliases.items()})
        adjoints = gradients.backward.adjoints
        self.steps = OnDemand(AdjointNames(adjoints), lambda name: gradients[name[1:]].step)
        shapes = shapes_with_adjoints(gradients.backward)
        self.adjoints = tuple(adjoint_name(name) for name in adjoints.order)
        self.shapes.update({name: shapes[name] for name in self.adjoints})
        equations = gradients.derivation.equations
        self.forward = frozenset[str]().union(*(functions_of(e.term) for e in equations))
        self.readings: dict[tuple[frozenset[str], bool], _Reading] = {}

    @cached_property
    def plain(self) -> _Reading:
        """The reading in which every function stands for itself."""
        return self._reading(frozenset())

    def _reading(self, expand: frozenset[str], inline: bool = False) -> _Reading:
        """The reading in which some functions, or forward names, stand for their definitions."""
        if (expand, inline) not in self.readings:
            self.readings[expand, inline] = _Reading(self, expand, inline)
        return self.readings[expand, inline]

    def equal(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof that two formulas of one shape are equal, or None.

        First with functions by their names; then with those by their definitions of which only one
        side speaks; then with all of them, where one side speaks of exp at once. Where names do not
        decide, the adjoints are put into each other, and at last the forward names.
        """
        proof = self._step(a, b, shape) or self.plain.equal(a, b, shape)
        if proof is not None:
            return proof
        try:
            return self._opened(a, b, shape)
        except DeriveError:
            return None

    def _step(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof by the step that an adjoint is made with, where both speak of the same ones.

        Most claims are such a step, and then no other quantity has to be known.
        """
        step = self.steps.get(b.name) if isinstance(b, Var) else None
        if step is None or self._adjoints(a) != self._adjoints(step):
            return None
        return self.plain.directly(a, step, shape)

    def _adjoints(self, term: Term) -> set[str]:
        return self.steps.keys() & set(variables(term))

    def _opened(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof with definitions and adjoints put in. Raises DeriveError beyond the limits."""
        left, right = self._functions(a), self._functions(b)
        every = defined(left | right | self.forward)
        some = every if by_primitives(left ^ right) else defined(left ^ right)
        return (
            (self._reading(some).equal(a, b, shape) if some else None)
            or self.plain.equal(a, b, shape, flat=True)
            or (self._reading(every).equal(a, b, shape) if every != some else None)
            or self._reading(every).equal(a, b, shape, flat=True)
            or self._reading(frozenset(), inline=True).equal(a, b, shape, flat=True)
            or self._reading(every, inline=True).equal(a, b, shape, flat=True)
        )

    def _functions(self, term: Term) -> frozenset[str]:
        """The functions in a formula, with its adjoints put in."""
        inner = (self.steps[name] for name in needed(variables(term), self.steps))
        return functions_of(term).union(*map(functions_of, inner))

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
        return unfolded(term, self.steps)


Table = dict[Key, tuple[str, Scale, frozenset[str]]]
"""Quantities by their keys: each one's name, scale, and the facts on which that rests."""


class _Reading:
    """Normal forms under one set of rules, and the quantities that are known by them."""

    def __init__(self, prover: Prover, expand: frozenset[str], inline: bool = False) -> None:
        self.prover, self.expand, self.shapes = prover, expand, prover.shapes
        derivation = prover.gradients.derivation
        if expand:
            self.rules = rules_for(derivation, self.shapes, expand=expand, primes=self._prime)
        else:  # the same rules as those of the gradients, with what is used counted anew
            made = prover.gradients.backward.rules
            self.rules = replace(made, used=set(), effort=Effort())
        self.inline, opened = inline, by_formula if inline else by_entry
        self.opened = opened(derivation.equations, expand)
        self.names: dict[Apply, tuple[Term, frozenset[str]]] = {}
        self.tables: dict[Shape, Table] = {}
        self.forward = {e.name: e.term for e in derivation.equations}

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

    def known(self, shape: Shape) -> Table:
        """Keys of the quantities of one shape that have a name: forward nodes, then adjoints."""
        if shape not in self.tables:
            names = (n for n in (*self.forward, *self.prover.adjoints) if self._named_so(n, shape))
            self.tables[shape] = self._table(names)
        return self.tables[shape]

    def _named_so(self, name: str, shape: Shape) -> bool:
        """Whether a name is one of a quantity of this shape."""
        return _same(self.shapes[name], shape) and (
            name in self.forward or name in self.prover.steps
        )

    def _table(self, names: Iterable[str]) -> Table:
        """The names of quantities by their keys, the first of those that have one key."""
        table: Table = {}
        used, left = frozenset(self.rules.used), self.rules.effort.left
        if not self.inline:
            self.rules.effort.left = None  # needed whatever the proof at hand may cost
        for name in names:
            term = self.forward[name] if name in self.forward else self.prover.steps[name]
            if isinstance(term, Const | Var):
                continue
            self.rules.used.clear()
            key, scale = primitive(self.lower(term))
            if scale is not None:
                table.setdefault(key, (name, scale, frozenset(self.rules.used)))
        self.rules.used.clear()
        self.rules.used.update(used)
        self.rules.effort.left = left
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
        found = self.known(shape).get(key)
        if found is None or scale is None:
            self.rules.used.intersection_update(used)
            return None
        self.rules.used.update(found[2])
        return scale.over(found[1]).times(Var(found[0]))

    def equal(self, a: Term, b: Term, shape: Shape, *, flat: bool = False) -> Proof | None:
        """A proof that two formulas are equal, sub-formulas by their names; or None.

        With `flat`, the adjoints among those names are then put into each other.
        """
        self._begin(a, b)
        try:
            a, b = self.named(a), self.named(b)
            if flat:
                a, b = self.prover.flat(a), self.prover.flat(b)
            return self._same(a, b, shape)
        except DeriveError:
            return None

    def directly(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        """A proof that two formulas are equal as they stand, or None."""
        self._begin(a, b)
        try:
            return self._same(a, b, shape)
        except DeriveError:
            return None

    def _begin(self, a: Term, b: Term) -> None:
        self.rules.used.clear()
        self.rules.effort.left = EFFORT + EFFORT_PER_NODE * (size(a) + size(b))

    def _same(self, a: Term, b: Term, shape: Shape) -> Proof | None:
        left, right = self.lower(a, shape), self.lower(b, shape)
        if any(normal(left[block] - right[block], self.rules).terms for block in left):
            return None
        return Proof(tuple(sorted(self.rules.used)), bool(self.expand))


VIEWS = frozenset({"slice", "transpose"})


def _same(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(agree(one, other) for one, other in zip(a, b, strict=True))
