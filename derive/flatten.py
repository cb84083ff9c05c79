"""Equations of nested formulas -> one op an equation, shared where formulas are shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from derive.ops import op_row
from derive.shape import Shape
from derive.term import Apply, Derivation, Term, Var, fold, substitute

HIDDEN = "_"
"""Names of intermediate results that the author did not name start with it."""

ARITHMETIC = frozenset({"add", "sub", "neg", "mul", "div", "pow"})
"""The ops that act on each entry and are no functions."""


class Program(NamedTuple):
    """Nodes in order: name -> one op on names and numbers. Aliases are names for the same node."""

    nodes: dict[str, Apply]
    shapes: dict[str, Shape]
    aliases: Mapping[str, Term]

    def expand(self, term: Term) -> Term:
        """The term with hidden names replaced by their formulas."""
        while hidden := {n: self.nodes[n] for n in _hidden_names(term)}:
            term = substitute(term, hidden)
        return term

    def arithmetic(self) -> dict[str, Term]:
        """The hidden names that are sums, products or powers, by formulas of other names."""
        found: dict[str, Term] = {}
        for name, node in self.nodes.items():
            if is_hidden(name) and node.op in ARITHMETIC:
                found[name] = substitute(node, found)
        return found


def _hidden_names(term: Term) -> set[str]:
    def names(node: Term, args: tuple[set[str], ...]) -> set[str]:
        own = {node.name} if isinstance(node, Var) and is_hidden(node.name) else set()
        return own.union(*args)

    return fold(term, names)


def is_hidden(name: str) -> bool:
    """Whether a name was made here."""
    return name.startswith(HIDDEN)


def flatten(derivation: Derivation, shapes: Mapping[str, Shape]) -> Program:
    """The derivation as a program of single ops; equal sub-formulas without a name are one node.

    A name that its author gave is a node of its own: the derivative by it is what flows through
    that name, and not through the same formula elsewhere.
    """
    known: dict[Term, str] = {}
    nodes: dict[str, Apply] = {}
    dims = dict(shapes)
    aliases: dict[str, Term] = {}

    def node(term: Term, args: tuple[Term, ...], name: str = "") -> Term:
        if not isinstance(term, Apply):
            return aliases.get(term.name, term) if isinstance(term, Var) else term
        plain = Apply(term.op, args, term.attrs)
        made = name or known.setdefault(plain, f"{HIDDEN}{len(nodes)}")
        if made not in nodes:
            nodes[made] = plain
            dims[made] = _shape(plain, dims)
        return Var(made)

    for equation in derivation.equations:
        term = equation.term
        args = tuple(fold(arg, node) for arg in term.args) if isinstance(term, Apply) else ()
        made = node(term, args, equation.name)
        if made != Var(equation.name):
            aliases[equation.name] = made
    return Program(nodes, dims, aliases)


def _shape(term: Apply, shapes: Mapping[str, Shape]) -> Shape:
    args = [shapes[arg.name] if isinstance(arg, Var) else () for arg in term.args]
    return op_row(term.op).shape(args, term.attrs)
