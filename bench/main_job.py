"""Whole processes: the main job without training, `--help`, and what Python and imports cost.

python -m bench.main_job
"""

from __future__ import annotations

import subprocess
import sys

from bench.timing import interleaved, one_thread, ratios, spread

JOB = ["-m", "derive.cli", "--layers", "784,100,10,10", "--no-train"]
COMMANDS = {
    "python": ["-c", "pass"],
    "sympy and numpy": ["-c", "import sympy, numpy"],
    "derive --help": ["-m", "derive.cli", "--help"],
    "main job": JOB,
}
ROUNDS = 11


def main() -> None:
    one_thread()

    def process(words: list[str]) -> None:
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)

    seconds = interleaved(
        {name: (lambda w=words: process(w)) for name, words in COMMANDS.items()}, ROUNDS
    )
    for name, values in seconds.items():
        print(f"{name:<16} {spread(values, 3)} s")
    print(
        "main job / imports of sympy and numpy:",
        spread(ratios(seconds, "main job", "sympy and numpy")),
    )
    share = ratios(seconds, "sympy and numpy", "main job")
    print("share of Python, SymPy and NumPy start-up in the main job:", spread(share))


if __name__ == "__main__":
    main()
