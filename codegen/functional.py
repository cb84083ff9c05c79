"""Functions that write into arrays -> functions that make new ones, by the array API standard.

The functions of `codegen.runtime` are written once, for NumPy. This pass reads their text, takes
the real branch and the one without buffers, and makes of every write an assignment:

    np.exp(_folded(z, e), out=e)
    e += 1.0                             e = xp.exp(_folded(z)) + 1.0

The operations and their order stay as they are, and so does every rounding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from codegen.fills import Signature, defaults, places, signature
from codegen.inlining import inlined

SPACE = "xp"
"""What the text calls the namespace of its arrays."""

NAMESPACE = "namespace"
"""The function that finds it."""

OPERATORS: Mapping[str, type[ast.operator]] = {
    "np.add": ast.Add,
    "np.subtract": ast.Sub,
    "np.multiply": ast.Mult,
    "np.divide": ast.Div,
}

SPELLINGS = {
    "np.absolute": "abs",
    "np.rint": "round",
    "np.add.reduce": "sum",
    "np.maximum.reduce": "max",
    **{f"np.{name}": name for name in ("exp", "expm1", "log1p", "floor", "sign")},
    **{f"np.{name}": name for name in ("maximum", "minimum")},
}
"""What the standard calls a function of NumPy."""

BOUNDS = {"np.maximum": "xp.clip({}, {}, None)", "np.minimum": "xp.clip({}, None, {})"}
"""The larger and the smaller of an array and a number: the standard has arrays in both places."""

NEW = frozenset({"np.empty_like", "_arrays"})
"""What makes arrays to write into."""

COMPLEX = re.compile(r"(?:, by the real part|; a complex|, and analytic in the imaginary).*\.$")
"""What a docstring says of complex numbers, for which these functions are not made."""


class Untranslatable(ValueError):
    """A statement of the runtime that this pass does not know."""


@cache
def functional(text: str) -> str:
    """The text of these definitions, by the standard; constants stay as they are.

    Raises Untranslatable where a statement is none that this pass knows.
    """
    known: dict[str, Signature] = {}
    same: set[str] = set()
    parts: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name not in NEW:
            known[node.name] = signature(node, known)
            body = _Body(node, known, same).translated()
            if _returns_argument(node, body):
                same.add(node.name)
            else:
                parts.append(_written(node, known[node.name], body))
        elif isinstance(node, ast.Assign) and "np." not in ast.unparse(node):
            parts.append(ast.get_source_segment(text, node) or "")
    return "\n\n\n".join(parts)


def _returns_argument(node: ast.FunctionDef, body: Sequence[ast.stmt]) -> bool:
    """Whether all that a function does is to return its first argument."""
    match body:
        case [ast.Return(ast.Name(name))]:
            return name == node.args.args[0].arg
    return False


def _written(node: ast.FunctionDef, own: Signature, body: Sequence[ast.stmt]) -> str:
    """The text of a function."""
    kept = [name for name in own.parameters if name not in own.buffers]
    given = {name: f"={ast.unparse(value)}" for name, value in defaults(node).items()}
    listed = ", ".join(f"{name}{given.get(name, '')}" for name in kept)
    law = COMPLEX.sub("", ast.get_docstring(node) or "")
    lines = [f"def {node.name}({listed}):", f'    """{law}"""']
    texts = [ast.unparse(statement) for statement in body]
    if any(f"{SPACE}." in text for text in texts):
        lines.append(f"    {SPACE} = {NAMESPACE}({kept[0]})")
    return "\n".join([*lines, *(f"    {line}" for text in texts for line in text.split("\n"))])


# --------------------------------------------------------------------------------- the statements


class _Body(ast.NodeTransformer):
    """The statements of one function, and those that they have become so far."""

    def __init__(
        self, node: ast.FunctionDef, known: Mapping[str, Signature], same: Iterable[str]
    ) -> None:
        self.node, self.known, self.same = node, known, frozenset(same)
        self.buffers = known[node.name].buffers
        self.like = ast.Name(node.args.args[0].arg)
        self.made: list[ast.stmt] = []

    def translated(self) -> list[ast.stmt]:
        """The new body, without the docstring."""
        self._statements(self.node.body[1:])
        return inlined(self.made)

    def _statements(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)
            if self.made and isinstance(self.made[-1], ast.Return):
                return

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(_, value) if _is_new(value):
                pass
            case ast.Assign([ast.Name(name)], value):
                self._assign(name, self._value(value, name))
            case ast.Assign([ast.Subscript(ast.Name(name), ast.Constant(place))], value) if (
                place is ...
            ):
                self._assign(name, _call("full_like", [self.like, self._visited(value)]))
            case ast.AugAssign(ast.Name(name), operator, value):
                changed = self.visit(value)
                self._assign(name, ast.BinOp(ast.Name(name), operator, changed))
            case ast.Expr(ast.Call() as call):
                self.visit(call)
            case ast.Return(ast.expr() as value):
                self.made.append(ast.Return(self._value(value, None)))
            case ast.If(test, body, other):
                self._statements(body if self._holds(test) else other)
            case ast.For(ast.Name() as name, over, body):
                self._loop(name, over, body)
            case _:
                raise Untranslatable(f"{self.node.name}: {ast.unparse(node)}")

    def _assign(self, name: str, value: ast.expr) -> None:
        self.made.append(ast.Assign([ast.Name(name)], value, lineno=0))

    def _loop(self, name: ast.Name, over: ast.expr, body: Iterable[ast.stmt]) -> None:
        before, self.made = self.made, []
        self._statements(body)
        loop = ast.For(name, self.visit(over), self.made, [], lineno=0)
        self.made = [*before, loop]

    def _holds(self, test: ast.expr) -> bool:
        """Whether a condition is true where no array is given and numbers are real."""
        match test:
            case ast.Compare(ast.Name(name), [ast.Is()], [ast.Constant(None)]):
                if name in self.buffers:
                    return True
            case ast.Call(function) if ast.unparse(function) == "np.iscomplexobj":
                return False
        raise Untranslatable(f"{self.node.name}: if {ast.unparse(test)}")

    # ---------------------------------------------------------------------------------- the values

    def _value(self, node: ast.expr, home: str | None) -> ast.expr:
        """A value that goes to a name, or is returned: by way of no other array."""
        if not isinstance(node, ast.Call):
            return self._visited(node)
        outs = [out.id for out in places(node, self.known)[:1] if isinstance(out, ast.Name)]
        if home is not None and outs not in ([], [home]):
            raise Untranslatable(f"{self.node.name}: two names for one array")
        return self._result(node)

    def _visited(self, node: ast.expr) -> ast.expr:
        made = self.visit(node)
        assert isinstance(made, ast.expr)
        return made

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The result of a call; where that is written to a name, an assignment goes before."""
        result = self._result(node)
        outs = places(node, self.known)
        if not (outs and isinstance(outs[0], ast.Name)):
            return result
        self._assign(outs[0].id, result)
        return ast.Name(outs[0].id)

    def _result(self, node: ast.Call) -> ast.expr:
        function = ast.unparse(node.func)
        if function == "np.copyto":
            return _call("astype", [self._visited(node.args[1]), ast.Attribute(self.like, "dtype")])
        if function in self.known:
            return self._own(function, node)
        args = [self._visited(argument) for argument in node.args]
        if function in OPERATORS:
            return ast.BinOp(args[0], OPERATORS[function](), args[1])
        if function == "np.negative":
            return ast.UnaryOp(ast.USub(), args[0])
        if function == "np.reciprocal":
            return ast.BinOp(ast.Constant(1.0), ast.Div(), args[0])
        if function == "np.greater":
            return ast.Compare(args[0], [ast.Gt()], args[1:])
        if function in BOUNDS and is_number(args[1]):
            text = BOUNDS[function].format(*map(ast.unparse, args))
            return ast.parse(text, mode="eval").body
        if function not in SPELLINGS:
            raise Untranslatable(f"{self.node.name}: {ast.unparse(node)}")
        words = [word for word in node.keywords if word.arg != "out"]
        return _call(SPELLINGS[function], args, words)

    def _own(self, function: str, node: ast.Call) -> ast.expr:
        """A call of another function of the runtime, without its buffers."""
        own = self.known[function]
        pairs = zip(own.parameters, node.args, strict=False)
        args = [self._visited(arg) for name, arg in pairs if name not in own.buffers]
        words = [word for word in node.keywords if word.arg not in own.buffers]
        if function in self.same:
            return args[0]
        return ast.Call(ast.Name(function), args, words)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`z.real` of a real z is z; a dtype of NumPy's is the namespace's."""
        if node.attr == "real":
            return self._visited(node.value)
        if isinstance(node.value, ast.Name) and node.value.id == "np":
            return ast.Attribute(ast.Name(SPACE), node.attr)
        return node


def _is_new(node: ast.expr) -> bool:
    """Whether a value is only arrays to write into."""
    match node:
        case ast.Name("work") | ast.Subscript(ast.Name("work")):
            return True
        case ast.Call(function):
            return ast.unparse(function) in NEW
    return False


def is_number(node: ast.expr) -> bool:
    """Whether an expression is a number of Python's, and no array."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(_, operand):
            return is_number(operand)
        case ast.IfExp(_, one, other) | ast.BinOp(one, _, other):
            return is_number(one) and is_number(other)
    return False


def _call(function: str, args: list[ast.expr], words: Sequence[ast.keyword] = ()) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name(SPACE), function), args, list(words))
