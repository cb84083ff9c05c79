"""What was found in one submission, as plain data: no points yet, and nothing held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

STATUSES = ("right", "layout", "repair", "step", "wrong", "undecided", "unreadable", "missing")
"""From best to worst. `layout`: right, but transposed. `repair`: one change from right. `step`: a
right step on the way, or an earlier answer that was right. The last four get no points."""

OPEN = ("undecided", "unreadable")
"""What a person should look at: nothing is known to be wrong."""


@dataclass(frozen=True)
class Finding:
    """What was found for one derivative: the claims about it as a report has them, and a note."""

    name: str
    status: str
    note: str = ""
    claims: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All findings of a submission; `failure` says why there are none.

    `others` are right or wrong claims that the key does not ask for, `unread` lines and claims
    that were not understood, `way` how the submission was read.
    """

    findings: tuple[Finding, ...] = ()
    others: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    way: str = ""
    failure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The evidence as data that JSON holds."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        """The evidence that data of `to_dict` says."""
        findings, others = (tuple(map(_finding, data[name])) for name in ("findings", "others"))
        return cls(findings, others, tuple(data["unread"]), data["way"], data["failure"])


def _finding(data: Mapping[str, Any]) -> Finding:
    return Finding(data["name"], data["status"], data["note"], tuple(data["claims"]))
