"""Submissions of one exercise with the marks that they are worth: who makes them knows.

Each is drawn from a seed: how somebody writes, what the answers rest on, and what is wrong with
them. `expected` says the status of every answer; a mistake is one only if numbers say so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.answer_texts import LATEX, OTHER, Notation
from tests.answer_trees import (
    CREDIT,
    POINTS,
    Tree,
    answer,
    delta,
    holds,
    in_columns,
    mistakes,
    nonsense,
)

ITEMS = ("z2", "W2", "b2", "W1", "b1")
KINDS = ("unicode", "plain", "latex", "numpy")


@dataclass
class Made:
    """A submission: its file, its text, and what is expected of each answer."""

    suffix: str
    text: str | bytes
    expected: dict[str, str]
    story: str

    @property
    def total(self) -> float:
        """The points that it is worth."""
        return sum(POINTS[item] * CREDIT.get(status, 0) for item, status in self.expected.items())


@dataclass
class Student:
    """How somebody writes, and what somebody says: (derivative, formula) in order."""

    notation: Notation
    column: bool
    form: str
    claims: list[tuple[str, Tree | str]] = field(default_factory=list)
    expected: dict[str, str] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)


def write(folder: Path, count: int) -> dict[str, Made]:
    """Writes submissions into a folder, a file each; what was made, by the name of the file."""
    found = {}
    for seed in range(count):
        one = made(seed)
        name = f"student{seed:04d}"
        data = one.text if isinstance(one.text, bytes) else one.text.encode()
        (folder / f"{name}{one.suffix}").write_bytes(data)
        found[name] = one
    return found


def made(seed: int) -> Made:
    """The submission of a seed."""
    rng = random.Random(seed)
    if rng.random() < 0.08:
        return _hostile(rng)
    student = _student(rng)
    _answers(student, rng)
    spoil = rng.choices(SPOILS, WEIGHTS)[0]
    spoil(student, rng)
    suffix, text = FORMS[student.form](student, rng)
    story = ", ".join((student.form, student.notation.kind, *student.story))
    return Made(suffix, text, student.expected, story)


def _student(rng: random.Random) -> Student:
    form = rng.choice(tuple(FORMS))
    kind = rng.choice(
        {"code": ("numpy",), "article": ("latex",), "page": ("latex", "unicode")}.get(form, KINDS)
    )
    column = rng.random() < 0.3 and form not in ("code", "equations")
    names: Mapping[str, str] = {}
    if form in ("own", "aliases"):
        names = OTHER
    elif kind == "latex":
        names = LATEX
    if form == "equations":
        inner = {key: OTHER[key] for key in ("z1", "h", "z2", "p")}
        names = {**names, **inner}
    keepdims = form == "own" or rng.random() < 0.7
    return Student(Notation(kind, names, keepdims), column, form)


def _answers(student: Student, rng: random.Random) -> None:
    """Right answers, written out or resting on one another."""
    by_name, late = rng.random() < 0.5, rng.random() < 0.5
    items = list(ITEMS)
    if by_name:
        items.insert(rng.randint(1, 3), "z1")
    turn = in_columns if student.column else (lambda tree: tree)
    student.claims = [(item, turn(answer(item, by_name, late))) for item in items]
    student.expected = dict.fromkeys(ITEMS, "right")
    student.story.append("by name" if by_name else "written out")


# ------------------------------------------------------------------------------------ mistakes


def _right(student: Student, rng: random.Random) -> None:
    student.story.append("all right")


def _mistaken(student: Student, rng: random.Random) -> None:
    """One mistake in one or two answers."""
    chosen = rng.sample([wrt for wrt, _ in student.claims], rng.randint(1, 2))
    if "z1" in chosen:
        chosen = ["z1"]  # in code a second mistake in what rests on it may undo the first
    for wrt in chosen:
        at = [one for one, _ in student.claims].index(wrt)
        tree = student.claims[at][1]
        assert isinstance(tree, tuple)
        found = [one for one in mistakes(tree) if holds(one[1], wrt, student.column) == "wrong"]
        kind, wrong = rng.choice(found)
        student.claims[at] = (wrt, wrong)
        _spoiled(student, wrt, "repair")
        student.story.append(f"{kind} in {wrt}")


def _spoiled(student: Student, wrt: str, status: str) -> None:
    """What is expected after a mistake: of z1, which is not asked for, in what rests on it."""
    if wrt != "z1":
        student.expected[wrt] = status
        return
    for item, tree in student.claims:
        if item in ("W1", "b1") and _names(tree, "z1"):
            worst = {"right": status}.get(student.expected[item], student.expected[item])
            student.expected[item] = worst


def _names(tree: Tree | str, wrt: str) -> bool:
    return isinstance(tree, tuple) and (
        tree == ("delta", wrt) or any(_names(arg, wrt) for arg in tree if isinstance(arg, tuple))
    )


def _transposed(student: Student, rng: random.Random) -> None:
    wrt = rng.choice(("W1", "W2"))
    _replace(student, wrt, lambda tree: ("T", tree))
    student.expected[wrt] = "layout"
    student.story.append(f"{wrt} transposed")


def _left_out(student: Student, rng: random.Random) -> None:
    """Answers are missing; what rests on them is no more than a step."""
    wrt = rng.choice(ITEMS)
    student.claims = [one for one in student.claims if one[0] != wrt]
    student.expected[wrt] = "missing"
    lost = {wrt}
    for item, tree in student.claims:
        if any(_names(tree, one) for one in lost) and item != "z1":
            student.expected[item] = "step"
        if wrt == "z2" and item == "z1":
            lost.add("z1")
    for item, tree in student.claims:
        if "z1" in lost and _names(tree, "z1"):
            student.expected[item] = "step"
    student.story.append(f"no {wrt}")


def _restated(student: Student, rng: random.Random) -> None:
    wrt = rng.choice(("W1", "W2", "b1", "b2"))
    _replace(student, wrt, lambda tree: delta(wrt))
    student.expected[wrt] = "missing"
    student.story.append(f"{wrt} restated")


def _underived(student: Student, rng: random.Random) -> None:
    """W1 by dL/dz1, which nothing says."""
    student.claims = [one for one in student.claims if one[0] != "z1"]
    turn = in_columns if student.column else (lambda tree: tree)
    for item in ("W1", "b1"):
        inner = turn(answer(item, True, False))
        _replace(student, item, lambda tree, inner=inner: inner)
        student.expected[item] = "step"
    student.story.append("z1 is not derived")


def _garbled(student: Student, rng: random.Random) -> None:
    """An answer that nobody can read."""
    wrt = rng.choice(("W1", "b1", "b2"))
    student.claims = [(w, GARBLED if w == wrt else tree) for w, tree in student.claims]
    student.expected[wrt] = "unreadable"
    student.story.append(f"{wrt} garbled")


GARBLED = "qux ( 3 + "


def _senseless(student: Student, rng: random.Random) -> None:
    wrt = rng.choice(ITEMS)
    assert holds(nonsense(wrt), wrt, False) == "wrong"
    _replace(student, wrt, lambda tree: nonsense(wrt))
    student.expected[wrt] = "wrong"
    student.story.append(f"{wrt} senseless")


def _twice(student: Student, rng: random.Random) -> None:
    """Right first, and then senseless: the last answer counts, the first was a step."""
    wrt = rng.choice(("W1", "W2"))
    student.claims.append((wrt, nonsense(wrt)))
    student.expected[wrt] = "step"
    student.story.append(f"{wrt} twice")


def _replace(student: Student, wrt: str, change: Callable[[Tree], Tree]) -> None:
    student.claims = [
        (w, change(tree) if w == wrt and isinstance(tree, tuple) else tree)
        for w, tree in student.claims
    ]


SPOILS = (
    _right,
    _mistaken,
    _transposed,
    _left_out,
    _restated,
    _underived,
    _garbled,
    _senseless,
    _twice,
)
WEIGHTS = (30, 35, 5, 6, 4, 4, 5, 6, 5)


# --------------------------------------------------------------------------------------- files


def _rows(student: Student) -> list[str]:
    notation = student.notation
    return [
        f"{notation.left(wrt)} = {tree if isinstance(tree, str) else notation.text(tree)}"
        for wrt, tree in student.claims
    ]


def _document(student: Student, rng: random.Random) -> tuple[str, str]:
    """Claims in the names of the key."""
    head = ["column"] if student.column and rng.random() < 0.5 else []
    return ".derive", "\n".join([*head, *(f"claim {row}" for row in _rows(student))]) + "\n"


def _aliases(student: Student, rng: random.Random) -> tuple[str, str]:
    """Claims in other names, which are said to be those of the key."""
    head = [f"alias {new} = {old}" for old, new in OTHER.items() if old not in "DHC"]
    return ".derive", "\n".join([*head, *(f"claim {row}" for row in _rows(student))]) + "\n"


def _own(student: Student, rng: random.Random) -> tuple[str, str]:
    """A network of the student's own, which is that of the key."""
    return ".derive", (OWN_COLUMN if student.column else OWN_ROW) + "".join(
        f"claim {row}\n" for row in _rows(student)
    )


