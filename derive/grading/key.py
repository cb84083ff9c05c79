"""The key of an exercise: its network, what is asked for, and what each answer is worth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.asking import name_of
from derive.case import Case
from derive.checker import OPEN, SECONDS, Checker, check_document
from derive.deadline import Allowance
from derive.diagnostic import DeriveError, Diagnostic, refuse
from derive.documents import document
from derive.notation.names import Names, name_key
from derive.notation.spelling import shown, suggestion
from derive.setting import Setting, setting_of
from derive.statement import ClaimLine, Credit, Declare, Let, Loss, Points, Stack, Statement
from derive.truth import Target
from derive.verdict import GOOD

EACH = "each"
DEFAULTS = {"layout": Fraction(3, 4), "repair": Fraction(1, 2), "step": Fraction(1, 4)}
"""The parts of the points for what is not quite right, where the key says nothing of them."""

NETWORK = (Stack, Let, Loss, Declare)
ASKED = re.compile(
    r"\[?\s*(?:(\w+)\s+)?[d∂]([^\s\[\]/=]{1,60})\s*/\s*[d∂]([^\s\[\]/=]{1,60})\s*\]?"
)
DERIVATIVE = re.compile(r"(?:\w+ )?d[^\s/]+/d[^\s/]+")


@dataclass(frozen=True)
class Key:
    """What submissions are judged against.

    `network` has the statements that are no claims; `options` are the ways to read a stack that
    leaves its reduction open under which the key's own claims hold.
    """

    network: tuple[Statement, ...]
    options: tuple[str | None, ...]
    points: Mapping[str, Fraction]
    credit: Mapping[str, Fraction]

    @property
    def total(self) -> Fraction:
        """The points that can be had."""
        return sum(self.points.values(), Fraction(0))

    @property
    def items(self) -> tuple[str, ...]:
        """The derivatives that are asked for, as reports name them."""
        return tuple(self.points)

    def setting(self, option: str | None = None) -> Setting:
        """What the network sets out, made anew; `option` as in `derive.checker`."""
        return setting_of(self.network, Setting(option=option))


def read_key(text: str) -> Key:
    """The key that a document is.

    Raises DeriveError, in one sentence, for a key that cannot be graded by: one without a network
    or without a derivative that is asked for, or with a claim of its own that does not hold.
    """
    lines = document(text)
    network = tuple(one for one in lines if not isinstance(one, ClaimLine | Points | Credit))
    if not any(isinstance(one, NETWORK) for one in network):
        raise refuse("D411", "the key has no network: a `stack` line, or `let` and `loss` lines")
    setting = setting_of(network)
    for failure in setting.failures.values():
        raise DeriveError(failure)
    options = _options(setting)
    claims = tuple(one for one in lines if isinstance(one, ClaimLine))
    names = list[str]()
    if claims:
        options = tuple(one for one in options if _hold(network, claims, one))
        names = _claimed(text, bool(options))
    points = _points(lines, setting, names)
    credit = DEFAULTS | {
        k: v for one in lines if isinstance(one, Credit) for k, v in one.shares.items()
    }
    return Key(network, options, points, credit)


def _options(setting: Setting) -> tuple[str | None, ...]:
    """How the reduction may be read: in one way, or in several where a stack leaves it open."""
    network = setting.network
    known = network is None or network.stated or network.single
    return (None,) if known else (None, *(option for option, _ in OPEN))


def _hold(network: Sequence[Statement], claims: Sequence[ClaimLine], option: str | None) -> bool:
    """Whether all claims of the key hold for one reading of its network."""
    made = setting_of((*network, *claims), Setting(option=option))
    outcomes = Checker(made, Allowance(SECONDS)).outcomes()
    return all(one.claim.verdict in GOOD for one in outcomes)


def _claimed(text: str, hold: bool) -> list[str]:
    """The derivatives that the key's own claims are about. Raises DeriveError for a wrong one."""
    claims = check_document(text).claims
    for claim in claims:
        if claim.verdict in GOOD:
            continue
        first = claim.diagnostics[0] if claim.diagnostics else Diagnostic("D412", "")
        message = f"line {claim.line} of the key: its own claim for {claim.name} is {claim.verdict}"
        notes = tuple(filter(None, (first.message,)))
        raise refuse("D412", message, first.text, first.span, notes=notes)
    if not hold:
        raise refuse("D412", "the key's own claims do not hold for one and the same loss")
    return list(dict.fromkeys(one.name for one in claims if DERIVATIVE.fullmatch(one.name)))


def _points(
    lines: Sequence[Statement], setting: Setting, claimed: Sequence[str]
) -> dict[str, Fraction]:
    """What each derivative is worth, in the order of the key."""
    stated: dict[str, Fraction] = {}
    each = Fraction(1)
    for one in lines:
        if not isinstance(one, Points):
            continue
        if one.name == EACH:
            each = one.value
            continue
        name = asked_name(one.name, setting)
        if name in stated:
            raise refuse(
                "D413", f"line {one.line} of the key: the points of {name} are given twice"
            )
        stated[name] = one.value
    points = {name: stated.pop(name, each) for name in claimed} | stated
    if not points:
        raise refuse("D411", "the key asks for nothing: it has no `claim` and no `points` line")
    if not sum(points.values()):
        raise refuse("D413", "every derivative of the key is worth 0 points")
    return points


def asked_name(written: str, setting: Setting) -> str:
    """The name of a derivative as reports have it. Raises DeriveError where there is none."""
    found = ASKED.fullmatch(written)
    if not found:
        help = "write `points dL/dW2 = 4`, or `points jacobian dyhat/dz2 = 2`"
        raise refuse("D413", f"`{shown(written)}` is not a derivative", help=help)
    known = Names(setting.shapes)
    ends = [_declared(found[k], known) for k in (2, 3)]
    Case(setting).truth(ends[0])
    return name_of(Target(ends[0], ends[1], found[1] or "gradient"))


def _declared(written: str, known: Names) -> str:
    """The name of the network that a written one means."""
    names = known.find((written,), name_key(written))
    if len(names) != 1:
        help = suggestion(written, known.declared)
        raise refuse("D101", f"`{shown(written)}` is no name of the key's network", help=help)
    return names[0]
