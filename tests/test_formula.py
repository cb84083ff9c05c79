"""Formulas for people: shapes of parts, faults by place and by node, what is new in a repair."""

from __future__ import annotations

import pytest

from derive.diagnostic import DeriveError, Span
from derive.formula import FAULT, NEW, Formula, Line, Part, Step, faulty, nodes, renewed, shaped
from derive.infer import shape_of
from derive.notation import read, write
from derive.shape import Shape, dim
from derive.term import Apply, Term, walk

N, H, K = dim("N"), dim("H"), dim("K")
SHAPES = {"h": (N, H), "d": (N, K), "W": (H, K), "e": (N, K), "N": ()}
TEXT = "h^T (d - e) / N"


def formula(text: str) -> Formula:
    term = read(text, list(SHAPES))

    def shape(node: Term) -> Shape | None:
        try:
            return shape_of(node, SHAPES)
        except DeriveError:
            return None

    return shaped(term, shape, {"K": 10}, ["N"])


def marked(found: Formula, mark: str = FAULT) -> list[str]:
    return [write(node, "plain") for node, part in found.rows() if part.mark == mark]


def test_parts_are_in_the_order_of_fold() -> None:
    found = formula("h^T (d - e)")
    assert [type(node).__name__ for node in nodes(found.term)].count("Apply") == 3
    assert {id(node) for node in nodes(found.term)} == {id(node) for node in walk(found.term)}
    known = {write(node, "plain"): part.shape for node, part in found.rows()}
    assert known == {
        "h": "N×H",
        "h^T": "H×N",
        "d": "N×10",
        "e": "N×10",
        "d - e": "N×10",
        "h^T (d - e)": "H×10",
    }
    assert found.shape == "H×10"


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ((0, 3), ["h^T"]),
        ((4, 11), ["d - e"]),
        ((5, 6), ["d"]),
        ((5, 10), ["d", "e"]),
        ((0, 11), ["h^T (d - e)"]),
        ((7, 8), ["d - e"]),
    ],
)
def test_a_place_marks_the_largest_parts_in_it_or_the_smallest_around_it(
    place: tuple[int, int], parts: list[str]
) -> None:
    assert marked(faulty(formula(TEXT), [Span(*place)])) == parts


def test_the_whole_is_marked_only_if_nothing_else_is() -> None:
    whole = Span(0, len(TEXT))
    assert marked(faulty(formula(TEXT), [whole])) == ["h^T (d - e) / N"]
    assert marked(faulty(formula(TEXT), [whole, Span(5, 6)])) == ["d"]


def test_a_node_is_found_again() -> None:
    found = formula(TEXT)
    inner = next(n for n in walk(found.term) if isinstance(n, Apply) and n.op == "sub")
    assert marked(faulty(found, [inner])) == ["d - e"]
    assert marked(faulty(found, [Apply("sub", inner.args, (), inner.span)])) == ["d - e"]
    assert marked(faulty(found, [Apply("sub", inner.args)])) == []


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("h d", "h^T d", ["h^T"]),
        ("h^T d", "h^T e", ["e"]),
        ("h^T (d - e)", "h^T (d + e)", ["d + e"]),
        ("d e", "d ∘ e", ["d ∘ e"]),
        ("h^T d", "h^T d / N", ["N"]),
        ("h^T d", "h^T d", []),
        ("W", "W[1:]", ["W[1:]"]),
    ],
)
def test_what_is_new_in_a_repair(before: str, after: str, parts: list[str]) -> None:
    assert marked(renewed(formula(after), formula(before).term), NEW) == parts


def test_as_data() -> None:
    data = faulty(formula("h d"), [Span(2, 3)]).to_dict()
    assert data["latex"] == "h d"
    assert data["shape"] == ""
    assert data["parts"] == [
        {"text": "d", "shape": "N×10", "mark": "fault"},
        {"text": "h", "shape": "N×H", "mark": ""},
    ]
    line = Line("z", "N×10", "let", formula("h W"), ("positive",))
    assert line.to_dict()["formula"]["latex"] == "h W"
    assert Step(line, ("a",), ("b",)).to_dict()["reasons"] == ["b"]
    assert Part() == Part("", "")
