"""Documents and claims as pytest collects them: read first, judged when the first test runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from derive.commands.files import text_of, without_claim
from derive.commands.paper import Paper
from derive.commands.verdicts import block, drawn
from derive.deadline import TimeUp, within
from derive.diagnostic import DeriveError, Diagnostic, refuse
from derive.documents import document
from derive.faces.saying import headline
from derive.faces.visible import visible
from derive.statement import ClaimLine
from derive.testing.expectations import Expected, expectations, without_expectations
from derive.testing.naming import claims_of, names_of
from derive.testing.properties import properties_of, verdict_of
from derive.verdict import GOOD, Claim

if TYPE_CHECKING:
    from derive.testing.judging import Judged

SECONDS = 10.0
"""Time to read a document when it is collected."""


class DocumentFile(pytest.File):
    """A document: one test for each claim, or one that says why there is none."""

    def __init__(
        self, *, judge: Callable[[str, Sequence[ClaimLine]], Judged], **given: Any
    ) -> None:
        super().__init__(**given)
        self.judge = judge
        self.text, self.found = "", tuple[ClaimLine, ...]()

    def collect(self) -> Iterator[pytest.Item]:
        """Reads the document, and judges nothing."""
        try:
            yield from self.claims()
        except DeriveError as error:
            yield Refused.from_parent(self, name="document", found=error.diagnostic)

    def claims(self) -> Iterator[pytest.Item]:
        """The tests. Raises DeriveError where there is none."""
        text = text_of(str(self.path))
        self.text = without_expectations(text)
        try:
            with within(SECONDS):
                lines = document(self.text)
        except TimeUp:
            raise refuse("D906", f"reading took longer than {SECONDS:g} s") from None
        self.found = claims = claims_of(lines)
        if not claims:
            raise without_claim(self.path.name)
        expected = expectations(text, claims)
        for place, (name, claim) in enumerate(zip(names_of(lines), claims, strict=True)):
            given = {"place": place, "line": claim.line, "expected": expected.get(place)}
            yield ClaimItem.from_parent(self, name=name, **given)

    @cached_property
    def judged(self) -> Judged:
        """The verdicts on all claims, found when the first of the tests runs."""
        return self.judge(self.text, self.found)


class DocumentItem(pytest.Item):
    """A test of a document."""

    line = 1

    def failed(self, why: str, blocks: Sequence[str]) -> None:
        """Fails without a traceback: the place as terminals and editors link it, why, and all."""
        place = f"{os.path.relpath(self.path, self.config.invocation_params.dir)}:{self.line}"
        pytest.fail(visible("\n\n".join((f"{place}: {why}", *blocks))), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.name


class Refused(DocumentItem):
    """A document without tests: an error that says why."""

    def __init__(self, *, found: Diagnostic, **given: Any) -> None:
        super().__init__(**given)
        self.found = found
        self.user_properties += [("derive.verdict", "unreadable"), ("derive.code", found.code)]

    def setup(self) -> None:
        more = self.found.span or self.found.notes or self.found.help
        block = "\n".join(drawn(self.found, Paper().width))
        self.failed(self.found.message, [block] if more else [])

    def runtest(self) -> None:
        """Is not reached."""


class ClaimItem(DocumentItem):
    """One claim: passes where all of it holds, and fails as the document expects (xfail)."""

    parent: DocumentFile

    def __init__(self, *, place: int, line: int, expected: Expected | None, **given: Any) -> None:
        super().__init__(**given)
        self.place, self.line, self.expected = place, line, expected
        if self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group(self.parent.nodeid))

    def runtest(self) -> None:
        judged = self.parent.judged
        found = judged.claims[self.place]
        good = all(one.verdict in GOOD for one in found)
        missed = self.expected.missed(found) if self.expected else None
        self.user_properties[:] = properties_of(found, judged.shapes, missed and str(self.expected))
        if self.expected and not missed and not good:
            pytest.xfail(f"{self.expected}, as the document expects")
        if missed or not good:
            self.failed(missed or reason(found), list(blocks(found, judged.notes)))


def reason(found: Sequence[Claim]) -> str:
    """Why the worst of several claims does not hold, in a line."""
    worst = next(one for one in found if one.verdict == verdict_of(found))
    return next((one.message for one in worst.diagnostics), str(worst.witness or worst.verdict))


def blocks(found: Sequence[Claim], notes: Sequence[Diagnostic]) -> Iterator[str]:
    """What `derive check` shows of a claim, and of lines that were not understood."""
    width = Paper().width
    for one in found:
        yield "\n".join((headline(one), *block(one, width)))
    for note in notes:
        yield "\n".join(drawn(note, width))
