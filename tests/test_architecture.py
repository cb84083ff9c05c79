"""The house rules that a machine can check: who imports whom, what stays out, how long it is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median
from typing import Any

import pytest

import codegen
import derive

ROOT = Path(__file__).parents[1]
OWN = ("derive", "codegen")
DOORS = ("derive.commands.", "derive.asserting.")
"""The modules that know both halves."""

LAZY = (
    "derive",
    "codegen",
    "derive.asserting",
    "derive.cli",
    "derive.commands",
    "derive.shown",
    "derive.testing",
    "derive.notation",
    "derive.faces.face",
)
"""The modules that load others by name, when they are first used."""

RUNS_TEXT = {"eval", "exec", "compile", "sympify", "parse_expr", "parse_latex"}
MISH = "mish(z) = z * tanh(log(1 + exp(z)))"

FILE, FUNCTION, MEDIAN = 300, 60, 10
"""Lines of a file and of a function at most, and of half the functions."""


def module_name(path: Path) -> str:
    """The dotted name of a file of the packages."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {module_name(path): path for own in OWN for path in sorted((ROOT / own).rglob("*.py"))}
FOLDERS = (*OWN, "tests", "bench", "examples")
EVERYWHERE = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            yield part


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that import statements under a node name."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            assert part.level == 0, "imports are absolute"
            for alias in part.names:
                inner = f"{part.module}.{alias.name}"
                yield inner if inner in FILES else str(part.module)


def packages(node: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imported(node)}


def is_door(module: str) -> bool:
    return f"{module}.".startswith(DOORS)


GRAPH = {
    module: {name for name in imported(tree(path)) if name in FILES}
    for module, path in FILES.items()
}


def documented() -> list[str]:
    """The modules in the order that ARCHITECTURE.md gives: lines of a folder and its modules."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    found = re.search(r"^## The order of modules$.*?^```\n(.*?)^```", text, re.S | re.M)
    assert found, "ARCHITECTURE.md has no order of modules"
    rows = [line.split() for line in found[1].splitlines() if line.strip()]
    names = [f"{folder.replace('/', '.')}{name}" for folder, *rest in rows for name in rest]
    return [name.removesuffix(".__init__") for name in names]


def test_imports_have_no_cycle() -> None:
    TopologicalSorter(GRAPH).prepare()


def test_the_order_of_modules_is_the_documented_one() -> None:
    order = {name: place for place, name in enumerate(documented())}
    assert order.keys() ^ FILES.keys() == set(), "listed in ARCHITECTURE.md, or a file: not both"
    wrong = [f"{a} -> {b}" for a, names in GRAPH.items() for b in names if order[a] < order[b]]
    assert wrong == [], "imports of a later module"


def test_each_half_keeps_to_itself() -> None:
    for module, path in FILES.items():
        found = packages(tree(path))
        if module.startswith("codegen"):
            assert "sympy" not in found, module
            assert not any(map(is_door, GRAPH[module])), module
        elif not is_door(module):
            assert not found & {"numpy", "codegen"}, module


def test_own_modules_are_imported_at_the_top() -> None:
    for module, path in FILES.items():
        inside = {name for function in functions(tree(path)) for name in packages(function)}
        assert not inside & set(OWN), module
        assert "importlib" not in imported(tree(path)) or module in LAZY, module


def test_no_public_name_is_also_that_of_a_module() -> None:
    """Importing `codegen.x` would put the module in the place of the function `codegen.x`."""
    public = {
        f"{package.__name__}.{name}" for package in (derive, codegen) for name in package.PUBLIC
    }
    assert public & FILES.keys() == set()


def test_text_is_run_in_one_place() -> None:
    for module, path in FILES.items():
        calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        names |= {call.attr for call in calls if isinstance(call, ast.Attribute)} - {"compile"}
        assert not names & RUNS_TEXT or module == "codegen.loading", module


def test_files_and_functions_are_short() -> None:
    sizes = {module: len(path.read_text("utf-8").splitlines()) for module, path in FILES.items()}
    assert {module: size for module, size in sizes.items() if size > FILE} == {}
    each = {f"{m}.{f.name}": length(f) for m, path in FILES.items() for f in functions(tree(path))}
    assert {name: size for name, size in each.items() if size > FUNCTION} == {}
    assert median(each.values()) <= MEDIAN


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_no_file_is_a_drawer_and_no_comment_puts_work_off() -> None:
    for path in EVERYWHERE:
        assert path.stem not in {"utils", "util", "helpers", "common", "base", "misc"}
        with tokenize.open(path) as file:
            tokens = tokenize.generate_tokens(file.readline)
            comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
        assert not [c for c in comments if re.search(r"\b(TODO|FIXME|XXX)\b", c)], path


def loaded_after(code: str) -> set[str]:
    """The packages in memory when a fresh interpreter has run some code."""
    show = "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    script = f"import atexit, sys\natexit.register(lambda: {show})\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import derive, codegen",
        "import derive.notation, derive.infer",
        "import derive.verdict; derive.verdict.Report().to_markdown()",
        "import derive; derive.stack('784,100,10,10').derivation",
        "import derive.cli; derive.cli.main(['--help'])",
    ],
)
def test_the_start_costs_nothing(code: str) -> None:
    assert not loaded_after(code) & {"sympy", "mpmath", "numpy", "rich", "jinja2"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"layout": "column", "bias": "separate", "activations": "gelu,elu,softplus", "loss": "mse"},
        {"bias": "none", "activations": "mish,sin,identity", "define": [MISH], "loss": "huber"},
    ],
)
def test_an_emitted_module_imports_numpy_alone(options: dict[str, Any]) -> None:
    stack = derive.stack("5,4,3,2", **options)
    assert packages(ast.parse(codegen.emit(stack))) == {"numpy"}
    assert packages(ast.parse(codegen.emit(stack, "array-api"))) == {"array_api_compat"}
