"""What the functions of `codegen.runtime` write into: the arrays that they are given for it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Signature:
    """The parameters of a function, and those of them that it only writes into."""

    parameters: tuple[str, ...]
    buffers: frozenset[str]


def signature(node: ast.FunctionDef, known: Mapping[str, Signature]) -> Signature:
    """The signature of a function that calls only functions that are known, and NumPy's."""
    names = tuple(argument.arg for argument in node.args.args)
    optional = {name for name, value in defaults(node).items() if "None" in ast.unparse(value)}
    targets = {name for part in ast.walk(node) for name in _filled(part, known)}
    return Signature(names, frozenset(names) & (optional | targets))


def _filled(node: ast.AST, known: Mapping[str, Signature]) -> Iterable[str]:
    """The names of the arrays that a node writes into."""
    match node:
        case ast.AugAssign(ast.Name(name)) | ast.Assign([ast.Subscript(ast.Name(name))]):
            yield name
        case ast.Call():
            yield from (n.id for n in places(node, known) if isinstance(n, ast.Name))


def places(node: ast.Call, known: Mapping[str, Signature]) -> list[ast.expr]:
    """The places that a call writes to, that of its result first."""
    function = ast.unparse(node.func)
    words = [word.value for word in node.keywords if word.arg == "out"]
    if function == "np.copyto":
        return [node.args[0]]
    if function not in known:
        return words
    own = known[function]
    pairs = zip(own.parameters, node.args, strict=False)
    return words + [arg for name, arg in pairs if name in own.buffers]


def defaults(node: ast.FunctionDef) -> dict[str, ast.expr]:
    """The values of the parameters that need not be given."""
    given = node.args.defaults
    names = [argument.arg for argument in node.args.args[len(node.args.args) - len(given) :]]
    return dict(zip(names, given, strict=True))
