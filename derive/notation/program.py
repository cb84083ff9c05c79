"""Straight-line NumPy code to equations."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from derive.diagnostic import DeriveError
from derive.notation.names import Names, name_key
from derive.notation.numpylike import NumpyReader
from derive.notation.python import Source, parse_program
from derive.term import Equation, Var


def read_program(text: str, names: Collection[str]) -> tuple[Equation, ...]:
    """The equations that assignments in NumPy notation are, each name given once.

    A docstring, a final `return` of names, a size taken off an array (`N = len(x)`), and a line
    that only unpacks (`W1 = params['W1']`) say nothing and are left out.

    >>> [e.name for e in read_program("z = x @ W\\nh = np.tanh(z)", ["x", "W"])]
    ['z', 'h']
    """
    statements, source = parse_program(text)
    return _Program(source, Names(names)).equations(statements)


class _Program:
    """The equations so far, and the names that may be used."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names
        self.reader = NumpyReader(source, names)
        self.found: dict[str, Equation] = {}

    def refusal(self, message: str, node: ast.expr | ast.stmt) -> DeriveError:
        """The error for a statement."""
        return self.reader.refusal("D115", message, node)

    def equations(self, statements: Sequence[ast.stmt]) -> tuple[Equation, ...]:
        """All statements, in order."""
        for place, node in enumerate(statements):
            ends = place == len(statements) - 1 and isinstance(node, ast.Return)
            starts = place == 0 and isinstance(node, ast.Expr)
            match node:
                case ast.Assign(targets=[target]):
                    self.assign(target, node.value)
                case ast.Expr(ast.Constant(str())) if starts:
                    pass
                case ast.Return(value) if ends and (value is None or _only_names(value)):
                    pass
                case _:
                    message = "only assignments `name = formula` are read here"
                    raise self.refusal(message, node)
        return tuple(self.found.values())

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """One assignment."""
        name = self.target(target)
        if name in self.names.declared and _is_size(value):
            return
        term = self.reader.term(value)
        if term == Var(name):
            return
        if name in self.found:
            raise self.refusal(f"`{name}` is assigned twice", target)
        self.found[name] = Equation(name, term)
        self.names.add(name)

    def target(self, node: ast.expr) -> str:
        """The name that is assigned: as declared, or a new one."""
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                pass
            case ast.Subscript(slice=ast.Constant(str(name))):
                pass
            case _:
                raise self.refusal("only a name can be assigned", node)
        found = self.names.find((name,), name_key(name))
        return found[0] if len(found) == 1 else name


def _is_size(node: ast.expr) -> bool:
    """Whether this is `len(x)` or `x.shape[0]`."""
    match node:
        case ast.Call(ast.Name(id="len"), [_]) | ast.Subscript(ast.Attribute(attr="shape")):
            return True
    return False


def _only_names(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Tuple(elts=values) | ast.List(elts=values) | ast.Dict(values=values):
            return all(_only_names(value) for value in values)
    return False
