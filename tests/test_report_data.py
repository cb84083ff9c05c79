"""JSON: every report has the form that the schema says, and the schema has a number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from derive.checker import check_document
from derive.cli import main
from derive.faces.face import written
from derive.verdict import SCHEMA, Report
from tests.reports import HOSTILE, ROOT, SEED, full, hostile, seed, wrong

PATH = ROOT / "derive" / "faces" / "report.schema.json"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(PATH.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(validator: Draft202012Validator, data: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def documents() -> list[Path]:
    return sorted((*(ROOT / "examples").glob("*.derive"), *(ROOT / "derive/pages").glob("*.md")))


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_reports_on_documents(validator: Draft202012Validator, path: Path) -> None:
    report = check_document(path.read_text(encoding="utf-8"))
    data = json.loads(report.to_json())
    assert data["schema"] == SCHEMA
    assert faults(validator, data) == []


def test_reports_of_all_kinds(validator: Draft202012Validator) -> None:
    reports = [seed(), wrong(), Report(), Report((full(),)), *map(hostile, HOSTILE.values())]
    assert faults(validator, json.loads(written("json", reports))) == []
    for report in reports:
        assert faults(validator, json.loads(report.to_json())) == []


def test_what_the_command_writes(validator: Draft202012Validator, capsys: Any) -> None:
    main(["check", "--json", str(SEED)])
    data = json.loads(capsys.readouterr().out)
    assert faults(validator, data) == []
    assert data["schema"] == "derive-reports/1"


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "derive-report/2"},
        {"ok": "yes"},
        {"claims": [{}]},
        {"more": 1},
    ],
)
def test_the_schema_refuses_another_form(
    validator: Draft202012Validator, change: dict[str, Any]
) -> None:
    assert faults(validator, {**json.loads(seed().to_json()), **change})
