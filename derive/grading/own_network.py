"""A network of the submission's own, and which of its names are quantities of the key's.

Its symbols are put in place of the key's, by name, kind and shape, as they are or transposed. The
networks are the same where the losses are then equal: judging goes on in the submission's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from derive.deadline import check_time
from derive.diagnostic import DeriveError
from derive.grading.sameness import Sameness
from derive.grading.turning import copied, symbol_turned
from derive.notation.names import name_key
from derive.setting import Setting
from derive.shape import Dim, Shape
from derive.tensors import column_shape
from derive.term import Equation, Symbol, Term, Var, substitute, turned, variables

MOST = 24
"""Ways to pair the symbols of two networks that are tried."""


@dataclass(frozen=True)
class Pairing:
    """The symbols of one network by those of another, and its sizes by theirs."""

    symbols: Mapping[str, Term]
    sizes: Mapping[str, Dim]


@dataclass(frozen=True)
class Same:
    """The submission's network with what the key says of it, and its names for the key's names."""

    setting: Setting
    names: Mapping[str, str]


def same_network(key: Setting, own: Setting, wanted: Sequence[str]) -> Same | None:
    """The submission's network where it is the key's, `wanted` being the names that matter."""
    if own.constants or own.failures or not own.loss:
        return None
    for pairing in islice(pairings(key, own), MOST):
        check_time()
        found = _compared(key, own, pairing, wanted)
        if found is not None:
            return Same(_told(key, own, pairing), found)
    return None


def _told(key: Setting, own: Setting, pairing: Pairing) -> Setting:
    """The submission's network with the facts and the numbers of the key in place of its own."""
    made, known = copied(own), {one.name: one for one in key.symbols}
    symbols = []
    for one in own.symbols:
        term = pairing.symbols[one.name]
        other = known[_inside(term)]
        facts = other.facts if isinstance(term, Var) else symbol_turned(other).facts
        symbols.append(replace(one, facts=facts))
    made.symbols = symbols
    numbers = ((n, key.sizes.get(str(d.parts[0]))) for n, d in pairing.sizes.items())
    made.sizes = {name: size for name, size in numbers if size is not None}
    return made


def pairings(key: Setting, own: Setting) -> Iterator[Pairing]:
    """The ways in which the symbols can be the key's, the likeliest first."""
    mine = sorted(own.symbols, key=lambda one: _likely(one, key.symbols))

    def paired(rest: Sequence[Symbol], made: Pairing, used: frozenset[str]) -> Iterator[Pairing]:
        if not rest:
            yield made
            return
        one = rest[0]
        for other in sorted(key.symbols, key=lambda other: _unlike(one, other)):
            if other.name in used:
                continue
            for term, shape in _lying(other):
                sizes = _unified(column_shape(one.shape), shape, made.sizes)
                if sizes is not None:
                    more = Pairing({**made.symbols, one.name: term}, sizes)
                    yield from paired(rest[1:], more, used | {other.name})

    yield from paired(mine, Pairing({}, {}), frozenset())


def _likely(one: Symbol, others: Sequence[Symbol]) -> tuple[int, ...]:
    """Symbols that have a namesake go first: they settle the sizes."""
    return min(_unlike(one, other) for other in others)


def _unlike(one: Symbol, other: Symbol) -> tuple[int, ...]:
    """How little two symbols have in common."""
    mine, theirs = name_key(one.name), name_key(other.name)
    return (mine != theirs, mine.lower() != theirs.lower(), one.kind != other.kind)


def _lying(symbol: Symbol) -> Iterator[tuple[Term, Shape]]:
    """A symbol as it is and transposed, with its shape."""
    shape = column_shape(symbol.shape)
    yield Var(symbol.name), shape
    if shape:
        yield turned(Var(symbol.name)), tuple(reversed(shape))


def _unified(mine: Shape, theirs: Shape, known: Mapping[str, Dim]) -> dict[str, Dim] | None:
    """The sizes of one shape by those of another; None where they cannot be."""
    if len(mine) != len(theirs):
        return None
    sizes = dict(known)
    for one, other in zip(mine, theirs, strict=True):
        (part, *more) = one.parts
        if more or isinstance(part, int):
            if Dim(tuple(_put(p, sizes) for p in one.parts)) != other:
                return None
        elif sizes.setdefault(part, other) != other:
            return None
    return sizes


def _put(part: int | str, sizes: Mapping[str, Dim]) -> int | str:
    found = sizes.get(part) if isinstance(part, str) else None
    return part if found is None or len(found.parts) > 1 else found.parts[0]


def _compared(
    key: Setting, own: Setting, pairing: Pairing, wanted: Sequence[str]
) -> dict[str, str] | None:
    """The names of equal quantities under one pairing; None where the losses differ."""
    work, values = copied(key), dict(pairing.symbols)
    for name, size in pairing.sizes.items():
        if len(size.parts) == 1 and isinstance(size.parts[0], str):
            values[name] = Var(size.parts[0])
    inner: dict[str, str] = {}
    for place, one in enumerate(own.equations):
        name = inner[one.name] = f"own{place}q"
        work.equations.append(Equation(name, substitute(one.term, values)))
        work.shapes[name] = _shape(own.shapes[one.name], pairing.sizes)
        values[one.name] = Var(name)
    try:
        compared = Sameness(work)
        if own.loss not in inner or compared.same(inner[own.loss], [key.loss]) is None:
            return None
    except DeriveError:
        return None
    found = {own.loss: key.loss}
    for name, term in pairing.symbols.items():
        found[name] = _inside(term)
    for name, other in inner.items():
        if match := compared.same(other, [one for one in wanted if one not in pairing.symbols]):
            found.setdefault(name, match[0])
    return found


def _inside(term: Term) -> str:
    """The name that a term is, or is the transpose of."""
    (name,) = variables(term)
    return name


def _shape(shape: Shape, sizes: Mapping[str, Dim]) -> Shape:
    """A shape in the sizes of the key."""
    return tuple(
        sizes[one.parts[0]]
        if len(one.parts) == 1 and isinstance(one.parts[0], str) and one.parts[0] in sizes
        else Dim(tuple(_put(part, sizes) for part in one.parts))
        for one in shape
    )
