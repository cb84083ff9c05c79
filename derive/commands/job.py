"""The state of one run of the main job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from derive.commands.paper import Paper
from derive.dense import Stack


@dataclass
class Job:
    """What the job found, in order; `data` is the same for --json."""

    stack: Stack
    paper: Paper
    data: dict[str, Any] = field(default_factory=dict)
