"""Which function of a file is judged, and what of the file belongs to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from derive.diagnostic import DeriveError, refuse
from derive.notation.spelling import suggestion
from derive.source.listing import Listing

Defined = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Chosen:
    """A function, the methods of its class by name, and the functions of the file by name."""

    name: str
    node: ast.FunctionDef
    methods: Mapping[str, ast.FunctionDef] = field(default_factory=dict)
    helpers: Mapping[str, ast.FunctionDef] = field(default_factory=dict)

    @property
    def holder(self) -> str | None:
        """The word for the object whose method this is: `self`."""
        return first_argument(self.node) if self.methods else None


def first_argument(node: ast.FunctionDef) -> str | None:
    """What the first argument of a method is called, where it is an object."""
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in _marks(node))
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    return names[0] if names and not static else None


def _marks(node: ast.FunctionDef) -> Sequence[ast.expr]:
    return node.decorator_list


def chosen(listing: Listing, name: str) -> Chosen:
    """The function `backward`, or the method `Network.backward`.

    Raises DeriveError, in one sentence, where there is none, or one that is not read.
    """
    table = dict(_defined(listing.tree))
    if name not in table:
        ends = [one for one in table if one.rpartition(".")[2] == name]
        if len(ends) != 1:
            raise _missing(name, ends, table, listing)
        name = ends[0]
    return _chosen(listing, name, table)


def every(listing: Listing) -> Iterator[Chosen]:
    """All functions of a file that can be read at all."""
    table = dict(_defined(listing.tree))
    for name in table:
        try:
            yield _chosen(listing, name, table)
        except DeriveError:
            continue


def at_line(listing: Listing, line: int) -> str | None:
    """The name of the function that starts at a line, its decorators counted."""
    for name, node in _defined(listing.tree):
        if min([node.lineno, *(one.lineno for one in node.decorator_list)]) == line:
            return name
    return None


def _chosen(listing: Listing, name: str, table: Mapping[str, Defined]) -> Chosen:
    node = table[name]
    what = _unread(node)
    if what or not isinstance(node, ast.FunctionDef):
        message = f"`{name}` is {what or 'an async function'}, which gives no gradients as it runs"
        raise refuse("D138", message, listing.text, listing.span(node))
    owner = name.rpartition(".")[0]
    plain = {n: one for n, one in table.items() if isinstance(one, ast.FunctionDef)}
    methods = {n.rpartition(".")[2]: one for n, one in plain.items() if _in(n, owner)}
    helpers = {n: one for n, one in plain.items() if "." not in n}
    return Chosen(name, node, methods if owner else {}, helpers)


def _in(name: str, owner: str) -> bool:
    return bool(owner) and name.rpartition(".")[0] == owner


def _unread(node: Defined) -> str | None:
    """What makes a function one that is not read."""
    for part in ast.walk(node):
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return "a generator"
        match part:
            case ast.Call(ast.Name("exec" | "eval" as word)):
                return f"a function that calls {word}"
    return None


def _defined(tree: ast.Module) -> Iterator[tuple[str, Defined]]:
    """The functions of a file and of its classes, by their dotted names; the last of a name."""
    todo: list[tuple[str, ast.stmt]] = [("", node) for node in reversed(tree.body)]
    while todo:
        before, node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{before}{node.name}", node
        if isinstance(node, ast.ClassDef):
            todo.extend((f"{before}{node.name}.", inner) for inner in reversed(node.body))
        elif isinstance(node, ast.If | ast.Try):
            todo.extend((before, inner) for inner in reversed(node.body))


def _missing(
    name: str, ends: Sequence[str], table: Mapping[str, Defined], listing: Listing
) -> DeriveError:
    if ends:
        said = " or ".join(f"`{one}`" for one in ends)
        return refuse("D138", f"`{name}` can be {said} in {listing.name}", help="say which")
    known = ", ".join(list(table)[:12]) or "no function"
    help = suggestion(name, list(table)) or f"it has {known}"
    return refuse("D138", f"there is no function `{name}` in {listing.name}; {help}", help=help)
