"""Functions of entries as code writes them: arithmetic, bounds, choices, casts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from derive.notation.called import Called
from derive.notation.masks import combine, is_mask, negated
from derive.notation.piece import Piece, widen
from derive.term import Const

Builder = Callable[[Called], Piece]

_COPIES = (
    "array asarray asanyarray asmatrix matrix mat copy tensor detach clone ascontiguousarray",
    "to_numpy numpy cpu item tolist float float16 float32 float64 double",
)
_WHOLE = ("int int8 int16 int32 int64 int_ intp uint8 bool bool_",)


def words(lines: tuple[str, ...]) -> list[str]:
    """The words of several lines."""
    return [word for line in lines for word in line.split()]


def op(name: str, count: int) -> Builder:
    """A function that is an op of the terms."""

    def build(call: Called) -> Piece:
        call.count(count, count)
        return call.apply(name, *call.pieces())

    return build


def _same(call: Called) -> Piece:
    """A copy, or another type of number, is the same array."""
    call.count(1, 2)
    return widen(call.piece(0), call.span)


def _whole(call: Called) -> Piece:
    """A cast to whole numbers leaves a mask as it is; anything else would be cut off."""
    call.count(1, 1)
    piece = call.piece(0)
    if not is_mask(piece.term) and not isinstance(piece.term, Const):
        raise call.refusal("cuts off what is not a comparison")
    return widen(piece, call.span)


def _astype(call: Called) -> Piece:
    call.count(1, 2)
    kind = call.node_of("dtype", 1)
    whole = kind is not None and "int" in call.reading.source.written(kind)
    return _cut(call) if whole else widen(call.piece(0), call.span)


def _cut(call: Called) -> Piece:
    piece = call.piece(0)
    if not is_mask(piece.term):
        raise call.refusal("cuts off what is not a comparison")
    return widen(piece, call.span)


def _divide(call: Called) -> Piece:
    call.count(2, 2)
    return call.make.divide(call.piece(0), call.piece(1), call.span)


def _power(call: Called) -> Piece:
    call.count(2, 2)
    return call.make.power(call.piece(0), call.piece(1), call.span)


def _power_of(exponent: str) -> Builder:
    def build(call: Called) -> Piece:
        call.count(1, 1)
        return call.apply("pow", call.piece(0), attrs=(exponent,))

    return build


def _negative(call: Called) -> Piece:
    call.count(1, 1)
    return call.make.negate(call.piece(0), call.span)


def _log1p(call: Called) -> Piece:
    call.count(1, 1)
    return call.apply("log", call.apply("add", call.number("1"), call.piece(0)))


def _expm1(call: Called) -> Piece:
    call.count(1, 1)
    return call.apply("sub", call.apply("exp", call.piece(0)), call.number("1"))


def _hyperbolic(op: str) -> Builder:
    """cosh and sinh, by their definition."""

    def build(call: Called) -> Piece:
        call.count(1, 1)
        piece = call.piece(0)
        back = call.apply("exp", call.make.negate(piece, call.span))
        both = call.apply(op, call.apply("exp", piece), back)
        return call.apply("div", both, call.number("2"))

    return build


def _bound(op: str) -> Builder:
    """maximum(0, z) is relu(z)."""

    def build(call: Called) -> Piece:
        call.count(2, 2)
        return _bounded(call, op, *call.pieces())

    return build


def _bounded(call: Called, op: str, left: Piece, right: Piece) -> Piece:
    others = [piece for piece in (left, right) if piece.term != call.number("0").term]
    if op == "maximum" and len(others) == 1:
        return call.apply("relu", others[0])
    return call.apply(op, left, right)


def _clip(call: Called) -> Piece:
    call.count(1, 3, "min", "max", "a_min", "a_max")
    piece = call.piece(0)
    for op, words, place in (("maximum", ("min", "a_min"), 1), ("minimum", ("max", "a_max"), 2)):
        nodes = [call.node_of(word, place) for word in words]
        node = next((node for node in nodes if node is not None), None)
        if node is not None and not (isinstance(node, ast.Constant) and node.value is None):
            piece = _bounded(call, op, piece, call.reading.piece(node))
    return widen(piece, call.span)


def _where(call: Called) -> Piece:
    call.count(3, 3)
    mask = call.reading.mask(call.arguments[0])
    return call.apply("where", mask, call.piece(1), call.piece(2))


def _heaviside(call: Called) -> Piece:
    """step(z) is 0 at 0; a second argument says otherwise."""
    call.count(1, 2)
    step = call.apply("step", call.piece(0))
    at_zero = call.piece(1).term if len(call.arguments) == 2 else None
    if at_zero is None or at_zero == call.number("0").term:
        return step
    below = call.apply("step", call.make.negate(call.piece(0), call.span))
    least = negated(call.make, below, call.span)
    if at_zero == call.number("1").term:
        return least
    if at_zero == call.number("0.5").term:
        return call.apply("div", call.apply("add", step, least), call.number("2"))
    raise call.refusal("takes 0, 0.5 or 1 as its second argument")


def _logical(sign: str) -> Builder:
    def build(call: Called) -> Piece:
        call.count(2, 2)
        left, right = map(call.reading.mask, call.arguments)
        return combine(call.make, sign, left, right, call.span)

    return build


def _not(call: Called) -> Piece:
    call.count(1, 1)
    return negated(call.make, call.reading.mask(call.arguments[0]), call.span)


def _compared(sign: str) -> Builder:
    def build(call: Called) -> Piece:
        call.count(2, 2)
        return call.make.compare(sign, call.piece(0), call.piece(1), call.span)

    return build


POINTWISE: Mapping[str, Builder] = {
    **dict.fromkeys(words(_COPIES), _same),
    **dict.fromkeys(words(_WHOLE), _whole),
    **dict.fromkeys(("add", "plus"), op("add", 2)),
    **dict.fromkeys(("subtract", "sub", "minus"), op("sub", 2)),
    **dict.fromkeys(("multiply", "mul", "times", "hadamard", "cwiseProduct"), op("mul", 2)),
    **dict.fromkeys(("divide", "true_divide", "div", "rdivide", "cwiseQuotient"), _divide),
    **dict.fromkeys(("power", "pow", "powi", "powf"), _power),
    **dict.fromkeys(("negative", "neg"), _negative),
    "square": _power_of("2"),
    "sqrt": _power_of("1/2"),
    **dict.fromkeys(("reciprocal", "recip"), _power_of("-1")),
    **dict.fromkeys(("log1p", "ln_1p"), _log1p),
    **dict.fromkeys(("expm1", "exp_m1"), _expm1),
    "cosh": _hyperbolic("add"),
    "sinh": _hyperbolic("sub"),
    **dict.fromkeys(("maximum", "fmax"), _bound("maximum")),
    **dict.fromkeys(("minimum", "fmin", "min"), _bound("minimum")),
    **dict.fromkeys(("clip", "clamp", "clip_by_value"), _clip),
    "where": _where,
    "heaviside": _heaviside,
    "logical_and": _logical("and"),
    "logical_or": _logical("or"),
    "logical_not": _not,
    "greater": _compared("greater"),
    "less": _compared("less"),
    "greater_equal": _compared("at least"),
    "less_equal": _compared("at most"),
    "astype": _astype,
}
"""Function of code -> what makes its term."""
