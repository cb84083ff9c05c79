"""The constructor of a workspace, read: the arrays that it makes, the attributes that it sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codegen.calls import PRODUCTS
from codegen.execution import Attribute
from codegen.memory import BATCH, Fault, Held, Memory, Place, Size, Sizes
from derive.term import Var

KINDS = {("np.empty", "dtype"): "", ("np.empty", "bool"): "bool", ("np.ones", "dtype"): "ones"}
"""How an array is made, and of what dtype -> what kind of array it is."""


def construct(node: ast.FunctionDef, memory: Memory) -> dict[str, Attribute]:
    """The attributes of a workspace whose arrays are made in a memory.

    Raises Fault where a line is none that is known.
    """
    attributes: dict[str, Attribute] = {}
    for line in node.body:
        match line:
            case ast.Assign([ast.Attribute(ast.Name("self"), name)], value):
                attributes[name] = _attribute(value, memory)
            case ast.Assign([ast.Name(name)], ast.Call() as call):
                memory.allocate(name, *_array(call))
            case _:
                raise Fault("the constructor makes arrays and sets attributes")
    return attributes


def _array(node: ast.Call) -> tuple[Sizes, str]:
    """The sizes and the kind of an array: `np.empty((batch, 10), dtype)`"""
    match node:
        case ast.Call(function, [ast.Tuple(sizes), ast.Name(dtype)], []):
            kind = KINDS.get((ast.unparse(function), dtype))
            if kind is not None:
                return tuple(map(_size, sizes)), kind
    raise Fault("an array is made by np.empty or np.ones")


def _size(node: ast.expr) -> Size:
    match node:
        case ast.Constant(int(number)):
            return number
        case ast.Name("batch"):
            return BATCH
    raise Fault("a size is a number or the batch")


def _attribute(node: ast.expr, memory: Memory) -> Attribute:
    match node:
        case ast.Name("batch"):
            return Held(Var("N"), ())
        case ast.Tuple(items):
            return tuple(_place(item, memory) for item in items)
        case ast.Dict(keys, values):
            return dict(zip(_texts(keys), (_place(v, memory) for v in values), strict=True))
        case ast.IfExp(_, one, other) if {ast.unparse(one), ast.unparse(other)} <= PRODUCTS:
            return "np.matmul"
    raise Fault("an attribute is the batch, arrays, or a matrix product")


def _place(node: ast.expr, memory: Memory) -> Place:
    if isinstance(node, ast.Name) and node.id in memory.sizes:
        return Place(node.id)
    raise Fault(f"`{ast.unparse(node)}` is no array")


def _texts(keys: list[ast.expr | None]) -> Iterator[str]:
    for key in keys:
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            raise Fault("gradients stand under the names of parameters")
        yield key.value
