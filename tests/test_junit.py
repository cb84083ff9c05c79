"""JUnit XML: read by an independent reader, its counts, properties and outcomes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import JUnitXml

from derive.faces.face import written
from derive.verdict import Report
from tests.reports import HOSTILE, hostile, seed, wrong

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "time", "file", "line"},
    "properties": set(),
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
    "system-err": set(),
}
"""What the schema of Jenkins (junit-10) and pytest's own files know: elements, attributes."""

INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase", "system-err"},
    "testcase": {"properties", "failure", "error", "skipped", "system-out"},
    "properties": {"property"},
}


def read(report: Report) -> JUnitXml:
    return JUnitXml.fromstring(report.to_junit().encode())


def test_counts_are_those_of_the_verdicts() -> None:
    found = read(seed())
    (suite,) = found
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (26, 10, 0, 1)
    assert found.tests == 26
    (suite,) = read(wrong())
    verdicts = [claim.verdict for claim in wrong().claims]
    assert suite.errors == verdicts.count("unreadable") == 1


def test_a_claim_is_a_test_with_its_outcome_and_properties() -> None:
    (suite,) = read(seed())
    for case, claim in zip(suite, seed().claims, strict=True):
        kinds = {type(one) for one in case.result}
        expected = {"proved": set(), "ill-shaped": {Failure}, "undecided": {Skipped}}
        assert kinds == expected[claim.verdict]
        told = [(one.name, one.value) for one in case.properties()]
        assert ("verdict", claim.verdict) in told
        assert [v for n, v in told if n == "code"] == [d.code for d in claim.diagnostics]
        shapes = [claim.formula.shape] if claim.formula and claim.formula.shape else []
        assert [v for n, v in told if n == "shape"] == shapes
        assert int(case._elem.get("line")) == claim.line
    (suite,) = read(wrong())
    assert any(isinstance(one, Error) for case in suite for one in case.result)


def test_a_failure_shows_the_place() -> None:
    case = ElementTree.fromstring(seed().to_junit()).findall(".//testcase")[-3]
    text = case.findtext("failure") or ""
    lines = text.split("\n")
    caret = next(place for place, line in enumerate(lines) if line.strip(" |").startswith("^^^"))
    assert lines[caret - 1][lines[caret].index("^") :].startswith("H_2")


@pytest.mark.parametrize("name", HOSTILE)
def test_the_form_is_that_of_the_schema(name: str) -> None:
    for text in (hostile(HOSTILE[name]).to_junit(), written("junit", [seed(), wrong()])):
        root = ElementTree.fromstring(text)
        assert root.tag == "testsuites"
        for node in root.iter():
            assert set(node.attrib) <= ATTRIBUTES[node.tag]
            assert {child.tag for child in node} <= INSIDE.get(node.tag, set())
