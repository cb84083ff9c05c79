"""Equal terms become equal objects, under any names of their indices and any order of factors."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from derive.canonical import canonical
from derive.poly import Atom, Factor, Mono, Poly, rename_factors
from derive.shape import Dim, dim
from derive.slots import Slot, index, is_index, range_of, slot

N, A = dim("N"), dim("a")


def names(count: int, whole: Dim, start: int = 0) -> list[str]:
    return [f"%{start + k}.{start + k}x|{whole}" for k in range(count)]


@st.composite
def terms(draw: st.DrawFn) -> tuple[tuple[Factor, ...], tuple[str, ...]]:
    """Factors on a few bound indices of two ranges and one free index."""
    rows, cols = names(draw(st.integers(1, 3)), N), names(draw(st.integers(1, 3)), A, 9)
    free = index("i", N)
    count = draw(st.integers(1, 5))
    factors = []
    for _ in range(count):
        head = draw(st.sampled_from(["X", "Y"]))
        row, col = draw(st.sampled_from([*rows, free])), draw(st.sampled_from(cols))
        arg = None
        if draw(st.integers(0, 3)) == 0:
            inner = Atom("Z", (slot(row), slot(col)))
            head, arg = "exp", Poly((Mono(Fraction(1), ((inner, Fraction(1)),)),))
        slots = () if arg else (slot(row), slot(col))
        factors.append((Atom(head, slots, arg), Fraction(draw(st.sampled_from([1, 1, 2, -1])))))
    used = {s for atom, _ in factors for place in atom.slots for s, _ in place}
    used |= {s for atom, _ in factors if atom.arg for s in _inside(atom.arg)}
    bound = tuple(name for name in (*rows, *cols) if name in used)
    return tuple(dict(factors).items()), bound


def _inside(arg: Poly) -> set[str]:
    return {s for t in arg.terms for atom, _ in t.factors for place in atom.slots for s, _ in place}


@given(terms(), st.integers(0, 10**6))
def test_names_and_order_do_not_matter(
    term: tuple[tuple[Factor, ...], tuple[str, ...]], seed: int
) -> None:
    factors, bound = term
    rng = random.Random(seed)
    order = rng.sample(range(len(bound)), len(bound))
    fresh = {old: f"%new{order[k]}|{range_of(old)}" for k, old in enumerate(bound)}
    values: dict[str, Slot] = {old: slot(new) for old, new in fresh.items()}
    renamed = list(rename_factors(factors, values))
    rng.shuffle(renamed)
    again = list(fresh.values())
    rng.shuffle(again)
    assert canonical(tuple(renamed), tuple(again)) == canonical(factors, bound)


@given(terms())
def test_only_names_change(term: tuple[tuple[Factor, ...], tuple[str, ...]]) -> None:
    """As many indices of each range, as many factors; the free index stays free."""
    factors, bound = term
    found = canonical(factors, bound)
    assert sorted(str(range_of(n)) for n in found.bound) == sorted(str(range_of(n)) for n in bound)
    assert len(set(found.bound)) == len(bound)
    assert sorted(a.head for a, _ in found.factors) == sorted(a.head for a, _ in factors)
    assert index("i", N) not in found.bound
    assert all(is_index(name) for name in found.bound)


def one(head: str, *places: str) -> Factor:
    return Atom(head, tuple(map(slot, places))), Fraction(1)


def test_a_cycle_of_two_is_no_cycle_of_three_and_a_path_is_neither() -> None:
    """Sum X[k,l] X[l,k], Sum X[k,l] X[l,m] X[m,k] and Sum X[k,l] X[l,m] X[m,n]: trace or not."""
    k, m, n, p = names(4, N)
    shapes = {
        canonical((one("X", k, m), one("X", m, k)), (k, m)),
        canonical((one("X", k, m), one("X", k, m)), (k, m)),
        canonical((one("X", k, m), one("X", m, n), one("X", n, k)), (k, m, n)),
        canonical((one("X", k, m), one("X", m, n), one("X", n, p)), (k, m, n, p)),
        canonical((one("X", k, m), one("X", m, n), one("X", k, n)), (k, m, n)),
    }
    assert len(shapes) == 5


def test_ties_that_refinement_cannot_break() -> None:
    """A cycle of six and two cycles of three look alike to each index, and differ."""
    k = names(6, N)
    ring = tuple(one("X", k[a], k[(a + 1) % 6]) for a in range(6))
    pair = tuple(one("X", k[a], k[b]) for a, b in [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)])
    assert canonical(ring, tuple(k)) != canonical(pair, tuple(k))
    turned = tuple(one("X", k[(a + 2) % 6], k[(a + 3) % 6]) for a in range(6))
    assert canonical(turned, tuple(k)) == canonical(ring, tuple(k))


def test_equal_sizes_of_different_names_are_not_mixed_up() -> None:
    """Sum over N is not Sum over a, even where both are 4."""
    row, col = names(1, N)[0], names(1, A)[0]
    assert canonical((one("v", row),), (row,)) != canonical((one("v", col),), (col,))


def test_the_sum_in_an_argument_has_names_of_its_own() -> None:
    k, m = names(2, N)
    inner = canonical((one("v", m),), (m,))
    atom = Atom("exp", (), Poly((inner,)))
    outer = canonical(((atom, Fraction(1)), one("v", k)), (k,))
    assert not set(outer.bound) & set(inner.bound)


def test_many_indices_that_look_alike_take_neither_long_nor_much_memory() -> None:
    """A sum to the power of 299 has as many indices; their orders are more than can be kept."""
    bound = tuple(names(40, N))
    factors = tuple((Atom("A", (slot(name),), None), Fraction(1)) for name in bound)
    found = canonical(factors, bound)
    assert len(found.bound) == 40
    other = canonical(tuple(reversed(factors)), tuple(reversed(bound)))
    assert other == found
