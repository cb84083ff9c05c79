"""The verdict on a formula with what is right, and with what the formula is right for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.another import meant
from derive.deadline import TimeUp, within
from derive.depiction import drawn, steps_of
from derive.edits import Edit
from derive.formula import faulty
from derive.judgement import Judgement
from derive.term import Apply
from derive.verdict import Claim

MENDING = 6.0
"""The time for finding what is right, over all readings of a formula that is wrong."""

MEANT = 2.0
"""The time for finding another derivative that it is."""

WRONG = ("refuted", "ill-shaped")
IN_FRONT = ("sign", "scale")
PRODUCTS = ("matmul", "mul", "div")


def _in_front(edit: Edit, claim: Claim) -> bool:
    """Whether a change is one of a number or a sign in front, which is no fault of a factor."""
    whole = isinstance(edit.at, Apply) and edit.at.op in PRODUCTS and edit.kind in IN_FRONT
    return whole and claim.verdict == "refuted"


def depicted(claim: Claim, judgement: Judgement) -> Claim:
    """The claim with its formula, the faults in it marked, and how the derivative comes about."""
    wrong = claim.verdict in WRONG
    found = [edit.at for edit in judgement.edits if edit.at and not _in_front(edit, claim)]
    spans = [d.span for d in claim.diagnostics if d.span is not None] if wrong else []
    try:
        formula = faulty(drawn(judgement.reading, judgement.link.term), [*found, *spans])
        steps = steps_of(judgement.truth, judgement.target) if wrong else ()
    except TimeUp:
        return claim
    return replace(claim, formula=formula, steps=steps, place=judgement.link.span)


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
                    found = replace(found, line=self.claim.line, written=self.claim.written)
                    return depicted(replace(found, note=note), judgement)
            return depicted(self.claim, self.judged[0][0]) if self.judged else self.claim

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
