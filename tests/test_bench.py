"""The benchmarks: what they compare is the same work, and each of them runs; never how long."""

from __future__ import annotations

import doctest
import json
import math
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench.ranges
import bench.report
from bench import floor, plain
from bench.__main__ import BENCHES, chosen, main, parser
from bench.__main__ import NETS as NAMED
from bench.machine import settings
from bench.nets import NETS, Case, Inputs, Net, Step, inputs, module
from bench.ranges import table
from bench.report import Options, Report, spread
from bench.step import BRIEF, FLOORS, MODULES, PAIRS, Measured, cases, contenders, summary
from bench.timing import interleaved, ratios
from bench.turns import BYTES, Turns
from codegen import mkl

ROOT = Path(__file__).parents[1]
PEERS = {"in_torch": "torch", "in_jax": "jax", "in_autograd": "autograd"}
SMALL = Net((5, 4, 3, 2), ("tanh", "sigmoid"), (1, 6))


def small(rng: np.random.Generator, n: int, net: Net = SMALL) -> Inputs:
    """A step of a small network."""
    params = {
        name: rng.standard_normal((a + 1, b))
        for name, a, b in zip(net.weights, net.sizes, net.sizes[1:], strict=False)
    }
    labels = rng.integers(0, net.sizes[-1], n)
    x, y = rng.standard_normal((n, net.sizes[0])), np.eye(net.sizes[-1])[labels]
    return Inputs(net, Case("digits", n, "float64"), params, x, y, labels)


def linear(given: Inputs, *, biases: bool) -> list[np.ndarray]:
    """The gradients of half the sum of squares of a network without functions, in plain NumPy."""
    ones = np.full((len(given.x), 1), float(biases))
    W = list(given.params.values())
    A = [given.ones_and_x]
    for w in W[:-1]:
        A.append(np.hstack([ones, A[-1] @ w]))
    D = [A[-1] @ W[-1]]
    for w in W[:0:-1]:
        D.insert(0, D[0] @ w[1:].T)
    return [a.T @ d for a, d in zip(A, D, strict=True)]


@pytest.mark.parametrize("n", [1, 6])
@pytest.mark.parametrize(("layout", "biases"), [(floor.columns, True), (floor.rows, False)])
@pytest.mark.parametrize("limit", [0, floor.DOT_ENTRIES])
def test_the_floor_is_a_step_of_a_network_without_functions(
    rng: np.random.Generator, monkeypatch: Any, n: int, layout: Any, biases: bool, limit: int
) -> None:
    """So it has every product of a step: half the sum of squares has the outputs as its error."""
    monkeypatch.setattr(floor, "DOT_ENTRIES", limit)
    given = small(rng, n)
    products, found = layout(given)
    assert len(products) == 3 * len(found) - 1
    floor.in_a_row(products).run()
    for one, true in zip(found, linear(given, biases=biases), strict=True):
        start = 0 if biases or one is found[0] else 1
        np.testing.assert_allclose(one[start:], true[start:], atol=1e-12)


@pytest.mark.parametrize("word", plain.ACTIVATIONS)
def test_the_slopes_of_the_textbook_are_those_of_differences(
    rng: np.random.Generator, word: str
) -> None:
    function, slope = plain.ACTIVATIONS[word]
    z, h = rng.standard_normal((4, 5)), 1e-6
    found = (function(z + h) - function(z - h)) / (2 * h)
    np.testing.assert_allclose(slope(z, function(z)), found, atol=1e-8)


@pytest.mark.parametrize("name", NETS)
def test_the_textbook_and_the_emitted_module_agree(name: str) -> None:
    given = inputs(Case(name, 3, "float64"))
    true = plain.truth(given)
    found = module(name).gradients(given.params, given.x, given.y)
    for key in given.net.weights:
        np.testing.assert_allclose(found[key], true[key], atol=1e-12 * np.abs(true[key]).max())


def test_a_contender_with_wrong_gradients_is_not_timed() -> None:
    turns = Turns("in_numpy", Options())
    case = Case("untuned", 3, "float64")
    true = plain.truth(inputs(case))
    wrong = {name: value * (1 + 1e-9) for name, value in true.items()}
    turns.makers = {"wrong": lambda given: Step(lambda: wrong, lambda: wrong)}
    with pytest.raises(AssertionError, match="wrong, untuned float64 batch 3: gradients are off"):
        turns.build("wrong", case, 1e-4)


