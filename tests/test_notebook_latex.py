"""What a notebook shows of a report and of a claim where it shows LaTeX, or text."""

from __future__ import annotations

import re

import pytest

from derive.faces.face import written
from derive.verdict import Claim, Report
from tests.reports import HOSTILE, hostile, seed


class Printer:
    """What IPython hands to `_repr_pretty_`."""

    def __init__(self) -> None:
        self.said = ""

    def text(self, words: str) -> None:
        self.said += words


def rows(latex: str) -> list[str]:
    """The rows of the one array."""
    (body,) = re.findall(r"^\$\\displaystyle\\begin\{array\}\{lll\}(.*)\\end\{array\}\$$", latex)
    return str(body).split(r" \\ ")


def test_a_row_for_each_claim_and_for_what_is_right() -> None:
    report = seed()
    found = rows(report._repr_latex_())
    assert len(found) == len(report.claims) + sum(c.repaired is not None for c in report.claims)
    verdicts = [row.rpartition("& ")[2] for row in found if not row.endswith(r"\text{repair}")]
    said = [rf"\text{{{claim.verdict}}}".replace("-", "-{}") for claim in report.claims]
    assert verdicts == said


def test_a_claim_is_shown_as_a_report_of_it_alone() -> None:
    claim = seed().claims[-1]
    assert claim._repr_latex_() == written("notebook_latex", [Report((claim,))])
    assert claim._repr_html_() == written("notebook", [Report((claim,))])


def test_text_is_the_plain_report() -> None:
    for thing in (seed(), seed().claims[-1]):
        printer = Printer()
        thing._repr_pretty_(printer, False)
        assert printer.said == str(thing)


def test_a_claim_without_a_formula_has_its_verdict() -> None:
    assert rows(Claim("dL/dW", "unreadable")._repr_latex_()) == [
        r"\text{dL/dW} &  & \text{unreadable}"
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_inside(name: str) -> None:
    inner = hostile(HOSTILE[name])._repr_latex_()[1:-1]
    assert not re.search(r"(?<!\\)\$", inner)
    assert not re.search(r"\\(?:input|write|href|def|catcode)\b", inner)
    plain = re.sub(r"\\[{}\\]", "", inner)
    assert plain.count("{") == plain.count("}")
