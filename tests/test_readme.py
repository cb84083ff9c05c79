"""The README tells the truth: its Python runs, and prints what the text block after it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.S | re.M)
END = "-- end of block --"


def test_the_python_of_the_readme_prints_what_it_shows() -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    code = "".join(f"{block}\nprint({END!r})\n" for block, _ in blocks)
    command = [sys.executable, "-X", "utf8", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{END}\n")
    for (block, shown), real in zip(blocks, printed, strict=False):
        assert shown in ("", real), block