def test_a_turn_is_one_step_of_many() -> None:
    turns = Turns("in_numpy", Options())
    built = turns.build("workspace", Case("untuned", 3, "float64"), 1e-3)
    assert built.times >= 1
    assert built.error is not None
    assert built.allocated is not None
    assert built.allocated < BYTES, "a step in a Workspace allocates nothing but views"
    assert turns.turn("workspace") > 0


def test_the_environment_has_nothing_that_tunes_blas() -> None:
    given = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "1", "HOME": "h"}
    made = settings(2, given)
    assert {name for name in made if name.startswith("OPENBLAS_")} == {"OPENBLAS_NUM_THREADS"}
    assert made["OPENBLAS_NUM_THREADS"] == made["OMP_NUM_THREADS"] == "2"
    assert made["HOME"] == "h"
    assert settings(2, made) == made, "a process that was started again is not started again"


def test_contenders_take_turns() -> None:
    order: list[str] = []
    ticks = iter(range(100))
    work = {name: (lambda name=name: order.append(name)) for name in "ab"}
    seconds = interleaved(work, 3, lambda: float(next(ticks)))
    assert order == list("ab" * 4), "once before the rounds, and then in each"
    assert seconds == {"a": [1.0] * 3, "b": [1.0] * 3}
    assert ratios([2.0, 3.0], [1.0, 6.0]) == [2.0, 0.5]
    assert spread([1.0, 1.0, 2.0, 4.0, 4.0]) == "2.00 (1.00-4.00)"


