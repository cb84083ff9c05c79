"""Documents, judged claim by claim: values refute, proofs decide, repairs are proved.

`check_document` is what `derive check` calls; `derive.check` is the same for a stack of layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from derive import chain_rule
from derive.asking import DOUBTFUL, Question, doubtful_signs, meaning, name_of, question
from derive.case import NUMERATOR, Case, Reading
from derive.deadline import Allowance, TimeUp
from derive.dense import Stack
from derive.depiction import network
from derive.diagnostic import DeriveError, Diagnostic
from derive.documents import document
from derive.judgement import Judgement
from derive.outcome import Outcome
from derive.place import located
from derive.scope import Link
from derive.setting import Asked, Setting, setting_of
from derive.shape import long_axes
from derive.stated_shape import stated_shape
from derive.statement import Bracket, ClaimLine, Statement
from derive.term import Apply, Var, variables, walk
from derive.truth import ACTING, Target
from derive.verdict import GOOD, Claim, Report

SECONDS = 10.0
"""Time for one claim, after which it is undecided."""

ARRANGEMENTS = ("jacobian", "elementwise", "jacobian_T")


OPEN = (
    ("sum", "the loss is the sum over the batch (for the mean: times 1/N)"),
    ("single", "the formulas are those of a single sample"),
)
"""What a stack may leave open, beside the mean over a batch, and what a report then says."""


def check_document(text: str, *, layers: Stack | None = None, limit: float = SECONDS) -> Report:
    """Judges every claim of a derivation document.

    `layers` is the network where the document does not describe it. A statement that cannot be read
    is a claim with the verdict `unreadable`; nothing is raised for what a document says. A claim
    that takes more than `limit` seconds is `undecided`.
    """
    allowance = Allowance(limit)
    try:
        with allowance.of(0):
            lines = document(text, layers)
        return located(_judged(lines, layers, allowance), text)
    except DeriveError as error:
        return Report((Claim("document", "unreadable", diagnostics=(error.diagnostic,)),))
    except TimeUp:
        return Report((Claim("document", "undecided", diagnostics=(_late(limit),)),))


def check(stack: Stack, claims: Mapping[str, str]) -> Report:
    """Judges formulas for the gradients of a stack: name (`W2`, or `dL/dW2`) -> formula.

    Where the reduction of the stack was not stated, the claims may be meant for the sum over the
    batch: then they are judged for the one of the two under which more of them hold.

    >>> from derive.layers import stack
    >>> print(check(stack("4,3,2"), {"W2": "[1 H1]^T (yhat - y) / N"}).claims[0].verdict)
    proved
    """
    lines = [ClaimLine(_bracket(name, stack), text) for name, text in claims.items()]
    return _judged(lines, stack, Allowance(SECONDS)) if lines else Report()


def _bracket(name: str, stack: Stack) -> Bracket:
    loss = stack.derivation.loss
    names = stack.derivation.names()
    own = name if name in names else re.sub(rf"^(d{loss}/d|d)(?=\w)", "", name)
    return Bracket("gradient", loss, own)


def _late(seconds: float) -> Diagnostic:
    return Diagnostic("D906", f"the limit of {seconds:g} s for one claim was reached")


def _judged(lines: Sequence[Statement], layers: Stack | None, allowance: Allowance) -> Report:
    """The report; where a stack leaves the reduction open, for that which suits the claims."""
    checker = _checker(lines, layers, None, allowance)
    best, told, network = checker.outcomes(), "", checker.setting.network
    known = network is None or network.stated or network.single
    if not known and _good(best) < len(best):
        for option, note in OPEN:
            other = _checker(lines, layers, option, allowance)
            found = other.outcomes()
            if _good(found) > _good(best):
                checker, best, told = other, found, note
    report = checker.report(best)
    return _noted(report, told) if told else report


def _checker(
    lines: Sequence[Statement], layers: Stack | None, option: str | None, allowance: Allowance
) -> Checker:
    made = Setting(option=option)
    if layers is not None:
        made.stacked(layers)
    with allowance.of(0):
        made = setting_of(lines, made)
    return Checker(made, allowance)


def _good(outcomes: Sequence[Outcome]) -> int:
    return sum(one.claim.verdict in GOOD for one in outcomes)


def _noted(report: Report, note: str) -> Report:
    """The report, saying of what is right under which reading of the stack it is."""
    told = (*GOOD, "undecided")
    claims = (replace(c, facts=(*c.facts, note)) if c.verdict in told else c for c in report.claims)
    return replace(report, claims=tuple(claims))


class Checker:
    """Judges the claims of one setting."""

    def __init__(self, made: Setting, allowance: Allowance) -> None:
        self.setting, self.case, self.allowance = made, Case(made), allowance

    def outcomes(self) -> list[Outcome]:
        """The verdicts, under the meaning of the product signs that gives most claims a shape."""
        claims = self.setting.claims
        signs = doubtful_signs(claims)
        best: list[Outcome] = []
        for chosen in product(*(DOUBTFUL[sign] for sign in signs)):
            found = list(self.judged(claims, dict(zip(signs, chosen, strict=True))))
            if not best or _shaped(found) > _shaped(best):
                best = found
            if all(one.claim.verdict in GOOD for one in best):
                break
        return best

    def report(self, outcomes: Sequence[Outcome]) -> Report:
        """The verdicts with what is right, and what else is to be said of the document."""
        told = tuple(one.told(self.allowance.seconds) for one in outcomes)
        used = {d.message for claim in told for d in claim.diagnostics}
        notes = (note for note in self.setting.failures.values() if note.message not in used)
        return Report(told, tuple(notes), network(self.setting))

    def judged(self, claims: Sequence[Asked], signs: dict[str, str]) -> Iterator[Outcome]:
        """Every claim, one after another, each within its time."""
        for place, asked in enumerate(claims, 1):
            try:
                with self.allowance.of(place):
                    outcomes = self.one(asked, signs)
            except TimeUp:
                late = _late(self.allowance.seconds)
                outcomes = [Outcome(Claim(_named(asked), "undecided", diagnostics=(late,)))]
            for found in outcomes:
                note = found.claim.note or asked.line.note or meaning(signs, asked.line.text)
                claim = replace(
                    found.claim, line=asked.line.line, note=note, written=asked.line.text
                )
                yield replace(found, claim=claim)

    def one(self, asked: Asked, signs: dict[str, str]) -> list[Outcome]:
        """The verdicts on one claim: one for each formula in it, and one for a shape."""
        name = _named(asked)
        try:
            asks = question(asked, self.setting, signs)
            if asks.target:
                name = name_of(asks.target)
                self.case.claimed[asks.target.of, asks.target.wrt] = None
            told = [*self.links(asked, asks), *self.shapes(asked, asks)]
            told = [_doubted(one, asks.claim.doubts) for one in told]
            return [*told, *(Outcome(self.refused(name, one)) for one in asks.claim.unread)]
        except DeriveError as error:
            return [Outcome(self.refused(name, error.diagnostic))]

    def refused(self, name: str, found: Diagnostic) -> Claim:
        """A claim, or a formula of one, that was not understood or is too much."""
        told = self.cause(found)
        verdict = "undecided" if told.code in LIMITS else "unreadable"
        return Claim(name, verdict, diagnostics=(told,))

    def links(self, asked: Asked, asks: Question) -> list[Outcome]:
        """The verdicts on the formulas; a step that only names tensors is passed over."""
        target = asks.target
        if target is None:
            return []
        new = [link for link in asks.links if not _restates(link, target)]
        if not new and asks.claim.shape is not None:
            return []
        told = [link for link in new if not self.chain_of_tensors(link)]
        return [self.step(asked, asks, target, link) for link in told or new or asks.links]

    def step(self, asked: Asked, asks: Question, target: Target, link: Link) -> Outcome:
        """The verdict on a formula, or on a step that only names the chain rule."""
        large = next(chain_rule.large(link.term, self.setting.shapes), None)
        if large is None:
            return self.link(asked, asks, target, link)
        before, note = chain_rule.step_of(link.term), None
        if (other := before.before(target)) and before.plain:
            told = self.link(asked, asks, other, Link(before.plain, link.span))
            name = name_of(other)
            if told.claim.verdict not in GOOD:
                note = f"what stands beside `{large.name}` would have to be {name}"
                return replace(told, claim=replace(told.claim, note=note))
            note = f"what stands beside `{large.name}` is {name}, proved"
        vectors, arrangement = next(self.readings(asks, link))
        reading = Reading(self.case, asked, target.of, vectors, arrangement, asks.claim.text)
        return Outcome(chain_rule.claim(reading, target, link, asks.code, large, note))

    def chain_of_tensors(self, link: Link) -> bool:
        """Whether a formula speaks of a derivative that has more than two axes."""
        large = chain_rule.large(link.term, self.setting.shapes)
        return chain_rule.restates(link.term) or any(large)

    def shapes(self, asked: Asked, asks: Question) -> list[Outcome]:
        """The verdict on a shape that the claim states."""
        if asks.claim.shape is None:
            return []
        vectors = "numpy" if asks.code else self.setting.vectors or "column"
        return [Outcome(stated_shape(self.case, asked, asks, vectors))]

    def cause(self, found: Diagnostic) -> Diagnostic:
        """Why a name is unknown, where its own line was not understood."""
        quoted = found.message.split("`")
        return self.setting.failures.get(quoted[1], found) if len(quoted) > 2 else found

    def link(self, asked: Asked, asks: Question, target: Target, link: Link) -> Outcome:
        """The best verdict on one formula over the ways in which it can be read."""
        ways = product(self.readings(asks, link), self.layouts(asked, target))
        judged: list[tuple[Judgement, Claim]] = []
        for (vectors, arrangement), layout in ways:
            reading = Reading(self.case, asked, target.of, vectors, arrangement, asks.claim.text)
            judgement = Judgement(reading, asks, link, replace(target, layout=layout))
            claim = judgement.claim()
            if claim.verdict in GOOD:
                return Outcome(claim, ((judgement, claim),))
            if arrangement != NUMERATOR:
                judged.append((judgement, claim))
        judged.sort(key=lambda pair: ORDER.index(pair[1].verdict))
        return Outcome(judged[0][1], tuple(judged))

    def readings(self, asks: Question, link: Link) -> Iterator[tuple[str, str]]:
        """How vectors may lie, and derivatives of tensors be arranged."""
        vectors = "numpy" if asks.code else self.setting.vectors or "column"
        inside = any("/d" in name for name in variables(link.term))
        inside = inside or any(isinstance(n, Apply) and n.op == "gradient" for n in walk(link.term))
        for arrangement in ARRANGEMENTS if inside else ARRANGEMENTS[:1]:
            yield vectors, arrangement
        if chain_rule.bare(link.term):
            yield vectors, NUMERATOR

    def layouts(self, asked: Asked, target: Target) -> tuple[str, ...]:
        """How the derivative may be arranged; that of a tensor is a factor, or a Jacobian."""
        of, wrt = (self.setting.shapes[name] for name in (target.of, target.wrt))
        if asked.line.bracket is not None or not of:
            return (target.layout,)
        jacobians = ("jacobian", "jacobian_T") if max(long_axes(of), long_axes(wrt)) < 2 else ()
        return (*ACTING, *jacobians)


def _doubted(found: Outcome, doubts: Sequence[str]) -> Outcome:
    """The outcome, saying what was taken for what where the text can be read in two ways."""
    if not doubts:
        return found
    said = [found.claim.note] if found.claim.note else []
    return replace(found, claim=replace(found.claim, note="; ".join([*said, *doubts])))


def _named(asked: Asked) -> str:
    """The derivative that a claim says it is about."""
    return name_of(Target(**vars(asked.line.bracket))) if asked.line.bracket else "claim"


LIMITS = ("D901", "D904", "D905", "D309")
"""Refusals that say no more than that something here is not known."""

ORDER = ("refuted", "ill-shaped", "undecided", "unreadable")


def _shaped(found: Sequence[Outcome]) -> tuple[int, int]:
    """How many claims have a shape, and how many hold."""
    verdicts = [one.claim.verdict for one in found]
    shaped = sum(verdict in (*GOOD, "refuted", "undecided") for verdict in verdicts)
    return shaped, sum(verdict in GOOD for verdict in verdicts)


def _restates(link: Link, target: Target) -> bool:
    return isinstance(link.term, Var) and link.term.name == f"d{target.of}/d{target.wrt}"
