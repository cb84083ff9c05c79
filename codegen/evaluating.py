"""Formulas evaluated in NumPy, op by op: whatever a derivation may say, real or by a complex step.

The functions are those of an emitted module (`codegen.runtime`). Where f' is none of them, it is
the complex step through f. A formula of entries is read by the meanings of `derive.ops`, with
arrays of places in place of single ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from codegen import runtime
from codegen.network import Array
from codegen.noise import COMPLEX_STEP
from derive.deadline import check_time
from derive.diagnostic import refuse
from derive.functions import PRIME
from derive.ops import op_row
from derive.shape import Dim, Part
from derive.sizes import linear, value_of
from derive.term import Apply, Attr, Const, Term, Var, fold

Values = Mapping[str, Array]


class Evaluator(NamedTuple):
    """Evaluates formulas at given sizes; names have their values in the mapping that is handed."""

    sizes: Mapping[str, int]

    def value(self, term: Term, values: Values) -> Array:
        """The array that a formula is. Raises DeriveError for an op that NumPy code has not."""

        def node(part: Term, args: tuple[Array, ...]) -> Array:
            if isinstance(part, Const):
                return np.asarray(float(part.value))
            if isinstance(part, Var):
                known = part.name in values
                return values[part.name] if known else np.asarray(float(self.sizes[part.name]))
            return self.applied(part, args)

        return fold(term, node)

    def applied(self, term: Apply, args: tuple[Array, ...]) -> Array:
        """One op on arrays."""
        check_time()
        if term.op in PLAIN:
            return np.asarray(PLAIN[term.op](*args))
        if term.op in SHAPED:
            return np.asarray(SHAPED[term.op](args, tuple(map(self._number, term.attrs))))
        if term.op == "each":
            return self._each(term, args)
        return function(term.op, args[0], term.attrs)

    def _number(self, attr: Attr) -> Attr:
        """An attribute; a size, such as the end of a slice, as a number."""
        return value_of(linear(attr), self.sizes) if isinstance(attr, Dim) else attr

    def _each(self, term: Apply, args: tuple[Array, ...]) -> Array:
        """An array of entries."""
        binding: Any = term.attrs[0]
        shape = tuple(value_of(linear(dim), self.sizes) for _, dim in binding.indices)
        operands = [_Entries(array) for array in args]
        row = op_row("each")
        made = row.index(_Places(self.sizes), tuple(np.indices(shape)), operands, term.attrs)
        return np.broadcast_to(made, shape).copy()


# ------------------------------------------------------------------------------------ the tables

PLAIN: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "matmul": np.matmul,
    "transpose": np.transpose,
}
"""Ops that are functions of NumPy."""


def _power(args: tuple[Array, ...], attrs: Any) -> Array:
    exponent = Fraction(str(attrs[0]))
    power = int(exponent) if exponent.denominator == 1 else float(exponent)
    return np.asarray(args[0] ** power)


def _concat(args: tuple[Array, ...], attrs: Any) -> Array:
    """Blocks along an axis; a number is one line."""
    axis, shape = attrs[0], next(a.shape for a in args if a.ndim)
    line = tuple(1 if k == axis else size for k, size in enumerate(shape))
    blocks = [a if a.ndim else np.broadcast_to(a, line) for a in args]
    return np.concatenate(blocks, axis=axis)


def _slice(args: tuple[Array, ...], attrs: Any) -> Array:
    axis, start, stop = attrs
    cut: Array = args[0][(slice(None),) * axis + (slice(start, stop),)]
    return cut


def _sum(args: tuple[Array, ...], attrs: Any) -> Array:
    axis, keep = attrs
    return np.asarray(np.sum(args[0], axis=axis, keepdims=bool(keep) and axis is not None))


SHAPED: Mapping[str, Callable[[tuple[Array, ...], Any], Array]] = {
    "pow": _power,
    "concat": _concat,
    "slice": _slice,
    "sum": _sum,
}
"""Ops with attributes."""


def function(op: str, z: Array, attrs: Any = ()) -> Array:
    """A function of the runtime, or by a complex step the slope f' of one."""
    text = runtime.RUNTIME.get(op)
    base = op.removesuffix(PRIME)
    if text is None and (base == op or base not in runtime.RUNTIME):
        raise refuse("D403", f"`{op}` cannot be computed in NumPy here")
    if text is None:
        return slope(base, z)
    name = text.removeprefix("np.")
    own = getattr(np if text.startswith("np.") else runtime, name)
    made = own(np.atleast_1d(z), *attrs)
    return np.asarray(made).reshape(np.shape(z))


def slope(op: str, z: Array) -> Array:
    """f'(z) of an elementwise function, to the last digits."""
    return np.imag(function(op, np.real(z) + 1j * COMPLEX_STEP)) / COMPLEX_STEP


# ------------------------------------------------------------------------------ formulas of entries


class _Entries(NamedTuple):
    """An array as an operand whose entries are asked for, many at a time; outside it is 0."""

    array: Array

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.array.shape
        return shape

    def __call__(self, *places: Any) -> Array:
        if not self.array.ndim:
            return self.array
        grid = np.broadcast_arrays(*places)
        sizes = self.array.shape
        inside = [(g >= 0) & (g < n) for g, n in zip(grid, sizes, strict=True)]
        kept = tuple(np.clip(g, 0, n - 1) for g, n in zip(grid, sizes, strict=True))
        return np.where(np.logical_and.reduce(inside), self.array[kept], 0)

    def at(self, out: tuple[Any, ...]) -> Array:
        """The entries that broadcasting puts at `out`."""
        mine = out[len(out) - self.array.ndim :]
        return self(*(p if n > 1 else 0 for p, n in zip(mine, self.array.shape, strict=True)))


class _Places(NamedTuple):
    """The calculus of `derive.ops` over arrays of places and of values."""

    sizes: Mapping[str, int]
    zero: int = 0
    pi: float = np.pi

    def number(self, value: Fraction | int) -> float:
        """The constant."""
        return float(value)

    def sum(self, dim: Dim, body: Callable[[int], Any]) -> Any:
        """The sum over a dimension."""
        total: Any = 0.0
        for k in range(value_of(linear(dim), self.sizes)):
            total = total + body(k)
        return total

    def delta(self, a: Any, b: Any) -> Any:
        """1 where two places are equal, 0 elsewhere."""
        return np.equal(a, b).astype(float)

    def shift(self, place: Any, parts: tuple[Part, ...]) -> Any:
        """The place moved by the sizes of `parts`."""
        return place + (value_of(linear(Dim(parts)), self.sizes) if parts else 0)

    def plus(self, a: Any, b: Any, sign: int) -> Any:
        """The sum or the difference of two places."""
        return a + sign * b

    def power(self, base: Any, exponent: Fraction) -> Any:
        """A rational power."""
        return _power((np.asarray(base),), (exponent,))

    def fn(self, name: str, arg: Any) -> Any:
        """An elementwise function."""
        return function(name, np.asarray(arg))