def test_the_floor_is_the_faster_layout(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = {FLOORS[0]: [2.0, 2.0], FLOORS[1]: [1.0, 1.0], "textbook": [4.0, 4.0]}
    one = Measured(BRIEF[0], {}, {**seconds, "workspace": [1.5, 1.5], "readable": [3.0, 3.0]})
    assert one.floor == FLOORS[1]
    report = Report("step")
    summary([one], report)
    assert {f.name: f.median for f in report.figures} == {
        "workspace / floor": 1.5,
        "workspace / textbook": 0.375,
        "readable / textbook": 0.75,
    }
    assert capsys.readouterr().out.splitlines()[-1].count(" -") == len(PEERS) + 2


@pytest.mark.parametrize("shown", [bench.ranges, bench.report])
def test_the_examples_of_docstrings(shown: Any) -> None:
    found = doctest.testmod(shown)
    assert found.attempted > 0
    assert found.failed == 0


def test_the_ranges_are_those_of_the_medians() -> None:
    runs = [
        {
            "figures": [
                {"case": "digits float32 batch 1", "name": name, "median": median}
                for name, median in (("textbook", 180.4), ("workspace / floor", value))
            ]
        }
        for value in (1.52, 1.47, 1.5)
    ]
    head, rule, row = table(runs)
    assert head.count("|") == rule.count("|") == row.count("|")
    assert row.startswith("| digits float32 batch 1 | 180 | 1.47-1.52 | - | - |")


def test_what_is_chosen() -> None:
    assert chosen([]) == ["step"]
    assert chosen(["claims", "step", "claims"]) == ["claims", "step"]
    assert chosen(["all"]) == list(BENCHES)
    asked = Options(nets=("deep",), batches=(8,), only=("torch",))
    assert list(map(str, cases(asked))) == ["deep float32 batch 8", "deep float64 batch 8"]
    names = contenders(asked)
    assert {"PyTorch autograd", "PyTorch by hand", *FLOORS, "textbook", "workspace"} == set(names)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stpe"], "no benchmark is called stpe; there are step, checking"),
        (["--threads", "3"], "invalid choice: 3"),
        (["--net", "digit"], "no network is called digit; there are digits, wide"),
        (["--dtype", "float16"], "no kind of float is called float16; there are float32, float64"),
        (["--batch", "0"], "a batch has 1 sample or more"),
        (["--rounds", "0"], "there is 1 round or more"),
    ],
)
def test_what_cannot_be_chosen(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2
    assert message in capsys.readouterr().err


def test_the_help_names_every_benchmark() -> None:
    text = parser().format_help()
    assert tuple(NETS) == NAMED, "the command line knows the networks"
    assert all(f"{name} " in text for name in BENCHES)


def briefly(names: list[str], where: Path) -> tuple[str, list[dict[str, Any]]]:
    """What a brief run prints, and the figures in its file; on the documents of the project."""
    words = [sys.executable, "-m", "bench", *names, "--brief", "--json", str(where)]
    own = {name: value for name, value in os.environ.items() if name != "DERIVE_SHARED"}
    done = subprocess.run(
        words, cwd=ROOT, env=own, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    kept = json.loads(where.read_text(encoding="utf-8"))
    assert kept["machine"]["threads"] == 1
    assert f"numpy {np.__version__}" in done.stdout
    for figure in kept["figures"]:
        assert math.isfinite(figure["median"]), figure
        assert figure["best"] <= figure["median"], figure
        assert figure["low"] <= figure["median"] <= figure["high"], figure
    return done.stdout, kept["figures"]


def is_there(module: str) -> bool:
    if module == "in_mkl":  # a package of libraries, without a module of Python's
        return bool(list(mkl.files()))
    return module not in PEERS or find_spec(PEERS[module]) is not None


@pytest.mark.slow
def test_the_step_is_complete(tmp_path: Path) -> None:
    said, figures = briefly([], tmp_path / "figures.json")
    for module_, package in {**PEERS, "in_mkl": "mkl"}.items():
        assert (f"left out: {package} is missing" in said) is not is_there(module_)
    for case in map(str, BRIEF):
        medians = {f["name"]: f["median"] for f in figures if f["case"] == case}
        there = {name for name, module_ in MODULES.items() if is_there(module_)}
        assert there <= medians.keys(), case
        assert {"workspace / floor", "readable / textbook"} <= medians.keys(), case
        assert medians["workspace, allocated"] < BYTES <= medians["readable, allocated"], case
        table = said.partition(f"\n{case}: ")[2].partition("\n\n")[0]
        assert all(f"\n  {name} " in table for name in there), case
        assert "workspace 0 bytes" in table or "bytes (views alone)" in table
        (line,) = [row for row in said.splitlines() if row.startswith(f"{case} ")]
        assert line.count("(") == len([pair for pair in PAIRS if there | {"floor"} >= {*pair}])


COMPLETE = {
    "checking": ("loop", "central", "romberg", "complex step", "both oracles of the verification"),
    "training": ("emitted NumPy", "emitted NumPy, test accuracy"),
    "derivation": ("first time in a process, after imports", "again", "widths x 100 / these"),
    "main_job": ("python", "derive --help", "main job", "check, 50 claims", "check of 50 claims"),
    "claims": ("verdict", "repair", "in one: proved", "by d/dz1: proved"),
    "grading": ("submissions", "right marks", "the same as", "lost", "most of a worker"),
    "mutants": ("stack",),
    "plugin": (
        "pytest --collect-only, plugin installed",
        "added",
        "import of derive.pytest_plugin",
    ),
    "asserting": ("every, float64", "every, float32", "directions, float64"),
    "backward_mistakes": ("found", "named rightly", "time of one"),
}
"""What each of the others has a figure of; some names go on."""

OPTIONAL = {
    "checking": {"torch": ("torch.autograd.gradcheck, slow", "torch.autograd.gradcheck, fast")},
    "training": {"torch": ("PyTorch",), "jax": ("JAX",)},
    "asserting": {"torch": ("gradcheck, slow mode", "gradcheck, fast mode")},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPLETE)
def test_the_others_are_complete(name: str, tmp_path: Path) -> None:
    said, figures = briefly([name], tmp_path / "figures.json")
    found = [f["name"] for f in figures]
    wanted = list(COMPLETE[name])
    for package, names in OPTIONAL.get(name, {}).items():
        if find_spec(package) is None:
            assert f"left out: {package} is missing" in said
        else:
            wanted += names
    assert [start for start in wanted if not any(n.startswith(start) for n in found)] == []
    assert all(f["bench"] == name and f"{f['case']:<28} {f['name']}" in said for f in figures)
    if name == "mutants":
        assert "PROVED" not in said


def test_every_benchmark_is_tried() -> None:
    assert {"step", *COMPLETE} == BENCHES.keys()
