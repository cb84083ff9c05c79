"""One file to be judged, and the limits for it, as plain data that any worker can take."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

EDITION = "1"
"""Changes where the same submission would be judged otherwise: records of another are not used."""

SECONDS, MEGABYTES = 60.0, 1000
GRACE = 5
"""Seconds of the processor beyond the limit after which the system ends a process."""

WAIT = 8
"""How many times the seconds of the processor may pass by the clock, on a busy machine."""


@dataclass(frozen=True)
class Limits:
    """What one file may take: seconds of the processor, and megabytes beyond those of a worker."""

    seconds: float = SECONDS
    megabytes: int = MEGABYTES


@dataclass(frozen=True)
class Task:
    """The text of a key, the text of a file and how it is read, and the limits."""

    key: str
    text: str
    suffix: str
    limits: Limits

    def mark(self, version: str) -> str:
        """A name for all that the outcome depends on."""
        known = (EDITION, version, self.key, self.suffix, self.text, *vars(self.limits).values())
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()

    def head(self) -> dict[str, Any]:
        """What a worker is told once."""
        return {"key": self.key, **vars(self.limits)}
