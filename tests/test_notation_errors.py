"""What is refused: the message, the caret, the help; and nothing else ever comes out."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from derive.diagnostic import DeriveError
from derive.notation import read, read_numpy, read_program

NAMES = ("x", "y", "yhat", "h", "z1", "z2", "H1", "W1", "W2", "N")

MESSAGES = {
    "unknown": r"""
D101: unknown name `yhta`
  | x (yhta - y)
  |    ^^^^
  = help: did you mean `yhat`?
""",
    "unknown part": r"""
D101: unknown name `q_3`
  | hq_3 W_1
  |  ^^^
  = help: declared names are x, y, yhat, h, z1, z2, H1, W1, W2, N
""",
    "function": r"""
D101: unknown name `sotfmax`
  | sotfmax(z1)
  | ^^^^^^^
  = help: did you mean `softmax`?
""",
    "command": r"""
D102: the sign `\odto` is not understood
  | h \odto h
  |   ^^^^^
  = help: did you mean `\odot`?
""",
    "cross": r"""
D102: the sign `\times` is not understood
  | W_1 \times W_2
  |     ^^^^^^
  = help: write juxtaposition for the matrix product, or ∘ for the elementwise one
""",
    "end": r"""
D103: the formula ends too early
  | x W1 +
  |       ^
""",
    "sign": r"""
D103: `*` does not fit here
  | x + * y
  |     ^
""",
    "equation": r"""
D103: `=` does not fit here
  | z1 = x W1
  |    ^
  = help: only one side of an equation is read here
""",
    "prime": r"""
D103: `′` does not fit here
  | W1′
  |   ^
  = help: a prime makes the derivative of a function, as in tanh'(z)
""",
    "quotient": r"""
D104: it is not clear what is divided by `2N`
  | 1/2N
  |   ^^
  = help: put brackets around the denominator, or room after its first factor
""",
    "argument": r"""
D104: it is not clear where the argument of `log` ends
  | \log y \hat{y}
  | ^^^^^^^^^^^^^^
  = help: put brackets around the argument
""",
    "inverse": r"""
D104: `tanh` with a negative power can be its inverse or its reciprocal
  | \tanh^{-1} z_1
  |        ^^
  = help: write 1/f(z) for the reciprocal
""",
    "numbers": r"""
D104: two numbers stand side by side
  | 10 000 x
  |    ^^^
  = help: write a sign between them
""",
    "open": r"""
D105: the bracket `(` is never closed
  | h (1 - h
  |   ^
""",
    "close": r"""
D105: the bracket `]` closes nothing
  | h] x
  |  ^
""",
    "wrong close": r"""
D105: the bracket `(` is closed by `]`
  | (h]
  |   ^
""",
    "bar": r"""
D105: the bar `|` is never closed
  | |z1
  | ^
""",
    "long number": r"""
D108: a number has more than 30 digits
  | 1.0000000000000000000000000000000 x
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
""",
    "exponent": r"""
D109: a power has to be a number
  | x^N
  |   ^
""",
    "label": r"""
D109: a label needs a name before it
  | (x W1)^{(1)}
  |       ^
  = help: a power is written ^2
""",
    "arity": r"""
D110: `tanh` takes 1 argument, and here are 2
  | tanh(z1, z2)
  | ^^^^^^^^^^^^
""",
    "no argument": r"""
D110: `sigmoid` needs an argument
  | h - \sigma
  |     ^^^^^^
""",
    "keyword": r"""
D110: `tanh` takes no `axis=`
  | tanh(z1, axis=1)
  | ^^^^^^^^^^^^^^^^
""",
    "maximum": r"""
D110: `max` of two terms is not supported
  | max(z1, z2)
  | ^^^^^^^^^^^
  = help: only max(0, z) is known: it is relu(z)
""",
    "slice": r"""
D111: a slice has whole numbers from 0 on as its bounds
  | W1[-1]
  |    ^^
  = help: W[1:] leaves out the first row
""",
    "empty": r"""
D114: the formula is empty
""",
    "combined letters": """
D101: unknown name `ẑ`
  | ŷ - ẑ
  |     ^
  = help: declared names are x, y, yhat, h, z1, z2, H1, W1, W2, N
""",
}

NUMPY_MESSAGES = {
    "unknown": """
D101: unknown name `yhta`
  | x.T @ (yhta - y)
  |        ^^^^
  = help: did you mean `yhat`?
""",
    "function": """
D101: unknown function `mean`
  | np.mean(x)
  | ^^^^^^^
""",
    "syntax": """
D112: this is not NumPy text
  | x.T @@ y
  |      ^
""",
    "form": """
D113: this part of Python is not read: lambda
  | x @ (lambda: y)
  |      ^^^^^^^^^
""",
    "sum": """
D110: `sum` of Python adds up rows
  | 1 + sum(x)
  |     ^^^
  = help: write np.sum
""",
    "block": """
D110: this block is not one wide along axis 1
  | np.hstack([np.ones((len(x), 3)), x])
  |            ^^^^^^^^^^^^^^^^^^^^
