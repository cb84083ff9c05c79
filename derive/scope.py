"""What the text of a claim is read by, and what it is read to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.diagnostic import Diagnostic, Span
from derive.shape import Shape
from derive.term import Term


@dataclass(frozen=True, slots=True)
class Alias:
    r"""`alias WRITTEN = ...`: what a spelling stands for in the claims that follow.

    Either a term or the name of an elementwise function (`alias \phi = tanh`). `letters` are the
    index letters of the spelling: in `a_j = aj[j]` the j is one, and is `#j` in the term.
    """

    written: str
    term: Term | None = None
    function: str | None = None
    letters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """The names that a formula may use, how they are spelled, and what the signs mean.

    `shapes` has every name that a term may hold, sizes included; `spelled` other spellings of them
    (`as x_i`); `loss` is the name whose derivative `dW2` is.
    """

    shapes: Mapping[str, Shape]
    spelled: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    signs: Mapping[str, str] = field(default_factory=dict)
    loss: str = "L"


@dataclass(frozen=True, slots=True)
class Link:
    """One formula of a chain of equalities, and where it stands."""

    term: Term
    span: Span


@dataclass(frozen=True, slots=True)
class ShapeText:
    r"""A claimed shape, `\in \mathbb{R}^{101 \times 1}`: its sizes as numbers or as written."""

    dims: tuple[int | str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ClaimText:
    """A claim as it was read: the left side, the formulas said to be equal to it, a shape.

    `letters`: the index letters of the left side, in order, also where it has no term. `unread`:
    why formulas of the chain were not understood, where others were. `doubts`: what was taken for
    what, where the text can be read in two ways. `differential`: the left side is that of the loss.
    """

    text: str
    links: tuple[Link, ...]
    left: Term | None = None
    left_span: Span | None = None
    shape: ShapeText | None = None
    letters: tuple[str, ...] = ()
    unread: tuple[Diagnostic, ...] = ()
    doubts: tuple[str, ...] = ()
    differential: bool = False
