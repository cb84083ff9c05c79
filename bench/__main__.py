"""Benchmarks: `python -m bench` measures a gradient step; `python -m bench --help` has the rest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from bench.machine import about, lines, restart
from bench.report import Options, Report

BENCHES = {
    "step": "one gradient step: emitted modules, the floor, the textbook, other libraries",
    "checking": "every entry by the two oracles, against a plain loop and gradcheck",
    "training": "an epoch of MNIST, against PyTorch and JAX",
    "derivation": "symbolic gradients, by width and depth",
    "main_job": "whole processes: the main job, --help, imports",
    "claims": "time to a verdict and to a repair",
    "grading": "submissions a second, on a cluster too; right marks; memory",
    "mutants": "wrong formulas: how many are proved (none), how many are mended",
    "plugin": "what the pytest plugin adds to `pytest --collect-only` in an unrelated project",
    "asserting": "assert_gradient, every entry and by directions, against gradcheck",
    "backward_mistakes": "wrong backward passes: how many are found (all), how many are named",
}

NETS, DTYPES = ("digits", "wide", "deep", "mixed", "untuned"), ("float32", "float64")
"""As in `bench.nets`, which needs NumPy: and that is not to be loaded before the restart."""


def words(text: str) -> tuple[str, ...]:
    """`a,b` as a tuple."""
    return tuple(filter(None, text.split(",")))


def numbers(text: str) -> tuple[int, ...]:
    """`1,32` as a tuple."""
    return tuple(map(int, words(text)))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures; medians, and the middle half of all rounds in brackets.",
        epilog="\n".join(f"{name:12} {what}" for name, what in BENCHES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="benchmarks, or all; else step")
    made.add_argument("--brief", action="store_true", help="a few seconds: does it run at all?")
    made.add_argument("--threads", type=int, default=1, choices=(1, 2))
    made.add_argument("--rounds", type=int, help="how often each contender has its turn")
    made.add_argument("--json", type=Path, metavar="FILE", help="the figures, for programs")
    step = made.add_argument_group("step")
    step.add_argument("--net", type=words, default=(), help=", ".join(NETS))
    step.add_argument("--batch", type=numbers, default=(), help="such as 1,32")
    step.add_argument("--dtype", type=words, default=(), help=", ".join(DTYPES))
    made.add_argument(
        "--only", type=words, default=(), help="contenders, or documents, by a part of the name"
    )
    return made


def chosen(names: Sequence[str]) -> list[str]:
    """The benchmarks by name; an unknown one is refused."""
    if "all" in names:
        return list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        parser().error(f"no benchmark is called {unknown[0]}; there are {', '.join(BENCHES)}")
    return list(dict.fromkeys(names)) or ["step"]


def options_of(given: argparse.Namespace) -> Options:
    """What the command line asks for; what is not there is refused."""
    for what, names, known in (
        ("network", given.net, NETS),
        ("kind of float", given.dtype, DTYPES),
    ):
        for name in set(names) - set(known):
            parser().error(f"no {what} is called {name}; there are {', '.join(known)}")
    if min(given.batch, default=1) < 1:
        parser().error("a batch has 1 sample or more")
    if given.rounds is not None and given.rounds < 1:
        parser().error("there is 1 round or more")
    return Options(
        given.brief, given.threads, given.rounds, given.net, given.batch, given.dtype, given.only
    )


def main(argv: Sequence[str]) -> None:
    """Runs what the command line names."""
    given = parser().parse_args(argv)
    names = chosen(given.names)
    options = options_of(given)
    restart(given.threads)
    report, known = Report(), about(given.threads)
    for line in lines(known):
        report.say(line)
    for name in names:
        report.bench = name
        report.say(f"\n== {name}: {BENCHES[name]}")
        run: Callable[[Options, Report], None] = import_module(f"bench.{name}").main
        run(options, report)
    if given.json is not None:
        report.write(given.json, known)


if __name__ == "__main__":
    main(sys.argv[1:])
