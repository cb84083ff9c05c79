"""The claims of one submission, judged in the way in which most of them are right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.checker import Checker
from derive.deadline import Allowance, TimeUp, by_processor, within
from derive.diagnostic import DeriveError, Diagnostic
from derive.grading.answers import Judged, answers
from derive.grading.evidence import Evidence
from derive.grading.key import Key
from derive.grading.said import Said, said
from derive.grading.turning import with_one_axis
from derive.grading.ways import OWN, Way, ways
from derive.notation.code import looks_like_code
from derive.outcome import Outcome
from derive.verdict import GOOD

LIMIT = 10.0
"""Seconds for one claim at most."""

ANOTHER = "its own network was left aside: it could not be shown to be that of the exercise"
NOTHING = "no claim was found: a claim is an equation for a derivative"


def evidence(key: Key, text: str, suffix: str, seconds: float) -> Evidence:
    """What a submission shows. Whatever it says, it ends in evidence, and in time.

    The time is that of the processor: how busy the machine is makes no difference.
    """
    with by_processor():
        try:
            with within(seconds):
                return _evidence(key, said(text, suffix), seconds)
        except DeriveError as error:
            return Evidence(failure=f"unreadable: {error}")
        except TimeUp:
            return Evidence(failure=f"time: it takes more than {seconds:g} s")


def _evidence(key: Key, text: Said, seconds: float) -> Evidence:
    if not text.claims:
        told = "; ".join(_told(line, found) for line, found in text.unread[:3])
        return Evidence(failure=f"unreadable: {told or NOTHING}")
    best = _best(key, text, seconds)
    report = best.checker.report(best.outcomes)
    found = answers(key, Judged(best.way, best.checker, report.claims), bool(text.unread))
    unread = (*found.unread, *(_told(line, one) for line, one in text.unread))
    if text.declares and best.way.what != OWN:
        unread = (*unread, ANOTHER)
    return replace(found, unread=unread)


def _told(line: int, found: Diagnostic) -> str:
    """A line that was not understood, in one sentence."""
    start = f"line {line}: "
    return found.message if found.message.startswith("line ") else start + found.message


@dataclass
class Tried:
    """The verdicts of one way."""

    way: Way
    checker: Checker
    outcomes: Sequence[Outcome]
    worth: tuple[int, ...]


def _best(key: Key, text: Said, seconds: float) -> Tried:
    """The way in which most of the submission is right; of several, the first.

    A network that is turned over is tried where something does not fit in the other.
    """
    best: Tried | None = None
    wanted = tuple(one.name for one in key.setting().equations)
    for way in ways(key, text, wanted):
        if best is not None and way.turned and not _misfits(best.outcomes):
            continue
        tried = _tried(key, way, seconds)
        if best is None or tried.worth > best.worth:
            best = tried
        if all(one.claim.verdict in GOOD for one in best.outcomes):
            break
    assert best is not None, "the key's own network is always a way"
    return best


def _misfits(outcomes: Sequence[Outcome]) -> bool:
    """Whether a claim has no shape or a wrong one, and so may be meant the other way round."""
    fits = (*GOOD, "refuted")
    return any(
        one.claim.verdict not in fits or one.claim.layout == "transposed" for one in outcomes
    )


def _tried(key: Key, way: Way, seconds: float) -> Tried:
    checker = Checker(way.setting, Allowance(min(LIMIT, seconds)))
    outcomes = _beside(checker, checker.outcomes())
    return Tried(way, checker, outcomes, _worth(key, way, outcomes))


def _beside(checker: Checker, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """The outcomes, with those for arrays with one axis where a claim is rather about these."""
    claims = checker.setting.claims
    worst = _worst(outcomes)
    wrong = {at for at, verdict in worst.items() if RANKS[verdict] >= RANKS["ill-shaped"]}
    texts = [claims[at].line.text for at in wrong]
    coded = any(SUMMED.search(text) or looks_like_code(text) for text in texts)
    other = with_one_axis(checker.setting) if coded else None
    if other is None:
        return outcomes
    shapes = {name: other.shapes[name] for name in checker.setting.shapes}
    scopes = (replace(one.scope, shapes={**one.scope.shapes, **shapes}) for one in claims)
    other.claims = [replace(one, scope=scope) for one, scope in zip(claims, scopes, strict=True)]
    flat = Checker(other, checker.allowance).outcomes()
    taken = {
        at
        for at, verdict in _worst(flat).items()
        if at in wrong
        and RANKS[verdict] < RANKS[worst[at]] + bool(SUMMED.search(claims[at].line.text))
    }
    kept = (one for one in outcomes if (one.claim.line or 0) not in taken)
    return [*kept, *(one for one in flat if (one.claim.line or 0) in taken)]


SUMMED = re.compile(r"sum\b(?!.*keepdims)", re.S)
"""A sum that leaves one axis."""

RANKS = {**dict.fromkeys(GOOD, 0), "refuted": 1, "undecided": 1, "ill-shaped": 2, "unreadable": 3}
"""How far a verdict is from one on values."""


def _worst(outcomes: Sequence[Outcome]) -> dict[int, str]:
    """The worst verdict on each claim, by its number."""
    found = dict[int, str]()
    for one in outcomes:
        at, verdict = one.claim.line or 0, one.claim.verdict
        found[at] = max(found.get(at, verdict), verdict, key=lambda word: RANKS[word])
    return found


def _worth(key: Key, way: Way, outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    """How many derivatives of the key are right, how many claims, and how many have a shape."""
    verdicts = [one.claim.verdict for one in outcomes]
    right = {way.name(one.claim.name) for one in outcomes if one.claim.verdict in GOOD}
    wrong = {way.name(one.claim.name) for one in outcomes if one.claim.verdict not in GOOD}
    good = sum(verdict in GOOD for verdict in verdicts)
    shaped = sum(verdict in (*GOOD, "refuted", "undecided") for verdict in verdicts)
    return len((right - wrong) & set(key.points)), good, shaped
