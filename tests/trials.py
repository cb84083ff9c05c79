"""Right claims made wrong, judged, and their repairs run: what `tests/mutants.py` is for."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from derive import check_document
from derive.asking import DOUBTFUL, Question, doubtful_signs, question
from derive.case import derivative_of
from derive.diagnostic import DeriveError
from derive.indexing import letters_of
from derive.notation import write
from derive.setting import Asked, Setting, setting_of
from derive.statements import statements
from derive.term import Term, Var, walk
from derive.verdict import GOOD, Claim
from tests.mutants import Made, doubles, mutants
from tests.readings import Reading, Unknown
from tests.worlds import HELPERS, World

Array = Any
SEEDS = (11, 12, 14, 15, 13)
FAR, NEAR = 1e-4, 1e-6
"""Relative differences from the truth: farther is wrong, nearer is right."""

FAILS = (ValueError, IndexError, Unknown, ArithmeticError, KeyError, TypeError, AssertionError)


@dataclass
class Tally:
    """What came of the mutants."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unmended: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        made = self.counts["made"]
        return "\n".join(
            f"{n:6} {100 * n / max(made, 1):5.1f} %  {k}" for k, n in self.counts.items()
        )


@dataclass(frozen=True)
class Right:
    """A right claim of a document: its formula, and how it is written and judged again."""

    head: str
    asks: Question
    asked: Asked
    term: Term
    notation: str
    worlds: tuple[World, ...]
    vectors: str

    def line(self, term: Term) -> str:
        """The claim that a formula is the derivative."""
        target = self.asks.target
        layout = "" if target.layout == "gradient" else target.layout + " "
        scalars = [n for n, s in self.asked.scope.shapes.items() if not s]
        text = write(term, self.notation, scalars=scalars)
        if self.asks.letters:
            places = " ".join(letter[1:] for letter in self.asks.letters)
            text = rf"\frac{{\partial {target.of}}}{{\partial {target.wrt}_{{{places}}}}} = {text}"
        return f"claim [{layout}d{target.of}/d{target.wrt}] {text}"

    def gap(self, term: Term, world: World, turned: bool = True) -> float:
        """How far a formula is from the truth at one point; infinite where it has another shape.

        `turned`: its transpose is as good.
        """
        world.take(self.asked.given)
        truth = world.truth(self.asks.target)
        try:
            value = self.value(term, world)
        except FAILS:
            return np.inf
        return distance(value, truth, turned)

    def value(self, term: Term, world: World) -> Array:
        """The value that a formula has."""
        reading = Reading(world, self.vectors)
        free = letters_of(term)
        if not free:
            return reading.value(term)
        return reading.array(term, self.asks.letters)

    def wrong(self, term: Term) -> bool | None:
        """Whether a formula is wrong; None where the numbers do not say."""
        if max(self.gap(term, world, turned=False) for world in self.worlds) < NEAR:
            return False
        return True if max(self.gap(term, world) for world in self.worlds) > FAR else None


def distance(value: Array, truth: Array, turned: bool = True) -> float:
    """The largest difference, relative to the size of the truth; a transpose may be none."""
    mine, theirs = np.squeeze(value), np.squeeze(truth)
    scale = np.max(np.abs(theirs)) + 1e-3
    gaps = [
        float(np.max(np.abs(one - theirs)) / scale)
        for one in ((mine, mine.T) if turned else (mine,))
        if one.shape == theirs.shape and np.all(np.isfinite(one))
    ]
    return min(gaps, default=np.inf)


def rights(text: str) -> Iterator[Right]:
    """The claims of a document that are right by their numbers."""
    lines = statements(text)
    made = setting_of(lines)
    try:
        worlds = tuple(World(made, lines, seed) for seed in SEEDS[:-1])
    except Exception:  # a forward program that NumPy does not have
        return
    for asked in made.claims:
        yield from _right(text, made, asked, worlds)


def _right(text: str, made: Setting, asked: Asked, worlds: tuple[World, ...]) -> Iterator[Right]:
    signs = doubtful_signs(made.claims)
    for chosen in product(*(DOUBTFUL[sign] for sign in signs)):
        try:
            asks = question(asked, made, dict(zip(signs, chosen, strict=True)))
        except DeriveError:
            continue
        head = _head(text, asked.line.line)
        notation = "numpy" if asks.code else "latex" if "\\" in asked.line.text else "plain"
        vectors = "numpy" if asks.code else made.vectors or "column"
        for link in asks.claim.links:
            right = Right(head, asks, asked, link.term, notation, worlds, vectors)
            names = [n.name for n in walk(link.term) if isinstance(n, Var)]
            if any(derivative_of(n) == (asks.target.of, asks.target.wrt) for n in names):
                continue
            try:
                fits = right.wrong(link.term) is False
            except FAILS:
                continue
            if fits:
                yield right
                return


