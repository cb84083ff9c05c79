"""A network turned over: every matrix transposed, so that what was a row is a column.

Who learned to write `z = W x` writes every gradient transposed. It is judged in this network.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace

from derive.functions import is_function
from derive.infer import shape_of
from derive.setting import Setting
from derive.shape import Shape
from derive.term import Apply, Equation, Symbol, Term, Var, substitute, turned

OTHER = {"axis=0": "axis=1", "axis=1": "axis=0"}


def turned_over(made: Setting) -> Setting | None:
    """The network with every matrix transposed; None where that has no meaning.

    Arrays with one axis have no other way to lie, and with three there are several.
    """
    if made.network is not None and not _stages(made):
        other = Setting(option=made.option)
        layout = "row" if made.network.layout == "column" else "column"
        other.stacked(replace(made.network, layout=layout))
        return other
    if any(len(shape) not in (0, 2) for shape in made.shapes.values()) or made.constants:
        return None
    other = copied(made)
    other.symbols = [symbol_turned(one) for one in made.symbols]
    other.equations = [Equation(one.name, across(one.term, made.shapes)) for one in made.equations]
    other.shapes = {name: tuple(reversed(shape)) for name, shape in made.shapes.items()}
    other.vectors = "row" if made.vectors == "column" else "column"
    other.network = None
    return other


def _stages(made: Setting) -> bool:
    """Whether there are forward lines beside those of a stack."""
    assert made.network is not None
    own = made.network.derivation
    return len(made.equations) != len(own.equations) or len(made.symbols) != len(own.symbols)


def across(term: Term, shapes: Mapping[str, Shape]) -> Term:
    """The transpose of a formula, in names that are transposed; a number stays as it is.

    `x W` is then `W x`, and `sum(x, axis=0)` is `sum(x, axis=1)`: no name stands transposed.

    >>> from derive.notation import write
    >>> write(across(Apply("matmul", (Var("x"), turned(Var("W")))), {}), "plain")
    'W^T x'
    """
    if not isinstance(term, Apply):
        return term
    args = tuple(across(arg, shapes) for arg in term.args)
    if term.op in POINTWISE or is_function(term.op):
        return replace(term, args=args)
    if term.op == "matmul":
        return replace(term, args=args[::-1])
    if term.op == "transpose":
        return turned(args[0])
    if term.op in ALONG and term.attrs[0] in (0, 1) and term.attrs[1:] != (False,):
        return replace(term, args=args, attrs=(1 - int(str(term.attrs[0])), *term.attrs[1:]))
    if term.op == "sum" and term.attrs[0] is None:
        return replace(term, args=args)
    back = {name: turned(Var(name)) for name, shape in shapes.items() if len(shape) == 2}
    whole = substitute(term, back)
    return turned(whole) if len(shape_of(term, shapes)) == 2 else whole


POINTWISE = ("add", "sub", "neg", "mul", "div", "pow")
ALONG = ("sum", "softmax", "log_softmax", "concat", "slice")
"""Ops that go along an axis, which is their first attribute."""


def symbol_turned(one: Symbol) -> Symbol:
    """A symbol with its shape turned round, and its facts along the other axis."""
    facts = tuple(_fact(fact) for fact in one.facts) if len(one.shape) == 2 else one.facts
    return replace(one, shape=tuple(reversed(one.shape)), facts=facts)


def _fact(fact: str) -> str:
    """A fact along the other axis."""
    word, _, axis = fact.partition(" ")
    return f"{word} {OTHER[axis]}" if axis in OTHER else fact


def with_one_axis(made: Setting) -> Setting | None:
    """The network with its rows and columns kept in arrays with one axis, as `np.sum(dz, axis=0)`
    leaves a bias; None where it has none.
    """
    long = {one.name: one for one in made.symbols if is_line(one.shape)}
    if not long:
        return None
    other, rows = copied(made), {n for n, one in long.items() if one.shape[0].is_one}
    flat = {n: tuple(dim for dim in one.shape if not dim.is_one) for n, one in long.items()}
    other.symbols = [_flattened(one, flat) for one in made.symbols]
    turn = {name: turned(Var(name)) for name in rows}
    other.equations = [Equation(one.name, substitute(one.term, turn)) for one in made.equations]
    other.shapes = {**made.shapes, **flat}
    other.network, other.vectors = None, "numpy"
    return other


def is_line(shape: Shape) -> bool:
    """Whether a matrix is one row or one column."""
    return len(shape) == 2 and [dim.is_one for dim in shape].count(True) == 1


def _flattened(one: Symbol, flat: Mapping[str, Shape]) -> Symbol:
    if one.name not in flat:
        return one
    facts = tuple(f"{fact.partition(' ')[0]} axis=0" if " " in fact else fact for fact in one.facts)
    return replace(one, shape=flat[one.name], facts=facts)


def copied(made: Setting) -> Setting:
    """A setting that can be added to without changing the other."""
    other = copy(made)
    for name, value in vars(made).items():
        if isinstance(value, dict | list):
            setattr(other, name, value.copy())
    return other
