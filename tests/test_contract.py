"""Products of indexed factors as matrices: against `numpy.einsum`, and as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from derive.contract import Piece, contract, entry, hadamard, transposed
from derive.diagnostic import DeriveError
from derive.notation import write
from derive.poly import Atom
from derive.shape import ONE, Shape, dim
from derive.slots import Slot, index, shift, slot
from derive.term import Var, apply

SIZES = {"n": 3, "i": 2, "j": 4, "k": 5}
"""Every index has a range of its own, so no transpose can go unseen."""

NAMED = {letter: index(letter, dim(letter)) for letter in SIZES}


def piece(name: str, letters: str) -> Piece:
    """A tensor with an axis for each letter; a dot is an axis of size 1."""
    slots: tuple[Slot, ...] = tuple(() if c == "." else slot(NAMED[c]) for c in letters)
    shape: Shape = tuple(ONE if c == "." else dim(c) for c in letters)
    return entry(Atom(name, slots), lambda _: shape)


def arrays(spec: str) -> dict[str, Any]:
    """Random arrays A, B, ... for the operands of a spec."""
    rng = np.random.default_rng(len(spec))
    parts = spec.partition("->")[0].split(",")
    shapes = [[1 if c == "." else SIZES[c] for c in part] for part in parts]
    return {chr(65 + at): rng.standard_normal(shape) for at, shape in enumerate(shapes)}


def contracted(spec: str) -> Piece:
    """What `contract` makes of an einsum: operands are called A, B, ... in their order."""
    operands, _, out = spec.partition("->")
    pieces = [piece(chr(65 + at), letters) for at, letters in enumerate(operands.split(","))]
    bound = {NAMED[c] for c in operands if c.isalpha() and c not in out}
    return contract(pieces, bound, *(NAMED.get(c, "") for c in out))


def by_einsum(spec: str, values: Mapping[str, Any]) -> Any:
    """The same sum by NumPy, which has no axis of size 1 to leave out."""
    operands, _, out = spec.partition("->")
    squeezed = [
        np.squeeze(v) if "." in part else v
        for v, part in zip(values.values(), operands.split(","), strict=True)
    ]
    found = np.einsum(f"{operands}->{out}".replace(".", ""), *squeezed)
    return found.reshape([1 if c == "." else SIZES[c] for c in out])


GALLERY = {
    # one sum between two matrices is a matrix product
    "ni,nj->ij": "A^T B",
    "ni,ij->nj": "A B",
    "ij,nj->ni": "B A^T",
    "nj,ij->ni": "A B^T",
    # several sums
    "ni,nj,jk->ik": "A^T (B C)",
    "ni,ij,jk->nk": "A B C",
    # three matrices that meet at an index, one of which ends there, or closes a triangle
    "ni,nj,nk->ij": "(A^T ∘ sum(C, axis=1, keepdims=True)^T) B",
    "ni,ij,ik->nj": "(A ∘ sum(C, axis=1, keepdims=True)^T) B",
    "ni,ij,nj->n.": "sum(C ∘ (A B), axis=1, keepdims=True)",
    # on the same two indices: entry by entry
    "nj,nj->nj": "A ∘ B",
    "nj,jn->nj": "A ∘ B^T",
    "ni,nj,nj->ij": "A^T (B ∘ C)",
    "ni,ni,nj->ij": "(A ∘ B)^T C",
    # what is summed at the end of a matrix
    "nj->.j": "1^T A",
    "nj->n.": "sum(A, axis=1, keepdims=True)",
    "nj,nj->n.": "sum(A ∘ B, axis=1, keepdims=True)",
    "nj,nj->..": "sum(A ∘ B)",
    # rows and columns that stand beside
    ".j,nj->nj": "A ∘ B",
    "ni,n.->ni": "A ∘ B",
    "ni,n.->.i": "(A^T B)^T",
    "nj,.j->n.": "(B A^T)^T",
    "ni,n.,nj->ij": "(A^T ∘ B^T) C",
}


@pytest.mark.parametrize("spec", GALLERY)
def test_a_sum_of_products_as_matrices(spec: str) -> None:
    found, values = contracted(spec), arrays(spec)
    assert write(found.term, "plain") == GALLERY[spec]
    computed = eval(write(found.term, "numpy"), {"np": np, **values})  # noqa: S307
    expected = by_einsum(spec, values)
    np.testing.assert_allclose(np.broadcast_to(computed, expected.shape), expected, rtol=1e-12)


def test_what_is_no_chain_of_matrices_is_refused() -> None:
    """Four indices, a matrix on each two of them: whichever is summed first, three meet there."""
    with pytest.raises(DeriveError, match="an index on which three matrices meet"):
        contracted("ni,nj,nk,ij,ik,jk->..")


# ---------------------------------------------------------------------------------------- entries


WIDE = {"V": (dim(1, "i"), dim("j")), "s": (), "t": (dim("i"), dim("j"), dim("k"))}


def block(name: str, *slots: Slot) -> str:
    return write(entry(Atom(name, slots), WIDE.__getitem__).term, "plain")


def test_a_block_is_a_slice() -> None:
    i, j = slot(NAMED["i"]), slot(NAMED["j"])
    assert block("V", shift(i, (1,)), j) == "V[1:]"
    assert block("V", (), j) == "V[:1]"
    assert block("V", slot(index("w", dim(1, "i"))), j) == "V"
    assert block("s") == "s"


@pytest.mark.parametrize(
    ("name", "slots", "message"),
    [
        ("t", (slot(NAMED["i"]),) * 3, "t, which is no matrix"),
        ("V", (slot(NAMED["j"]), slot(NAMED["j"])), "the diagonal of V"),
        ("V", (slot(NAMED["i"]), slot(NAMED["j"])), "a leading block of V"),
        ("V", (((NAMED["i"], 2),), slot(NAMED["j"])), "depends on several indices"),
    ],
)
def test_entries_that_no_matrix_has(name: str, slots: tuple[Slot, ...], message: str) -> None:
    with pytest.raises(DeriveError, match=message):
        block(name, *slots)


def test_pieces() -> None:
    matrix = Piece(Var("A"), NAMED["n"], NAMED["j"])
    turned = transposed(matrix)
    assert turned == Piece(apply("transpose", Var("A")), NAMED["j"], NAMED["n"])
    assert transposed(turned) == matrix
    assert transposed(Piece(Var("s"))) == Piece(Var("s"))
    with pytest.raises(DeriveError, match="factors on different indices"):
        hadamard(matrix, Piece(Var("B"), NAMED["n"], NAMED["k"]))
