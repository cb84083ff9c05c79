"""NumPy text: a whitelist of Python, and straight-line programs."""

from __future__ import annotations

import pytest

from derive.diagnostic import DeriveError
from derive.notation import read, read_numpy, read_program, write
from derive.term import walk

NAMES = ("x", "y", "yhat", "h", "d", "z", "W1", "W2", "b1", "N", "H1", "ŷ_t")
GALLERY = [
    ("x.T @ (yhat - y)", "x^T (yhat - y)"),
    ("np.dot(x.T, yhat - y)", "x^T (yhat - y)"),
    ("x.T.dot(yhat - y)", "x^T (yhat - y)"),
    ("np.matmul(x, W1) + b1", "x W1 + b1"),
    ("x.transpose() @ np.transpose(y)", "x^T y^T"),
    ("h * d @ W1", "(h ∘ d) W1"),
    ("-h @ W1", "(-h) W1"),
    ("-h**2", "-h^2"),
    ("h**-1", "h^(-1)"),
    ("np.power(h, 3) + np.square(h)", "h^3 + h^2"),
    ("np.sqrt(h) + h**0.5", "sqrt(h) + sqrt(h)"),
    ("np.multiply(d, 1 - h)", "d ∘ (1 - h)"),
    ("1./N * np.sum(d, axis=1, keepdims = True)", "(1/N) ∘ sum(d, axis=1, keepdims=True)"),
    ("d.sum(axis=0) / N", "sum(d, axis=0) / N"),
    ("d.sum(0)", "sum(d, axis=0)"),
    ("np.sum(d)", "sum(d)"),
    ("softmax(z, axis=0) + softmax(z)", "softmax(z, axis=0) + softmax(z)"),
    ("np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)", None),
    ("np.maximum(0, z)", "relu(z)"),
    ("relu(z)", "relu(z)"),
    ("elu_prime(z)", "elu'(z)"),
    ("d * (z > 0)", "d ∘ [z > 0]"),
    ("(z >= 0) * d", "(1 - [-z > 0]) ∘ d"),
    ("np.log1p(np.exp(z))", "log(1 + exp(z))"),
    ("np.abs(z) + abs(z) + np.sign(z)", "abs(z) + abs(z) + sign(z)"),
    ("W1[1:] + W1[0] + W1[:, 2:5]", "W1[1:] + W1[:1] + W1[:, 2:5]"),
    ("W1[:, :]", "W1"),
    ("np.hstack([np.ones((len(H1), 1)), H1])", "[1 H1]"),
    ("np.hstack((np.ones((H1.shape[0], 1)), H1))", "[1 H1]"),
    ("np.vstack([np.ones((1, H1.shape[1])), H1])", "[1; H1]"),
    ("np.concatenate([x, y], axis=1)", "[x, y]"),
    ("np.concatenate((x, y))", "[x; y]"),
    ("np.hstack([H1, np.zeros((len(H1), 1))])", "[H1, 0]"),
    ("np.hstack([np.full((N, 1), 3), H1])", "[3, H1]"),
    ("self.W1 @ params['W2']", "W1 W2"),
    ("W_1 @ ŷ_t", "W1 ŷ_t"),
    ("(x\n   @ W1  # forward\n   + b1)", "x W1 + b1"),
    ("  x + 1_000", "x + 1000"),
]


@pytest.mark.parametrize(("text", "plain"), GALLERY)
def test_numpy_text_means_the_formula(text: str, plain: str | None) -> None:
    term = read_numpy(text, NAMES)
    assert read_numpy(write(term, "numpy"), NAMES) == term
    if plain is not None:
        assert write(term, "plain") == plain
        assert read(plain, NAMES) == term


def test_every_node_knows_its_place() -> None:
    text = "ŷ_t.T @ (\n  W1[1:])"
    places = {text[n.span.start : n.span.end] for n in walk(read_numpy(text, NAMES)) if n.span}
    assert places == {"ŷ_t", "ŷ_t.T", "W1", "W1[1:]", text}


PROGRAM = '''
    """The gradients."""
    W1 = params["W1"]
    N = x.shape[0]
    z = x @ W1 + b1     # z = x W1 + b1
    yhat = softmax(
        z)
    dz = (yhat - y) / N; dW1 = x.T @ dz
    return {"W1": dW1}
'''


def test_a_program_is_its_equations() -> None:
    equations = read_program(PROGRAM, NAMES)
    assert [f"{e.name} = {write(e.term, 'plain')}" for e in equations] == [
        "z = x W1 + b1",
        "yhat = softmax(z)",
        "dz = (yhat - y) / N",
        "dW1 = x^T dz",
    ]
    spans = [node.span for node in walk(equations[1].term) if node.span]
    assert PROGRAM[spans[0].start : spans[0].end].startswith("softmax(\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("z = x\nz = y", "`z` is assigned twice"),
        ("z += x", "only assignments `name = formula` are read here"),
        ("a, b = x, y", "only a name can be assigned"),
        ("W1[0] = x", "only a name can be assigned"),
        ("for i in x: pass", "only assignments `name = formula` are read here"),
        ("import os", "only assignments `name = formula` are read here"),
        ("return x @ y", "only assignments `name = formula` are read here"),
        ("a = q", "unknown name `q`"),
        ("a = (", "this is not NumPy text"),
    ],
)
def test_other_statements_are_refused(text: str, message: str) -> None:
    with pytest.raises(DeriveError) as caught:
        read_program(text, NAMES)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getpid()",
        "x.__class__",
        "open('/etc/passwd')",
        "eval('1')",
        "(lambda: x)()",
        "[x for x in y]",
        "x if y else z",
        "x and y",
        "f'{x}'",
        "'x'",
        "x := y",
        "(x := y)",
        "x // y",
        "x % 2",
        "~x",
        "1j",
        "0x10",
        "x[::2]",
        "x[-1]",
        "x[y]",
        "x < y < z",
        "x == y",
        "np.linalg.inv(x)",
        "np.random.rand(3)",
        "np.sum(x, axis=y)",
        "np.sum(x, where=y)",
        "np.sum(*x)",
        "np.sum(**x)",
        "sum(x)",
        "np.hstack(x, y)",
        "np.hstack([np.ones((len(x), 3)), x])",
        "np.ones((3, 1))",
        "x(y)",
        "W1.sum(axis=0, dtype=float)",
        "9**9**9",
        "{x}",
        "x; y",
        "x\x00",
        "\ud800",
    ],
)
def test_what_is_not_on_the_whitelist_is_refused(text: str) -> None:
    with pytest.raises(DeriveError):
        read_numpy(text, NAMES)


def test_a_declared_name_is_no_library() -> None:
    """`xp` is what modules for any arrays call their library, and may be somebody's array."""
    assert read_numpy("xp.exp(x)", ["x"]) == read_numpy("np.exp(x)", ["x"])
    assert read_numpy("xp.dot(x)", ["xp", "x"]) == read_numpy("xp @ x", ["xp", "x"])
    assert read_numpy("np.concat([x, y], axis=1)", ["x", "y"]) == read_numpy(
        "np.hstack([x, y])", ["x", "y"]
    )
