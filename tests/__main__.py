"""`python -m tests`: the gate. Lint, format, types, tests; it stops at the first that fails.

What follows on the command line goes to pytest: `python -m tests -m "slow or not slow"` is all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

STEPS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("pytest", "-n", "2"),
)
"""Modules with their arguments; the rest is set in pyproject.toml. pytest is the last."""


def main(options: list[str]) -> int:
    """The exit code of the first step that fails, or 0."""
    *checks, tests = STEPS
    for step in (*checks, (*tests, *options)):
        print(f"\n$ python -m {' '.join(step)}", flush=True)
        code = subprocess.call([sys.executable, "-m", *step], cwd=ROOT)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
