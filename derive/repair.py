"""The smallest right formula near a wrong one: found by value, shown only once it is proved.

Cheapest first: the whole formula up to a factor, a sum or a transpose; one change at one place;
its products bracketed anew; a factor of the true gradient put in, taken out or exchanged; two
changes. Where none of these leads there, the gradient itself is what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from derive.chains import ANY, PRODUCTS, Chain, Part, bracketings, chain_of
from derive.comparing import Point, Program, agree, at
from derive.deadline import TimeUp, within
from derive.diagnostic import DeriveError
from derive.edits import Edit, Edited, Names, has_bias_row, local_edits, places, without_bias_row
from derive.elaborate import Elaborator
from derive.indexing import letters_of
from derive.proof import Prover
from derive.scaling import scaled
from derive.shape import Shape
from derive.tensors import Value, column_shape, same_shape, solid
from derive.term import Apply, Term, Var, apply, const, size, turned

SECONDS = 3.0
"""Time for the search for one repair, after which the gradient itself is shown."""

LARGEST = 120
"""Nodes of a formula in which small changes are looked for."""

FACTORS = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(4), Fraction(1, 4))


@dataclass(frozen=True)
class Goal:
    """What a repair must be equal to, and what it may be made of."""

    true: Term
    shape: Shape
    sizes: tuple[str, ...]
    names: Names
    factors: tuple[Term, ...]


class Search:
    """Looks for a right formula near one that is wrong."""

    def __init__(
        self, goal: Goal, program: Program, prover: Prover, elaborator: Elaborator
    ) -> None:
        self.goal, self.program, self.prover = goal, program, prover
        self.elaborator = elaborator
        self.resolve: Callable[[Term], Term] = lambda term: term
        self.acting: Callable[[Value], Value] = lambda value: value
        self.tried: set[Term] = set()
        self.point: Point | None = next(program.points(), None)

    def value(self, term: Term) -> Value | None:
        """The value of a formula, or None where it has none."""
        try:
            value = self.elaborator.value(term)
        except DeriveError:
            return None
        return None if letters_of(value.term) else value

    def run(self, term: Term) -> tuple[Edited, Value] | None:
        """The first right formula that is found, and its value; None within the time."""
        if self.point is None or size(term) > LARGEST:
            return None
        try:
            with within(SECONDS):
                return next(filter(None, map(self.right, self.candidates(term))), None)
        except TimeUp:
            return None

    # ------------------------------------------------------------------------------- candidates

    def candidates(self, term: Term) -> Iterator[Edited]:
        """Formulas near a formula, roughly the nearest first."""
        yield Edited(term, ())
        singles = list(local_edits(term, self.value, self.goal.names))
        yield from singles
        yield from self.rebracketed(term, 3.0)
        yield from self.with_factors(term)
        for one in singles:
            yield from self.rebracketed(one.term, 1.0, one.edits)
        for one in singles:
            for two in local_edits(one.term, self.value, self.goal.names):
                yield Edited(two.term, one.edits + two.edits)

    def rebracketed(
        self, term: Term, most: float, edits: tuple[Edit, ...] = ()
    ) -> Iterator[Edited]:
        """Each product of the formula put together anew."""
        for node, put in self.products(term):
            for part in bracketings(chain_of(node), self.variants, most):
                yield Edited(put(part.term), edits + part.edits)

    def products(self, term: Term) -> Iterator[tuple[Term, Callable[[Term], Term]]]:
        """The products that stand in no other product, the outermost first."""
        inside: set[int] = set()
        for node, put in places(term):
            if isinstance(node, Apply) and node.op in PRODUCTS and id(node) not in inside:
                inside |= {id(arg) for arg in node.args if isinstance(arg, Apply)}
                yield node, put
            elif id(node) in inside and isinstance(node, Apply) and node.op in PRODUCTS:
                inside |= {id(arg) for arg in node.args}

    def with_factors(self, term: Term) -> Iterator[Edited]:
        """Factors of the true gradient put in, or in the place of others; two factors exchanged."""
        for node, put in [*self.products(term), (term, lambda new: new)]:
            chain = chain_of(node)
            for changed, edit in self.chains(chain):
                for part in bracketings(changed, self.variants, 1.0):
                    yield Edited(put(part.term), (edit, *part.edits))

    def chains(self, chain: Chain) -> Iterator[tuple[Chain, Edit]]:
        """A row of factors with one put in, one replaced, or two exchanged."""
        factors, signs = chain.factors, chain.signs
        new = [f for f in self.goal.factors if f not in factors]
        for factor in new:
            for place in range(len(factors) + 1):
                made = (*factors[:place], factor, *factors[place:])
                yield (
                    Chain(made, (*signs[:place], ANY, *signs[place:])),
                    Edit("missing", None, factor),
                )
        for place, old in enumerate(factors):
            for factor in new:
                made = (*factors[:place], factor, *factors[place + 1 :])
                yield Chain(made, signs), Edit("factor", old, factor)
        for one in range(len(factors)):
            for two in range(one + 1, len(factors)):
                order = list(factors)
                order[one], order[two] = order[two], order[one]
                yield Chain(tuple(order), signs), Edit("order", factors[one], factors[two])

    def variants(self, factor: Term) -> list[Part]:
        """A factor as it is, transposed, and without its bias row."""
        made = [Edited(factor, ())]
        inner = factor.args[0] if isinstance(factor, Apply) and factor.op == "transpose" else factor
        if isinstance(inner, Var) and has_bias_row(self.goal.names.shapes.get(inner.name, ())):
            cut, edit = without_bias_row(inner), Edit("bias", inner)
            made.append(Edited(cut if inner is factor else apply("transpose", cut), (edit,)))
        parts = []
        for one in made:
            value = self.value(one.term)
            if value is None:
                continue
            cost = float(len(one.edits))
            parts.append(Part(one.term, value, cost, one.edits))
            if len(value.shape) == 2:
                kind = (
                    "untransposed"
                    if isinstance(one.term, Apply) and one.term.op == "transpose"
                    else "transposed"
                )
                other = turned(one.term)
                turned_value = self.value(other)
                if turned_value is not None:
                    edit = Edit(kind, factor)
                    parts.append(Part(other, turned_value, cost + 1, (*one.edits, edit)))
        return parts

    # ------------------------------------------------------------------------------------ tests

    def right(self, candidate: Edited) -> tuple[Edited, Value] | None:
        """The formula, perhaps summed, transposed or scaled, if it is right."""
        if candidate.term in self.tried:
            return None
        self.tried.add(candidate.term)
        value = self.acted(candidate.term)
        if value is None:
            return None
        for made in self.wrapped(candidate, value):
            whole = self.acted(made.term)
            if whole is None or not self.fits(whole.shape):
                continue
            for scale in self.scales(whole):
                found = self.proved(scaled(made, scale))
                if found is not None:
                    return found
        return None

    def acted(self, term: Term) -> Value | None:
        """The value of a formula where it is compared: a factor times what it is a factor of."""
        value = self.value(term)
        try:
            return None if value is None else self.acting(value)
        except DeriveError:
            return None

    def fits(self, shape: Shape) -> bool:
        """Whether a shape is that of the derivative."""
        return same_shape(shape, self.goal.shape)

    def wrapped(self, made: Edited, value: Value) -> Iterator[Edited]:
        """The formula, and where its shape is wrong its transpose and its sums."""
        if self.fits(value.shape):
            yield made
        elif self.fits(tuple(reversed(value.shape))):
            yield Edited(turned(made.term), (*made.edits, Edit("result", made.term)))
        elif len(value.shape) == 2:
            for axis in (0, 1):
                for keep in (True, False):
                    summed = apply("sum", made.term, attrs=(axis, keep))
                    yield Edited(summed, (*made.edits, Edit("sum", made.term)))

    def scales(self, value: Value) -> Iterator[Term]:
        """The factors that a formula may lack, by what it falls short of the truth at one point."""
        assert self.point is not None
        mine = self.point.table(self.resolve(solid(value)))
        theirs = self.point.table(self.goal.true)
        if mine is None or not theirs:
            return
        place = max(theirs, key=lambda p: abs(theirs[p]))
        here = at(mine, place)
        if not here or not theirs[place]:
            return
        ratio = theirs[place] / here
        bound = 1e-8 * abs(theirs[place])
        if all(abs(at(mine, p) * ratio - v) <= bound for p, v in theirs.items()):
            yield from self.named_ratios(ratio)

    def named_ratios(self, ratio: float) -> Iterator[Term]:
        """What a ratio may be: a number, a size, or one over a size; a 2 may be either."""
        assert self.point is not None
        size, sign = abs(ratio), const(-1 if ratio < 0 else 1)
        for number in FACTORS:
            if abs(size - number) < 1e-8 * number:
                yield const(sign.value * number)
        for name in self.goal.sizes:
            length = self.length(name)
            for number in FACTORS[:3]:
                part = const(sign.value * number)
                if abs(size - number * length) < 1e-8 * size:
                    yield apply("mul", part, Var(name))
                if abs(size * length - number) < 1e-8:
                    yield apply("div", part, Var(name))
                if abs(size * length**2 - number) < 1e-8:
                    yield apply("div", apply("div", part, Var(name)), Var(name))

    def length(self, name: str) -> float:
        """What a size, or another name of a number, is at the point."""
        assert self.point is not None
        known = self.point.table(Var(name)) or {}
        return self.point.sizes.get(name) or float(known.get((), 0))

    def proved(self, made: Edited) -> tuple[Edited, Value] | None:
        """The formula with its value, if it is proved equal to the truth."""
        value, whole = self.value(made.term), self.acted(made.term)
        if value is None or whole is None:
            return None
        core = self.resolve(solid(whole))
        if not agree(self.program, core, self.goal.true):
            return None
        try:
            proof = self.prover.equal(core, self.goal.true, column_shape(self.goal.shape))
        except DeriveError:
            return None
        return None if proof is None else (made, value)
