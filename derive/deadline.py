"""How long the work on one claim may take: a limit that holds for everything called within it.

`TimeUp` is no `DeriveError` and no `ValueError`: what goes on after a refusal, or takes an error
for a formula without a value, must not go on after the time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_UNTIL: ContextVar[float] = ContextVar("until", default=math.inf)
_CLOCK: ContextVar[Callable[[], float]] = ContextVar("clock", default=time.monotonic)


class TimeUp(Exception):
    """The time for this work is over."""


@contextmanager
def by_processor() -> Iterator[None]:
    """Limits inside count the time that this process works, however busy the machine is."""
    token = _CLOCK.set(time.process_time)
    try:
        yield
    finally:
        _CLOCK.reset(token)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The limit for what is done inside; a limit that ends sooner still holds."""
    token = _UNTIL.set(min(_UNTIL.get(), _CLOCK.get()() + seconds))
    try:
        yield
    finally:
        _UNTIL.reset(token)


class Allowance:
    """The seconds left for each of several pieces of work, however often one is taken up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left: dict[int, float] = {}

    @contextmanager
    def of(self, piece: int) -> Iterator[None]:
        """The limit for one piece."""
        start, left = _CLOCK.get()(), self.left.get(piece, self.seconds)
        try:
            with within(left):
                yield
        finally:
            self.left[piece] = left - (_CLOCK.get()() - start)


def check_time() -> None:
    """Raises TimeUp where the limit has passed; called in every loop that a text can make long.

    >>> check_time()
    >>> with within(-1): check_time()
    Traceback (most recent call last):
        ...
    derive.deadline.TimeUp
    """
    if _CLOCK.get()() > _UNTIL.get():
        raise TimeUp
