"""Calls: the spellings of functions, and the terms that calls of them are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.diagnostic import DeriveError, Span
from derive.functions import FUNCTIONS, PRIME
from derive.notation.names import name_key
from derive.notation.piece import ONE, Maker, Piece
from derive.ops import ALONG
from derive.term import Attr, Const

SOFTMAX_AXIS = 1
"""The axis of a softmax that names none: samples are rows."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is written."""

    function: str
    span: Span
    arguments: tuple[Piece, ...]
    keywords: Mapping[str, Attr] = field(default_factory=dict)

    def refusal(self, maker: Maker, message: str, help: str | None = None) -> DeriveError:
        """The error for a call that makes no sense."""
        return maker.refusal("D110", f"`{self.function}` {message}", self.span, help)


Builder = Callable[[Maker, Call], Piece]


def build(maker: Maker, call: Call) -> Piece:
    """The term that a call is."""
    if call.function.removesuffix(PRIME) in FUNCTIONS:
        return _elementwise(maker, call)
    return _BUILDERS[call.function](maker, call)


def _count(maker: Maker, call: Call, least: int, most: int, *keywords: str) -> None:
    """Refuse a wrong number of arguments, and keywords that the function does not have."""
    given = len(call.arguments)
    if not least <= given <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        noun = "argument" if most == 1 else "arguments"
        raise call.refusal(maker, f"takes {wanted} {noun}, and here are {given}")
    for word in call.keywords:
        if word not in keywords:
            raise call.refusal(maker, f"takes no `{word}=`")


def _elementwise(maker: Maker, call: Call) -> Piece:
    _count(maker, call, 1, 1)
    return maker.apply(call.function, call.arguments, call.span)


def _binary(op: str) -> Builder:
    def build_binary(maker: Maker, call: Call) -> Piece:
        _count(maker, call, 2, 2)
        left, right = call.arguments
        if op == "div":
            return maker.divide(left, right, call.span)
        return maker.apply(op, [left, right], call.span)

    return build_binary


def _transpose(maker: Maker, call: Call) -> Piece:
    _count(maker, call, 1, 1)
    return maker.apply("transpose", call.arguments, call.span)


def _negative(maker: Maker, call: Call) -> Piece:
    _count(maker, call, 1, 1)
    return maker.negate(call.arguments[0], call.span)


def _power_of(exponent: str) -> Builder:
    def build_power(maker: Maker, call: Call) -> Piece:
        _count(maker, call, 1, 1)
        return maker.apply("pow", call.arguments, call.span, (exponent,))

    return build_power


def _power(maker: Maker, call: Call) -> Piece:
    _count(maker, call, 2, 2)
    base, exponent = call.arguments
    return maker.power(base, exponent, call.span)


def _axis(maker: Maker, call: Call) -> Attr:
    """The axis, by its keyword or as the second argument."""
    if len(call.arguments) < 2:
        return call.keywords.get("axis")
    term = call.arguments[1].term
    if "axis" in call.keywords or not isinstance(term, Const) or term.value.denominator != 1:
        raise call.refusal(maker, "takes an axis as its second argument")
    return int(term.value)


def _whole_axis(maker: Maker, call: Call, axis: Attr) -> int:
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise call.refusal(maker, "takes a whole number as `axis`")
    return axis


def _along(op: str) -> Builder:
    def build_along(maker: Maker, call: Call) -> Piece:
        _count(maker, call, 1, 2, "axis")
        axis = _axis(maker, call)
        axis = SOFTMAX_AXIS if axis is None else _whole_axis(maker, call, axis)
        return maker.apply(op, call.arguments[:1], call.span, (axis,))

    return build_along


def _sum(maker: Maker, call: Call) -> Piece:
    _count(maker, call, 1, 2, "axis", "keepdims")
    axis, keep = _axis(maker, call), call.keywords.get("keepdims", False)
    if not isinstance(keep, bool):
        raise call.refusal(maker, "takes True or False as `keepdims`")
    if axis is None and keep:
        raise call.refusal(maker, "takes `keepdims` only together with an axis")
    axis = None if axis is None else _whole_axis(maker, call, axis)
    return maker.apply("sum", call.arguments[:1], call.span, (axis, keep))


def _maximum(maker: Maker, call: Call) -> Piece:
    """max(0, z) is relu(z)."""
    _count(maker, call, 2, 2)
    others = [piece for piece in call.arguments if piece.term != Const(Fraction(0))]
    if len(others) != 1:
        help = "only max(0, z) is known: it is relu(z)"
        raise call.refusal(maker, "of two terms is not supported", help)
    return maker.apply("relu", others, call.span)


def _log1p(maker: Maker, call: Call) -> Piece:
    _count(maker, call, 1, 1)
    one = Piece(Const(ONE, call.span), call.span, scalar=True)
    more = maker.apply("add", [one, *call.arguments], call.span)
    return maker.apply("log", [more], call.span)


def _concat(default: int | None) -> Builder:
    def build_concat(maker: Maker, call: Call) -> Piece:
        _count(maker, call, 1, len(call.arguments), *(("axis",) if default is None else ()))
        axis = _whole_axis(
            maker, call, call.keywords.get("axis", 0 if default is None else default)
        )
        return maker.apply("concat", call.arguments, call.span, (axis,))

    return build_concat


_BUILDERS: Mapping[str, Builder] = {
    **{op: _along(op) for op in ALONG},
    "sum": _sum,
    "sqrt": _power_of("1/2"),
    "max": _maximum,
    "concat": _concat(None),
    # NumPy only
    "hstack": _concat(1),
    "vstack": _concat(0),
    "square": _power_of("2"),
    "reciprocal": _power_of("-1"),
    "power": _power,
    "log1p": _log1p,
    "transpose": _transpose,
    "negative": _negative,
    "add": _binary("add"),
    "subtract": _binary("sub"),
    "multiply": _binary("mul"),
    "divide": _binary("div"),
    "matmul": _binary("matmul"),
}

REDUCTIONS = frozenset(("sum", *ALONG))
"""Functions whose subscript, in LaTeX, is an axis."""

_PLAIN_WORDS = (*ALONG, "sum", "sqrt", "max", "concat")
_ALIASES = {
    "ln": "log",
    "sigma": "sigmoid",
    "logistic": "sigmoid",
    "maximum": "max",
    "swish": "silu",
    "ELU": "elu",
    "sgn": "sign",
    "absolute": "abs",
}

WORDS: Mapping[str, str] = {
    **{name_key(name): name for name in (*FUNCTIONS, *_PLAIN_WORDS)},
    **{name_key(f"{name}_prime"): f"{name}{PRIME}" for name in FUNCTIONS},
    **_ALIASES,
}
"""Key of a word -> the function it names, in every notation."""

GREEK_WORDS: Mapping[str, str] = {"sigma": "sigmoid", "Phi": "Phi", "varphi": "phi"}
"""A Greek letter -> the function it names where nothing is declared under it."""


def function_of(key: str, *, greek: bool = False) -> str | None:
    """The function that a word names; capitals count only in short words.

    >>> function_of("ReLU"), function_of("eluprime"), function_of("x")
    ('relu', "elu'", None)
    """
    if greek:
        return GREEK_WORDS.get(key)
    return WORDS.get(key) or (WORDS.get(key.lower()) if len(key) > 3 else None)
