"""The notation table: how each op is written, and how tightly it binds.

Read from left to right it is the writer's table, from right to left the reader's. A formula is
written in one of four notations; the reader takes plain text and LaTeX by the same rows, and the
two kinds of code by Python's own grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

COMPARE, ADD, MINUS, TIMES, BESIDE, SIGNED, SCRIPT, ATOM = range(8)
"""Levels, loosest first: `>`, `+`, a leading `-`, `∘`, juxtaposition and `/`, NumPy's leading `-`,
powers and transposes, names and brackets."""


class Infix(NamedTuple):
    """A sign between two operands: the op, the level, and the other spellings that mean it."""

    sign: str
    op: str
    level: int
    also: tuple[str, ...] = ()


JUXTAPOSED = Infix("", "matmul", BESIDE)
SIGNS = (
    Infix("+", "add", ADD),
    Infix("-", "sub", ADD, ("−", "–")),
    Infix("∘", "mul", TIMES, ("⊙", "○", r"\circ", r"\odot")),
    Infix("*", "mul", TIMES, ("∗", r"\ast")),
    Infix("·", "matmul", TIMES, ("⋅", r"\cdot")),
    Infix("@", "matmul", BESIDE),
    Infix("/", "div", BESIDE, ("∕",)),
    Infix(">", "greater", COMPARE, (r"\gt",)),
    Infix("<", "less", COMPARE, (r"\lt",)),
    Infix("≥", "at least", COMPARE, (">=", "⩾", r"\ge", r"\geq", r"\geqslant")),
    Infix("≤", "at most", COMPARE, ("<=", "⩽", r"\le", r"\leq", r"\leqslant")),
)
"""Every infix sign that the reader knows; all associate to the left."""

INFIX: Mapping[str, Infix] = {row.sign: row for row in SIGNS}
SPELLINGS: Mapping[str, str] = {other: row.sign for row in SIGNS for other in row.also}
"""Another spelling of an infix sign -> the sign."""

CHOICES: Mapping[str, str] = {
    "matmul": "matmul",
    "mul": "mul",
    "@": "matmul",
    "∘": "mul",
    "⊙": "mul",
    "*": "mul",
}
"""What a text may declare `*` and `\\cdot` to mean, and the op that this is."""


class Row(NamedTuple):
    """How a notation writes one op: a `{}` for each operand, which needs at least a level.

    Operands whose op is in `wrap` stand in brackets although no rule asks for it, because people
    write them so.
    """

    op: str
    text: str
    level: int
    needs: tuple[int, ...]
    wrap: tuple[str, ...] = ()


class Notation(NamedTuple):
    """One way to write formulas; what no row can say stands in `derive.notation.writer`."""

    name: str
    rows: Mapping[str, Row]


def _rows(*rows: Row) -> Mapping[str, Row]:
    return {row.op: row for row in rows}


PRODUCTS = ("mul", "matmul", "div")

PLAIN = Notation(
    "plain",
    _rows(
        Row("add", "{} + {}", ADD, (ADD, TIMES)),
        Row("sub", "{} - {}", ADD, (ADD, TIMES)),
        Row("neg", "-{}", MINUS, (TIMES,)),
        Row("mul", "{} ∘ {}", TIMES, (TIMES, BESIDE), ("matmul", "div")),
        Row("scale", "{} {}", BESIDE, (BESIDE, SCRIPT)),
        Row("matmul", "{} {}", BESIDE, (BESIDE, SCRIPT)),
        Row("scalar matmul", "{} @ {}", BESIDE, (BESIDE, SCRIPT)),
        Row("div", "{} / {}", BESIDE, (BESIDE, SCRIPT)),
        Row("number div", "{}/{}", BESIDE, (SCRIPT, SCRIPT)),
        Row("sqrt", "sqrt({})", ATOM, (ADD,)),
        Row("transpose", "{}^T", SCRIPT, (ATOM,)),
        Row("sum rows", "1^T {}", BESIDE, (SCRIPT,)),
        Row("step", "[{} > 0]", ATOM, (ADD,)),
    ),
)

LATEX = Notation(
    "latex",
    _rows(
        Row("add", "{} + {}", ADD, (ADD, TIMES)),
        Row("sub", "{} - {}", ADD, (ADD, TIMES)),
        Row("neg", "-{}", MINUS, (TIMES,)),
        Row("mul", r"{} \circ {}", TIMES, (TIMES, BESIDE), ("matmul",)),
        Row("scale", "{} {}", BESIDE, (BESIDE, SCRIPT)),
        Row("matmul", "{} {}", BESIDE, (BESIDE, SCRIPT)),
        Row("scalar matmul", "{} @ {}", BESIDE, (BESIDE, SCRIPT)),
        Row("div", r"\frac{{{}}}{{{}}}", SCRIPT, (ADD, ADD)),
        Row("number div", r"\frac{{{}}}{{{}}}", SCRIPT, (ADD, ADD)),
        Row("sqrt", r"\sqrt{{{}}}", ATOM, (ADD,)),
        Row("transpose", "{}^T", SCRIPT, (ATOM,)),
        Row("sum rows", r"\mathbf{{1}}^T {}", BESIDE, (SCRIPT,)),
        Row("sum columns", r"{} \mathbf{{1}}", BESIDE, (BESIDE,)),
        Row("step", "[{} > 0]", ATOM, (ADD,)),
    ),
)

NUMPY = Notation(
    "numpy",
    _rows(
        Row("add", "{} + {}", ADD, (ADD, TIMES)),
        Row("sub", "{} - {}", ADD, (ADD, TIMES)),
        Row("neg", "-{}", SIGNED, (SCRIPT,)),
        Row("mul", "{} * {}", TIMES, (TIMES, SCRIPT), ("matmul",)),
        Row("scale", "{} * {}", TIMES, (TIMES, SCRIPT), ("matmul",)),
        Row("matmul", "{} @ {}", TIMES, (TIMES, SCRIPT), ("mul", "div")),
        Row("scalar matmul", "{} @ {}", TIMES, (TIMES, SCRIPT), ("mul", "div")),
        Row("div", "{} / {}", TIMES, (TIMES, SCRIPT)),
        Row("number div", "{} / {}", TIMES, (TIMES, SCRIPT)),
        Row("sqrt", "np.sqrt({})", ATOM, (ADD,)),
        Row("transpose", "{}.T", ATOM, (ATOM,)),
        Row("step", "({} > 0)", ATOM, (ADD,)),
        Row("softmax along", "softmax({}, axis={})", ATOM, (ADD, ADD)),
        Row("log_softmax along", "log_softmax({}, axis={})", ATOM, (ADD, ADD)),
        Row("column", "{}[:, None]", ATOM, (ATOM,)),
        Row("row", "{}[None, :]", ATOM, (ATOM,)),
        Row("ravel", "{}.ravel()", ATOM, (ATOM,)),
        Row("outer", "np.outer({}, {})", ATOM, (ADD, ADD)),
        Row("inner", "np.inner({}, {})", ATOM, (ADD, ADD)),
        Row("diag", "np.diag({})", ATOM, (ADD,)),
        Row("trace", "np.trace({})", ATOM, (ADD,)),
        Row("maximum", "np.maximum({}, {})", ATOM, (ADD, ADD)),
        Row("minimum", "np.minimum({}, {})", ATOM, (ADD, ADD)),
        Row("where", "np.where({}, {}, {})", ATOM, (ADD, ADD, ADD)),
    ),
)

ARRAY_API = Notation(
    "array-api",
    {
        op: NUMPY.rows[op]._replace(text=NUMPY.rows[op].text.replace("np.", "xp."))
        for op in (
            *("add", "sub", "neg", "mul", "scale", "matmul", "scalar matmul"),
            *("div", "number div", "sqrt", "transpose", "step"),
        )
    },
)
"""The array API standard, whose functions are those of a namespace `xp`."""

NOTATIONS: Mapping[str, Notation] = {one.name: one for one in (PLAIN, LATEX, NUMPY, ARRAY_API)}
