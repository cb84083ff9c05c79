"""The constructor of a workspace, read: the arrays that it makes, the attributes that it sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from codegen.calls import PRODUCTS
from codegen.execution import Attribute
from codegen.memory import BATCH, Fault, Held, Memory, Place, Size
from codegen.specialized import MADE, is_specialized
from derive.notation import read_numpy
from derive.term import Term, Var

KINDS = {
    ("np.empty", "dtype"): "",
    ("np.empty", "bool"): "bool",
    ("np.ones", "dtype"): "ones",
    ("np.zeros", "dtype"): "zeros",
}
"""How an array is made, and of what dtype -> what kind of array it is."""


def construct(node: ast.FunctionDef, memory: Memory, *, few: bool = True) -> dict[str, Attribute]:
    """The attributes of a workspace whose arrays are made in a memory.

    `few` says whether the batch is as small as a limit that the constructor may set. Raises Fault
    where a line is none that is known.
    """
    making = _Making(memory, few)
    for line in node.body:
        making.run(line)
    return making.attributes


class _Making:
    """The attributes, the sizes and the arrays so far."""

    def __init__(self, memory: Memory, few: bool) -> None:
        self.memory, self.few = memory, few
        self.attributes: dict[str, Attribute] = {}
        self.sizes: dict[str, Size] = {BATCH: BATCH}
        self.places: dict[str, Place] = {}

    def run(self, line: ast.stmt) -> None:
        """One line."""
        match line:
            case ast.Assign([ast.Attribute(ast.Name("self"), name)], value):
                self.attributes[name] = self._attribute(value)
            case ast.Assign([ast.Name(name)], ast.IfExp() as choice):
                self.sizes[name] = self._limited(choice)
            case ast.Assign([ast.Name(name)], ast.Call(ast.Attribute(_, "array"), [value, _], [])):
                self.memory.number(name, _number(value))
                self.places[name] = Place(name)
            case ast.Assign([ast.Name(name)], ast.Call() as call):
                self._allocate(name, call)
                self.places[name] = Place(name)
            case ast.Assign([ast.Name(name)], ast.Subscript(ast.Name() as whole, rows)):
                self.places[name] = self._rows(_place(whole, self.places), rows)
            case _:
                raise Fault("the constructor makes arrays and sets attributes")

    def _limited(self, node: ast.IfExp) -> Size:
        """`batch if batch <= 40 else 0`"""
        match node:
            case ast.IfExp(
                ast.Compare(ast.Name("batch"), [ast.LtE()], [ast.Constant(int())]),
                ast.Name("batch"),
                ast.Constant(int(0)),
            ):
                if len(self.sizes) == 1:
                    return BATCH if self.few else 0
        raise Fault("there is one limit: the batch up to a number, else 0")

    def _allocate(self, name: str, node: ast.Call) -> None:
        """An array of some sizes and a kind: `np.empty((batch, 10), dtype)`"""
        match node:
            case ast.Call(function, [ast.Tuple(sizes), ast.Name(dtype)], []):
                kind = KINDS.get((ast.unparse(function), dtype))
                if kind is not None:
                    self.memory.allocate(name, tuple(map(self._size, sizes)), kind)
                    return
        raise Fault("an array is made by np.empty, np.ones or np.zeros")

    def _size(self, node: ast.expr) -> Size:
        match node:
            case ast.Constant(int(number)):
                return number
            case ast.Name(name) if name in self.sizes:
                return self.sizes[name]
        raise Fault("a size is a number or the batch")

    def _rows(self, whole: Place, rows: ast.expr) -> Place:
        """Rows of an array, or what is beside the first of them, or the first column."""
        match rows:
            case ast.Tuple([ast.Slice(None, None, None), ast.Slice(ast.Constant(1), None, None)]):
                if whole.part is None:
                    return self.memory.join(whole, axis=1)
            case ast.Slice(ast.Constant(1), None, None):
                return self.memory.join(whole)
            case ast.Slice(ast.Constant(int(start)), ast.Constant(int(stop)), None):
                if whole.part is None:
                    return self.memory.cut(whole.array, start, stop)
        raise Fault("rows lie between two numbers, or beside the first")

    def _attribute(self, node: ast.expr) -> Attribute:
        if isinstance(node, ast.Name) and node.id in self.sizes and node.id != BATCH:
            return self.few
        return _attribute(node, self.places)


def _number(node: ast.expr) -> Term:
    """The number that an array of no axis holds: `batch`, or a formula of numbers."""
    if isinstance(node, ast.Name) and node.id == BATCH:
        return Var("N")
    return read_numpy(ast.unparse(node), ())


def _attribute(node: ast.expr, places: Mapping[str, Place]) -> Attribute:
    match node:
        case ast.Name("batch"):
            return Held(Var("N"), ())
        case ast.Tuple([ast.Call(), *_] as items):
            return tuple(_function(item) for item in items)
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


def _function(node: ast.expr) -> str:
    """The name of a function of the runtime that is made for the dtype: `sigmoid_for(dtype)`"""
    made = MADE.fullmatch(ast.unparse(node))
    if made is None or not is_specialized(made[1]):
        raise Fault(f"`{ast.unparse(node)}` makes no function")
    return made[1]


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
