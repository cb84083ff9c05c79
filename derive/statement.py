"""What a document says, one statement at a time.

What a statement says of formulas stays text. It is read when the names are known that it may use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from derive.diagnostic import Span
from derive.values import Value

NOWHERE = Span(0, 0)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement, and where it stands in the file: its line, counted from 1, and its letters.

    `note` says what was taken for granted, where a page leaves something unsaid.
    """

    line: int = 0
    span: Span = NOWHERE
    note: str | None = None


@dataclass(frozen=True)
class Dims(Statement):
    """`dims D=784, N`: sizes, some with a number."""

    sizes: Mapping[str, int | None]


@dataclass(frozen=True)
class Stack(Statement):
    """`stack 784,100,10,10 bias=augmented`: a network in place of forward lines.

    `options` are keyword arguments of `derive.layers.stack`.
    """

    text: str
    options: Mapping[str, str | bool | tuple[str, ...]]


@dataclass(frozen=True)
class Orientation(Statement):
    """`row` or `column`: what a vector is."""

    vectors: str


@dataclass(frozen=True)
class Declare(Statement):
    r"""`param W : H × D as \mathbf{W}`: a symbol; `kind` is the keyword, `dims` as written."""

    kind: str
    name: str
    dims: tuple[str, ...]
    facts: tuple[str, ...] = ()
    notation: str | None = None
    value: Value | None = None


@dataclass(frozen=True)
class Let(Statement):
    """`let z1 = x W1 + b1`: a forward equation."""

    name: str
    text: str


@dataclass(frozen=True)
class Loss(Statement):
    """`loss L = ...`, or `loss L` of a name that has an equation."""

    name: str
    text: str | None = None


@dataclass(frozen=True)
class Given(Statement):
    """`given d2 = dL/dz2`: a name for a true derivative."""

    name: str
    text: str


@dataclass(frozen=True)
class Alias(Statement):
    r"""`alias \delta = d2`: what the claims that follow mean by a spelling."""

    written: str
    text: str


@dataclass(frozen=True)
class Bracket:
    """`[jacobian dy/dx]`: which derivative a claim is about, and how it is arranged."""

    layout: str
    of: str
    wrt: str


@dataclass(frozen=True)
class ClaimLine(Statement):
    """`claim [dL/dW] text`: a formula to be judged."""

    bracket: Bracket | None
    text: str


@dataclass(frozen=True)
class Points(Statement):
    """`points dL/dW2 = 4`: what a derivative is worth where submissions are graded.

    `name` is the derivative as written, or `each` for those that no other line names.
    """

    name: str
    value: Fraction


@dataclass(frozen=True)
class Credit(Statement):
    """`credit repair = 50%, step = 25%`: the parts of the points that an answer nearby gets."""

    shares: Mapping[str, Fraction]