OWN_ROW = """\
dims n, d, k, m
row
input X : n × d
param V : d × k
param c : 1 × k
param U : k × m
param e : 1 × m
target t : n × m distribution
let u = X V + c
let g = tanh(u)
let v = g U + e
let q = softmax(v)
loss J = -1/n * sum(t ∘ log(q))
"""
OWN_COLUMN = """\
dims n, d, k, m
column
input X : d × n
param V : k × d
param c : k × 1
param U : m × k
param e : m × 1
target t : m × n distribution axis=0
let u = V X + c
let g = tanh(u)
let v = U g + e
let q = softmax(v, axis=0)
loss J = -np.sum(t * np.log(q)) / n
"""


def _page(student: Student, rng: random.Random) -> tuple[str, str]:
    """Markdown with a formula in each sentence."""
    words = ("So", "It follows that", "Then", "By the chain rule", "Hence")
    return ".md", "# Homework 3\n\n" + "\n\n".join(
        f"{rng.choice(words)} ${row}$." for row in _rows(student)
    )


def _article(student: Student, rng: random.Random) -> tuple[str, str]:
    body = " \\\\\n".join(row.replace(" = ", " &= ", 1) for row in _rows(student))
    return ".tex", (
        "\\documentclass{article}\n\\begin{document}\nThe gradients are\n\\begin{align*}\n"
        f"{body}\n\\end{{align*}}\n\\end{{document}}\n"
    )


