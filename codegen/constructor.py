"""The constructor of a workspace, read: the arrays that it makes, the attributes that it sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from codegen.calls import PRODUCTS
from codegen.execution import Attribute
from codegen.memory import BATCH, Fault, Held, Memory, Place, Size, Sizes
from derive.notation import read_numpy
from derive.term import Term, Var

KINDS = {
    ("np.empty", "dtype"): "",
    ("np.empty", "bool"): "bool",
    ("np.ones", "dtype"): "ones",
    ("np.zeros", "dtype"): "zeros",
}
"""How an array is made, and of what dtype -> what kind of array it is."""


def construct(node: ast.FunctionDef, memory: Memory) -> dict[str, Attribute]:
    """The attributes of a workspace whose arrays are made in a memory.

    Raises Fault where a line is none that is known.
    """
    attributes: dict[str, Attribute] = {}
    places: dict[str, Place] = {}
    for line in node.body:
        match line:
            case ast.Assign([ast.Attribute(ast.Name("self"), name)], value):
                attributes[name] = _attribute(value, places)
            case ast.Assign([ast.Name(name)], ast.Call(ast.Attribute(_, "array"), [value, _], [])):
                memory.number(name, _number(value))
                places[name] = Place(name)
            case ast.Assign([ast.Name(name)], ast.Call() as call):
                memory.allocate(name, *_array(call))
                places[name] = Place(name)
            case ast.Assign(
                [ast.Name(name)],
                ast.Subscript(ast.Name(whole), ast.Slice(ast.Constant(1), None, None)),
            ):
                places[name] = memory.join(whole)
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
    raise Fault("an array is made by np.empty, np.ones or np.zeros")


def _size(node: ast.expr) -> Size:
    match node:
        case ast.Constant(int(number)):
            return number
        case ast.Name("batch"):
            return BATCH
    raise Fault("a size is a number or the batch")


def _number(node: ast.expr) -> Term:
    """The number that an array of no axis holds: `batch`, or a formula of numbers."""
    if isinstance(node, ast.Name) and node.id == BATCH:
        return Var("N")
    return read_numpy(ast.unparse(node), ())


def _attribute(node: ast.expr, places: Mapping[str, Place]) -> Attribute:
    match node:
        case ast.Name("batch"):
            return Held(Var("N"), ())
        case ast.Tuple(items):
            return tuple(_place(item, places) for item in items)
        case ast.Dict(keys, values):
            return dict(zip(_texts(keys), (_gradient(v, places) for v in values), strict=True))
        case ast.IfExp(_, one, other) if {ast.unparse(one), ast.unparse(other)} <= PRODUCTS:
            return "np.matmul"
    raise Fault("an attribute is the batch, arrays, or a matrix product")


def _place(node: ast.expr, places: Mapping[str, Place]) -> Place:
    if isinstance(node, ast.Name) and node.id in places:
        return places[node.id]
    raise Fault(f"`{ast.unparse(node)}` is no array")


def _gradient(node: ast.expr, places: Mapping[str, Place]) -> Place:
    """An array, or the transpose of one: `dW1_T.T`"""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return replace(_place(node.value, places), turned=True)
    return _place(node, places)


def _texts(keys: list[ast.expr | None]) -> Iterator[str]:
    for key in keys:
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            raise Fault("gradients stand under the names of parameters")
        yield key.value
