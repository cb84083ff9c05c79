"""The verdict on a formula with what is right, and with what the formula is right for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.another import meant
from derive.deadline import TimeUp, within
from derive.judgement import Judgement
from derive.verdict import Claim

MENDING = 6.0
"""The time for finding what is right, over all readings of a formula that is wrong."""

MEANT = 2.0
"""The time for finding another derivative that it is."""

WRONG = ("refuted", "ill-shaped")


@dataclass(frozen=True)
class Outcome:
    """A verdict, and the judgements of all readings, in which what is right can be looked for."""

    claim: Claim
    judged: tuple[tuple[Judgement, Claim], ...] = ()

    def mended(self, limit: float) -> Claim:
        """The claim with what is right, by the first reading in which that is found."""
        with within(min(MENDING, limit)):
            for judgement, claim in self.judged:
                found = judgement.mended(claim)
                if found.repair is not None:
                    note = found.note or self.claim.note
                    return replace(found, line=self.claim.line, note=note)
        return self.claim

    def told(self, limit: float) -> Claim:
        """The claim with what is right, and with the derivative that it is instead.

        `limit`: the seconds for each of the two, at most.
        """
        claim = self.mended(limit)
        notes = "; ".join(filter(None, (claim.note, self.meant(limit))))
        return replace(claim, note=notes or None)

    def meant(self, limit: float) -> str | None:
        """Another derivative that the formula is, in some reading."""
        try:
            with within(min(MEANT, limit)):
                found = (meant(one) for one, claim in self.judged if claim.verdict in WRONG)
                return next(filter(None, found), None)
        except TimeUp:
            return None
