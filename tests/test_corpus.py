"""Formulas of real questions: each is read, or refused in one sentence with a place in its text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.diagnostic import DeriveError
from derive.notation import read, write

NAMES = [f"{letter}{i}" for letter in "xyzhHWbL" for i in ("", "_1", "_2", "_3")] + ["yhat", "J"]


@pytest.mark.shared("DERIVE_SHARED")
def test_formulas_of_real_questions_are_read_or_refused_with_a_place(corpus: Path) -> None:
    texts = [file.read_text(encoding="utf-8") for file in sorted(corpus.glob("seeds/*.txt"))]
    formulas = [f for text in texts for f in re.findall(r"\$+([^$]+)\$+", text)]
    done = 0
    for formula in formulas:
        try:
            term = read(formula, NAMES)
        except DeriveError as refusal:
            span = refusal.diagnostic.span
            assert span is not None, formula
            assert 0 <= span.start <= span.end <= len(formula), formula
        else:
            assert read(write(term, "plain"), NAMES) == term, formula
            done += 1
    assert done > 10
