"""JSON: a report as it is, and several as a list of them; `report.schema.json` says the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.verdict import Report, as_json

SCHEMA = "derive-reports/1"
"""The form of several reports; `Report.to_dict` has that of one."""


def write(reports: Sequence[Report]) -> str:
    """The JSON text."""
    return as_json(as_data(reports)) + "\n"


def as_data(reports: Sequence[Report]) -> dict[str, Any]:
    """All reports as plain data."""
    files = [{"file": report.name, **report.to_dict()} for report in reports]
    return {"schema": SCHEMA, "ok": all(report.ok for report in reports), "files": files}
