"""Functions of arrays as code has them, and the terms that calls of them are: two tables."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from derive.functions import FUNCTIONS, PRIME
from derive.notation.activations import derivative_name
from derive.notation.called import Called
from derive.notation.calls import function_of
from derive.notation.names import name_key
from derive.notation.piece import Piece
from derive.notation.pointwise import POINTWISE, op
from derive.notation.reductions import REDUCTIONS, largest
from derive.notation.shaping import SHAPING
from derive.notation.spelling import shown, suggestion
from derive.notation.spreading import SPREADING

Builder = Callable[[Called], Piece]


def build_call(call: Called) -> Piece:
    """The term that a call is."""
    if builder := BUILDERS.get(call.function):
        return builder(call)
    name = _elementwise(call)
    if name is None:
        message = f"unknown function `{shown(call.function)}`"
        raise call.reading.refusal("D101", message, call.node, _nearest(call.function))
    if builder := BUILDERS.get(name):
        return builder(call)
    call.count(1, 1)
    return call.apply(name, call.piece(0))


def _elementwise(call: Called) -> str | None:
    """The function that is called, or its derivative where the name says so."""
    if call.function.removesuffix(PRIME) in FUNCTIONS:
        return call.function
    return derivative_name(call.function) or function_of(name_key(call.function))


_INVERSES = frozenset(("det", "slogdet", "logdet", "inv", "pinv", "solve", "cholesky"))


def _nearest(word: str) -> str | None:
    if word in _INVERSES:
        return "inverses and determinants of matrices are not known here"
    return suggestion(word, (*BUILDERS, *FUNCTIONS)) or (
        "say what it stands for with an alias of the call"
    )


def is_method(name: str) -> bool:
    """Whether `x.name()` is a function of x."""
    return name in BUILDERS or function_of(name_key(name)) is not None


# ------------------------------------------------------------------------------------ builders


def _matmul(call: Called) -> Piece:
    """TensorFlow transposes a factor by a flag."""
    call.count(2, 2, "transpose_a", "transpose_b")
    factors = call.pieces()
    for place, word in enumerate(("transpose_a", "transpose_b")):
        flag = call.keywords.get(word)
        if flag is not None and not isinstance(flag, ast.Constant):
            raise call.refusal(f"takes True or False as `{word}`")
        if isinstance(flag, ast.Constant) and flag.value:
            factors[place] = call.apply("transpose", factors[place])
    return call.apply("matmul", *factors)


def _einsum(call: Called) -> Piece:
    call.count(2, 4)
    first = call.arguments[0]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        raise call.refusal("takes its indices first, as a text")
    pieces = [call.reading.piece(node) for node in call.arguments[1:]]
    return call.apply("einsum", *pieces, attrs=(first.value.replace(" ", ""),))


def _correlate(call: Called) -> Piece:
    """out[i, j] is the sum of a[i+p, j+q] k[p, q] over p and q, wherever all of k fits into a."""
    call.count(2, 2)
    array, kernel = call.pieces()
    i, j, p, q = (call.reading.new_letter() for _ in range(4))
    letters = {name: call.make.name(name, call.span) for name in (i, j, p, q)}
    window = [call.apply("add", letters[a], letters[b]) for a, b in ((i, p), (j, q))]
    body = call.apply(
        "mul",
        call.apply("entry", array, *window),
        call.apply("entry", kernel, letters[p], letters[q]),
    )
    for letter in (q, p):
        body = call.apply("total", body, attrs=(letter, None, None))
    return call.apply("each", body, attrs=(i, j))


def _length(call: Called) -> Piece:
    call.count(1, 1)
    return call.apply("length", call.piece(0), attrs=(0,))


def _size(call: Called) -> Piece:
    """How many entries there are, or how many along an axis."""
    call.count(1, 2, "axis")
    axes = call.axes()
    if axes is None:
        return call.apply("size", call.piece(0))
    if len(axes) != 1:
        raise call.refusal("takes one axis")
    return call.apply("length", call.piece(0), attrs=(axes[0],))


def _softmax(op: str) -> Builder:
    """Where no axis is named, none is put."""

    def build(call: Called) -> Piece:
        call.count(1, 2, "axis")
        axes = call.axes()
        if axes is not None and len(axes) != 1:
            raise call.refusal("takes one axis")
        return call.apply(op, call.piece(0), attrs=(axes[0] if axes else None,))

    return build


def _max(call: Called) -> Piece:
    """The greatest entry, or of two arrays the greater entries; `np.max(z, 1)` names an axis."""
    match call.node:
        case ast.Call(ast.Attribute(ast.Name("np" | "numpy")), [_, axis]):
            alone = isinstance(axis, ast.Constant | ast.UnaryOp)
        case ast.Call(ast.Attribute(), [ast.Constant(int())]):
            alone = True
        case _:
            alone = len(call.arguments) == 1 or bool(call.keywords)
    return largest(call) if alone else POINTWISE["maximum"](call)


_ARRAYS: Mapping[str, Builder] = {
    **dict.fromkeys(("outer", "ger"), op("outer", 2)),
    **dict.fromkeys(("inner", "vdot"), op("inner", 2)),
    "einsum": _einsum,
    "max": _max,
    "xcorr2_valid": _correlate,
    "len": _length,
    "size": _size,
    "numel": _size,
    "length": _length,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "diag": op("diag", 1),
    "diagflat": op("diag", 1),
    "trace": op("trace", 1),
    "matmul": _matmul,
    "dot": op("matmul", 2),
    "mm": op("matmul", 2),
    "mv": op("matmul", 2),
}

BUILDERS: Mapping[str, Builder] = {
    **POINTWISE,
    **_ARRAYS,
    **REDUCTIONS,
    **SHAPING,
    **SPREADING,
}
"""Function of code -> what makes its term."""
