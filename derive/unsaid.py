"""What a page says of its samples without saying it: how many, that it means one, what a target is.

What is found here is taken for granted, and the note of the statement says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from derive.statement import Declare

COUNT = re.compile(r"\\frac\s*\{1\}\s*\{([A-Za-z])\}|1\s*/\s*([A-Za-z])(?![\w({])")
SUM = re.compile(
    r"(?:\\sum|∑)(?:\\limits)?\s*_\s*(?:\{\s*([a-z])\b[^{}]*\}|([a-z]))"
    r"(?:\s*\^\s*(?:\{[^{}]*\}|\w))?"
)
SOFTMAX, LOG = re.compile(r"softmax", re.I), re.compile(r"\\?(?:log|ln)(?![A-Za-z])|CE\(")
INDICES = "ijk"
"""Letters that are indices of entries, and never only the number of a sample."""


def counts(texts: Iterable[str], known: Collection[str]) -> Iterator[str]:
    r"""The names of numbers that a mean divides by, which nothing else tells of.

    >>> list(counts([r"-\frac{1}{N} \sum_n l_n"], ("l_n",)))
    ['N']
    """
    for text in texts:
        for found in COUNT.finditer(text):
            name = found[1] or found[2]
            if name not in known:
                yield name


def of_one_sample(
    text: str, words: Callable[[str], Iterable[str]], defined: Collection[str]
) -> tuple[str, str | None]:
    """A formula without its sum over n, where what is defined on the page is that of sample n."""
    for found in SUM.finditer(text):
        letter, after = found[1] or found[2], text[found.end() :]
        labelled = (word for word in words(after) if word.endswith(f"_{letter}"))
        if letter not in INDICES and any(word in defined for word in labelled):
            note = f"the sum over {letter} is taken for one sample, as the page has one"
            return text[: found.start()] + after, note
    return text, None


def compared(target: Declare, texts: Collection[str], rows: bool) -> Declare:
    """A target with which the logs of a softmax are compared: parts of 1, as these are."""
    if not all(any(map(found.search, texts)) for found in (SOFTMAX, LOG)):
        return target
    note = f"the entries of `{target.name}` are taken to sum to 1, as those of the softmax"
    fact = f"distribution axis={1 if rows else 0}"
    return replace(target, facts=(fact,), note=target.note or note)
