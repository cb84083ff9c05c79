"""Right formulas made wrong: none is proved, and every repair is right where it was not tried."""

from __future__ import annotations

import pytest

from derive import check_document
from derive.term import Apply, Var, apply
from tests.mutants import mutants
from tests.trials import Tally, rights, tried
from tests.wrong_sources import COLUMNS, NORMALISED, ROWS, network, own, shared


def sorted_out(text: str, singles: int, twice: int) -> Tally:
    """The mutants of every right claim of a document, judged."""
    tally = Tally()
    for right in rights(text):
        tried(right, singles, twice, tally)
    return tally


def only(text: str, targets: tuple[str, ...]) -> str:
    """A document with the claims about a few derivatives."""
    rows = text.split("\n")
    return "\n".join(r for r in rows if not r.startswith("claim") or r[6:].startswith(targets))


def test_a_mutant_is_another_formula() -> None:
    term = apply("matmul", apply("transpose", Var("H")), apply("sub", Var("p"), Var("y")))
    made = mutants(term, {"H": 2, "p": 2, "y": 2, "z": 2, "N": 0}, 40)
    assert len({other for _, other in made} - {term}) == 40
    assert ("no transpose", Apply("matmul", (Var("H"), term.args[1]))) in made


@pytest.mark.parametrize("layers", ["3,4:relu,2 bias=separate", "4,3,2"])
def test_no_mutant_of_a_network_is_proved(layers: str) -> None:
    sizes, _, bias = layers.partition(" bias=")
    for _, text in network(sizes, {"bias": bias} if bias else {}):
        tally = sorted_out(only(text, ("[dL/dW2]", "[dL/dz1]")), 8, 3)
        assert tally.faults == []
        assert tally.counts["made"] == 22


@pytest.mark.parametrize("text", [COLUMNS, ROWS], ids=["columns", "rows"])
def test_no_mutant_of_a_document_is_proved(text: str) -> None:
    tally = sorted_out(text, 5, 2)
    assert tally.faults == []
    assert tally.counts["not written anew"] == 0
    assert tally.counts["made"] >= 60
    assert tally.counts["unrepaired"] < tally.counts["made"] / 10


@pytest.mark.long
@pytest.mark.parametrize("document", list(own()), ids=lambda found: found[0])
def test_no_mutant_of_any_document_is_proved(document: tuple[str, str]) -> None:
    _, text = document
    assert sorted_out(text, 4, 1).faults == []


@pytest.mark.long
@pytest.mark.shared("DERIVE_SHARED")
def test_no_mutant_of_a_corpus_is_proved() -> None:
    for _, text in shared():
        assert sorted_out(text, 4, 1).faults == []


def test_a_sign_in_the_derivative_of_a_normalisation_is_mended_by_the_sign() -> None:
    wrong = NORMALISED.replace(" - Xh * np.mean", " + Xh * np.mean")
    (claim,) = [one for one in check_document(wrong).claims if one.name == "dL/dX"]
    assert claim.edits == ("sign",)
