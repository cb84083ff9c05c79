"""The shape of a term as far as the declared names tell it; None where they do not."""

from __future__ import annotations

from collections.abc import Mapping

from derive.functions import is_function
from derive.shape import Dim, Shape, broadcast
from derive.sizes import said_dim
from derive.term import Apply, Const, Term, Var, fold, walk

_ELEMENTWISE = frozenset(("add", "sub", "neg", "mul", "div", "pow", "maximum", "minimum", "where"))
_SAME = frozenset(("softmax", "log_softmax", "ones_like", "zeros_like", "total"))
Guess = Shape | None


def extent(term: Term, shapes: Mapping[str, Shape]) -> Guess:
    """The shape of a term, where it is certain."""
    return fold(term, lambda node, args: _node(node, args, shapes))


def _node(node: Term, args: tuple[Guess, ...], shapes: Mapping[str, Shape]) -> Guess:
    if isinstance(node, Const):
        return ()
    if isinstance(node, Var):
        return _named(node.name, shapes)
    if node.op in _ELEMENTWISE or is_function(node.op):
        return _broadcast(args)
    if node.op in ("ones", "zeros", "eye"):
        return _made(node)
    if node.op in _SAME:
        return args[0]
    if node.op == "delta":
        return ()
    if node.op == "each":
        return _listed(node, args[0], shapes)
    return _array(node, args)


def _listed(node: Apply, body: Guess, shapes: Mapping[str, Shape]) -> Guess:
    """The shape of an array given entry by entry: how far its letters run, where that is said."""
    sizes = [_run(node.args[0], str(letter), shapes) for letter in node.attrs]
    known = [size for size in sizes if size is not None]
    return (*known, *body) if body is not None and len(known) == len(sizes) else None


def _run(body: Term, letter: str, shapes: Mapping[str, Shape]) -> Dim | None:
    """How far a letter runs, by the ones that it picks from."""
    for part in walk(body):
        match part:
            case Apply("entry", (Apply("ones") as ones, Var(name))) if name == letter:
                shape = extent(ones, shapes)
                return shape[0] if shape else None
    return None


def _named(name: str, shapes: Mapping[str, Shape]) -> Guess:
    if name.startswith("#"):
        return ()
    of, slash, by = name.partition("/")
    if slash:
        return shapes.get(by[1:]) or None if shapes.get(of[1:]) == () else None
    # the shape of a given name is not known yet, and stands as ()
    return shapes.get(name) or (() if name in _sizes(shapes) else None)


def _sizes(shapes: Mapping[str, Shape]) -> set[str]:
    """The names that sizes of arrays are made of."""
    return {str(part) for shape in shapes.values() for size in shape for part in size.parts}


def _broadcast(args: tuple[Guess, ...]) -> Guess:
    shape: Guess = ()
    for arg in args:
        shape = None if arg is None or shape is None else broadcast(shape, arg)
    return shape


def _made(node: Apply) -> Guess:
    """The shape of `ones`, `zeros` and `eye`, by their sizes."""
    sizes = [size for size in node.attrs if isinstance(size, int | str) and size != -1]
    if len(sizes) != len(node.attrs):
        return None
    shape = tuple(said_dim(str(size)) for size in sizes)
    return shape * 2 if node.op == "eye" else shape


def _array(node: Apply, args: tuple[Guess, ...]) -> Guess:
    first = args[0] if args else None
    if first is None:
        return None
    if node.op == "transpose":
        return tuple(reversed(first))
    if node.op == "entry":
        return first[len(args) - 1 :] if node.attrs else _behind(first, len(args) - 1)
    if node.op == "matmul":
        return _product(first, args[1])
    if node.op == "outer":
        return first + args[1] if args[1] is not None and len(first + args[1]) == 2 else None
    if node.op == "gather":
        return args[1] + first[1:] if args[1] is not None else None
    if node.op in ("column", "row") and len(first) == 1:
        return (*first, Dim((1,))) if node.op == "column" else (Dim((1,)), *first)
    if node.op in ("sum", "mean", "peak"):
        return _reduced(first, node)
    return None


def _behind(shape: Shape, indices: int) -> Shape:
    """What indices leave; axes of size 1 may be left without one."""
    rest = shape[indices:]
    return () if all(size.is_one for size in rest) else rest


def _product(left: Shape, right: Guess) -> Guess:
    if right is None or not left or not right:
        return None
    return left[:-1] + right[1:] if len(right) <= 2 else None


def _reduced(shape: Shape, node: Apply) -> Guess:
    axis, keep = node.attrs
    if axis is None:
        return None if keep else ()
    if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return None
    place = axis % len(shape)
    return shape[:place] + ((Dim((1,)),) if keep else ()) + shape[place + 1 :]