def _head(text: str, line: int) -> str:
    """What stands above a claim and says what its names are."""
    kept = []
    inside = False
    for number, row in enumerate(text.split("\n"), 1):
        if row[:1].isspace() and inside:
            continue
        inside = row.startswith(("claim", "alias"))
        if inside or (number > line and row.startswith("given")):
            continue
        kept.append(re.sub(r"\s+as\s+\S+$", "", row))
    return "\n".join(kept).rstrip() + "\n"


# ------------------------------------------------------------------------------------ judgement


def tried(right: Right, count: int, twice: int, tally: Tally) -> None:
    """Mutants of one right claim, judged in one document; adds to the tally."""
    try:
        back = check_document(right.head + right.line(right.term)).claims
    except (KeyError, NotImplementedError):
        back = ()
    if not back or back[0].verdict not in GOOD:
        tally.counts["not written anew"] += 1
        return
    wrong, still = _mutants(right, count, twice)
    tally.counts["rights"] += 1
    fresh = World(setting_of(statements(right.head)), statements(right.head), SEEDS[-1])
    fresh.take(right.asked.given)
    for (kind, term), claim in _judged(right, wrong):
        _count(right, kind, term, claim, fresh, tally)
    for (kind, term), claim in _judged(right, still):
        tally.counts["right all the same"] += 1
        if claim.verdict == "refuted":
            tally.counts["wrongly refuted"] += 1
            tally.faults.append(
                f"WRONGLY REFUTED\n{right.head}{right.line(term)}\n# {kind}\n{claim}"
            )


def _mutants(right: Right, count: int, twice: int) -> tuple[list[Made], list[Made]]:
    """Wrong formulas, and those among the changed ones that are right all the same."""
    known = {**right.worlds[0].values, **right.worlds[0].given}
    names = right.asked.scope.shapes
    ranks = {n: np.ndim(v) for n, v in known.items() if n in names}
    wrong, still = _sorted_out(right, mutants(right.term, ranks, 3 * count), count)
    more, also = _sorted_out(right, doubles(right.term, ranks, 2 * twice), twice)
    return wrong + more, still + also


def _sorted_out(right: Right, found: list[Made], count: int) -> tuple[list[Made], list[Made]]:
    wrong, still = list[Made](), list[Made]()
    for kind, term in found:
        if len(wrong) == count:
            break
        try:
            right.line(term)
        except (KeyError, NotImplementedError):
            continue
        verdict = right.wrong(term)
        if verdict is not None:
            (wrong if verdict else still).append((kind, term))
    return wrong, still


def _judged(right: Right, made: list[Made]) -> Iterator[tuple[Made, Claim]]:
    """The verdicts on formulas, all in one document."""
    text = right.head + "\n".join(right.line(term) for _, term in made)
    yield from zip(made, check_document(text).claims, strict=True)


def _count(right: Right, kind: str, term: Term, claim: Claim, world: World, tally: Tally) -> None:
    counts = tally.counts
    counts["made"] += 1
    counts[claim.verdict] += 1
    shown = f"{right.head}{right.line(term)}\n# {kind}: {claim.verdict}"
    if claim.verdict in GOOD:
        tally.faults.append(f"WRONGLY PROVED\n{shown}")
    elif claim.repair_numpy is None:
        counts["unrepaired"] += 1
        tally.unmended.append(f"UNREPAIRED\n{shown}\n# {claim.diagnostics}")
    elif not (gap := repair_gap(right, claim, world)) <= NEAR:  # what is no number is no repair
        counts["wrong repair"] += 1
        tally.faults.append(f"WRONG REPAIR {gap}\n{shown}\n# {claim.repair_numpy}")
    elif claim.edits == ("whole",):
        counts["whole gradient"] += 1
        tally.unmended.append(f"WHOLE\n{shown}\n# {claim.repair_numpy}")
    else:
        counts["repaired"] += 1


def repair_gap(right: Right, claim: Claim, world: World) -> float:
    """How far a repair is from the truth at a point that nothing has seen."""
    names = {**HELPERS, **{n: world[n] for n in world}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = eval(str(claim.repair_numpy), names)  # noqa: S307
    except Exception:
        return np.inf
    truth = world.truth(right.asks.target)
    if np.shape(value) != np.shape(truth) and np.size(truth) > 1:
        vectors = right.vectors == "numpy" or np.ndim(truth) > 1
        if vectors and np.shape(value) != np.shape(truth.T):
            return np.inf
    return distance(np.asarray(value, float), truth)
