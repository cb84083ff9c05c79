"""Formulas as trees: walked, folded and changed at any depth."""

from __future__ import annotations

from derive.diagnostic import Span
from derive.shape import dim
from derive.term import (
    Apply,
    Const,
    Derivation,
    Equation,
    Symbol,
    Term,
    Var,
    apply,
    const,
    fold,
    rebuild,
    size,
    substitute,
    variables,
    walk,
)

PRODUCT = apply("mul", Var("H"), apply("sub", const(1), Var("H")))
"""H ∘ (1 - H)"""

DEEP = 50_000


def chain(depth: int) -> Term:
    term: Term = Var("x")
    for _ in range(depth):
        term = apply("tanh", term)
    return term


def test_walking_is_reading_from_left_to_right() -> None:
    shown = [n.op if isinstance(n, Apply) else getattr(n, "name", "1") for n in walk(PRODUCT)]
    assert shown == ["mul", "H", "sub", "1", "H"]
    assert variables(apply("add", Var("b"), apply("mul", Var("a"), Var("b")))) == ("b", "a")
    assert size(PRODUCT) == 5


def test_places_are_no_part_of_a_formula() -> None:
    assert Var("x", Span(0, 1)) == Var("x", Span(5, 6)) == Var("x")
    assert hash(Var("x", Span(0, 1))) == hash(Var("x"))
    assert const(1) == Const(const(1).value, Span(2, 3))


def test_fold_sees_the_arguments_first() -> None:
    def text(node: Term, args: tuple[str, ...]) -> str:
        return f"{node.op}({', '.join(args)})" if isinstance(node, Apply) else "·"

    assert fold(PRODUCT, text) == "mul(·, sub(·, ·))"


def test_names_are_replaced_all_at_once() -> None:
    swapped = substitute(PRODUCT, {"H": Var("G"), "G": Var("H")})
    assert variables(swapped) == ("G",)
    pair = apply("sub", Var("a"), Var("b"))
    assert substitute(pair, {"a": Var("b"), "b": Var("a")}) == apply("sub", Var("b"), Var("a"))


def test_what_does_not_change_is_kept_with_its_place() -> None:
    placed = Apply("tanh", (Var("z", Span(5, 6)),), (), Span(0, 7))
    same = rebuild(placed, lambda node: node)
    assert isinstance(same, Apply)
    assert same is placed
    changed = substitute(placed, {"z": Var("u")})
    assert isinstance(changed, Apply)
    assert changed.span == Span(0, 7)


def test_depth_is_no_limit() -> None:
    deep = chain(DEEP)
    assert size(deep) == DEEP + 1
    assert fold(deep, lambda node, args: 1 + sum(args)) == DEEP + 1
    assert rebuild(deep, lambda node: node) is deep
    assert variables(substitute(deep, {"x": Var("y")})) == ("y",)


def test_a_derivation_knows_its_names_and_definitions() -> None:
    derivation = Derivation(
        (Symbol("x", (dim("N"),), "input"),), (Equation("L", apply("sum", Var("x"))),), "L"
    )
    assert derivation.names() == ("x", "L")
    assert derivation.definition("L") == apply("sum", Var("x"))
    assert derivation.definition("x") is None