""",
}


def _refusal(reader: Callable[[str, tuple[str, ...]], object], text: str) -> DeriveError:
    with pytest.raises(DeriveError) as caught:
        reader(text, NAMES)
    return caught.value


@pytest.mark.parametrize("message", MESSAGES.values(), ids=list(MESSAGES))
def test_a_refusal_says_what_where_and_what_would_help(message: str) -> None:
    lines = message.strip("\n").split("\n")
    text = lines[1].removeprefix("  | ") if len(lines) > 1 else ""
    assert _refusal(read, text).diagnostic.render() == message.strip("\n")


@pytest.mark.parametrize("message", NUMPY_MESSAGES.values(), ids=list(NUMPY_MESSAGES))
def test_a_refusal_of_numpy_text(message: str) -> None:
    text = message.strip("\n").split("\n")[1].removeprefix("  | ")
    assert _refusal(read_numpy, text).diagnostic.render() == message.strip("\n")


HOSTILE = {
    "D106": [
        "(" * 101 + "x" + ")" * 101,
        "[" * 5000 + "x" + "]" * 5000,
        "{" * 9000,
        "-" * 9000 + "x",
        "x" + "+x" * 9000,
        "x " * 9000,
        "x" + "^T" * 9000,
        "x" + "'" * 9000,
        r"\log " * 3000 + "x",
        "e^{" * 101 + "x" + "}" * 101,
        "xh" * 9000,
        "ŷ" * 20_000,
        "x/" * 9000 + "x",
        "x" + "[1:]" * 4000,
        "|x" * 9000,
    ],
    "D107": ["x" * 20_001, " " * 30_000],
    "D108": ["9" * 31, "1e301", "1e999999999", "1e300/1e-300", "x^{1e9}", "x^301", "1/0"],
}
HOSTILE_NUMPY = {
    "D106": [
        "(" * 101 + "x" + ")" * 101,
        "(" * 9000,
        "-" * 9000 + "x",
        "x" + "+x" * 9000,
        "x" + ".T" * 9000,
        "x" + "[1:]" * 4000,
        "x" + "**x" * 6000,
        "not " * 4000 + "x",
        "np.exp(" * 101 + "x" + ")" * 101,
    ],
    "D107": ["x" * 20_001],
    "D108": ["9" * 31, "9" * 9000, "1e301", "1e300/1e-300", "x**301", "1/0"],
}


def _cases(table: dict[str, list[str]]) -> list[object]:
    pairs = [(code, text) for code, texts in table.items() for text in texts]
    return [pytest.param(code, text, id=f"{code} {text[:8]!r}") for code, text in pairs]


@pytest.mark.parametrize(("code", "text"), _cases(HOSTILE))
def test_hostile_text_is_refused_at_once(code: str, text: str) -> None:
    assert _refusal(read, text).diagnostic.code == code


@pytest.mark.parametrize(("code", "text"), _cases(HOSTILE_NUMPY))
def test_hostile_numpy_text_is_refused_at_once(code: str, text: str) -> None:
    assert _refusal(read_numpy, text).diagnostic.code == code


def test_nesting_within_the_limit_is_read() -> None:
    for text in ("(" * 100 + "x" + ")" * 100, "tanh(" * 100 + "x" + ")" * 100, "-" * 99 + "x"):
        read(text, NAMES)
        read_numpy(text, NAMES)


SEEDS = (
    r"[1\ H_1]^T(\hat{y}-y)W_2^T\circ h(1-h)",
    "[1 H1]^T (((yhat - y) W2[1:]^T) ∘ h ∘ (1 - h)) / N",
    r"\frac{1}{N} \log{(\text{softmax}(z_2))}",
    r"\begin{bmatrix}1 & H_1 \\ x\end{bmatrix}",
    "np.hstack([np.ones((len(H1), 1)), H1]).T @ (yhat - y)",
    r"\tanh^2 z_1 + e^{-z_1}",
    "W^{(1)T} x' |z1| [z1 > 0]",
    "sum(x, axis=1, keepdims=True)",
    "x.sum(axis=0).T ** 2 if x else y",
    "ŷ² + W₂ᵀ ⁻¹",
    "self.W2[:, 1:] * params['W1']",
    "z = x @ W1\nh = np.tanh(z)\nreturn h",
)
LETTERS = "()[]{}|^_'\\.,;:=+-*/@∘·<> \n\t&%#~\"0123456789abxyzWHTN²ᵀ₁ŷδ\u0302\ud800\x00é×∂∑ﬁ𝐖ℝ"
SCRAPS = r"\left( \right| \hat \frac ^{( \text{ \begin{bmatrix} \end{bmatrix} e^ ^{T} _{ \mathbf{ "
SCRAPS += r"log tanh [1 axis= 1e np. lambda \sqrt ** for (yield) f'{x}' 0x1 1j '' ^\prime"


def _mutated(rng: random.Random) -> str:
    """A formula with a few random changes."""
    text = rng.choice(SEEDS)
    for _ in range(rng.randint(1, 4)):
        place, kind = rng.randint(0, len(text)), rng.randrange(5)
        insert = rng.choice([*LETTERS, *SCRAPS.split()])
        if kind == 0:
            insert = rng.choice(SEEDS)
        elif kind == 1:
            insert = text[place : place + 9] * rng.randint(2, 30)
        rest = place + (rng.randint(1, 4) if kind == 2 else 0)
        text = text[:place] + insert * (kind != 2) + text[rest:]
    return text


def _outcome(reader: Callable[[str, tuple[str, ...]], object], text: str) -> DeriveError | None:
    try:
        reader(text, NAMES)
    except DeriveError as refusal:
        return refusal
    return None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("reader", [read, read_numpy, read_program])
def test_nothing_but_a_refusal_comes_out_of_any_text(
    reader: Callable[[str, tuple[str, ...]], object], seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(1000):
        text = _mutated(rng)
        refusal = _outcome(reader, text)
        if refusal is not None:
            assert str(refusal).isprintable(), text
            assert refusal.diagnostic.render().startswith(refusal.diagnostic.code)
