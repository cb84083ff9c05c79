"""Verdicts on claims -> what was found for each derivative that the key asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from derive.asking import name_of
from derive.checker import Checker
from derive.diagnostic import DeriveError
from derive.equation import PREFIX, rows
from derive.equation import derivative_of as written_derivative
from derive.equation import name_of as plain
from derive.grading.evidence import STATUSES, Evidence, Finding
from derive.grading.founded import UNNAMED, derivatives, founded, rests_on
from derive.grading.key import DERIVATIVE, Key
from derive.grading.ways import Way
from derive.notation.names import Names, name_key
from derive.setting import Asked
from derive.truth import Target
from derive.verdict import GOOD, Claim

RESTATED = "it names the derivative itself, and does not say what it is"
RESTING = "rests on {0}, which is not derived"
CARRIED = "rests on {0}, which is taken as it should be"
EARLIER = "an earlier answer was right; the last one counts"
HALF = 2
"""A factor that was put in counts as one change where at most half of the formula is new."""


@dataclass(frozen=True)
class Judged:
    """The claims of one way, judged."""

    way: Way
    checker: Checker
    claims: Sequence[Claim]


@dataclass
class Group:
    """One claim of a submission: its verdicts, and the derivatives that each formula names."""

    name: str
    claims: list[Claim] = field(default_factory=list)
    rests: tuple[frozenset[str], ...] = ()

    @property
    def status(self) -> str:
        """What the formulas amount to, whatever they rest on."""
        told = [one for one in self.claims if DERIVATIVE.fullmatch(one.name)] or self.claims
        verdicts = {one.verdict for one in told}
        if "unreadable" in verdicts:
            return "unreadable"
        wrong = [one for one in told if one.verdict in ("refuted", "ill-shaped")]
        if wrong and all(map(one_change, wrong)):
            return "repair"
        if wrong:
            return "step" if verdicts & {*GOOD} else "wrong"
        if "undecided" in verdicts:
            return "undecided"
        return "layout" if any(one.layout == "transposed" for one in told) else "right"


def one_change(claim: Claim) -> bool:
    """Whether one change makes a claim right, and most of the formula stays."""
    if len(claim.edits) != 1 or claim.edits[0] == "whole" or not claim.repair:
        return False
    if claim.edits[0] not in ("missing", "factor"):
        return True
    mine, theirs = (len(WORD.findall(text)) for text in (claim.read_as or "", claim.repair))
    return HALF * mine >= theirs


WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]+")
"""A name in a formula; a command of LaTeX is none."""


def answers(key: Key, judged: Judged, lines_lost: bool) -> Evidence:
    """What was found for every derivative of the key, and for others."""
    groups = _groups(key, judged)
    sheet = Sheet(key, groups)
    names = dict.fromkeys((*key.points, *(one.name for one in groups if one.name)))
    found = {name: sheet.finding(name) for name in names}
    lost = [one for one in groups if not one.name]
    unread = tuple(_unread(one) for one in lost)
    asked = tuple(_sought(found[name], lines_lost or bool(lost)) for name in key.points)
    others = tuple(found[name] for name in names if name not in key.points)
    return Evidence(asked, others, unread, judged.way.what)


def _sought(found: Finding, lost: bool) -> Finding:
    """What is missing may be among the lines that were not understood."""
    return replace(found, status="unreadable") if lost and found.status == "missing" else found


def _unread(one: Group) -> str:
    (first, *_) = one.claims
    message = first.diagnostics[0].message if first.diagnostics else first.verdict
    return f"line {first.line}: {message}"


def _groups(key: Key, judged: Judged) -> list[Group]:
    """The verdicts by the claim that they are on; each with the name that the key has for it."""
    way, asked = judged.way, judged.checker.setting.claims
    allowed = _given(key)
    groups = [Group(_attributed(one, way)) for one in asked]
    for claim in judged.claims:
        group = groups[claim.line or 0]
        if DERIVATIVE.fullmatch(claim.name):
            group.name = way.name(claim.name)
        group.claims.append(replace(claim, line=way.lines[claim.line or 0]))
    for one, group in zip(asked, groups, strict=True):
        links = rests_on(one, way.setting)
        group.rests = tuple(frozenset(map(way.name, link)) - allowed for link in links)
    return [one for one in groups if one.claims]


def _given(key: Key) -> frozenset[str]:
    """The derivatives that the key has names for: nobody need derive them."""
    given = key.setting().given.values()
    return frozenset(name for term in given for name in derivatives(term, {}))


def _attributed(asked: Asked, way: Way) -> str:
    """The derivative that the left side of a claim names, where that can be told by itself."""
    bracket, made = asked.line.bracket, way.setting
    if bracket is not None:
        return way.name(name_of(Target(**vars(bracket))))
    try:
        left = rows(asked.line.text)[0].left
    except (DeriveError, IndexError):
        return ""
    ends = written_derivative(left)
    if ends is None and (found := PREFIX.match(left)) and (name := plain(left[found.end() :])):
        ends = (made.loss, name.text)
    known = Names(made.shapes)
    names = [known.find((), name_key(end)) for end in ends or ()]
    if len(names) != 2 or any(len(one) != 1 for one in names):
        return ""
    return way.name(f"d{names[0][0]}/d{names[1][0]}")


def claim_data(claim: Claim) -> dict[str, Any]:
    """What is kept of the verdict on a formula, as plain data."""
    kept = {name: getattr(claim, name) for name in KEPT}
    witness = {"text": str(claim.witness)} if claim.witness else None
    return {**kept, "diagnostics": [d.to_dict() for d in claim.diagnostics], "witness": witness}


KEPT = (
    *("name", "verdict", "line", "read_as", "layout", "note", "mistake"),
    *("repair", "repair_numpy", "facts", "edits"),
)


class Sheet:
    """The claims of a submission by the derivatives that they are about."""

    def __init__(self, key: Key, groups: Sequence[Group]) -> None:
        self.points = key.points
        self.by_name: dict[str, list[Group]] = {}
        for one in groups:
            self.by_name.setdefault(one.name, []).append(one)
        links = {n: [r for g in found for r in g.rests] for n, found in self.by_name.items()}
        self.founded = founded(links)

    def last(self, name: str) -> Group:
        """The answer that counts: the last one that was understood."""
        groups = self.by_name[name]
        return ([one for one in groups if one.status != "unreadable"] or groups)[-1]

    def finding(self, name: str) -> Finding:
        """What was found for one derivative."""
        if name not in self.by_name:
            return Finding(name, "missing")
        last = self.last(name)
        status, note = self.settled(name, frozenset())
        earlier = (one for one in self.by_name[name] if one is not last)
        if worse(status, "step") and any(one.status == "right" for one in earlier):
            status, note = "step", EARLIER
        return Finding(name, status, note, tuple(map(claim_data, last.claims)))

    def settled(self, name: str, above: frozenset[str]) -> tuple[str, str]:
        """The status of an answer with that of what it rests on, and a note on this."""
        last = self.last(name)
        if worse(last.status, "repair") or not last.rests:
            return last.status, ""
        links = [link for link in last.rests if not link & {name, UNNAMED}]
        if not links:
            return "missing", RESTATED
        found = [self.resting(link, last.status, above | {name}) for link in links]
        return min(found, key=lambda one: STATUSES.index(one[0]))

    def resting(self, link: frozenset[str], status: str, above: frozenset[str]) -> tuple[str, str]:
        """The status of one formula, which is no better than what it rests on.

        A mistake costs once: what the key asks for itself is taken as it should be.
        """
        note = ""
        for name in sorted(link):
            if name not in self.founded or name in above:
                return "step", RESTING.format(name)
            inner = self.last(name).status if name in self.points else self.settled(name, above)[0]
            if inner == "right":
                continue
            note = CARRIED.format(name)
            if name not in self.points:
                status = max(status, inner, key=STATUSES.index)
                status = "step" if worse(status, "step") else status
        return status, note


def worse(one: str, other: str) -> bool:
    """Whether one status comes after another.

    >>> worse("wrong", "step"), worse("right", "right")
    (True, False)
    """
    return STATUSES.index(one) > STATUSES.index(other)
