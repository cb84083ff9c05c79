"""What is printed as a gradient, in each notation, is read as a claim again and proved."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import derive
from derive.dense import Stack
from derive.layers import stack
from tests.random_stacks import stacks

EXAMPLES = {
    "two hidden layers": stack("784,100,10,10", reduction="sum"),
    "separate biases in rows": stack("7,5,4,3", bias="separate"),
    "separate biases in columns": stack("7,5,4,3", bias="separate", layout="column"),
    "one sample": stack("7,5,3", activations="relu,softmax", bias="separate", single=True),
    "one column": stack("7,5,3", bias="separate", layout="column", single=True),
    "no bias": stack("7,5,3", activations="tanh,identity", loss="mse", bias="none"),
}


def unproved(made: Stack) -> list[str]:
    """The printed gradients that are not proved when they are read."""
    found = derive.gradients(made)
    texts = [(n, text) for n in found for text in (found[n].matrix, found[n].latex, found[n].numpy)]
    claims = [(text, derive.check(made, {name: text}).claims) for name, text in texts]
    return [text for text, told in claims if [claim.verdict for claim in told] != ["proved"]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_gradients_of_a_stack_are_proved_as_they_are_printed(name: str) -> None:
    assert unproved(EXAMPLES[name]) == []


@settings(max_examples=6, deadline=None)
@given(stacks(deepest=3))
def test_those_of_any_stack_are(made: Stack) -> None:
    assert unproved(made) == []


@pytest.mark.parametrize("layout", ["row", "column"])
def test_they_are_as_claims_of_a_document(layout: str) -> None:
    """With the lines of the network in place of a stack, a step in terms of the one before."""
    document = f"stack 5,4,3 bias=separate layout={layout} reduction=mean\n"
    found = derive.gradients(stack("5,4,3", bias="separate", layout=layout, reduction="mean"))
    for name in found:
        for text in (found[name].matrix, found[name].latex, found[name].numpy):
            report = derive.check_document(f"{document}claim [dL/d{name}] {text}")
            assert [claim.verdict for claim in report.claims] == ["proved"], text
