"""Hand-written gradients, judged one by one: a verdict, and what it rests on.

`proved` is a proof for all sizes. `refuted` shows numbers on which formula and gradient differ.
`ill-shaped` says where shapes do not fit. What is neither proved nor refuted is `undecided`, and is
never shown as proved.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import mpmath

from derive.dense import Stack
from derive.diagnostic import DeriveError, Diagnostic
from derive.exact import DIGITS, Table, evaluate, forward
from derive.formulas import Gradients, gradients
from derive.infer import typed
from derive.notation import read, write
from derive.ops import exponent
from derive.proof import Prover
from derive.shape import Shape, agree, broadcast, shape_text
from derive.term import Apply, Symbol, Term, walk

GOOD = ("proved", "confirmed")
SIZES = ((2, 3, 4, 5), (3, 5, 2, 4))
"""Small sizes at which a claim is compared by value; taken in turn for N, n0, n1, ..."""

POINTS = 2
CLOSE = mpmath.mpf(10) ** -25

UNDEFINED = (ArithmeticError, TypeError, ValueError)
"""What a formula raises at numbers where it has no value (a division by 0, a step of a root)."""


@dataclass(frozen=True)
class Witness:
    """Numbers on which claim and gradient differ: the sizes, the entry, both values."""

    sizes: Mapping[str, int]
    entry: tuple[int, ...]
    claimed: str
    true: str

    def __str__(self) -> str:
        sizes = ", ".join(f"{name}={size}" for name, size in self.sizes.items())
        place = ", ".join(map(str, self.entry))
        return f"at {sizes}, entry [{place}]: claimed {self.claimed}, true {self.true}"


@dataclass(frozen=True)
class Claim:
    """One judged claim."""

    name: str
    verdict: str
    read_as: str | None = None
    facts: tuple[str, ...] = ()
    layout: str | None = None
    repair: str | None = None
    repair_numpy: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    witness: Witness | None = None

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.verdict}"]
        if self.read_as:
            lines.append(f"  read as  {self.read_as}")
        if self.facts:
            lines.append(f"  given    {', '.join(self.facts)}")
        if self.witness:
            lines.append(f"  witness  {self.witness}")
        for diagnostic in self.diagnostics:
            lines += [f"  {line}" for line in diagnostic.render().split("\n")]
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """The claims of one text, each with its verdict."""

    claims: tuple[Claim, ...] = field(default_factory=tuple)

    @property
    def ok(self) -> bool:
        """Whether every claim is proved or confirmed."""
        return all(claim.verdict in GOOD for claim in self.claims)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 something wrong, 2 something unreadable, 3 something undecided."""
        verdicts = {claim.verdict for claim in self.claims}
        if verdicts & {"refuted", "ill-shaped"}:
            return 1
        if "unreadable" in verdicts:
            return 2
        return 3 if "undecided" in verdicts else 0

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {"ok": self.ok, "claims": [_claim_data(claim) for claim in self.claims]}

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        return "\n".join(map(str, self.claims))


def _claim_data(claim: Claim) -> dict[str, Any]:
    data = dict(vars(claim))
    data["diagnostics"] = [d.render() for d in claim.diagnostics]
    data["witness"] = str(claim.witness) if claim.witness else None
    return data


def check(stack: Stack, claims: Mapping[str, str], found: Gradients | None = None) -> Report:
    """Judges formulas for the gradients of a stack: name (`W2`, or `dL/dW2`) -> formula.

    Where the reduction of the stack was not stated, the claims may be meant for the sum over the
    batch: then they are judged for the one of the two under which more of them hold.

    >>> from derive.layers import stack
    >>> print(check(stack("4,3,2"), {"W2": "[1 H1]^T (yhat - y) / N"}).claims[0].verdict)
    proved
    """
    if not claims:
        return Report()
    judge = Judge(stack, found or gradients(stack))
    report = Report(tuple(judge.claim(name, text) for name, text in claims.items()))
    if report.ok or stack.stated or stack.single:
        return report
    summed = replace(stack, reduction="sum")
    judge = Judge(summed, gradients(summed))
    other = Report(tuple(judge.claim(name, text) for name, text in claims.items()))
    return _noted(other) if _good(other) > _good(report) else report


SUMMED = "the loss is the sum over the batch (for the mean: times 1/N)"


def _good(report: Report) -> int:
    return sum(claim.verdict in GOOD for claim in report.claims)


def _noted(report: Report) -> Report:
    """The report, saying of what holds that it holds for the sum."""
    claims = (
        replace(c, facts=(*c.facts, SUMMED)) if c.verdict in GOOD else c for c in report.claims
    )
    return Report(tuple(claims))


def split_claim(text: str) -> tuple[str, str]:
    """The name and the formula of `dL/dW2 = formula` or `dW2 = formula`; a name alone is W2.

    Raises ValueError for a text without an equation sign.
    """
    left, sign, right = text.partition("=")
    if not sign:
        raise ValueError(f"a claim is an equation such as dL/dW2 = ..., not `{text}`")
    return left.strip(), right.strip()


