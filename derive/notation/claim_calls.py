r"""Calls that a claim may hold beyond those of a formula: diag, trace, mean, max, norms.

Here a softmax that names no axis leaves it open, and so do sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from derive.diagnostic import Span
from derive.notation.calls import Call, build
from derive.notation.names import name_key
from derive.notation.piece import Maker, Piece
from derive.term import Apply, Attr, Const

Builder = Callable[[Maker, Call], Piece]

_WORDS: Mapping[str, str] = {
    "diag": "diag",
    "Diag": "diag",
    "diagonal": "diag",
    "trace": "trace",
    "tr": "trace",
    "Tr": "trace",
    "mean": "mean",
    "average": "mean",
    "avg": "mean",
    "outer": "outer",
    "inner": "inner",
    "dot": "matmul",
    "matmul": "matmul",
    "multiply": "mul",
    "transpose": "transpose",
    "square": "square",
    "power": "power",
    "divide": "divide",
    "add": "add",
    "subtract": "subtract",
    "negative": "negative",
    "min": "minimum",
    "minimum": "minimum",
    "maximum": "maximum",
    "heaviside": "step",
    "Heaviside": "step",
    "sinh": "sinh",
    "cosh": "cosh",
    "size": "size",
    "len": "length",
}

WORDS: Mapping[str, str] = {name_key(word): function for word, function in _WORDS.items()}
"""Key of a word -> the function that it names in a claim."""


def claim_function(key: str) -> str | None:
    """The function that a word of a claim names.

    >>> claim_function("tr"), claim_function("x")
    ('trace', None)
    """
    return WORDS.get(key)


def build_claim(maker: Maker, call: Call) -> Piece:
    """The term that a call in a claim is."""
    builder = _BUILDERS.get(call.function)
    return builder(maker, call) if builder else build(maker, call)


def make(
    maker: Maker,
    op: str,
    pieces: Sequence[Piece],
    span: Span,
    attrs: tuple[Attr, ...] = (),
    *,
    scalar: bool = False,
) -> Piece:
    """An op that the table of ops may lack; `scalar`: it is known to be one number."""
    made = maker.apply(op, pieces, span, attrs)
    return Piece(made.term, span, made.depth, scalar)


def _arguments(maker: Maker, call: Call, count: int) -> None:
    if len(call.arguments) != count or call.keywords:
        noun = "argument" if count == 1 else "arguments"
        message = f"takes {count} {noun}, and here are {len(call.arguments)}"
        raise call.refusal(maker, message)


def _plain(op: str, count: int, *, scalar: bool = False) -> Builder:
    def build_plain(maker: Maker, call: Call) -> Piece:
        _arguments(maker, call, count)
        return make(maker, op, call.arguments, call.span, scalar=scalar)

    return build_plain


def _power(exponent: str) -> Builder:
    def build_power(maker: Maker, call: Call) -> Piece:
        _arguments(maker, call, 1)
        return maker.apply("pow", call.arguments, call.span, (exponent,))

    return build_power


def _mean(maker: Maker, call: Call) -> Piece:
    axis = call.keywords.get("axis")
    rest = {word: value for word, value in call.keywords.items() if word != "axis"}
    _arguments(maker, Call(call.function, call.span, call.arguments, rest), 1)
    return make(maker, "mean", call.arguments, call.span, (axis, False), scalar=axis is None)


def _softmax(op: str) -> Builder:
    """Of one entry, `softmax(z_i)`, it is the entry of the softmax."""

    def build_softmax(maker: Maker, call: Call) -> Piece:
        if call.keywords or len(call.arguments) != 1:
            return build(maker, call)
        (argument,) = call.arguments
        term = argument.term
        if isinstance(term, Apply) and term.op == "entry":
            inner = Apply(op, (term.args[0],), (None,), call.span)
            entry = Apply("entry", (inner, *term.args[1:]), (), call.span)
            return Piece(entry, call.span, argument.depth + 1, scalar=argument.scalar)
        return maker.apply(op, call.arguments, call.span, (None,))

    return build_softmax


def _extreme(op: str) -> Builder:
    """max(0, z) is relu(z)."""

    def build_extreme(maker: Maker, call: Call) -> Piece:
        _arguments(maker, call, 2)
        others = [piece for piece in call.arguments if piece.term != Const(Fraction(0))]
        if op == "maximum" and len(others) == 1:
            return maker.apply("relu", others, call.span)
        scalar = all(piece.scalar for piece in call.arguments)
        return make(maker, op, call.arguments, call.span, scalar=scalar)

    return build_extreme


def _hyperbolic(sign: str) -> Builder:
    """sinh and cosh by exp."""

    def build_hyperbolic(maker: Maker, call: Call) -> Piece:
        _arguments(maker, call, 1)
        up = maker.apply("exp", call.arguments, call.span)
        down = maker.apply("exp", [maker.negate(call.arguments[0], call.span)], call.span)
        both = maker.apply(sign, [up, down], call.span)
        half = Piece(Const(Fraction(1, 2), call.span), call.span, scalar=True)
        return maker.apply("mul", [half, both], call.span)

    return build_hyperbolic


def _length(maker: Maker, call: Call) -> Piece:
    _arguments(maker, call, 1)
    return make(maker, "length", call.arguments, call.span, (0,), scalar=True)


_BUILDERS: Mapping[str, Builder] = {
    "diag": _plain("diag", 1),
    "trace": _plain("trace", 1, scalar=True),
    "outer": _plain("outer", 2),
    "inner": _plain("inner", 2, scalar=True),
    "matmul": _plain("matmul", 2),
    "mul": _plain("mul", 2),
    "transpose": _plain("transpose", 1),
    "square": _power("2"),
    "mean": _mean,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "max": _extreme("maximum"),
    "maximum": _extreme("maximum"),
    "minimum": _extreme("minimum"),
    "sinh": _hyperbolic("sub"),
    "cosh": _hyperbolic("add"),
    "size": _plain("size", 1, scalar=True),
    "length": _length,
}
