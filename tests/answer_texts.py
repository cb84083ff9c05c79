"""Formulas of `tests.answer_trees` as people write them: plain text, Unicode, LaTeX, NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.answer_trees import Tree

OTHER = {"x": "X", "W1": "V", "W2": "U", "b1": "c", "b2": "e", "y": "t"} | {
    "z1": "u",
    "h": "g",
    "z2": "v",
    "p": "q",
    "N": "n",
    "D": "d",
    "H": "k",
    "C": "m",
    "L": "J",
}
"""Names that have nothing in common with those of the key."""

LATEX = {"x": "x", "p": r"p", "h": "h", "y": "y"} | {
    f"{letter}{number}": f"{letter}_{number}" for letter in "Wbz" for number in (1, 2)
}
LEVELS = {"sub": 1, "add": 1, "less": 1, "times": 2, "over": 2, "had": 2, "mm": 3, "T": 4, "sq": 4}


@dataclass(frozen=True)
class Notation:
    """How formulas are written: the kind of text, and what the names of the key are called."""

    kind: str
    names: Mapping[str, str]
    keepdims: bool = True

    def name(self, name: str) -> str:
        return self.names.get(name, name)

    def left(self, wrt: str) -> str:
        """The left side of a claim."""
        loss, by = self.name("L"), self.name(wrt)
        if self.kind == "latex":
            return rf"\frac{{\partial {loss}}}{{\partial {by}}}"
        return f"d{by}" if self.kind == "numpy" else f"d{loss}/d{by}"

    def text(self, tree: Tree, above: int = 0) -> str:
        """A formula, in brackets where it stands in one that binds tighter."""
        written = self._text(tree)
        return f"({written})" if LEVELS.get(tree[0], 5) < above else written

    def _text(self, tree: Tree) -> str:
        op, *args = tree
        if op == "name":
            return self.name(args[0])
        if op == "delta":
            return self.left(args[0])
        if op == "sum":
            return self._sum(*args)
        if op == "less":
            return f"1 - {self.text(args[0], 2)}"
        if op == "sub":
            return f"{self.text(args[0], 1)} - {self.text(args[1], 2)}"
        if op == "times":
            inner = self.text(args[1], 3)
            return f"-{inner}" if args[0] == -1 else f"{args[0]}{self.dot}({self.text(args[1])})"
        if op == "over":
            return self._over(args[0])
        if op == "sq":
            return self.text(args[0], 5) + ("**2" if self.kind == "numpy" else "^2")
        if op == "T":
            return self.text(args[0], 5) + self.transposed
        sign = {"mm": self.product, "had": self.entrywise}[op]
        tight = 4 if op == "mm" else 3
        return f"{self.text(args[0], tight)}{sign}{self.text(args[1], tight)}"

    def _over(self, inner: Tree) -> str:
        if self.kind == "latex":
            return rf"\frac{{1}}{{{self.name('N')}}} {self.text(inner, 3)}"
        return f"{self.text(inner, 3)} / {self.name('N')}"

    def _sum(self, axis: int, inner: Tree) -> str:
        if self.kind == "latex":
            one, text = r"\mathbf{1}", self.text(inner, 4)
            return f"{one}{self.transposed} {text}" if axis == 0 else f"{text} {one}"
        keep = ", keepdims=True" if self.keepdims else ""
        return f"{self.summed}({self.text(inner)}, axis={axis}{keep})"

    @property
    def dot(self) -> str:
        return " * " if self.kind == "numpy" else " "

    @property
    def summed(self) -> str:
        return "np.sum" if self.kind == "numpy" else "sum"

    @property
    def product(self) -> str:
        return {"numpy": " @ ", "plain": " @ "}.get(self.kind, " ")

    @property
    def entrywise(self) -> str:
        return {"numpy": " * ", "plain": " * ", "latex": r" \odot "}.get(self.kind, " ∘ ")

    @property
    def transposed(self) -> str:
        return {"numpy": ".T", "plain": ".T", "latex": r"^\top", "unicode": "ᵀ"}[self.kind]