def _equations(student: Student, rng: random.Random) -> tuple[str, str]:
    """A page that says what it calls the steps of the network."""
    tex = student.notation.kind == "latex"
    product, W, b = (" ", "W_", "b_") if tex else (" @ ", "W", "b")
    tanh, softmax = (r"\tanh", r"\mathrm{softmax}") if tex else ("tanh", "softmax")
    head = [
        f"u = x{product}{W}1 + {b}1",
        f"g = {tanh}(u)",
        f"v = g{product}{W}2 + {b}2",
        f"q = {softmax}(v)",
    ]
    return ".md", "We write\n\n" + "\n\n".join(f"${row}$" for row in (*head, *_rows(student)))


def _code(student: Student, rng: random.Random) -> tuple[str, str]:
    """A function in Python."""
    body = [*(["N = x.shape[0]"] if rng.random() < 0.7 else []), *_rows(student)]
    lines = "".join(f"    {row}\n" for row in body)
    return (
        ".py",
        f"import numpy as np\n\n\ndef backward(x, y, p, h, W2):\n{lines}    return dW1, dW2\n",
    )


def _plain(student: Student, rng: random.Random) -> tuple[str, str]:
    return ".txt", "\n".join(_rows(student)) + "\n"


FORMS: dict[str, Callable[[Student, random.Random], tuple[str, str]]] = {
    "document": _document,
    "aliases": _aliases,
    "own": _own,
    "page": _page,
    "article": _article,
    "equations": _equations,
    "code": _code,
    "plain": _plain,
}


def _hostile(rng: random.Random) -> Made:
    """A file that nobody should send: no points, and no harm to others."""
    story, suffix, text = rng.choice(HOSTILE)
    return Made(suffix, text, dict.fromkeys(ITEMS, "missing"), story)


_TOWER = "claim dL/dW1 = " + "**".join(["x", *["9"] * 30]) + "\n"
HOSTILE: tuple[tuple[str, str, str | bytes], ...] = (
    ("empty", ".md", ""),
    ("no text", ".derive", b"\xff\xfe\x00\x01" * 100),
    ("too long", ".txt", "x + " * 100_000),
    ("too large", ".txt", b"a" * 1_500_000),
    ("nested", ".derive", "claim dL/dW1 = " + "(" * 5000 + "x" + ")" * 5000),
    ("a tower", ".derive", _TOWER),
    ("sums", ".derive", "claim dL/dz1 = " + " ∘ ".join(["(h + z1 + z1 ∘ h)"] * 60)),
    ("many claims", ".derive", "claim dL/dW9 = x\n" * 3000),
    ("commands", ".py", "import os\nos.system('touch /tmp/owned')\nraise SystemExit\n"),
    ("another loss", ".derive", "loss L = np.sum(W1)\nclaim dL/dW1 = np.ones((D, H))\n"),
    ("another network", ".derive", "input W1 : N × D\nloss L = sum(W1)\nclaim dL/dW1 = 1\n"),
    ("deep", ".derive", "".join(f"let q{k + 1} = q{k} * q{k}\n" for k in range(300))),
)
