"""Wrong formulas made of right ones: how many are proved (none must be), and how many are mended.

python -m bench.mutants [PART OF A DOCUMENT'S NAME ...]
"""

from __future__ import annotations

import sys
import time
import warnings

from tests.trials import Tally, rights, tried
from tests.wrong_sources import documents

SINGLES, DOUBLES = 16, 6


def main() -> None:
    warnings.simplefilter("ignore")
    total = Tally()
    for name, text in documents():
        if sys.argv[1:] and not any(part in name for part in sys.argv[1:]):
            continue
        start, before = time.perf_counter(), total.counts["made"]
        for right in rights(text):
            tried(right, SINGLES, DOUBLES, total)
        seconds = time.perf_counter() - start
        print(f"{name}: {total.counts['made'] - before} in {seconds:.0f} s", flush=True)
    print(total)
    print(*total.faults, sep="\n\n")
    print(*total.unmended, sep="\n\n", file=sys.stderr)


if __name__ == "__main__":
    main()
