"""Emitted statements, run on terms: `np.add(a, b, out=c)` leaves the term a + b in the array c.

Nothing is computed. What a call returns under a name is the array that it wrote to; what stands in
an array is the last that was written there, by whichever name it is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from codegen.calls import (
    CHECKS,
    ENTRYWISE,
    LIBRARY,
    Call,
    Meaning,
    apart,
    check_work,
    expression,
    has_out,
    read_call,
    spreads,
    value_names,
)
from codegen.memory import Fault, Held, Memory, Place
from codegen.statements import Part
from derive.diagnostic import DeriveError
from derive.infer import typed
from derive.notation import read_numpy
from derive.shape import Shape
from derive.term import Var, const, substitute

Value = Held | Place | str | bool
"""A term, an array, the text of a function or of a library, or what a branch goes by."""

Attribute = Value | tuple[Place | str, ...] | dict[str, Place]


class Machine:
    """The names and the arrays that one function or method sees."""

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        memory: Memory,
        given: Iterable[str] = (),
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        self.shapes, self.memory, self.attributes = shapes, memory, attributes or {}
        self.written: dict[str, ast.Call] = {}
        known = (name for name in given if name in shapes)
        self.names: dict[str, Value] = {name: Held(Var(name), shapes[name]) for name in known}

    # -------------------------------------------------------------------------------- statements

    def run(self, node: ast.stmt) -> None:
        """One statement: an assignment or a call. Raises Fault where it is none that is known."""
        match node:
            case ast.Assign([ast.Name(name)], ast.Call() as call) if has_out(call):
                self.names[name] = self._call(call)
            case ast.Assign([target], ast.Attribute(ast.Name("self"), attribute)):
                self._unpack(target, self.attributes.get(attribute))
            case ast.Assign(
                [ast.Name(name)], ast.Call(ast.Name("namespace"), [ast.Name(given)], [])
            ):
                self.held(given)
                self.names[name] = LIBRARY
            case ast.Assign([ast.Name(name)], value):
                self.names[name] = self._assigned(name, value)
            case ast.Expr(ast.Call() as call):
                self._call(call)
            case _:
                raise Fault("this statement is not known")

    def branch(self, node: ast.If) -> Sequence[ast.stmt]:
        """The branch that is taken: `if few:`"""
        test = self.names.get(node.test.id) if isinstance(node.test, ast.Name) else None
        if not isinstance(test, bool):
            raise Fault("a branch goes by an attribute")
        return node.body if test else node.orelse

    def _unpack(self, target: ast.expr, value: Attribute | None) -> None:
        """`N = self.batch`, `a, b, = self.arrays`"""
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value if isinstance(value, tuple) else (value,)
        if len(names) != len(values):
            raise Fault(f"{len(names)} names for {len(values)} values")
        for name, one in zip(names, values, strict=True):
            if not isinstance(name, ast.Name) or not isinstance(one, Held | Place | str | bool):
                raise Fault("this attribute is not known")
            self.names[name.id] = one

    def _assigned(self, name: str, node: ast.expr) -> Value:
        """What a name is bound to by `name = ...` without a place for the result."""
        match node:
            case ast.Name(other) if isinstance(self.names.get(other), Place):
                return self.names[other]
            case ast.Subscript(ast.Name("params"), ast.Constant(str(key))) if key in self.shapes:
                return Held(Var(key), self.shapes[key])
            case ast.Subscript(ast.Attribute(ast.Name(owner), "shape"), ast.Constant(int(axis))):
                (part,) = self.held(owner).shape[axis].parts
                return Held(Var(part) if isinstance(part, str) else const(part), ())
            case ast.Constant(int(number)):
                known = self.memory.numbers.get(name) == number
                return Held(Var(name) if known else const(number), ())
        return self.value(node)

    def _call(self, node: ast.Call) -> Place:
        """A call that writes to an array."""
        call = read_call(node, self.names)
        if call.function == "np.copyto":
            place = self._copied(*call.operands)
            self.memory.write(place, self.value(call.operands[1]), spread=True)
        elif call.out is None:
            raise Fault("the result of this call is lost")
        else:
            place = self.place(call.out)
            self._computed(call, node, place)
        self.written[place.array] = node
        return place

    def _computed(self, call: Call, node: ast.Call, place: Place) -> None:
        """The result of a call in its place; what it computes in holds nothing afterwards."""
        rows = self._in_rows(call, node)
        whole = None if rows else self.value(node)
        reads = [tuple(self._places(operand)) for operand in call.operands]
        spread = spreads(call, place, reads, self.memory)
        work = [self.place(item) for item in call.work]
        check = CHECKS.get(call.function, check_work)
        check(call, work, place, reads, self.memory)
        for one in work:
            self.memory.forget(one)
        if whole is None:
            self.memory.write_rows(place.array, rows)
        else:
            self.memory.write(place, whole, spread)

    def _copied(self, target: ast.expr, source: ast.expr) -> Place:
        """The place that a copy goes to."""
        place, read = self.place(target), tuple(self._places(source))
        apart(place, [read])
        if any(map(self.memory.is_spread, read)):
            raise Fault("a value that was spread is copied")
        return place

    def _in_rows(self, call: Call, node: ast.Call) -> dict[Part, Held]:
        """The values of a call entry by entry, block by block, where its operands are in blocks."""
        blocks = {}
        for operand in call.operands:
            place = self.names.get(operand.id) if isinstance(operand, ast.Name) else None
            if isinstance(place, Place) and place.part is None and self.memory.rows(place.array):
                blocks[ast.unparse(operand)] = place.array
        if not blocks:
            return {}
        parts = self._parts(call, blocks)
        names, values = self.names, {}
        for part in parts:
            self.names = {**names, **{name: Place(a, part) for name, a in blocks.items()}}
            values[part] = self.value(node)
        self.names = names
        return values

    def _parts(self, call: Call, blocks: Mapping[str, str]) -> set[Part]:
        """The blocks that the operands have in common with the result; the others are numbers."""
        others = (one for one in call.operands if ast.unparse(one) not in blocks)
        if call.function not in ENTRYWISE or any(self.value(one).shape for one in others):
            raise Fault("blocks are computed entry by entry, from blocks and numbers")
        place = self.place(call.out) if call.out is not None else Place("")
        found = [(self.memory.rows(a), self.memory.sizes[a]) for a in blocks.values()]
        sizes = self.memory.sizes.get(place.array)
        if place.part is not None or any(one != (found[0][0], sizes) for one in found):
            raise Fault("blocks are computed from blocks of the same rows")
        return found[0][0]

    def place(self, node: ast.expr) -> Place:
        """The array, or the block of one, that is written to."""
        match node:
            case ast.Name(name):
                value = self.names.get(name)
                if not isinstance(value, Place):
                    raise Fault(f"`{name}` is not an array of the workspace")
                return value
            case ast.Subscript(ast.Name() as owner, index):
                axes = index.elts if isinstance(index, ast.Tuple) else [index]
                bounds = [(axis, *_bounds(item)) for axis, item in enumerate(axes)]
                cut = [part for part in bounds if part[1:] != (0, None)]
                if len(cut) == 1 and self.place(owner).part is None:
                    return Place(self.place(owner).array, cut[0])
        raise Fault("this is no place for a result")

    # ---------------------------------------------------------------------------------- the values

    def held(self, name: str) -> Held:
        """The value under a name."""
        value = self.names.get(name)
        if isinstance(value, Place):
            return self.memory.read(value)
        if not isinstance(value, Held):
            raise Fault(f"`{name}` has no value")
        return value

    def value(self, node: ast.expr) -> Held:
        """The value of an expression, by the term that its text means."""
        tree = Meaning(self.names, self.total).visit(node)
        code = ast.unparse(tree)
        held = {name: self.held(name) for name in dict.fromkeys(value_names(tree))}
        shapes = {name: one.shape for name, one in held.items()}
        try:
            term, shape = typed(read_numpy(code, tuple(held)), shapes, code)
        except DeriveError as error:
            raise Fault(str(error)) from None
        return Held(substitute(term, {name: one.term for name, one in held.items()}), shape)

    def table(self, node: ast.expr) -> dict[str, Held | Place]:
        """Values by their keys: `{"W1": dW1}`, `self.gradient`"""
        match node:
            case ast.Attribute(ast.Name("self"), name):
                found = self.attributes.get(name)
                if isinstance(found, dict):
                    return dict(found)
            case ast.Dict(keys, values):
                texts = [key.value for key in keys if isinstance(key, ast.Constant)]
                return {str(k): self.value(v) for k, v in zip(texts, values, strict=True)}
        raise Fault("this is no table of gradients")

    def _places(self, node: ast.AST) -> Iterator[Place]:
        """The arrays that an expression reads, or blocks of them."""
        for name in value_names(node):
            value = self.names.get(name)
            if isinstance(value, Place):
                yield value

    def total(self, node: ast.Call) -> ast.expr | None:
        """A product with ones is a sum along an axis: the call that says so."""
        for axis, (one, other) in enumerate((node.args, node.args[::-1])):
            place = next(self._places(one), None) if isinstance(one, ast.Name) else None
            array = place.array if place is not None and place.part is None else ""
            if self.memory.kinds.get(array) == "ones":
                length = self.memory.measure(self.value(other).shape)[axis]
                if self.memory.sizes[array] != ((1, length) if axis == 0 else (length, 1)):
                    raise Fault(f"`{array}` has not the size of what it sums")
                return expression(f"np.sum({ast.unparse(other)}, axis={axis}, keepdims=True)")
        return None


def _bounds(node: ast.expr) -> tuple[int, int | None]:
    if not isinstance(node, ast.Slice) or node.step is not None:
        raise Fault("a block is given by its bounds")
    return _bound(node.lower) or 0, _bound(node.upper)


def _bound(node: ast.expr | None) -> int | None:
    if node is None:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value >= 0:
        return node.value
    raise Fault("a block lies between two numbers")
