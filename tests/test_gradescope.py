"""Gradescope's results.json: a test for each claim, with the fields that an autograder may set."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from derive.faces.face import written
from derive.verdict import GOOD, Report
from tests.reports import HOSTILE, hostile, seed, wrong

FORMATS = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
SEEN = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
STRING, NUMBER = {"type": "string"}, {"type": "number", "minimum": 0}
TEST = {
    "score": NUMBER,
    "max_score": NUMBER,
    "status": {"enum": ["passed", "failed"]},
    "name": STRING,
    "name_format": FORMATS,
    "number": STRING,
    "output": STRING,
    "output_format": FORMATS,
    "tags": {"type": "array", "items": STRING},
    "visibility": SEEN,
    "extra_data": {"type": "object"},
}
FORM = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": NUMBER,
        "output": STRING,
        "output_format": FORMATS,
        "visibility": SEEN,
        "tests": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": False, "properties": TEST},
        },
    },
    "anyOf": [{"required": ["score"]}, {"properties": {"tests": {"minItems": 1}}}],
}
"""What Gradescope's page on the format of results.json allows, of what is used here."""


@pytest.mark.parametrize(
    "report", [seed(), wrong(), Report(), *map(hostile, HOSTILE.values())], ids=str
)
def test_the_form(report: Report) -> None:
    data = json.loads(report.to_gradescope())
    assert [error.message for error in Draft202012Validator(FORM).iter_errors(data)] == []


def test_a_right_claim_is_worth_a_point() -> None:
    tests = json.loads(seed().to_gradescope())["tests"]
    for test, claim in zip(tests, seed().claims, strict=True):
        assert test["score"] == (1 if claim.verdict in GOOD else 0)
        assert test["max_score"] == 1
        assert claim.verdict in test["tags"]
        assert test["extra_data"]["verdict"] == claim.verdict
    assert sum(test["score"] for test in tests) == 15


def test_of_several_files_each_test_has_the_name() -> None:
    tests = json.loads(written("gradescope", [seed(), wrong()]))["tests"]
    assert tests[0]["name"] == "two_hidden_layers.derive, line 6: dL/dW3: proved"
    assert tests[-1]["name"].startswith("wrong.derive, line 5")
    assert [test["number"] for test in tests] == [str(k) for k in range(1, len(tests) + 1)]
