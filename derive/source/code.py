"""The statements that are gone through for a function, and the words in them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.notation.known import Function
from derive.source.attributes import MARK, apart
from derive.source.choosing import Chosen, first_argument
from derive.source.words import of_gradient, role

FORWARD = (
    *("forward", "feedforward", "feed_forward", "forward_pass", "forward_propagation"),
    *(
        "forward_prop",
        "forwardprop",
        "_forward",
        "propagate",
        "predict",
        "__call__",
        "model_forward",
    ),
)
"""What the function is called that goes forward."""

SIZES = frozenset(
    ("sizes", "layers", "layer_sizes", "layer_dims", "dims", "layers_dims", "structure")
)
"""What the list of all layer sizes is called where a network is made."""


@dataclass(frozen=True)
class Code:
    """The statements of a function and those that go before it, its attributes as names."""

    chosen: Chosen
    body: Sequence[ast.stmt]
    forward: ast.FunctionDef | None
    maker: ast.FunctionDef | None

    @property
    def statements(self) -> Sequence[ast.stmt]:
        """All that is gone through."""
        return (*(self.forward.body if self.forward else ()), *self.body)

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """What the function may call: those of its file, and the methods of its class."""
        found = {name: Function(name, node.args, node.body) for name, node in self.helpers.items()}
        for name, node in self.chosen.methods.items():
            body = apart(node.body, first_argument(node))
            found[MARK + name] = Function(name, bound(node), body)
        return found

    @property
    def free(self) -> set[str]:
        """What the functions that are gone through take."""
        nodes = [self.chosen.node, *(one for one in (self.forward, self.maker) if one)]
        return {one.arg for node in nodes for one in _takes(node.args)}

    @property
    def helpers(self) -> Mapping[str, ast.FunctionDef]:
        """The functions of the file."""
        return self.chosen.helpers

    @cached_property
    def words(self) -> set[str]:
        """The words of all that is gone through, and of what the functions take."""
        nodes = [self.chosen.node, *([self.forward] if self.forward else [])]
        takes = {one.arg for node in nodes for one in node.args.args}
        return words_in(self.statements) | takes - {self.chosen.holder or ""}


def code_of(chosen: Chosen) -> Code:
    """What is read for a function: with it, what went forward before."""
    body = apart(chosen.node.body, chosen.holder)
    called = {
        n.func.id
        for s in body
        for n in ast.walk(s)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    forward = None
    for name in FORWARD:
        node = chosen.methods.get(name) or (None if chosen.methods else chosen.helpers.get(name))
        if (
            node is not None
            and node is not chosen.node
            and not called & {*FORWARD, *(MARK + one for one in FORWARD)}
        ):
            forward = _apart(node, bool(chosen.methods))
            break
    maker = chosen.methods.get("__init__")
    return Code(chosen, body, forward, None if maker is None else _apart(maker, True))


def _apart(node: ast.FunctionDef, method: bool) -> ast.FunctionDef:
    """A function, the attributes of its object under names of their own."""
    holder = first_argument(node) if method else None
    body = apart(node.body, holder)
    return ast.copy_location(ast.FunctionDef(node.name, node.args, body, [], None), node)


def _takes(node: ast.arguments) -> Iterator[ast.arg]:
    yield from (*node.posonlyargs, *node.args, *node.kwonlyargs)


def has_gradients(code: Code) -> bool:
    """Whether a function may have gradients at all: it has a word for one, or changes weights."""
    parameters = ("weight", "bias")
    for node in (part for one in code.body for part in ast.walk(one)):
        match node:
            case ast.Name(word) | ast.Constant(str(word)) | ast.Attribute(attr=word):
                if any(is_one(base, parameters) for base in of_gradient(word)):
                    return True
            case ast.AugAssign(ast.Name(word)) | ast.AugAssign(ast.Subscript(ast.Name(word))):
                if is_one(word, parameters):
                    return True
            case ast.Dict(keys):
                held = [key.value for key in keys if isinstance(key, ast.Constant)]
                if any(isinstance(word, str) and is_one(word, parameters) for word in held):
                    return True
    return False


def is_one(word: str, kinds: Collection[str]) -> bool:
    """Whether a word is one of some kinds by custom."""
    found = role(word)
    return found is not None and found.kind in kinds


def bound(node: ast.FunctionDef) -> ast.arguments:
    """What a method takes beside its object."""
    if first_argument(node) is None:
        return node.args
    made = copy.copy(node.args)
    made.args = made.args[1:] if not made.posonlyargs else made.args
    made.posonlyargs = made.posonlyargs[1:]
    return made


def words_in(nodes: Sequence[ast.stmt]) -> set[str]:
    """The words of statements: names, attributes, and words in brackets."""
    found: set[str] = set()
    for node in (part for one in nodes for part in ast.walk(one)):
        match node:
            case ast.Name(word, ast.Load()) | ast.arg(arg=word):
                found.add(word)
            case ast.Attribute(ast.Name(), word) if word not in _OF_ARRAYS:
                found.add(word)
            case ast.Subscript(slice=ast.Constant(str(word))):
                found.add(word)
            case ast.Subscript(slice=ast.BinOp() | ast.JoinedStr() as index):
                found |= set(_joined(index))
    return found


_OF_ARRAYS = frozenset(("T", "mT", "shape", "size", "ndim", "dtype", "dot", "sum", "mean"))
"""Attributes that arrays have."""


def _joined(node: ast.expr) -> Iterator[str]:
    """The words that a word with a number may be."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from (f"{part.value}{number}" for number in range(1, 10))


def label_words(nodes: Sequence[ast.stmt]) -> tuple[set[str], set[str]]:
    """The names that are indices of rows, as in `probs[range(N), y]`; and those calculated with."""
    labels, operands = set[str](), set[str]()
    for node in (part for one in nodes for part in ast.walk(one)):
        match node:
            case ast.Subscript(slice=ast.Tuple([_, ast.Name(word)])):
                labels.add(word)
            case ast.BinOp(left, _, right):
                operands |= {one.id for one in (left, right) if isinstance(one, ast.Name)}
    return labels, operands


def lists_in(nodes: Sequence[ast.stmt]) -> set[str]:
    """The names that statements use as lists: `weights[-1]`, `zip(biases, weights)`."""
    found: set[str] = set()
    for node in (part for one in nodes for part in ast.walk(one)):
        match node:
            case ast.Subscript(
                ast.Name(word), ast.Constant(int()) | ast.UnaryOp() | ast.BinOp() | ast.Name()
            ):
                found.add(word)
            case ast.Call(ast.Name("zip" | "enumerate" | "reversed" | "len"), arguments):
                found |= {one.id for one in arguments if isinstance(one, ast.Name)}
            case ast.For(iter=ast.Name(word)) | ast.comprehension(iter=ast.Name(word)):
                found.add(word)
    return found
