"""The pytest plugin where nobody asked for it: what it adds to `pytest --collect-only`.

An empty project, and folders of links in place of an environment: one has pytest and what it needs,
the other also has this package, with the metadata that its wheel would have.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from bench.main_job import children
from bench.report import Options, Report
from bench.timing import interleaved

ROOT = Path(__file__).parents[1]
PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
"""What an environment with pytest alone has."""

OWN = ("derive", "codegen")
PLUGIN = "derive.pytest_plugin"
WITHOUT, WITH = "pytest --collect-only", "pytest --collect-only, plugin installed"
CASE = "an empty project"
ROUNDS, BRIEF_ROUNDS = 31, 1


def linked(folder: Path) -> Path:
    """A folder with links to the files of pytest and of what it needs."""
    folder.mkdir()
    for name in PYTEST:
        found = metadata.distribution(name)
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


def installed(folder: Path) -> Path:
    """A folder with links to this package, and what a wheel says of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir(parents=True)
    for name in OWN:
        (folder / name).symlink_to(ROOT / name)
    files = (path for name in OWN for path in sorted((ROOT / name).rglob("*.*")))
    texts = {
        "METADATA": f"Name: {project['name']}\nVersion: {project['version']}\n",
        "entry_points.txt": "\n".join(entries(project["entry-points"])),
        "RECORD": "".join(
            f"{path.relative_to(ROOT)},,\n" for path in files if path.suffix != ".pyc"
        ),
    }
    for name, text in texts.items():
        (about / name).write_text(text, encoding="utf-8")
    return folder


def entries(groups: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Entry points as a wheel lists them."""
    for group, rows in groups.items():
        yield f"[{group}]"
        yield from (f"{name} = {place}" for name, place in rows.items())


def run(words: list[str], where: Path, *paths: Path) -> str:
    """What Python says on standard error, with these folders and no other packages."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    own["PYTHONPATH"] = os.pathsep.join(map(str, paths))
    command = [sys.executable, "-S", *words]
    done = subprocess.run(command, cwd=where, env=own, capture_output=True, text=True)
    assert done.returncode in (0, 5), done.stdout + done.stderr  # 5: there are no tests
    return done.stderr


def importing(where: Path, *paths: Path) -> float:
    """Milliseconds that Python counts for the import of the plugin, where pytest is loaded."""
    code = f"import pytest, {PLUGIN}"
    said = run(["-X", "importtime", "-c", code], where, *paths)
    (line,) = (line for line in said.splitlines() if line.split()[-1] == PLUGIN)
    return int(re.findall(r"[0-9]+", line)[1]) / 1000


def main(options: Options, report: Report) -> None:
    """The two in turns, by the processor and by the clock; the import alone."""
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        where = root / "project"
        where.mkdir()
        pytest, both = linked(root / "pytest"), installed(root / "both")
        words = ["-m", "pytest", "--collect-only", "-q"]
        work = {
            WITHOUT: lambda: run(words, where, pytest),
            WITH: lambda: run(words, where, both, pytest),
        }
        for clock, of in ((children, "processor"), (time.perf_counter, "clock")):
            seconds = interleaved(work, rounds, clock)
            for name, values in seconds.items():
                report.show(CASE, f"{name}, {of}", "ms", [1e3 * s for s in values], 1)
            pairs = zip(seconds[WITH], seconds[WITHOUT], strict=True)
            report.show(CASE, f"added, {of}", "ms", [1e3 * (a - b) for a, b in pairs], 1)
        imports = [importing(where, both, pytest) for _ in range(rounds)]
        report.show(CASE, f"import of {PLUGIN}", "ms", imports, 2)
