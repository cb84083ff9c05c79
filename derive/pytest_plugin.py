"""The pytest plugin: the claims of documents as tests, one a claim; the fixture `derive`.

Importing it loads nothing but the two lazy packages: what it needs to read documents is loaded when
the first is collected, what it needs to judge them when the first claim is tested. It asserts
nothing that pytest could rewrite (PYTEST_DONT_REWRITE).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import derive as package
from derive import testing

if TYPE_CHECKING:
    from derive.statement import ClaimLine
    from derive.testing.judging import Judged

ENDINGS = (".derive", ".derive.md")
"""How the names of documents end."""

FILES = "derive_files"
"""The option for more of them."""

VERDICT = "derive.verdict"
"""The first property of the test of a claim."""


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "other files whose claims are tests, such as: *.tex notes/*.md"
    parser.addini(FILES, told, type="args", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    patterns: Sequence[str] = parent.config.getini(FILES)
    if not file_path.name.endswith(ENDINGS) and not any(map(file_path.match, patterns)):
        return None
    return testing.DocumentFile.from_parent(parent, path=file_path, judge=judge)


def judge(text: str, claims: Sequence[ClaimLine]) -> Judged:
    """The verdicts on the claims of a document; the first call loads SymPy."""
    return testing.judged(text, claims)


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    """With `-v`, the verdict and what it rests on, in place of PASSED and FAILED."""
    known = getattr(report, "user_properties", ())
    if report.when != "call" or not known or known[0][0] != VERDICT or hasattr(report, "wasxfail"):
        return None
    return report.outcome, "." if report.passed else "F", testing.word(dict(known))


@pytest.fixture(name="derive", scope="session")
def facade() -> ModuleType:
    """The package `derive`: check, check_document, gradients and all that it exports."""
    return package
