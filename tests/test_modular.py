"""Images modulo primes: they keep the laws of numbers, and what has different ones differs.

Three oracles share no code with them: sums of exponentials kept as a dictionary from exponents to
coefficients, SymPy's derivatives, and numbers of 50 digits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from typing import Any

import mpmath
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derive.arithmetic import EXACTLY, Arithmetic, Irrational, Kink, NumberCalculus, off_kinks
from derive.checker import check_document
from derive.comparing import Program
from derive.modular import FIRST, MODULARLY, MODULI, PRIMES, STEPS, Residue, image
from derive.notation import read
from derive.shape import dim
from derive.slopes import slope_term
from derive.term import Apply, Derivation, Symbol, Term, Var

MODEL = NumberCalculus({}, MODULARLY)
EXP = MODULARLY.primitives["exp"]

small = st.fractions(-3, 3, max_denominator=6)
nonzero = small.filter(bool)

# ------------------------------------------------------------------------------------- the primes


def test_each_prime_comes_from_the_one_before() -> None:
    assert FIRST.bit_length() == 58
    assert len(PRIMES) == 9
    assert all(map(sympy.isprime, PRIMES))
    assert all((step.prime - 1) % (4 * step.order) == 0 for step in STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_exponentials_are_powers_of_elements_of_that_order(step: Any) -> None:
    for element in (step.e, step.turn):
        assert element != 1
        assert pow(element, step.order, step.prime) == 1
    assert step.root**2 % step.prime == step.prime - 1


# ---------------------------------------------------------------------------------------- the laws


@given(small, small)
def test_exp_of_a_sum_is_a_product(a: Fraction, b: Fraction) -> None:
    assert EXP(a + b) == EXP(a) * EXP(b)
    assert EXP(a) * EXP(-a) == 1
    assert MODULARLY.power(EXP(a), Fraction(3)) == EXP(3 * a)


@given(nonzero, nonzero, st.integers(1, len(STEPS) - 1))
def test_so_it_is_in_towers(a: Fraction, b: Fraction, height: int) -> None:
    one, other = (reduce(lambda z, _: EXP(z), range(height), z) for z in (a, b))
    assert isinstance(one, Residue)
    assert one.level == height
    assert EXP(one + other) == EXP(one) * EXP(other)
    assert EXP(one - b) * EXP(b) == EXP(one)
    assert EXP(2 * one) != EXP(one)


@given(nonzero, nonzero)
def test_sin_and_cos(a: Fraction, b: Fraction) -> None:
    sin, cos = MODULARLY.primitives["sin"], MODULARLY.primitives["cos"]
    assert sin(a) * sin(a) + cos(a) * cos(a) == 1
    assert sin(a + b) == sin(a) * cos(b) + cos(a) * sin(b)
    assert cos(a + b) == cos(a) * cos(b) - sin(a) * sin(b)
    assert sin(a) != cos(a)


@given(small)
def test_the_slope_of_a_sigmoid(z: Fraction) -> None:
    s = MODEL.fn("sigmoid", z)
    assert s * (1 - s) == EXP(-z) * MODULARLY.power(1 + EXP(-z), Fraction(-2))
    assert s * (1 - s) != s * (1 + s)


def _sympy_value(expr: Any, z: Any) -> Any:
    """An expression of SymPy over images."""
    if expr.is_Symbol:
        return z
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    parts = [_sympy_value(arg, z) for arg in expr.args]
    if expr.is_Add:
        return sum(parts, Fraction(0))
    if expr.is_Mul:
        return reduce(lambda a, b: a * b, parts, Fraction(1))
    if expr.is_Pow:
        return MODULARLY.power(*parts)
    return MODULARLY.primitives[expr.func.__name__](*parts)


X = sympy.Symbol("x", real=True)
DEFINED = {
    "exp": sympy.exp(X),
    "sin": sympy.sin(X),
    "cos": sympy.cos(X),
    "sigmoid": 1 / (1 + sympy.exp(-X)),
    "tanh": (sympy.exp(X) - sympy.exp(-X)) / (sympy.exp(X) + sympy.exp(-X)),
    "silu": X / (1 + sympy.exp(-X)),
}


@pytest.mark.parametrize("name", DEFINED)
@given(z=nonzero, tower=st.booleans())
@settings(max_examples=20)
def test_a_function_and_its_slope_are_those_of_sympy(name: str, z: Fraction, tower: bool) -> None:
    at = EXP(z) if tower else z
    assert MODEL.fn(name, at) == _sympy_value(DEFINED[name], at)
    mine = _value(slope_term(name, Var("z")), at)
    assert mine == _sympy_value(sympy.diff(DEFINED[name], X), at)


def _value(term: Term, z: Any) -> Any:
    """A formula of one number z over images."""
    if isinstance(term, Var):
        return z
    if not isinstance(term, Apply):
        return MODEL.number(term.value)
    parts = [_value(arg, z) for arg in term.args]
    match term.op:
        case "add":
            return parts[0] + parts[1]
        case "sub":
            return parts[0] - parts[1]
        case "mul":
            return parts[0] * parts[1]
        case "neg":
            return -parts[0]
        case "pow":
            return MODEL.power(parts[0], Fraction(str(term.attrs[0])))
    return MODEL.fn(term.op, parts[0])


# ------------------------------------------------- an exact oracle: sums of exponentials, by hand

Sum = dict[Fraction, Fraction]
"""Coefficients by exponent; the empty one is 0. Two are equal as numbers if they are the same."""

Tree = tuple[Any, ...]
"""("number", q), ("exp", q), or an op and its operands."""


def _plus(a: Sum, b: Sum) -> Sum:
    made = {r: a.get(r, Fraction(0)) + b.get(r, Fraction(0)) for r in {*a, *b}}
    return {r: c for r, c in made.items() if c}


def _times(a: Sum, b: Sum) -> Sum:
    made: Sum = {}
    for r, c in a.items():
        for s, d in b.items():
            made = _plus(made, {r + s: c * d})
    return made


def by_hand(tree: Tree) -> tuple[Sum, Sum]:
    """Numerator and denominator."""
    op, *args = tree
    one: Sum = {Fraction(0): Fraction(1)}
    if op == "number":
        return ({Fraction(0): args[0]} if args[0] else {}), one
    if op == "exp":
        return {args[0]: Fraction(1)}, one
    (a, b), *rest = map(by_hand, args)
    if op == "inverse":
        assume(bool(a))
        return b, a
    c, d = rest[0]
    if op == "times":
        return _times(a, c), _times(b, d)
    return _plus(_times(a, d), _times(c, b)), _times(b, d)


def same_by_hand(one: Tree, other: Tree) -> bool:
    (a, b), (c, d) = by_hand(one), by_hand(other)
    return _times(a, d) == _times(c, b)


def calculated(tree: Tree, arithmetic: Arithmetic) -> Any:
    op, *args = tree
    if op == "number":
        return arithmetic.real(args[0])
    if op == "exp":
        return arithmetic.primitives["exp"](arithmetic.real(args[0]))
    parts = [calculated(arg, arithmetic) for arg in args]
    if op == "inverse":
        return arithmetic.power(parts[0], Fraction(-1))
    return parts[0] * parts[1] if op == "times" else parts[0] + parts[1]


def _grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.tuples(st.sampled_from(("plus", "times")), inner, inner)
    return pairs | st.tuples(st.just("inverse"), inner)


trees: st.SearchStrategy[Tree] = st.recursive(
    st.tuples(st.sampled_from(("number", "exp")), small), _grown, max_leaves=6
)


def rewritten(tree: Tree) -> Iterator[Tree]:
    """The same number in other words."""
    op, *args = tree
    if op == "exp":
        yield ("times", ("exp", args[0] / 3), ("exp", args[0] * 2 / 3))
        yield ("inverse", ("exp", -args[0]))
    if op == "times" and args[1][0] == "plus":
        _, b, c = args[1]
        yield ("plus", ("times", b, args[0]), ("times", args[0], c))
    for place, arg in enumerate(args):
        if isinstance(arg, tuple):
            for new in rewritten(arg):
                yield (op, *args[:place], new, *args[place + 1 :])


@given(trees)
def test_what_is_equal_has_one_image(tree: Tree) -> None:
    by_hand(tree)
    value = calculated(tree, MODULARLY)
    for other in rewritten(tree):
        assert same_by_hand(tree, other)
        assert calculated(other, MODULARLY) == value


@settings(max_examples=150)
@given(trees, trees)
def test_images_are_equal_if_and_only_if_the_numbers_are(one: Tree, other: Tree) -> None:
    same = same_by_hand(one, other)
    assert (calculated(one, MODULARLY) == calculated(other, MODULARLY)) == same


def reconstructed(value: int, modulus: int) -> Fraction:
    """The fraction of small numbers that has an image (Wang's algorithm)."""
    a, b, x, y = modulus, value, 0, 1
    while b * b * 2 > modulus:
        a, b, x, y = b, a % b, y, x - a // b * y
    return Fraction(b, y)


@given(trees, small)
def test_what_is_rational_is_found_again(tree: Tree, number: Fraction) -> None:
    by_hand(tree)
    for other in rewritten(tree):
        less = ("plus", ("number", number), ("times", ("number", Fraction(-1)), other))
        found = calculated(("plus", tree, less), MODULARLY)
        level = found.level if isinstance(found, Residue) else 0
        assert reconstructed(image(found, MODULI[level]), MODULI[level]) == number


RATIONAL = {
    "sigmoid(z) + sigmoid(-z)": 1,
    "silu(z) - silu(-z) - z": 0,
    "tanh(2 z) (1 + tanh(z)^2) / tanh(z)": 2,
    "(1 - tanh(z)^2) (exp(z) + exp(-z))^2": 4,
    "sigmoid(z) (1 - sigmoid(z)) (2 + exp(z) + exp(-z)) / 7": Fraction(1, 7),
    "sum(softmax(v)) + sum(softmax(tanh(v)))": 2,
    "relu(z) + relu(-z) - abs(z) + sign(z)": 1,
    "sin(2 z) / (sin(z) cos(z))": 2,
}


@pytest.mark.parametrize("text", RATIONAL)
def test_a_value_that_is_rational_is_the_one_of_50_digits(text: str) -> None:
    row = Symbol("v", (dim(1), dim("K")), "input")
    one = Derivation((Symbol("z", (), "input"), row), (), "z")
    program = Program(one, {"z": (), "v": (dim(1), dim("K"))}, {})
    sizes, drawn = {"K": 3}, {"z": {(): Fraction(5, 7)}}
    drawn["v"] = {(0, k): Fraction(k - 1, k + 2) for k in range(3)}
    formula = read(text, ("z", "v", "K"), scalars=("z", "K"))
    values = []
    for arithmetic in (MODULARLY, EXACTLY):
        point = program.at(sizes, drawn, arithmetic)
        table = point and point.table(formula)
        assert table
        values.append(table[()])
    mine, digits = values
    level = mine.level if isinstance(mine, Residue) else 0
    found = reconstructed(image(mine, MODULI[level]), MODULI[level])
    assert found == RATIONAL[text]
    with mpmath.workdps(50):
        assert abs(digits - mpmath.mpf(found.numerator) / found.denominator) < 1e-45


# ----------------------------------------------------------------------------- what has no image


@pytest.mark.parametrize(
    "text",
    ["log(1 + exp(z))", "exp(z)^(1/2)", "Phi(z)", "gelu(z)", "softplus(z)", "relu(tanh(z))"],
)
def test_what_has_none_says_so(text: str) -> None:
    with pytest.raises(Irrational):
        _value(read(text, ("z",), scalars=("z",)), Fraction(1, 3))


def test_towers_that_are_too_high_have_none() -> None:
    z: Any = Fraction(1, 2)
    for _ in STEPS:
        z = EXP(z)
    with pytest.raises(Irrational):
        EXP(z)


def test_what_divides_by_0_has_none_where_that_is_not_certain() -> None:
    with pytest.raises(Irrational):
        MODULARLY.power(EXP(Fraction(1)) * 0, Fraction(-1))
    with pytest.raises(ZeroDivisionError):
        MODULARLY.power(Fraction(0), Fraction(-1))


def test_a_fraction_is_greater_or_less_and_a_residue_is_not() -> None:
    step = off_kinks(MODULARLY).primitives["step"]
    assert [step(Fraction(n, 10**30)) for n in (-1, 1)] == [0, 1]
    with pytest.raises(Kink):
        step(Fraction(0))
    with pytest.raises(Irrational):
        step(EXP(Fraction(1)))
    with pytest.raises(Irrational):
        abs(EXP(Fraction(1)))


def test_of_a_fraction_that_is_long_the_image_is_kept() -> None:
    assert MODULARLY.kept is not None
    short, long = Fraction(2, 3), Fraction(2, 3) ** 5000
    assert MODULARLY.kept(short) is short
    found = MODULARLY.kept(long)
    assert isinstance(found, Residue)
    assert found == long
    assert found * Fraction(3, 2) ** 5000 == 1
    assert EXP(found) * EXP(-long) == 1
    assert MODULARLY.kept(found) is found


def test_what_grows_without_end_takes_no_time() -> None:
    steps = "\n".join(f"let z{k + 1} = z{k} * z{k}" for k in range(40))
    text = f"param y : scalar\nparam z0 : scalar unit\n{steps}\nlet L = y * y + z40\nclaim dL/dy = "
    start = time.process_time()
    assert [check_document(text + c).claims[0].verdict for c in ("y", "2*y")] == [
        "refuted",
        "proved",
    ]
    assert time.process_time() - start < 5