class Judge:
    """Judges claims over one stack."""

    def __init__(self, stack: Stack, found: Gradients) -> None:
        self.stack, self.found = stack, found
        self.prover = Prover(found)
        self.names = (*self.prover.shapes, *(s.name for s in stack.derivation.symbols))

    def claim(self, name: str, text: str) -> Claim:
        """The verdict on one formula."""
        own = re.sub(r"^(dL/d|d)(?=\w)", "", name) if name not in self.found else name
        shown = f"dL/d{own}"
        if own not in self.found:
            note = Diagnostic("D307", f"the loss has no gradient by `{own}`")
            return Claim(shown, "unreadable", diagnostics=(note,))
        try:
            term = read(text, self.names)
        except DeriveError as error:
            return Claim(shown, "unreadable", diagnostics=(error.diagnostic,))
        try:
            sizes = self.found.derivation.sizes
            term, shape = typed(term, self.prover.shapes, text, sizes)
        except DeriveError as error:
            return Claim(shown, "ill-shaped", self._shown(term), diagnostics=(error.diagnostic,))
        return self._judged(shown, own, term, shape, text)

    def _shown(self, term: Term) -> str:
        scalars = next(iter(self.found.values())).scalars
        return write(term, "plain", scalars=scalars)

    def _judged(self, shown: str, own: str, term: Term, shape: Shape, text: str) -> Claim:
        truth, read_as = self.found[own], self._shown(term)
        if not _fits(shape, truth.shape):
            sizes = self.found.derivation.sizes
            have, want = shape_text(shape, sizes), shape_text(truth.shape, sizes)
            if have == want:
                have, want = shape_text(shape), shape_text(truth.shape)
            note = Diagnostic(
                "D210", f"the formula is {have}, but {own} is {want}", text, term.span
            )
            return Claim(shown, "ill-shaped", read_as, diagnostics=(note,))
        proof = self.prover.gradient(own, term, quick=True)
        witness = self._witness(own, term) if proof is None or self._divides(term) else None
        if proof is None and witness is None:
            proof = self.prover.gradient(own, term)
        if proof is not None and witness is None:
            return Claim(shown, "proved", read_as, proof.facts, "same")
        return Claim(shown, "refuted" if witness else "undecided", read_as, witness=witness)

    def _divides(self, term: Term) -> bool:
        """Whether a formula divides by more than a number.

        A proof holds where both sides are defined, and `H1 / H1` is not where a relu is off.
        """
        nodes = [node for node in walk(term) if isinstance(node, Apply)]
        below = [node.args[1] for node in nodes if node.op == "div"]
        powers = [node.args[0] for node in nodes if node.op == "pow" and exponent(node.attrs) < 0]
        return any(typed(part, self.prover.shapes)[1] for part in (*below, *powers))

    def _witness(self, own: str, term: Term) -> Witness | None:
        """The first entry, at small sizes, in which claim and gradient differ."""
        for seed in range(POINTS):
            for choice in SIZES:
                found = self._compare(own, term, choice, random.Random(seed))
                if found is not None:
                    return found
        return None

    def _compare(
        self, own: str, term: Term, choice: tuple[int, ...], rng: random.Random
    ) -> Witness | None:
        names = ["N", *self.stack.numbers]
        sizes = {name: choice[i % len(choice)] + i // len(choice) for i, name in enumerate(names)}
        shapes, derivation = self.prover.shapes, self.found.derivation
        with mpmath.workdps(DIGITS):
            values: dict[str, Table] = {s.name: _values(s, sizes, rng) for s in derivation.symbols}
            try:
                values = forward(derivation, shapes, values, sizes)
                for step in self.found.steps:
                    values[step.name] = evaluate(step.term, shapes, values, sizes)
            except UNDEFINED:
                return None
            true = values[f"d{self.found[own].name}"]
            try:
                claimed = evaluate(term, shapes, values, sizes)
            except ZeroDivisionError:
                place, value = next(iter(true.items()))
                return Witness(sizes, place, "a division by zero", mpmath.nstr(value, 6))
            except UNDEFINED:
                return None
            for place, value in true.items():
                mine = claimed[place] if place in claimed else claimed[()]
                if not abs(mine - value) <= CLOSE * (1 + abs(value)):
                    digits = (mpmath.nstr(mine, 6), mpmath.nstr(value, 6))
                    return Witness(sizes, place, *digits)
        return None


def _fits(shape: Shape, wanted: Shape) -> bool:
    if len(shape) == len(wanted):
        return all(agree(a, b) for a, b in zip(shape, wanted, strict=True))
    return shape == () and broadcast(shape, wanted) == wanted == ()


def _values(symbol: Symbol, sizes: Mapping[str, int], rng: random.Random) -> Table:
    """Random entries; those of a target that is a distribution add up to 1 along its axis."""
    rows, columns = (dim.size(sizes) for dim in symbol.shape)
    table: Table = {
        (i, j): mpmath.mpf(rng.randint(-1500, 1500)) / 1000
        for i in range(rows)
        for j in range(columns)
    }
    for fact in symbol.facts:
        axis = int(fact.partition("axis=")[2] or 1)
        positive = {place: abs(value) + 1 for place, value in table.items()}
        totals: dict[int, Any] = {}
        for place, value in positive.items():
            key = place[1 - axis]
            totals[key] = totals.get(key, 0) + value
        table = {place: value / totals[place[1 - axis]] for place, value in positive.items()}
    return table
