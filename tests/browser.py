"""A browser for tests: Debian's chromium, headless, on pages of the test's own."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--virtual-time-budget=5000"),
)
DARK = "--blink-settings=preferredColorScheme=0"
LIGHT = "--blink-settings=preferredColorScheme=1"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


class Browser:
    """Opens pages; each call is a browser of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _run(self, page: str, *options: str) -> str:
        path = self.folder / "page.html"
        path.write_text(page, encoding="utf-8")
        home = f"--user-data-dir={self.folder / 'home'}"
        command = ["chromium", *OPTIONS, home, *options, path.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    def picture(self, page: str, name: str, width: int, height: int, *options: str) -> Path:
        """A picture of a page."""
        target = self.folder / name
        self._run(page, f"--screenshot={target}", f"--window-size={width},{height}", *options)
        return target

    def pdf(self, page: str) -> Path:
        """A page as it is printed."""
        target = self.folder / "page.pdf"
        self._run(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
        return target

    def asked(self, page: str, script: str, *options: str) -> Any:
        """What a script finds out about a page: the value of `found` at its end.

        The page's own rules allow no script, which is tested; here they are left out.
        """
        told = "const note = document.createElement('pre'); note.id = 'asked';"
        told += "note.textContent = JSON.stringify(found); document.body.append(note);"
        ready = f"document.fonts.ready.then(() => {{ {script}; {told} }});"
        copy = POLICY.sub("", page).replace("</body>", f"<script>{ready}</script></body>")
        out = self._run(copy, "--dump-dom", *options)
        answer = re.search(r'<pre id="asked">(.*?)</pre>', out, re.S)
        assert answer, "the script did not end"
        return json.loads(html.unescape(answer[1]))
