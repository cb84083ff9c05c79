"""Verdicts that a document expects of its own claims: comments `# expect: refuted`.

A comment stands at the end of the claim, or on the line above it; `%` opens it in LaTeX, `<!--` in
Markdown. A document with such comments is read, and judged, as if they were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.diagnostic import DeriveError, Span, refuse
from derive.faces.saying import ORDER
from derive.notation.spelling import shown, suggestion
from derive.statement import ClaimLine
from derive.testing.properties import codes_of, verdict_of
from derive.verdict import GOOD, Claim

COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|%|<!--)[ \t]*expect:(?P<words>.*?)(?:-->[ \t\r]*)?$", re.M)


@dataclass(frozen=True, slots=True)
class Expected:
    """Verdicts, and codes of findings or kinds of mistakes, that a claim is to get."""

    verdicts: tuple[str, ...]
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((*self.verdicts, *self.codes))

    def missed(self, found: Sequence[Claim]) -> str | None:
        """What was found in place of what is expected; None where it was found.

        Of a chain, the verdicts on links that hold do not count beside others.

        >>> Expected(("refuted",)).missed([Claim("dL/dW", "proved")])
        'expected refuted, found proved'
        """
        bad = {one.verdict for one in found} - set(GOOD) or {verdict_of(found)}
        codes = codes_of(found)
        if bad == set(self.verdicts) and set(self.codes) <= set(codes):
            return None
        told = [one for one in ORDER if one in bad]
        return f"expected {self}, found {' '.join((*told, *codes))}"


def without_expectations(text: str) -> str:
    """The text with room in the place of these comments."""
    return COMMENT.sub(lambda found: " " * len(found[0]), text)


def expectations(text: str, claims: Sequence[ClaimLine]) -> Mapping[int, Expected]:
    """What is expected of claims, by their places among all claims.

    Raises DeriveError, with the place, for a word that is neither verdict nor code, and for a
    comment without a claim.
    """
    found: dict[int, Expected] = {}
    for comment in COMMENT.finditer(text):
        place = _claim_of(text, comment.start(), claims)
        if place is None:
            raise _refusal(text, comment.span(), "no claim ends here, or starts on the next line")
        if place in found:
            raise _refusal(text, comment.span(), "this claim has an expectation already")
        found[place] = _expected(text, comment)
    return found


def _claim_of(text: str, start: int, claims: Sequence[ClaimLine]) -> int | None:
    """The claim of a comment: the last one before it on its line, else the first on the next."""
    line = text.count("\n", 0, start) + 1
    own = [k for k, one in enumerate(claims) if _ends_before(text, one, start)]
    below = [k for k, one in enumerate(claims) if one.line == line + 1]
    return own[-1] if own else below[0] if below else None


def _ends_before(text: str, claim: ClaimLine, start: int) -> bool:
    """Whether a claim starts before a place, and ends on its line."""
    return claim.span.start < start and "\n" not in text[min(claim.span.end, start) : start]


def _expected(text: str, comment: re.Match[str]) -> Expected:
    words = list(re.finditer(r"[^\s,]+", comment["words"]))
    for one in words:
        if one[0] not in ORDER and not re.fullmatch(r"D[0-9]{3}", one[0]):
            at = comment.start("words")
            help = suggestion(one[0], ORDER) or f"a verdict is {', '.join(ORDER)}"
            message = f"`{shown(one[0])}` is not a verdict"
            raise _refusal(text, (at + one.start(), at + one.end()), message, help)
    verdicts = tuple(one[0] for one in words if one[0] in ORDER)
    if not verdicts:
        raise _refusal(text, comment.span(), "a verdict is missing", f"it is {', '.join(ORDER)}")
    return Expected(verdicts, tuple(one[0] for one in words if one[0] not in ORDER))


def _refusal(
    text: str, span: tuple[int, int], message: str, help: str | None = None
) -> DeriveError:
    line = text.count("\n", 0, span[0]) + 1
    return refuse("D121", f"line {line}: {message}", text, Span(*span), help=help)
