"""The NumPy functions that an emitted module contains: `source(names)` is their text.

A function here needs NumPy and other names of this file, nothing else, so its text stands alone.
Each keeps float32 and float64 as they are, raises no floating-point warning for arguments in ±1e4,
and takes complex numbers: a branch follows the real part and nothing calls `abs` or `conj` on a
complex value, so f(z + ih).imag / h is f'(z) to the last digits (the complex step).
"""

# mypy: disable-error-code="no-any-return"
# (arithmetic on NumPy arrays is Any to mypy)

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import cache

import numpy as np

RUNTIME = {
    "exp": "np.exp",
    "log": "np.log",
    "sin": "np.sin",
    "cos": "np.cos",
    "tanh": "np.tanh",
    "erf": "erf",
    "step": "step",
    "sign": "sign",
    "abs": "absolute",
    "sigmoid": "sigmoid",
    "softplus": "softplus",
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "elu'": "elu_prime",
    "silu": "silu",
    "silu'": "silu_prime",
    "Phi": "Phi",
    "Phi'": "phi",
    "phi": "phi",
    "phi'": "phi_prime",
    "gelu": "gelu",
    "gelu'": "gelu_prime",
    "gelu_tanh": "gelu_tanh",
    "gelu_tanh'": "gelu_tanh_prime",
    "huber": "huber",
    "huber'": "huber_prime",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
}
"""How each op of `derive.functions`, f' included, and each softmax is written in NumPy text."""

Array = np.ndarray


# ----------------------------------------------------------------------- pieces, and their kinks


def step(z: Array) -> Array:
    """[z > 0]: 1 above zero, 0 at zero and below; the derivative of relu."""
    return (z.real > 0).astype(z.dtype)


def sign(z: Array) -> Array:
    """step(z) - step(-z): -1, 0 or 1, by the real part."""
    return np.sign(z.real).astype(z.dtype, copy=False)


def absolute(z: Array) -> Array:
    """z sign(z): |z| for real z, and analytic in the imaginary direction, as np.abs is not."""
    return z * sign(z)


def relu(z: Array, out: Array | None = None) -> Array:
    """z [z > 0]; a complex z goes by its real part, so that relu'(0) = 0 there too."""
    if np.iscomplexobj(z):
        return np.multiply(z, z.real > 0, out=out)
    return np.maximum(z, 0.0, out=out)


def leaky_relu(z: Array) -> Array:
    """z above zero, z / 100 below; 0.01 + 0.99 is exactly 1."""
    return z * (0.01 + 0.99 * step(z))


def huber_prime(z: Array) -> Array:
    """z where |z| < 1, else its sign."""
    return np.where(np.abs(z.real) < 1.0, z, sign(z))


def huber(z: Array) -> Array:
    """z^2 / 2 where |z| < 1, else |z| - 1/2: c (z - c/2) with c = huber', so no large square."""
    c = huber_prime(z)
    return c * (z - 0.5 * c)


# ------------------------------------------------------------------------- exponential functions


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """1 / (1 + exp(-z)); z is held where the value is a normal number, so exp cannot overflow."""
    if out is None:
        out = np.empty_like(z)
    floor = -87.3 if z.dtype == np.float32 else -708.3
    np.maximum(z, floor, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    return np.reciprocal(out, out=out)


def softplus(z: Array) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|)): no overflow, and a small value is exact."""
    up = z.real > 0
    return np.where(up, z, 0.0) + np.log1p(np.exp(np.where(up, -z, z)))


def elu(z: Array) -> Array:
    """z above zero, exp(z) - 1 below; expm1 keeps the digits near zero."""
    up = z.real > 0
    return np.where(up, z, np.expm1(np.where(up, 0.0, z)))


def elu_prime(z: Array) -> Array:
    """1 above zero, exp(z) below; exp never sees a positive argument."""
    return np.exp(np.where(z.real > 0, 0.0, z))


def _sigmoids(z: Array) -> tuple[Array, Array]:
    """sigmoid(z) and sigmoid(-z), the smaller one to its last digit: one exponential, of -|z|."""
    up = z.real > 0
    e = np.exp(np.where(up, -z, z))
    small, large = e / (1.0 + e), 1.0 / (1.0 + e)
    return np.where(up, large, small), np.where(up, small, large)


def silu(z: Array) -> Array:
    """z sigmoid(z), with the sigmoid's tail down to 0."""
    return z * _sigmoids(z)[0]


def silu_prime(z: Array) -> Array:
    """s (1 + z (1 - s)) with s = sigmoid(z); 1 - s is sigmoid(-z), without cancellation."""
    s, rest = _sigmoids(z)
    return s * (1.0 + z * rest)


def gelu_tanh(z: Array) -> Array:
    """z (1 + tanh(v/2)) / 2 = z sigmoid(v), v = sqrt(8/pi) (z + 0.044715 z^3): the tail is kept."""
    v = 1.5957691216057308 * z * (1.0 + 0.044715 * z * z)
    return z * _sigmoids(v)[0]


