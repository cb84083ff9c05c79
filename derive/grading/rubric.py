"""Evidence and a key's points -> marks. Nothing is judged here, and nothing is held back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.grading.evidence import OPEN, Evidence, Finding
from derive.grading.key import Key


@dataclass(frozen=True)
class Mark:
    """The points for one derivative."""

    name: str
    points: Fraction
    most: Fraction
    finding: Finding


@dataclass(frozen=True)
class Grade:
    """The marks of a submission, and what a person should know of them."""

    marks: tuple[Mark, ...]
    evidence: Evidence

    @property
    def total(self) -> Fraction:
        """The points of all derivatives together."""
        return sum((one.points for one in self.marks), Fraction(0))

    @property
    def most(self) -> Fraction:
        """The points that can be had."""
        return sum((one.most for one in self.marks), Fraction(0))

    @property
    def review(self) -> bool:
        """Whether a person should look: something was not understood, or not decided."""
        open_ones = any(one.finding.status in OPEN for one in self.marks)
        return bool(self.evidence.failure) or open_ones

    @property
    def reason(self) -> str:
        """Why there are not all points, in one line."""
        if self.evidence.failure:
            return self.evidence.failure
        lost = (one.finding for one in self.marks if one.finding.status != "right")
        return "; ".join(f"{one.name}: {one.status}" for one in lost)


def graded(key: Key, found: Evidence) -> Grade:
    """The marks for what was found."""
    known = {one.name: one for one in found.findings}
    marks = []
    for name, most in key.points.items():
        finding = known.get(name, Finding(name, "missing"))
        marks.append(Mark(name, most * share(key, finding.status), most, finding))
    return Grade(tuple(marks), found)


def share(key: Key, status: str) -> Fraction:
    """The part of the points that a status gets."""
    return Fraction(1) if status == "right" else key.credit.get(status, Fraction(0))


def number(value: Fraction) -> float:
    """Points as files have them: a decimal number with three places at most."""
    return round(float(value), 3)


def shown(value: Fraction) -> str:
    """Points as people read them.

    >>> shown(Fraction(3)), shown(Fraction(5, 2)), shown(Fraction(1, 3))
    ('3', '2.5', '0.333')
    """
    return f"{number(value):g}"
