"""Scopes for the tests of claims, and terms in a compact form."""

from __future__ import annotations

from derive.scope import Alias, Scope
from derive.shape import Dim, Shape
from derive.term import Apply, Term, Var, fold

SIGNS = {"add": "+", "sub": "-", "mul": "∘", "matmul": "@", "div": "/"}


def shape(text: str) -> Shape:
    """`"K 1"` as a shape."""
    return tuple(Dim((int(size) if size.isdigit() else size,)) for size in text.split())


def scope(
    names: dict[str, str],
    *,
    spelled: dict[str, str] | None = None,
    aliases: dict[str, str] | None = None,
    signs: dict[str, str] | None = None,
    loss: str = "L",
) -> Scope:
    """A scope; an alias is a name, a function `f()`, or an entry `a[i,j]`."""
    shapes = {one: shape(text) for key, text in names.items() for one in key.split()}
    made = tuple(alias(written, meant) for written, meant in (aliases or {}).items())
    return Scope(shapes, spelled or {}, made, signs or {}, loss)


def alias(written: str, meant: str) -> Alias:
    """One alias."""
    if meant.endswith("()"):
        return Alias(written, function=meant[:-2])
    if "[" in meant:
        name, _, inner = meant[:-1].partition("[")
        letters = tuple(inner.split(","))
        entry = Apply("entry", (Var(name), *(Var(f"#{letter}") for letter in letters)))
        return Alias(written, entry, letters=letters)
    return Alias(written, Var(meant))


def compact(term: Term) -> str:
    """A term on one line, every operation in brackets."""
    return fold(term, _node)


def _node(term: Term, args: tuple[str, ...]) -> str:
    if isinstance(term, Var):
        return term.name
    if not isinstance(term, Apply):
        return str(term.value)
    if term.op in SIGNS:
        return f"({f' {SIGNS[term.op]} '.join(args)})"
    if term.op == "transpose":
        return f"{args[0]}.T"
    if term.op == "entry":
        return f"{args[0]}[{','.join(args[1:])}]"
    if term.op == "pow":
        return f"{args[0]}^{term.attrs[0]}"
    attrs = [str(attr) for attr in term.attrs if attr is not None]
    return f"{term.op}({', '.join([*args, *attrs])})"


NET = scope(
    {
        "m n K D N H": "",
        "x theta": "n 1",
        "y b z a p b2 z2 a2 yhat": "K 1",
        "W w": "K n",
        "W1": "H n",
        "W2 U": "K H",
        "b1 z1 a1 h": "H 1",
        "X": "n m",
        "Y Z2 A2": "K m",
        "Z1 A1": "H m",
        "L C J lam d1 d2 d3 dZ2 delta": "",
    },
    spelled={r"\lambda": "lam"},
    aliases={
        r"\delta^{(2)}": "d2",
        r"\delta^{(3)}": "d3",
        r"\delta^{l}": "d2",
        r"\delta^{l+1}": "d3",
        r"w^{l+1}": "W2",
        r"z^{l}": "z1",
        r"a^{l-1}": "x",
        r"A^{[l-1]}": "A1",
        r"dZ^{[l]}": "dZ2",
        r"W^{[l]}": "W2",
        r"g^{[1]}": "tanh()",
        r"\phi": "tanh()",
        "f": "sigmoid()",
    },
)
"""Two layers, columns are samples, with the names that books give them."""

TIME = scope(
    {
        "h0 h1 h2 h3 b": "H 1",
        "x1 x2 x3": "D 1",
        "o1 o2 o3 yhat1 yhat2 yhat3 y1 y2 y3": "K 1",
        "Whh W": "H H",
        "Wxh": "H D",
        "V": "K H",
        "bi bf o_t c_t": "H 1",
        "L D m dh2": "",
        "x xhat": "N D",
        "mu var gamma": "D",
        "eps": "",
        "Q": "N D",
        "Key": "m D",
        "S A": "N m",
    },
    spelled={
        r"h^{(0)}": "h0",
        r"W_{hh}": "Whh",
        r"W_{xh}": "Wxh",
        r"b_i": "bi",
        r"b_f": "bf",
        r"\gamma": "gamma",
        r"\epsilon": "eps",
    },
    aliases={
        r"h^{\langle t \rangle}": "h2",
        r"o^{(t)}": "o2",
        r"h^{\langle t-1 \rangle}": "h1",
        r"\frac{\partial L}{\partial h_t}": "dh2",
        r"\sigma_B^2": "var",
        r"\mu_B": "mu",
        "K": "Key",
        "A^{ij}": "A[i,j]",
        r"(\omega')^{l+1}": "Whh",
        "h[t]": "h2",
    },
)
"""A recurrent net with numbered names, a normalisation, attention."""