def gelu_tanh_prime(z: Array) -> Array:
    """s (1 + z v' (1 - s)) with s = sigmoid(v), v as in gelu_tanh; 1 - s is sigmoid(-v)."""
    v = 1.5957691216057308 * z * (1.0 + 0.044715 * z * z)
    slope = 1.5957691216057308 * (1.0 + 3 * 0.044715 * z * z)
    s, rest = _sigmoids(v)
    return s * (1.0 + z * slope * rest)


# ------------------------------------------------------------------------ the normal distribution

_MILLS = (  # (1 + z) Phi(-z) / phi(z), highest power of u first: bench/normal_tail.py
    -9.564832934712551e-10,
    -7.073898575561589e-10,
    1.1032071151574336e-08,
    9.092476134019147e-09,
    -7.758520236786343e-08,
    -6.588974491108954e-08,
    4.91996233147834e-07,
    3.2054316652589574e-07,
    -3.277287633208865e-06,
    -1.7633239265736746e-07,
    2.270961270923768e-05,
    -2.480583845192319e-05,
    -0.0001343742785571135,
    0.00045704392357953655,
    1.9530638370790786e-05,
    -0.004201290329187307,
    0.01634823128102938,
    -0.03802659218584139,
    0.0615050458401865,
    -0.0661776007790963,
    0.0250721793016388,
    0.07778159886873769,
    -0.22948753825211315,
    1.1568486282918946,
)


def _mills(z: Array) -> Array:
    """Phi(-z) / phi(z) for z >= 0: a polynomial in u = (z - 5) / (z + 5), over 1 + z."""
    u = 1.0 - 10.0 / (z + 5.0)
    total = np.full_like(u, _MILLS[0])
    for coefficient in _MILLS[1:]:
        total *= u
        total += coefficient
    return total / (1.0 + z)


def phi(z: Array) -> Array:
    """exp(-z^2/2) / sqrt(2 pi); z^2 is split at a multiple of 1/16, so the tail is exact too."""
    z = np.where(np.abs(z.real) > 40.0, 40.0, z)
    near = np.rint(16.0 * z.real) / 16.0
    rest = (z - near) * (z + near)
    return 0.3989422804014327 * np.exp(-0.5 * near * near) * np.exp(-0.5 * rest)


def phi_prime(z: Array) -> Array:
    """-z phi(z)."""
    return -z * phi(z)


def Phi(z: Array) -> Array:
    """The normal distribution function; a tail is phi times Mills' ratio, not 1 minus the rest."""
    up = z.real > 0
    tail = phi(z) * _mills(np.where(up, z, -z))
    return np.where(up, 1.0 - tail, tail)


def erf(z: Array) -> Array:
    """2 Phi(sqrt(2) z) - 1: by its power series near 0, by the normal tail from |z| = 1/2 on."""
    inside = np.abs(z.real) < 0.5
    near = np.where(inside, z, 0.0)
    term = total = 1.1283791670955126 * near
    for n in range(1, 14):
        term = -term * near * near / n
        total = total + term / (2 * n + 1)
    tail = 5.0132565492620005 * phi(z) ** 2 * _mills(1.4142135623730951 * absolute(z))
    return np.where(inside, total, sign(z) * (1.0 - tail))


def gelu(z: Array) -> Array:
    """z Phi(z)."""
    return z * Phi(z)


def gelu_prime(z: Array) -> Array:
    """Phi(z) + z phi(z)."""
    return Phi(z) + z * phi(z)


# ------------------------------------------------------------------------------ rows of a matrix


def softmax(z: Array, axis: int = 1, out: Array | None = None) -> Array:
    """exp(z) / sum exp(z) along an axis, of logits less their largest: exp cannot overflow."""
    out = np.subtract(z, z.real.max(axis=axis, keepdims=True), out=out)
    np.exp(out, out=out)
    return np.divide(out, out.sum(axis=axis, keepdims=True), out=out)


def log_softmax(z: Array, axis: int = 1) -> Array:
    """z - log sum exp(z), by log1p of all but the largest: a loss near 0 keeps its digits."""
    s = z - z.real.max(axis=axis, keepdims=True)
    top = s.real == 0
    others = np.where(top, np.expm1(s), np.exp(s)).sum(axis=axis, keepdims=True)
    ties = top.sum(axis=axis, keepdims=True, dtype=s.real.dtype) - 1.0
    return s - np.log1p(others + ties)


# ------------------------------------------------------------------------------------- the text


def source(ops: Iterable[str]) -> str:
    """The text of the functions that these ops need, and of what those need, in file order."""
    parts = _definitions()
    needed: set[str] = set()
    queue = [name for name in map(RUNTIME.__getitem__, ops) if name in parts]
    while queue:
        name = queue.pop()
        if name not in needed:
            needed.add(name)
            queue.extend(parts[name][1])
    return "\n\n\n".join(text for name, (text, _) in parts.items() if name in needed)


@cache
def _definitions() -> dict[str, tuple[str, frozenset[str]]]:
    """Every top-level name of this file: its text, and the other such names in it."""
    text = inspect.getsource(sys.modules[__name__])
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                found[name] = node
    return {
        name: (
            ast.get_source_segment(text, node) or "",
            frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name)) & found.keys(),
        )
        for name, node in found.items()
    }
