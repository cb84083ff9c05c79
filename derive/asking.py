"""What a claim asks: the formulas that its text holds, and the derivative that they are about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from derive.case import derivative_of
from derive.diagnostic import DeriveError, refuse
from derive.differentials import differential_of, gradient_of
from derive.entries import is_index_name
from derive.notation.claims import read_claim
from derive.notation.code import looks_like_code, read_code
from derive.notation.extents import extent
from derive.notation.names import Names, name_key
from derive.scope import ClaimText, Link, Scope
from derive.setting import Asked, Setting
from derive.shape import Shape
from derive.statement import Bracket
from derive.term import Apply, Term, Var, rebuild, turned, walk
from derive.truth import ACTING, Target

DOUBTFUL = {
    "*": ("mul", "matmul"),
    r"\cdot": ("matmul", "mul"),
    r"\times": ("matmul", "mul"),
    r"\otimes": ("outer", "mul"),
    "|": ("abs", "norm"),
}
"""Signs that texts use in two ways; the usual one first."""


@dataclass(frozen=True)
class Question:
    """A claim that was read: its formulas, the derivative, the index letters of the left side.

    `turned`: the left side is the transpose of the derivative, or the derivative by a transpose.
    """

    claim: ClaimText
    target: Target | None
    letters: tuple[str, ...]
    code: bool
    signs: dict[str, str]
    turned: bool = False

    @property
    def links(self) -> tuple[Link, ...]:
        """The formulas for the derivative itself."""
        if not self.turned:
            return self.claim.links
        return tuple(replace(one, term=turned(one.term)) for one in self.claim.links)


def doubtful_signs(claims: Sequence[Asked]) -> tuple[str, ...]:
    """The product signs in formulas of a document that may mean either product."""
    texts = [a.line.text for a in claims if not looks_like_code(a.line.text)]
    spoken = {sign for a in claims for sign in a.scope.signs}
    return tuple(
        s for s in DOUBTFUL if s not in spoken and any(has_sign(text, s) for text in texts)
    )


def has_sign(text: str, sign: str) -> bool:
    """Whether a text has a sign, as a command or as a character; of two bars, none is single."""
    if sign == "|":
        return bool(_BARS.search(text))
    return sign in text or (sign in _CHARACTERS and _CHARACTERS[sign] in text)


_BARS = re.compile(r"(?<![\\|])\|(?!\|)|(?<=[\w})])\|\|(?=[\w\\])|\\[lr]?vert\b")
_CHARACTERS = {r"\cdot": "·", r"\times": "×", r"\otimes": "⊗"}


def meaning(signs: Mapping[str, str], text: str) -> str | None:
    """What a sign was taken to mean, where it is not what it usually means."""
    unusual = (
        sign for sign, op in signs.items() if op != DOUBTFUL[sign][0] and has_sign(text, sign)
    )
    names = {
        "mul": "the elementwise product",
        "matmul": "the matrix product",
        "norm": "the sign of a norm",
    }
    return "; ".join(f"`{sign}` is {names[signs[sign]]} here" for sign in unusual) or None


def question(asked: Asked, setting: Setting, signs: dict[str, str]) -> Question:
    """The claim, read. Raises DeriveError for what cannot be read, or asks nothing."""
    text = asked.line.text
    scope = replace(asked.scope, signs={**signs, **asked.scope.signs})
    bracket = asked.line.bracket
    if bracket is not None:
        scope = replace(scope, loss=bracket.of)
    claim, code = _read(text, scope, bracket.wrt if bracket is not None else "")
    if claim.differential:
        claim, wrt = _of_differential(claim, bracket.wrt if bracket else None)
        bracket = bracket or Bracket("gradient", scope.loss, wrt)
        asked = replace(asked, line=replace(asked.line, bracket=bracket))
    if bracket is not None and bracket.layout == "elementwise" and not code:
        links = tuple(replace(k, term=entrywise(k.term, scope.shapes)) for k in claim.links)
        claim = replace(claim, links=links)
    target, letters = _target(asked, claim, scope)
    if target is not None:
        _known(target, setting, text)
    sideways = bracket is None and _is_transpose(claim.left)
    return Question(claim, target, letters, code, signs, sideways)


def entrywise(term: Term, shapes: Mapping[str, Shape]) -> Term:
    """The formula with the products of arrays of one shape read entry by entry.

    A derivative of each entry by its own argument has no sums, so `h(1 - h)` can mean nothing else.
    """

    def node(old: Term) -> Term:
        if not isinstance(old, Apply) or old.op != "matmul":
            return old
        left, right = (extent(arg, shapes) for arg in old.args)
        return replace(old, op="mul") if left and left == right else old

    return rebuild(term, node)


def _of_differential(claim: ClaimText, wanted: str | None) -> tuple[ClaimText, str]:
    """The gradients that the formulas of `dL = tr(G^T dX)` say, and by what they are."""
    names = {differential_of(link.term, claim.text, link.span) for link in claim.links}
    if len(names) != 1 or wanted not in (None, *names):
        message = f"the differentials here are those of {', '.join(sorted(names))}"
        raise refuse("D307", message, claim.text, claim.left_span)
    (name,) = names
    links = tuple(replace(link, term=gradient_of(link.term, name)) for link in claim.links)
    return replace(claim, links=links), name


def _read(text: str, scope: Scope, wanted: str) -> tuple[ClaimText, bool]:
    """The text of a claim, and whether it was read as code.

    `H_2(1 - H_2)` is a call in Python; of a declared array it can only be a product.
    """
    if not looks_like_code(text):
        return read_claim(text, scope), False
    try:
        return read_code(text, scope, wanted), True
    except DeriveError as error:
        called = _CALLED.fullmatch(error.diagnostic.message)
        if called is None or not Names(scope.shapes).find((), name_key(called.group(1))):
            raise
        return read_claim(text, scope), False


_CALLED = re.compile(r"unknown function `(.+)`")


def _target(asked: Asked, claim: ClaimText, scope: Scope) -> tuple[Target | None, tuple[str, ...]]:
    """Which derivative is meant, if any, and the letters of its axes."""
    bracket, left = asked.line.bracket, claim.left
    letters = _letters(left)
    if bracket is not None:
        return Target(bracket.of, bracket.wrt, bracket.layout), letters
    if left is None and len(claim.links) == 1 and isinstance(claim.links[0].term, Var):
        left = claim.links[0].term
    name = left
    if isinstance(left, Apply) and (left.op == "entry" or _is_transpose(left)):
        name = left.args[0]
    ends = derivative_of(name.name) if isinstance(name, Var) else None
    if isinstance(name, Var) and ends is None and name.name in asked.given:
        given = asked.given[name.name]
        ends = derivative_of(given.name) if isinstance(given, Var) else None
    if ends is None and claim.shape is not None:
        return None, letters
    if ends is None:
        message = "it is not clear which derivative this is about"
        help = "write `dL/dW2 = ...`, or say it in brackets: `claim [dL/dW2] ...`"
        raise refuse("D307", message, asked.line.text, claim.left_span, help=help)
    return Target(*ends), letters


def _is_transpose(left: Term | None) -> bool:
    return isinstance(left, Apply) and left.op == "transpose"


def _letters(left: Term | None) -> tuple[str, ...]:
    """The index letters of the left side, in the order of the axes."""
    nodes = walk(left) if left is not None else ()
    found = (n.name for n in nodes if isinstance(n, Var) and is_index_name(n.name))
    return tuple(dict.fromkeys(found))


def _known(target: Target, setting: Setting, text: str) -> None:
    for name in (target.of, target.wrt):
        if name not in setting.shapes:
            raise refuse("D101", f"`{name}` is not declared in this document", text)


def name_of(target: Target) -> str:
    """The derivative as reports name it."""
    plain = f"d{target.of}/d{target.wrt}"
    return plain if target.layout in ("gradient", *ACTING) else f"{target.layout} {plain}"


def of_axes(stated: tuple[str, ...], free: frozenset[str], axes: int) -> tuple[str, ...]:
    """The letters of the left side that are axes: not the sample of a loss that is called `E_n`."""
    if len(stated) <= axes:
        return stated
    used = tuple(letter for letter in stated if letter in free)
    return used if len(used) == axes else stated[-axes:] if axes else ()
