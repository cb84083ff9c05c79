"""Which names of one network are the same quantity as names of another, found by their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.case import Case
from derive.comparing import Program, agree, confirmed
from derive.diagnostic import DeriveError
from derive.setting import Setting
from derive.tensors import column_shape, same_shape
from derive.term import Term, Var, turned


class Sameness:
    """Compares the names of one setting, each by all its entries at many points."""

    def __init__(self, made: Setting) -> None:
        self.setting, self.case = made, Case(made)

    @property
    def program(self) -> Program:
        """What gives every name its value. Raises DeriveError where there is none."""
        return self.case.program(self.setting.loss)

    def same(self, one: str, others: Iterable[str]) -> tuple[str, bool] | None:
        """The first of several names that is equal to one, and whether it is so transposed."""
        for other in others:
            for term, flipped in self._ways(one, other):
                if self._equal(term, Var(self.case.inner[other])):
                    return other, flipped
        return None

    def _ways(self, one: str, other: str) -> Iterator[tuple[Term, bool]]:
        """The first name as it is, and transposed, where it has the shape of the other."""
        mine, theirs = (column_shape(self.setting.shapes[name]) for name in (one, other))
        term = Var(self.case.inner[one])
        if same_shape(mine, theirs):
            yield term, False
        if mine and same_shape(tuple(reversed(mine)), theirs):
            yield turned(term), True

    def _equal(self, one: Term, other: Term) -> bool:
        """Equal in machine numbers, and then to 50 digits."""
        try:
            program = self.program
            return agree(program, one, other) and confirmed(program, one, other)
        except DeriveError:
            return False
