"""Limits by the clock, and by the time that the process works."""

from __future__ import annotations

import time

import pytest

from derive.deadline import Allowance, TimeUp, by_processor, check_time, within


def test_the_clock_goes_on_while_nothing_is_done() -> None:
    with within(0.05):
        time.sleep(0.1)
        with pytest.raises(TimeUp):
            check_time()


def test_the_processor_does_not() -> None:
    with by_processor(), within(0.05):
        time.sleep(0.1)
        check_time()
        until = time.process_time() + 0.1
        while time.process_time() < until:
            sum(range(1000))
        with pytest.raises(TimeUp):
            check_time()


def test_an_allowance_counts_the_same_way() -> None:
    allowance = Allowance(1.0)
    with by_processor(), allowance.of(0):
        time.sleep(0.1)
    assert allowance.left[0] > 0.95
    with allowance.of(1):
        time.sleep(0.1)
    assert allowance.left[1] < 0.95
