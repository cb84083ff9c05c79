"""The elementwise functions: one row each, mathematics only.

A row gives the definition. The derivative is not in it: SymPy differentiates the definition.
`fold` rewrites the transcendental pieces of that derivative in terms of the output `h` (or of
better known functions of `z`), so that sigmoid' reads h*(1-h); a test proves each fold from the
definition. A function whose derivative has no such form keeps it under the name f'.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

Expr = Any
"""An expression of whichever calculus interprets the row."""

Definition = Callable[[Any, Expr], Expr]
Pairs = tuple[tuple[Expr, Expr], ...]
Fold = Callable[[Any, Expr, Expr], Pairs]


class Function(NamedTuple):
    """An elementwise function of one argument.

    `definition(s, z)` builds the value with the calculus `s` (None: a primitive of it), and
    `fold(s, z, h)` gives pairs (piece, replacement). `values` is what is known of the sign of the
    value: "positive", "nonnegative" or "". `kinks`: not differentiable everywhere.
    """

    name: str
    definition: Definition | None
    fold: Fold | None = None
    values: str = ""
    kinks: bool = False
    latex: str = ""


def _exp(s: Any, z: Expr) -> Expr:
    return s.fn("exp", z)


def _logistic(s: Any, z: Expr) -> Expr:
    return s.power(1 + _exp(s, -z), Fraction(-1))


def _tanh(s: Any, z: Expr) -> Expr:
    return 1 - 2 * s.power(1 + _exp(s, 2 * z), Fraction(-1))


def _step(s: Any, z: Expr) -> Expr:
    return s.fn("step", z)


def _sign(s: Any, z: Expr) -> Expr:
    return _step(s, z) - _step(s, -z)


def _elu(s: Any, z: Expr) -> Expr:
    return z * _step(s, z) + (_exp(s, z) - 1) * (1 - _step(s, z))


def _normal_cdf(s: Any, z: Expr) -> Expr:
    return (1 + s.fn("erf", z * s.power(s.number(2), Fraction(-1, 2)))) * Fraction(1, 2)


def _normal_pdf(s: Any, z: Expr) -> Expr:
    return _exp(s, -z * z * Fraction(1, 2)) * s.power(2 * s.pi, Fraction(-1, 2))


def _gelu_tanh(s: Any, z: Expr) -> Expr:
    inner = s.power(s.pi * Fraction(1, 2), Fraction(-1, 2)) * (
        z + Fraction(44715, 1000000) * z * z * z
    )
    return z * (1 + _tanh(s, inner)) * Fraction(1, 2)


def _huber(s: Any, z: Expr) -> Expr:
    size = z * _sign(s, z)
    inside = _step(s, 1 - size)
    return z * z * Fraction(1, 2) * inside + (size - Fraction(1, 2)) * (1 - inside)


def _logistic_fold(s: Any, z: Expr, h: Expr) -> Pairs:
    return ((_exp(s, -z), s.power(h, Fraction(-1)) - 1),)


def _tanh_fold(s: Any, z: Expr, h: Expr) -> Pairs:
    return ((_exp(s, 2 * z), (1 + h) * s.power(1 - h, Fraction(-1))),)


def _softplus_fold(s: Any, z: Expr, h: Expr) -> Pairs:
    p = s.symbol("sigmoid", z)
    return ((_exp(s, z), p * s.power(1 - p, Fraction(-1))),)


def _normal_fold(s: Any, z: Expr, density: Expr) -> Pairs:
    return ((_exp(s, -z * z * Fraction(1, 2)), density * s.power(2 * s.pi, Fraction(1, 2))),)


def _gelu_fold(s: Any, z: Expr, h: Expr) -> Pairs:
    below = s.fn("erf", z * s.power(s.number(2), Fraction(-1, 2))), 2 * s.symbol("Phi", z) - 1
    return (below, *_normal_fold(s, z, s.symbol("phi", z)))


ROWS = (
    # primitives of the calculus
    Function("exp", None, lambda s, z, h: ((_exp(s, z), h),), values="positive", latex=r"\exp"),
    Function("log", None, latex=r"\log"),
    Function("sin", None, latex=r"\sin"),
    Function("cos", None, latex=r"\cos"),
    Function("erf", None, latex=r"\operatorname{erf}"),
    Function("step", None, values="nonnegative", kinks=True, latex=r"\operatorname{step}"),
    # functions with a derivative in terms of their own output, or of a simple function
    Function("sigmoid", _logistic, _logistic_fold, values="positive", latex=r"\sigma"),
    Function("tanh", _tanh, _tanh_fold, latex=r"\tanh"),
    Function(
        "softplus",
        lambda s, z: s.fn("log", 1 + _exp(s, z)),
        _softplus_fold,
        values="positive",
        latex=r"\operatorname{softplus}",
    ),
    Function(
        "relu",
        lambda s, z: z * _step(s, z),
        values="nonnegative",
        kinks=True,
        latex=r"\operatorname{relu}",
    ),
    Function(
        "leaky_relu",
        lambda s, z: z * (Fraction(1, 100) + Fraction(99, 100) * _step(s, z)),
        kinks=True,
        latex=r"\operatorname{leakyrelu}",
    ),
    Function(
        "abs",
        lambda s, z: z * _sign(s, z),
        lambda s, z, h: ((_step(s, -z), _step(s, z) - s.symbol("sign", z)),),
        values="nonnegative",
        kinks=True,
        latex=r"\operatorname{abs}",
    ),
    Function("sign", _sign, kinks=True, latex=r"\operatorname{sign}"),
    Function(
        "Phi",
        _normal_cdf,
        lambda s, z, h: _normal_fold(s, z, s.symbol("phi", z)),
        values="positive",
        latex=r"\Phi",
    ),
    Function(
        "phi",
        _normal_pdf,
        lambda s, z, h: _normal_fold(s, z, h),
        values="positive",
        latex=r"\varphi",
    ),
    Function(
        "silu",
        lambda s, z: z * _logistic(s, z),
        lambda s, z, h: _logistic_fold(s, z, s.symbol("sigmoid", z)),
        latex=r"\operatorname{silu}",
    ),
    Function(
        "gelu",
        lambda s, z: z * _normal_cdf(s, z),
        _gelu_fold,
        latex=r"\operatorname{gelu}",
    ),
    # functions whose derivative is known by its own name, f'
    Function("elu", _elu, latex=r"\operatorname{elu}"),
    Function("gelu_tanh", _gelu_tanh, latex=r"\operatorname{gelutanh}"),
    Function("huber", _huber, values="nonnegative", latex=r"\operatorname{huber}"),
)

FUNCTIONS = {row.name: row for row in ROWS}

PRIME = "'"
"""The op `f'` is the derivative of the function f: SymPy's derivative of its definition."""


def is_function(op: str) -> bool:
    """Whether an op of a term is an elementwise function or the derivative of one."""
    return op.removesuffix(PRIME) in FUNCTIONS


_DERIVED = re.compile(r"d_?(\w+)|(\w+?)_?(?:prime|Prime|deriv|derivative)")


def function_name(text: str) -> str | None:
    """The elementwise function that a word names: `tanh`, `dsigmoid`, `relu_prime`.

    >>> function_name("tanh"), function_name("drelu"), function_name("x")
    ('tanh', "relu'", None)
    """
    if text in FUNCTIONS:
        return text
    if match := _DERIVED.fullmatch(text):
        base = match.group(1) or match.group(2)
        return base + PRIME if base in FUNCTIONS else None
    return None
