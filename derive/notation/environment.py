"""The names that a text of code gives itself, and when their values may be read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
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

    No piece: a list that is still empty, a sum that nothing gave a start, what is `settled` to be
    a word or a truth, or a list of so many arrays, each of which has a place of its own.
    """

    piece: Piece | None
    depth: int
    busy: frozenset[int] = frozenset()
    nodes: int = 1
    listed: bool = False
    settled: str | bool | None = None
    count: int | None = None


class Environment:
    """The own names of one text.

    What `grads['W']` holds is not what `W` is. Only a name that means nothing else here stands
    for what a text put into a dict by that name.
    """

    def __init__(self, known: Callable[[str], bool] = lambda name: False) -> None:
        self.own: dict[Target, Own] = {}
        self.open: list[int] = []
        self.count = 0
        self.known = known
        self.same: dict[Target, int] = {}

    def get(self, target: Target) -> Own | None:
        """The own value of a name; `a.W` and `b.W` are different names."""
        if target in self.own or self.known(target.name):
            return self.own.get(target)
        if target.holder:
            return self.own.get(Target(target.name))
        held = (own for name, own in reversed(self.own.items()) if name.name == target.name)
        return next(held, None)

    def set(self, target: Target, own: Own) -> None:
        """Give a name a value."""
        self.own.pop(target, None)
        self.own[target] = own

    def link(self, target: Target, source: Target) -> None:
        """Two names of one array, as after `a = b`: what changes in one changes in the other."""
        self.count += 1
        self.same[target] = self.same.setdefault(source, self.count)

    def rebind(self, target: Target, own: Own) -> None:
        """Let a name stand for another array."""
        self.same.pop(target, None)
        self.set(target, own)

    def change(self, target: Target, own: Own) -> None:
        """Change an array in its place, under all of its names."""
        array = self.same.get(target)
        for name in [name for name, one in self.same.items() if one == array]:
            self.set(name, own)
        self.set(target, own)

    @contextmanager
    def loop(self, changed: Iterable[Target]) -> Iterator[None]:
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


def changed_names(nodes: Iterable[ast.stmt]) -> set[Target]:
    """The names that statements write to."""
    found: set[Target] = set()
    for statement in nodes:
        for node in ast.walk(statement):
            for target in _targets(node):
                if name := target_of(target):
                    found.add(name)
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
