"""Functions of the runtime -> what a `Workspace` calls: real numbers of one dtype, arrays given.

A call of NumPy with a number of Python's takes nearly twice as long as one with an array of no
axis, and looking whether an array is complex as long as adding one. Here all that is decided once:

    def sigmoid(z, out=None):                 def sigmoid_for(dtype):
        if out is None: ...                       n1 = np.array(1.0, dtype)
        np.add(out, 1.0, out=out)
                                                  def run(z, out):
                                                      np.add(out, n1, out=out)

The operations and their order stay as they are, and so does every rounding. Of complex numbers the
function itself is taken.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from codegen.fills import defaults
from codegen.functional import is_number
from codegen.runtime import RUNTIME, definitions

FACTORY = "{}_for"
"""The name of the function that makes another one for a dtype."""

MADE = re.compile(r"\b" + FACTORY.format(r"(\w+)") + r"\(dtype\)")
"""Where a text makes a function so."""

COMPLEX, ARRAYS = "np.iscomplexobj", "_arrays"


class _Part(NamedTuple):
    """A function without the branches that are not taken, and whether it becomes another one."""

    parameters: tuple[str, ...]
    body: tuple[ast.stmt, ...]
    changes: bool

    @property
    def result(self) -> ast.expr | None:
        """What it returns, where that is all that it does."""
        match self.body:
            case (ast.Return(value),):
                return value
        return None


def makers(names: Iterable[str]) -> str:
    """The text of the functions that make these functions, and those that they call."""
    queue = [name for name in names if is_specialized(name)]
    texts: dict[str, str] = {}
    while queue:
        name = queue.pop()
        if name not in texts:
            texts[name], calls = _maker(name)
            queue.extend(calls)
    return "\n\n\n".join(texts[name] for name in definitions() if name in texts)


def is_specialized(name: str) -> bool:
    """Whether there is such a function for the function of that name."""
    part = _part(name) if name in RUNTIME.values() else None
    return part is not None and part.changes


@cache
def _part(name: str) -> _Part | None:
    """The parts of a function of the runtime; None where that is no function, or makes arrays."""
    text = definitions().get(name, "")
    if name == ARRAYS or not text.startswith("def "):
        return None
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.FunctionDef)
    statements = node.body[1:]
    calls = {
        ast.unparse(one.func)
        for statement in statements
        for one in ast.walk(statement)
        if isinstance(one, ast.Call)
    }
    body = tuple(_Real().statements(statements))
    changes = bool(calls & {COMPLEX, ARRAYS}) or any(map(_has_number, body))
    others = map(_part, calls - {name})
    changes = changes or any(other is not None and other.changes for other in others)
    return _Part(tuple(_parameters(node)), body, changes)


def _parameters(node: ast.FunctionDef) -> list[str]:
    """The parameters; those with defaults that are no arrays come last, and keep them."""
    given = {name: ast.unparse(value) for name, value in defaults(node).items()}
    kept = {name: text for name, text in given.items() if "None" not in text}
    names = [argument.arg for argument in node.args.args]
    arrays = [name for name in names if name not in kept]
    return [*arrays, *(f"{name}={text}" for name, text in kept.items())]


class _Real(ast.NodeTransformer):
    """Takes the branches of real numbers, and of arrays that are given."""

    def statements(self, body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        """What is left of some statements, down to the first return."""
        for statement in body:
            match statement:
                case ast.If(test, inner, other):
                    left = list(self.statements(inner if _holds(test) else other))
                case ast.Assign([ast.Tuple(names)], ast.Call(ast.Name(name), args)) if (
                    name == ARRAYS
                ):
                    left = _given(names, args[1:])
                case _:
                    left = [self.visit(copy.deepcopy(statement))]
            yield from left
            if left and isinstance(left[-1], ast.Return):
                return

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`z.real` of a real z is z."""
        value = self.visit(node.value)
        return value if node.attr == "real" else ast.Attribute(value, node.attr)


def _holds(test: ast.expr) -> bool:
    """Whether a condition is true: it asks for a complex array, or for one that is not given."""
    match test:
        case ast.Compare(ast.Name(), [ast.Is()], [ast.Constant(None)]):
            return False
        case ast.Call(function) if ast.unparse(function) == COMPLEX:
            return False
    raise ValueError(f"neither an array that is given nor a complex one: {ast.unparse(test)}")


