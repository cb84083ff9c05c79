"""What is said of code, and of calls of the verifier, in one sentence with its code."""

from __future__ import annotations

import pytest

from derive import check_source, verify
from derive.diagnostic import DeriveError
from tests.test_source_gallery import stack

NET = stack("4,3,2", bias="none")
RIGHT = """
def backward(x, y, yhat, H1, W2):
    dz2 = (yhat - y) / x.shape[0]
    dW2 = H1.T @ dz2
    dW1 = x.T @ ((dz2 @ W2.T) * H1 * (1 - H1))
    return dW1, dW2
"""
WRONG = RIGHT.replace("H1.T @ dz2", "-H1.T @ dz2")
OTHER = """
def backward(x, y, W1, W2):
    H1 = np.tanh(x @ W1)
    yhat = softmax(H1 @ W2)
    dW2 = H1.T @ (yhat - y) / len(x)
    return dW2
"""

REFUSED = {
    "no Python": (
        lambda: check_source("def f(:", "f", stack=NET, file="net.py"),
        "D137: net.py is not Python: invalid syntax, line 1",
    ),
    "no such function": (
        lambda: check_source(RIGHT, "bakward", stack=NET, file="net.py"),
        "D138: there is no function `bakward` in net.py; did you mean `backward`?",
    ),
    "a mode that is none": (
        lambda: verify(lambda params, x, y: {}, stack=NET, mode="some"),
        "D404: mode is one of every, directions, not `some`",
    ),
    "data without parameters": (
        lambda: verify(lambda params, x, y: {}, stack=NET, x=1.0, y=1.0),
        "D404: x and y are given without params: a point needs all of them",
    ),
}

TOLD = {
    "a gradient that is wrong": (WRONG, "D139: this is not dL/dW2: a sign is wrong"),
    "what names were taken for": (
        RIGHT.replace("H1", "hidden"),
        "D140: `backward` was read so: `hidden` is H1",
    ),
    "no gradient": ("def f(x):\n    return x", "D141: no gradient was found in net.py"),
    "another network": (
        OTHER,
        "D142: this is not H1 of the network, which is sigmoid(z1)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal(what: str) -> None:
    attempt, sentence = REFUSED[what]
    with pytest.raises(DeriveError) as caught:
        attempt()
    found = caught.value.diagnostic
    assert f"{found.code}: {found.message}" == sentence


@pytest.mark.parametrize("what", TOLD)
def test_what_is_told_of_code(what: str) -> None:
    text, sentence = TOLD[what]
    report = check_source(text, stack=NET, file="net.py")
    found = [*(d for claim in report.claims for d in claim.diagnostics), *report.notes]
    assert sentence in [f"{one.code}: {one.message}" for one in found]
