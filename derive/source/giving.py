"""What a function returns, place by place: tuples, dicts, lists, and records made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from derive.diagnostic import DeriveError, Diagnostic
from derive.notation.environment import Own, Target, target_of
from derive.notation.statements import Runner
from derive.source.watching import Returned, Watcher


class Giver(Runner):
    """Takes apart what a function returns; `failures` say why names have no value."""

    reader: Watcher

    def __init__(self, reader: Watcher) -> None:
        super().__init__(reader)
        self.results: list[Returned] = []
        self.failures: dict[Target, Diagnostic] = {}
        self.unread: list[Diagnostic] = []
        self.lost: set[Target] = set()

    def gives_back(self, node: ast.Return) -> None:
        """What a function returns, place by place."""
        if node.value is not None:
            self.given((), node.value)

    def given(self, path: tuple[str | int, ...], node: ast.expr) -> None:
        """A value that is returned, or those that it holds."""
        match node:
            case ast.Tuple(elts) | ast.List(elts):
                for place, one in enumerate(elts):
                    self.given((*path, place), one)
            case ast.Dict(keys, values):
                for key, one in zip(keys, values, strict=True):
                    word = None if key is None else self.reader.settled(key)
                    self.given((*path, word if isinstance(word, str) else "?"), one)
            case ast.Call(ast.Name(word), arguments, keywords) if self.makes_record(word, node):
                for place, one in enumerate(arguments):
                    self.given((*path, place), one)
                for keyword in keywords:
                    self.given((*path, keyword.arg or "?"), keyword.value)
            case _:
                self.given_one(path, node)

    def makes_record(self, word: str, node: ast.Call) -> bool:
        """Whether a call only puts values together: `dict(W1=dW1)`, `Grads(dW1, db1)`."""
        if word in self.reader.functions or not (node.args or node.keywords):
            return False
        return word in ("dict", "tuple", "list") or word[:1].isupper()

    def given_one(self, path: tuple[str | int, ...], node: ast.expr) -> None:
        if (entries := self.reader.entries_of(node)) is not None:
            for place, one in enumerate(entries):
                self.given((*path, place), one)
            return
        held = list(self.held_by(node))
        for word, own in held:
            if own.piece is not None:
                self.results.append(Returned((*path, word), own.piece, node))
            else:
                self.lost.add(Target(word, holder_of(node)))
        if held or (isinstance(node, ast.Constant) and node.value is None):
            return
        target = target_of(node)
        try:
            piece = self.reader.piece(node)
        except DeriveError as error:
            found = self.cause(node) or error.diagnostic
            self.unread.append(found)
            target = target or Target(str(path[-1]) if path else "")
            self.failures.setdefault(target, found)
            self.lost.add(target)
            return
        self.results.append(Returned(path, piece, node))

    def held_by(self, node: ast.expr) -> Iterator[tuple[str, Own]]:
        """What a dict holds, by the words."""
        holder = holder_of(node)
        for target, own in self.reader.own.own.items():
            if target.holder == holder:
                yield target.name, own

    def cause(self, node: ast.AST) -> Diagnostic | None:
        """Why a name in a statement has no value, where that is known."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(
                part.ctx, ast.Load
            ):
                target = target_of(part)
                own = None if target is None else self.reader.own.own.get(target)
                if target in self.failures and own is not None and own.piece is None:
                    return self.failures[target]
        return None


def holder_of(node: ast.expr) -> str:
    """How places in a dict remember it."""
    return ast.dump(node).replace("Store()", "Load()")
