"""Documents, judged claim by claim: values refute, proofs decide, repairs are proved.

`check_document` is what `derive check` calls; `derive.check` is the same for a stack of layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from derive.asking import DOUBTFUL, Question, doubtful_signs, name_of, question
from derive.case import Case, Reading
from derive.dense import Stack
from derive.diagnostic import DeriveError, Diagnostic
from derive.documents import document
from derive.judgement import Judgement
from derive.scope import Link
from derive.setting import Asked, Setting, setting_of
from derive.statement import Bracket, ClaimLine, Statement
from derive.term import Var, variables
from derive.truth import Target
from derive.verdict import GOOD, Claim, Report

ARRANGEMENTS = ("jacobian", "elementwise", "jacobian_T")


SUMMED = "the loss is the sum over the batch (for the mean: times 1/N)"


def check_document(text: str, *, layers: Stack | None = None) -> Report:
    """Judges every claim of a derivation document.

    `layers` is the network where the document does not describe it. A statement that cannot be read
    is a claim with the verdict `unreadable`; nothing is raised for what a document says.
    """
    try:
        lines = document(text, layers)
    except DeriveError as error:
        return Report((Claim("document", "unreadable", diagnostics=(error.diagnostic,)),))
    return _judged(lines, layers)


def check(stack: Stack, claims: Mapping[str, str]) -> Report:
    """Judges formulas for the gradients of a stack: name (`W2`, or `dL/dW2`) -> formula.

    Where the reduction of the stack was not stated, the claims may be meant for the sum over the
    batch: then they are judged for the one of the two under which more of them hold.

    >>> from derive.layers import stack
    >>> print(check(stack("4,3,2"), {"W2": "[1 H1]^T (yhat - y) / N"}).claims[0].verdict)
    proved
    """
    lines = [ClaimLine(_bracket(name, stack), text) for name, text in claims.items()]
    return _judged(lines, stack) if lines else Report()


def _bracket(name: str, stack: Stack) -> Bracket:
    loss = stack.derivation.loss
    names = stack.derivation.names()
    own = name if name in names else re.sub(rf"^(d{loss}/d|d)(?=\w)", "", name)
    return Bracket("gradient", loss, own)


def _judged(lines: Sequence[Statement], layers: Stack | None) -> Report:
    """The report; where a stack leaves the reduction open, for that which suits the claims."""
    report, network = _report(lines, layers, None)
    if report.ok or network is None or network.stated or network.single:
        return report
    other, _ = _report(lines, layers, "sum")
    return _noted(other) if _good(other) > _good(report) else report


def _report(
    lines: Sequence[Statement], layers: Stack | None, reduction: str | None
) -> tuple[Report, Stack | None]:
    made = Setting(reduction=reduction)
    if layers is not None:
        made.stacked(layers)
    made = setting_of(lines, made)
    return Checker(made).report(), made.network


def _good(report: Report) -> int:
    return sum(claim.verdict in GOOD for claim in report.claims)


def _noted(report: Report) -> Report:
    """The report, saying of what holds that it holds for the sum."""
    claims = (
        replace(c, facts=(*c.facts, SUMMED)) if c.verdict in GOOD else c for c in report.claims
    )
    return replace(report, claims=tuple(claims))


class Checker:
    """Judges the claims of one setting."""

    def __init__(self, made: Setting) -> None:
        self.setting, self.case = made, Case(made)

    def report(self) -> Report:
        """The verdicts, under the meaning of the product signs that gives most claims a shape."""
        claims = self.setting.claims
        signs = doubtful_signs(claims)
        best: list[Claim] = []
        for chosen in product(*(DOUBTFUL[sign] for sign in signs)):
            found = list(self.judged(claims, dict(zip(signs, chosen, strict=True))))
            if not best or _shaped(found) > _shaped(best):
                best = found
            if all(claim.verdict in GOOD for claim in best):
                break
        used = {d.message for claim in best for d in claim.diagnostics}
        notes = (note for note in self.setting.failures.values() if note.message not in used)
        return Report(tuple(best), tuple(notes))

    def judged(self, claims: Sequence[Asked], signs: dict[str, str]) -> Iterator[Claim]:
        """Every claim, one after another."""
        for asked in claims:
            for claim in self.one(asked, signs):
                yield replace(claim, line=asked.line.line)

    def one(self, asked: Asked, signs: dict[str, str]) -> list[Claim]:
        """The verdicts on one claim, one for each formula in it."""
        name = name_of(Target(**vars(asked.line.bracket))) if asked.line.bracket else "claim"
        try:
            asks = question(asked, self.setting, signs)
            name = name_of(asks.target)
            links = [link for link in asks.claim.links if not _restates(link, asks.target)]
            return [self.link(asked, asks, link) for link in links or asks.claim.links]
        except DeriveError as error:
            found = self.cause(error.diagnostic)
            verdict = "undecided" if found.code in LIMITS else "unreadable"
            return [Claim(name, verdict, diagnostics=(found,))]

    def cause(self, found: Diagnostic) -> Diagnostic:
        """Why a name is unknown, where its own line was not understood."""
        quoted = found.message.split("`")
        return self.setting.failures.get(quoted[1], found) if len(quoted) > 2 else found

    def link(self, asked: Asked, asks: Question, link: Link) -> Claim:
        """The best verdict on one formula over the ways in which it can be read."""
        best: Claim | None = None
        for vectors, arrangement in self.readings(asks, link):
            reading = Reading(
                self.case, asked, asks.target.of, vectors, arrangement, asks.claim.text
            )
            claim = Judgement(reading, asks, link).claim()
            if claim.verdict in GOOD:
                return claim
            best = claim if best is None or _rank(claim) < _rank(best) else best
        assert best is not None
        return best

    def readings(self, asks: Question, link: Link) -> Iterator[tuple[str, str]]:
        """How vectors may lie, and derivatives of tensors be arranged."""
        vectors = "numpy" if asks.code else self.setting.vectors or "column"
        inside = any("/d" in name for name in variables(link.term))
        for arrangement in ARRANGEMENTS if inside else ARRANGEMENTS[:1]:
            yield vectors, arrangement


LIMITS = ("D901", "D904", "D905", "D309")
"""Refusals that say no more than that something here is not known."""

ORDER = ("refuted", "ill-shaped", "undecided", "unreadable")


def _rank(claim: Claim) -> int:
    return ORDER.index(claim.verdict)


def _shaped(claims: Sequence[Claim]) -> tuple[int, int]:
    """How many claims have a shape, and how many hold."""
    shaped = sum(claim.verdict in (*GOOD, "refuted", "undecided") for claim in claims)
    return shaped, sum(claim.verdict in GOOD for claim in claims)


def _restates(link: Link, target: Target) -> bool:
    return isinstance(link.term, Var) and link.term.name == f"d{target.of}/d{target.wrt}"
