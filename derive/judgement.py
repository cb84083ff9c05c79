"""One formula of one claim, judged: shapes first, then values, then a proof, then what is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations

from derive.arrays.pointwise import elementwise, sized
from derive.arrays.products import product
from derive.arrays.reductions import summed
from derive.arrays.rule import OPEN_EYE
from derive.asking import Question, name_of, of_axes
from derive.case import Reading
from derive.comparing import agree, confirmed
from derive.deadline import TimeUp
from derive.diagnostic import DeriveError, refuse
from derive.differentials import is_differential
from derive.edits import Edit
from derive.elaborate import Elaborator
from derive.gradient import adjoint_name
from derive.indexing import closed, fresh_letter, is_open, letters_of
from derive.mending import Mender, raised
from derive.ops import ShapeMismatch
from derive.proof import Proof
from derive.scope import Link
from derive.shape import Dim, shape_text
from derive.shape import agree as sizes_agree
from derive.tensors import Value, as_number, column_shape, fits, solid, spread
from derive.term import Term, Var, apply, const, substitute, turned, variables
from derive.truth import ACTING, PROBE, Target, Truth
from derive.verdict import CONFIRMED, Claim
from derive.witnesses import witness


@dataclass
class Judgement:
    """One formula of one claim, in one reading."""

    reading: Reading
    asks: Question
    link: Link
    asked: Target

    def __post_init__(self) -> None:
        case, asked = self.reading.case, self.asked
        self.truth: Truth = case.truth(asked.of)
        self.target = case.target(asked.of, asked.wrt, asked.layout)
        self.shape = self.truth.shape(self.target)
        self.true = self.truth.formula(self.target)
        self.text = self.asks.claim.text
        self.edits: tuple[Edit, ...] = ()
        for name in variables(self.link.term):
            self.reading.leaf(name)

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes that are known as numbers."""
        return self.reading.case.setting.sizes

    def claim(self) -> Claim:
        """The verdict."""
        base = Claim(name_of(self.asked), "undecided", self.reading.written(self.link.term))
        try:
            layout, claimed = self.fitted()
        except DeriveError as error:
            found = error.diagnostic
            if not found.code.startswith("D2"):
                return replace(base, verdict="unreadable", diagnostics=(found,))
            return replace(base, verdict="ill-shaped", diagnostics=(found,))
        return self.compared(replace(base, layout=layout), claimed)

    def fitted(self) -> tuple[str, Term]:
        """The layout in which the formula has the right shape, and what it is there.

        Raises DeriveError where it has no shape, or a wrong one.
        """
        value = self.value(self.link.term, self.reading.elaborator())
        if value.shape == OPEN_EYE and len(self.shape) == 2:
            value = sized(value, self.shape)
        if self.reading.vectors != "numpy" and not self.shape and value.single:
            value = summed(value, None, False)  # a row times a column is a number
        value = self.acting(value)
        if not self.shape and value.single and self.reading.vectors != "numpy":
            value = as_number(value)
        layout = self.fitting(value)
        claimed = self.reading.resolved(solid(value))
        return layout, turned(claimed) if layout == "transposed" else claimed

    def holds(self) -> bool:
        """Whether the formula is proved in the layout that is asked for."""
        try:
            layout, claimed = self.fitted()
            if layout == "transposed" or not agree(self.reading.program(), claimed, self.true):
                return False
            return self.proof(claimed) is not None
        except DeriveError:
            return False

    def proof(self, claimed: Term) -> Proof | None:
        """A proof, for all sizes, that a formula is the true derivative."""
        return self.truth.prover.equal(claimed, self.true, column_shape(self.shape))

    def acting(self, value: Value) -> Value:
        """The factor as it acts on an upstream derivative; anything else as it is."""
        if self.target.layout not in ACTING:
            return value
        shape = self.truth.shapes[self.target.of]
        upstream = self.reading.elaborator().oriented(Value(Var(PROBE), shape))
        try:
            if self.target.layout == "entrywise":
                return elementwise("mul", upstream, value)
            after = self.target.layout == "after"
            return product(upstream, value) if after else product(value, upstream)
        except ShapeMismatch as error:
            have, want = shape_text(value.shape, self.sizes), shape_text(shape, self.sizes)
            message = f"the formula is {have}, which does not fit as a factor of {want}"
            raise refuse("D210", message, self.text, self.link.span) from error

    def compared(self, base: Claim, claimed: Term) -> Claim:
        """The verdict on a formula of the right shape: first by value, then by proof."""
        program, seen = self.reading.program(), self.truth.seen(self.target)
        close = agree(program, claimed, self.true)
        if not close:
            if found := self.reading.loose(claimed, self.link.span):
                return replace(base, diagnostics=(found,))
            if shown := witness(program, claimed, self.true, seen):
                return replace(base, verdict="refuted", witness=shown)
        proof = self.proof(claimed)
        if proof is not None:
            facts = tuple(sorted({*proof.facts, *self._given(claimed)}))
            return replace(base, verdict="proved", facts=facts)
        if close and (shown := witness(program, claimed, self.true, seen, closely=True)):
            return replace(base, verdict="refuted", witness=shown)
        if confirmed(program, claimed, self.true):
            return replace(base, verdict="confirmed", note=CONFIRMED)
        return base

    def mended(self, claim: Claim) -> Claim:
        """The verdict on a wrong formula, with what is right."""
        if claim.verdict not in ("refuted", "ill-shaped") or self.asked.of == self.asked.wrt:
            return claim  # a name by itself: what is meant is the derivative by another
        self.reading.speak()
        self.spoken()
        mender = Mender(self.reading, self.truth, self.target, self.asks.code, self.acting)
        try:
            found = mender.repair(self.matrices())
        except TimeUp:
            return replace(claim, note="no repair was found in the time for one claim")
        except DeriveError:
            return claim
        if found is None:
            return claim
        self.edits = found.edits
        return found.told(claim)

    def spoken(self) -> None:
        """Names the derivatives of the step before, where the text has claims about them."""
        if self.truth.seeded or not self.truth.depends(self.target.wrt):
            return
        used = set(variables(self.truth.gradients[self.target.wrt].step))
        for of, wrt in self.reading.case.claimed:
            inner = self.reading.case.inner[wrt]
            known = of == self.asked.of and self.truth.depends(inner)
            if known and adjoint_name(self.truth.gradients[inner].name) in used:
                self.reading.leaf(f"d{of}/d{wrt}")

    def matrices(self) -> Term:
        """The formula as one of matrices, where it has that form: small changes act on it."""
        if is_differential(self.link.term):
            return solid(self.value(self.link.term, self.reading.elaborator()))
        if not is_open(self.link.term) or self.target.layout in ACTING:
            return self.link.term
        try:
            elaborator = self.reading.elaborator()
            term = solid(self.value(self.link.term, elaborator))
        except DeriveError:
            return self.link.term
        made = raised(term, self.shape, self.reading.program().shapes, self.truth)
        return self.link.term if made is None else made

    def _given(self, claimed: Term) -> set[str]:
        """The facts on which the adjoints in a formula and in the truth rely."""
        names = {*variables(claimed), *variables(self.true)}
        adjoints = (self.truth.gradients[n[1:]] for n in names if n in self.truth.prover.steps)
        return {fact for adjoint in adjoints for fact in adjoint.facts}

    @property
    def entrywise(self) -> bool:
        """Whether the claim speaks of one entry, so that a number is said of every entry."""
        return bool(self.asks.letters) or (
            self.target.layout == "elementwise" and not self.asks.code
        )

    # --------------------------------------------------------------------------------- arrays

    def value(self, term: Term, elaborator: Elaborator) -> Value:
        """The formula as an array; its free letters are the axes of the derivative."""
        value = elaborator.value(term)
        free = letters_of(value.term)
        if not free:
            return value if value.shape or not self.entrywise else spread(value, self.shape)
        if value.shape:
            renamed, letters = self._rows(value, free, elaborator)
        else:
            renamed, letters = self._letters(value.term, free, elaborator)
        axes, rest = list[tuple[str, Dim]](), iter(letters)
        for dim in column_shape(self.shape):
            name = fresh_letter() if dim.is_one else next(rest, "")
            axes.append((name, dim if dim.is_one else self._range(name, elaborator, dim)))
        shapes = elaborator.core
        shape = tuple(dim for _, dim in axes)
        return Value(closed(renamed, axes, shapes), shape[: len(self.shape)])

    def _rows(
        self, value: Value, free: frozenset[str], elaborator: Elaborator
    ) -> tuple[Term, tuple[str, ...]]:
        """An array for each sample, `x_i` being a row of x: its letters, and one for each axis."""
        stated = tuple(letter for letter in self.asks.letters if letter in free)
        places: list[Term] = []
        own: list[str] = []
        for dim in value.core:
            places.append(const(0) if dim.is_one else Var(fresh_letter()))
            if isinstance(place := places[-1], Var):
                own.append(place.name)
                elaborator.ranges[place.name] = (dim, self.link.term)
        long = [dim for dim in column_shape(self.shape) if not dim.is_one]
        if set(stated) != free or len(stated) + len(own) != len(long):
            message = "this mixes index letters and whole arrays"
            raise refuse("D208", message, self.text, self.link.term.span)
        return apply("entry", solid(value), *places), (*stated, *own)

    def _range(self, letter: str, elaborator: Elaborator, axis: Dim) -> Dim:
        """Over what a letter runs: what it is said to index, or else the axis that it stands for.

        What a formula asks for outside of an array is 0 then, as in a convolution.
        """
        known = elaborator.ranges.get(letter)
        if known and letter in self.asks.letters and not sizes_agree(known[0], axis):
            of = name_of(self.asked)
            message = f"the index {letter[1:]} runs over {known[0]} here, and in {of} over {axis}"
            raise refuse("D207", message, self.text, known[1].span)
        return known[0] if known else axis

    def _letters(
        self, term: Term, free: frozenset[str], elaborator: Elaborator
    ) -> tuple[Term, tuple[str, ...]]:
        """The letters in the order of the axes; those of one place are made one."""
        long = [dim for dim in column_shape(self.shape) if not dim.is_one]
        stated = self.asks.letters
        if self.target.layout == "elementwise" and len(stated) > len(long):
            pairs = zip(stated[len(long) :], stated, strict=False)
            same = {other: Var(first) for other, first in pairs}
            for other, first in same.items():
                if other in elaborator.ranges:
                    elaborator.ranges.setdefault(first.name, elaborator.ranges[other])
            term, stated = substitute(term, same), stated[: len(long)]
            free = letters_of(term)
        if stated and free <= set(stated):
            return term, of_axes(stated, free, len(long))
        if len(free) != len(long):
            names = ", ".join(sorted(letter[1:] for letter in free))
            message = f"the free indices {names} are not the axes of {shape_text(self.shape)}"
            raise refuse("D208", message, self.text, self.link.span)
        return term, self._ordered(sorted(free), long, elaborator)

    def _ordered(self, free: list[str], long: list[Dim], elaborator: Elaborator) -> tuple[str, ...]:
        """The order in which the letters run over the axes; the alphabet's if several do."""
        for order in permutations(free):
            dims = [elaborator.reach(letter) for letter in order]
            if all(a is None or sizes_agree(a, b) for a, b in zip(dims, long, strict=True)):
                return order
        return tuple(free)

    def fitting(self, value: Value) -> str:
        """The layout in which the formula has the shape of the derivative.

        Raises DeriveError where it has it in none.
        """
        named = "same" if self.target.layout in ("gradient", "elementwise") else "jacobian"
        if self.target.layout in ACTING and not fits(value.shape, self.shape, False):
            have, want = shape_text(value.shape, self.sizes), shape_text(self.shape, self.sizes)
            message = f"times an upstream derivative the formula is {have}, and not {want}"
            raise refuse("D210", message, self.text, self.link.span)
        loose = self.reading.vectors != "numpy"
        if fits(value.shape, self.shape, loose):
            return named
        if fits(tuple(reversed(value.shape)), self.shape, loose):
            return "transposed"
        have, want = (shape_text(shape, self.sizes) for shape in (value.shape, self.shape))
        if have == want:
            have, want = shape_text(value.shape), shape_text(self.shape)
        message = f"the formula is {have}, but {name_of(self.asked)} is {want}"
        raise refuse("D210", message, self.text, self.link.span)