def _given(names: list[ast.expr], args: list[ast.expr]) -> list[ast.stmt]:
    """`out, e = out, *work`: the arrays by their names, without those that have them already."""
    while names and isinstance(args[0], ast.Name) and ast.unparse(names[0]) == args[0].id:
        names, args = names[1:], args[1:]
    if not names:
        return []
    if len(args) == 1 and isinstance(args[0], ast.Starred):
        return [ast.Assign([ast.Tuple(names)], args[0].value, lineno=0)]
    raise ValueError(f"arrays that are no work: {', '.join(map(ast.unparse, args))}")


def _maker(name: str) -> tuple[str, list[str]]:
    """The text of the function that makes one, and the names of those that it calls."""
    part = _part(name)
    assert part is not None
    writing = _Numbers()
    made = [writing.visit(copy.deepcopy(one)) for one in part.body]
    body = [line for one in made for line in ast.unparse(one).split("\n")]
    before = [f"{other} = {FACTORY.format(other)}(dtype)" for other in writing.calls]
    before += [f"{number} = {text}" for text, number in writing.numbers.items()]
    lines = [
        f"def {FACTORY.format(name)}(dtype):",
        f'    """`{name}` of numbers of this dtype, in arrays that are given."""',
        '    if np.dtype(dtype).kind == "c":',
        f"        return {name}",
        *(f"    {line}" for line in before),
        "",
        f"    def run({', '.join(part.parameters)}):",
        *(f"        {line}" for line in body),
        "",
        "    return run",
    ]
    return "\n".join(lines), writing.calls


class _Numbers(ast.NodeTransformer):
    """Numbers by the names of arrays that hold them; calls of functions that are one value, as it.

    `numbers` are those names, by the text that makes the array; `calls` the functions that are
    made for the dtype too.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.calls: list[str] = []

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call, its numbers as arrays."""
        name = ast.unparse(node.func)
        part = _part(name)
        if part is not None and part.result is not None:
            values = dict(zip(_names(part), node.args, strict=False))
            values |= {str(word.arg): word.value for word in node.keywords}
            made: ast.expr = self.visit(_Putting(values).visit(copy.deepcopy(part.result)))
            return made
        if part is not None and part.changes and name not in self.calls:
            self.calls.append(name)
        args = [self._operand(one) for one in node.args]
        words = [ast.keyword(word.arg, self.visit(word.value)) for word in node.keywords]
        return ast.Call(node.func, args, words)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        """`e += 1.0`"""
        return ast.AugAssign(node.target, node.op, self._operand(node.value))

    def visit_For(self, node: ast.For) -> ast.For:
        """A loop over constants: they are arrays beforehand."""
        many = f"[np.array(one, dtype) for one in {ast.unparse(node.iter)}]"
        body = [self.visit(one) for one in node.body]
        return ast.For(node.target, self._named(many), body, [], lineno=0)

    def _operand(self, node: ast.expr) -> ast.expr:
        if not is_number(node):
            value: ast.expr = self.visit(node)
            return value
        number = ast.unparse(_OfDtype().visit(copy.deepcopy(node)))
        return self._named(f"np.array({number}, dtype)")

    def _named(self, text: str) -> ast.Name:
        return ast.Name(self.numbers.setdefault(text, f"n{len(self.numbers) + 1}"))


class _Putting(ast.NodeTransformer):
    """Values in place of the parameters of a function."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The value, where it is a parameter."""
        return copy.deepcopy(self.values.get(node.id, node))


class _OfDtype(ast.NodeTransformer):
    """`z.dtype` is the dtype."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """The dtype of an array."""
        return ast.parse("np.dtype(dtype)", mode="eval").body if node.attr == "dtype" else node


def _names(part: _Part) -> list[str]:
    return [name.partition("=")[0] for name in part.parameters]


def _has_number(statement: ast.stmt) -> bool:
    """Whether a number is an operand in a statement."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and any(map(is_number, node.args)):
            return True
        if isinstance(node, ast.AugAssign) and is_number(node.value):
            return True
    return False
