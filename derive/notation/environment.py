"""The names that a text of code gives itself, and when their values may be read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from derive.notation.piece import Piece


@dataclass(frozen=True, slots=True)
class Target:
    """A name that is written to: `W` of `self.W`, with what holds it."""

    name: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """A value: at how many open loops it was set, and which open loops change it.

    No piece: a list that is still empty, or a sum that nothing gave a start.
    """

    piece: Piece | None
    depth: int
    holder: str = ""
    busy: frozenset[int] = frozenset()
    nodes: int = 1
    listed: bool = False


class Environment:
    """The own names of one text."""

    def __init__(self) -> None:
        self.own: dict[str, Own] = {}
        self.open: list[int] = []
        self.count = 0

    def get(self, target: Target) -> Own | None:
        """The own value of a name; `a.W` and `b.W` are different names."""
        own = self.own.get(target.name)
        if own is None or (own.holder and target.holder and own.holder != target.holder):
            return None
        return own

    def set(self, target: Target, own: Own) -> None:
        """Give a name a value."""
        self.own[target.name] = replace(own, holder=target.holder)

    @contextmanager
    def loop(self, changed: Iterable[str]) -> Iterator[None]:
        """Within: the names that the loop changes are not to be read before they are set."""
        self.count += 1
        number = self.count
        self.open.append(number)
        for name in changed:
            old = self.own.get(name, Own(None, len(self.open) - 1))
            self.own[name] = replace(old, busy=old.busy | {number})
        yield
        self.open.pop()
        for name, own in list(self.own.items()):
            self.own[name] = replace(own, busy=own.busy - {number})
            if own.depth > len(self.open):
                del self.own[name]


def changed_names(nodes: Iterable[ast.stmt]) -> set[str]:
    """The names that statements write to."""
    found: set[str] = set()
    for statement in nodes:
        for node in ast.walk(statement):
            for target in _targets(node):
                if name := target_of(target):
                    found.add(name.name)
    return found


def _targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return [part for target in targets for part in flat_targets(target)]
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return [root_of(target)]
        case ast.Call(ast.Attribute(holder, "append" | "extend" | "insert")):
            return [holder]
    return []


def flat_targets(node: ast.expr) -> list[ast.expr]:
    """The targets of `a, b = ...`, without their subscripts."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return [root_of(part) for part in parts]


def root_of(node: ast.expr) -> ast.expr:
    """The name in `dW[i][j]`; that in `grads['W']` is W."""
    while isinstance(node, ast.Subscript) and not is_text(node.slice):
        node = node.value
    return node


def is_text(node: ast.expr) -> bool:
    """Whether this is a name in quotes."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def target_of(node: ast.expr) -> Target | None:
    """The name that `x`, `self.x` and `params['x']` end in."""
    match node:
        case ast.Name(id=name):
            return Target(name)
        case ast.Attribute(ast.Name("self" | "this"), name):
            return Target(name)
        case ast.Attribute(holder, name) if name not in ("T", "grad", "shape", "size"):
            return Target(name, ast.dump(holder).replace("Store()", "Load()"))
        case ast.Subscript(holder, ast.Constant(str(name))):
            return Target(name, ast.dump(holder).replace("Store()", "Load()"))
    return None
