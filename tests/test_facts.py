"""What a derivation tells the normal form: every fact, and every name for a product, by value."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import mpmath
import pytest

from derive.exact import DIGITS
from derive.facts import definition, rules_for
from derive.functions import FUNCTIONS
from derive.infer import check, shapes_of
from derive.lower import lower
from derive.normal import normal
from derive.notation import read
from derive.poly import Mono, Poly, factor, free_indices, number
from derive.rules import NO_RULES, Definition, Rules
from derive.shape import dim
from derive.slots import index, range_of, slot
from derive.term import Derivation, Equation, Symbol
from tests.oracle import close, poly_value
from tests.random_formulas import DERIVATION, SHAPES, SIZES, point

MATRIX = (dim("N"), dim("K"))


def rules_of(*lines: str, facts: tuple[str, ...] = (), expand: Iterable[str] = ()) -> Rules:
    """The rules over `x` and `y` (with the facts), and equations; the loss adds all up."""
    symbols = (Symbol("x", MATRIX, "param"), Symbol("y", MATRIX, "target", facts))
    names, equations = ["x", "y"], []
    for line in lines:
        name, _, text = line.partition(" = ")
        equations.append(Equation(name, read(text, names)))
        names.append(name)
    equations.append(Equation("L", read(f"sum({names[-1]}^2)", names)))
    derivation = check(Derivation(symbols, tuple(equations), "L"))
    return rules_for(derivation, shapes_of(derivation), expand=tuple(expand))


def lowered(text: str, rules: Rules) -> Poly:
    """The normal form of a formula of x, y and h."""
    shapes = dict.fromkeys(("x", "y", "h"), MATRIX)
    return lower(read(text, tuple(shapes)), shapes, rules)[0, 0]


def learned(rules: Rules) -> list[Definition]:
    return [one for some in rules.definitions.values() for one in some]


# --------------------------------------------------------------------------------- declared facts


@pytest.mark.parametrize(
    ("fact", "axis", "text"),
    [
        ("distribution axis=1", 1, "y rows sum to 1"),
        ("distribution axis=0", 0, "y columns sum to 1"),
        ("distribution", 1, "y rows sum to 1"),
        ("one-hot axis=1", 1, "y rows sum to 1"),
    ],
)
def test_a_target_that_sums_to_one(fact: str, axis: int, text: str) -> None:
    assert rules_of(facts=(fact,)).simplex["y"] == (axis, MATRIX[axis], text)


def test_what_is_known_of_entries() -> None:
    assert rules_of(facts=("binary",)).binary == {"y": "entries of y are 0 or 1"}
    assert rules_of(facts=("one-hot axis=1",)).binary == {"y": "entries of y are 0 or 1"}
    assert "y" in rules_of(facts=("positive",)).positive
    bare = rules_of()
    assert "y" not in bare.positive
    assert not bare.binary
    assert not bare.simplex


@pytest.mark.parametrize(
    ("formula", "positive", "sums"),
    [
        ("softmax(x)", True, (1, MATRIX[1], "")),
        ("softmax(x, axis=0)", True, (0, MATRIX[0], "")),
        ("log_softmax(x)", False, None),
        ("sigmoid(x)", True, None),
        ("exp(x)", True, None),
        ("tanh(x)", False, None),
        ("relu(x)", False, None),
        ("2 softmax(x)", False, None),
    ],
)
def test_what_follows_from_a_definition_is_no_assumption(
    formula: str, positive: bool, sums: object
) -> None:
    """Its text is empty, so no proof lists it."""
    rules = rules_of(f"h = {formula}")
    assert ("h" in rules.positive) is positive
    assert rules.simplex.get("h") == sums


# ---------------------------------------------------------------------------- names for products


def pattern(one: Definition) -> Poly:
    return Poly((Mono(Fraction(1), one.pattern),))


READINGS = ((), ("sigmoid", "tanh", "softplus"), tuple(FUNCTIONS))


@pytest.mark.parametrize("expand", READINGS, ids=["by name", "some opened", "all opened"])
def test_every_name_has_the_value_of_its_product(expand: tuple[str, ...]) -> None:
    """At 50 digits, at each entry, over a derivation with a bit of everything."""
    rules, at = rules_for(DERIVATION, SHAPES, expand=expand), point(4)
    assert len(learned(rules)) >= 7
    for one in learned(rules):
        free = {*free_indices(pattern(one)), *free_indices(one.value)}
        for first in (0, 1):
            place = {name: (first + 1) % range_of(name).size(SIZES) for name in free}
            with mpmath.workdps(DIGITS):
                truth = poly_value(pattern(one), at.values, SIZES, place)
                assert close(poly_value(one.value, at.values, SIZES, place), truth), one


@pytest.mark.parametrize(
    ("line", "formula", "name"),
    [
        ("h = sigmoid(x)", "sigmoid(x)", "h"),
        ("h = 3 - 2 tanh(x)", "tanh(x)", "(3 - h) / 2"),
        ("h = softmax(x)", "exp(x) / sum(exp(x), axis=1, keepdims=True)", "h"),
        ("h = log_softmax(x)", "exp(x) / sum(exp(x), axis=1, keepdims=True)", "exp(h)"),
    ],
)
def test_a_product_becomes_the_name(line: str, formula: str, name: str) -> None:
    rules = rules_of(line)
    assert lowered(formula, rules) == lowered(name, rules)
    assert lowered(formula, NO_RULES) != lowered(name, NO_RULES)


@pytest.mark.parametrize(
    "line",
    [
        "h = x y^T",
        "h = tanh(x) + tanh(y)",
        "h = sum(tanh(x), axis=1, keepdims=True)",
        "h = [1 tanh(x)]",
        "h = x ∘ y",
    ],
)
def test_what_is_not_one_product_has_no_name(line: str) -> None:
    """A sum, a product over an index, several blocks, or one without a function to find it by."""
    assert learned(rules_of(line)) == []


def test_a_definition_is_solved_for_its_product() -> None:
    place = slot(index("i", dim("N")))
    name, tanh = factor("h", place), factor("tanh", arg=factor("z", place))
    found = definition(name, normal(number(3) - 2 * tanh, NO_RULES), (place,))
    assert found is not None
    assert found.pattern == tanh.terms[0].factors
    assert normal(found.value, NO_RULES) == normal((3 - name) * Fraction(1, 2), NO_RULES)
