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
from derive.term import Apply, Attr, Const, Term, Var

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
    "sech": "sech",
    "logsumexp": "logsumexp",
    "LSE": "logsumexp",
    "lse": "logsumexp",
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


def _along(maker: Maker, call: Call) -> tuple[Attr, Attr]:
    """The axis and the keepdims of a reduction of one array, which are checked."""
    words = ("axis", "keepdims")
    rest = {word: value for word, value in call.keywords.items() if word not in words}
    _arguments(maker, Call(call.function, call.span, call.arguments, rest), 1)
    axis, keep = (call.keywords.get(word) for word in words)
    if isinstance(axis, bool) or keep not in (None, True, False):
        raise call.refusal(maker, "takes a whole number as `axis` and True or False as `keepdims`")
    return axis, keep is True


def _mean(maker: Maker, call: Call) -> Piece:
    axis, keep = _along(maker, call)
    return make(maker, "mean", call.arguments, call.span, (axis, keep), scalar=axis is None)


def _log_sum_exp(maker: Maker, call: Call) -> Piece:
    """log of the sum of exp."""
    axis, keep = _along(maker, call)
    inner = maker.apply("exp", call.arguments, call.span)
    total = make(maker, "sum", [inner], call.span, (axis, keep), scalar=axis is None)
    return maker.apply("log", [total], call.span)


def _reciprocal_cosh(maker: Maker, call: Call) -> Piece:
    """sech is 1 / cosh."""
    one = Piece(Const(Fraction(1), call.span), call.span, scalar=True)
    return maker.divide(one, _hyperbolic("add")(maker, call), call.span)


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
    """max(0, z) is relu(z); max(z) is the largest entry."""

    def build_extreme(maker: Maker, call: Call) -> Piece:
        if op == "maximum" and len(call.arguments) == 1:
            axis, keep = _along(maker, call)
            attrs = (axis, keep)
            return make(maker, "peak", call.arguments, call.span, attrs, scalar=axis is None)
        _arguments(maker, call, 2)
        others = [piece for piece in call.arguments if piece.term != Const(Fraction(0))]
        if op == "maximum" and len(others) == 1:
            return maker.apply("relu", others, call.span)
        scalar = all(piece.scalar for piece in call.arguments)
        return make(maker, op, call.arguments, call.span, scalar=scalar)

    return build_extreme


def over_letter(maker: Maker, piece: Piece, letters: Sequence[Term | None]) -> Piece:
    r"""`\max_k z_{nk}`: the entry n of the largest entries along the axis of k."""
    assert isinstance(piece.term, Apply)
    inner = piece.term.args[0]
    places = inner.args[1:] if isinstance(inner, Apply) and inner.op == "entry" else ()
    names = [place.name if isinstance(place, Var) else "" for place in places]
    wanted = [letter.name for letter in letters if isinstance(letter, Var)]
    if len(wanted) != 1 or names.count(wanted[0]) != 1 or len(wanted) < len(letters):
        message = "the letter below `max` is no index of what stands after it"
        raise maker.refusal("D131", message, piece.span)
    assert isinstance(inner, Apply)
    axis = names.index(wanted[0])
    kept = (*places[:axis], *places[axis + 1 :])
    whole = Apply("peak", (inner.args[0],), (axis if kept else None, False), piece.span)
    term = Apply("entry", (whole, *kept), (), piece.span) if kept else whole
    return Piece(term, piece.span, piece.depth, scalar=True)


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
    "sech": _reciprocal_cosh,
    "logsumexp": _log_sum_exp,
    "size": _plain("size", 1, scalar=True),
    "length": _length,
}
