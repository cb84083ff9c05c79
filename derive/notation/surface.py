"""Code to terms as it is written: what ranks, axes and products mean is settled later.

NumPy's own grammar is that of `derive.notation.numpylike`; here are the forms that need the shapes
of what they stand on, and the names as a scope has them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from derive.notation.activations import FLAGS, flagged
from derive.notation.arrays import build_call, is_method
from derive.notation.called import Called
from derive.notation.comparisons import MASK_SIGNS, compared, joined
from derive.notation.dims import axis_of
from derive.notation.lookup import Lookup
from derive.notation.masks import is_mask, negated
from derive.notation.modules import MODULES
from derive.notation.numpylike import NumpyReader
from derive.notation.piece import ONE, Piece, widen
from derive.notation.python import Source
from derive.notation.spelling import listing, shown, suggestion
from derive.notation.subscripts import read_subscript
from derive.term import Apply, Const, Term, Var

_SAME = frozenset(("data", "value", "values", "real", "A1"))
"""Attributes of an array that are the array."""


class SurfaceReader(NumpyReader):
    """Reads the trees of one text with the names of a scope."""

    def __init__(self, source: Source, lookup: Lookup) -> None:
        super().__init__(source, lookup.names)
        self.lookup = lookup
        self.scope = lookup.scope
        self.letters: set[str] = set()
        self.fresh = 0

    def form(self, node: ast.expr) -> Piece:
        """The forms of code that NumPy's arithmetic does not have."""
        match node:
            case ast.IfExp():
                return self.choice(node)
            case ast.BoolOp():
                return joined(self, type(node.op), node.values, node)
            case ast.List() | ast.Tuple():
                return self.vector(node)
        return super().form(node)

    def choice(self, node: ast.IfExp) -> Piece:
        """`a if mask else b`"""
        parts = [self.mask(node.test), self.piece(node.body), self.piece(node.orelse)]
        return self.make.apply("where", parts, self.source.span(node))

    def mask(self, node: ast.expr) -> Piece:
        """What is 1 or 0."""
        piece = self.piece(node)
        if not is_mask(piece.term):
            raise self.refusal("D113", "this is not a comparison", node)
        return piece

    def vector(self, node: ast.List | ast.Tuple) -> Piece:
        """`[1, 2, 3]`"""
        if isinstance(node, ast.Tuple):
            raise self.refusal("D113", "here are several values, and one is read", node)
        parts = [self.piece(item) for item in node.elts]
        if not parts or not all(isinstance(part.term, Const) for part in parts):
            raise self.refusal("D113", "only a list of numbers is read here", node)
        return self.make.apply("literal", parts, self.source.span(node), ("row",))

    # ------------------------------------------------------------------------ names

    def named(self, name: str, node: ast.expr) -> Piece:
        """What a word stands for, by the scope."""
        try:
            term = self.lookup.find(name)
        except KeyError as error:
            known = " or ".join(f"`{one}`" for one in error.args)
            message = f"`{shown(name)}` can mean {known}"
            raise self.refusal("D104", message, node, "spell it as it is declared") from None
        if term is None:
            known_names = list(self.lookup.vouch())
            help = suggestion(name, known_names) or listing(self.names.declared)
            raise self.refusal("D101", f"unknown name `{shown(name)}`", node, help)
        return self.standing(term, node)

    def standing(self, term: Term, node: ast.expr) -> Piece:
        """A term that stands for a node."""
        span = self.source.span(node)
        scalar = isinstance(term, Var) and self.scope.shapes.get(term.name) == ()
        return Piece(replace(term, span=span), span, scalar=scalar or isinstance(term, Const))

    def size_name(self, word: str) -> str | None:
        """The size that a word is: declared names go first here, whatever the notation."""
        name = self.names.exact((word,))
        return name if name is not None and self.scope.shapes.get(name) == () else None

    def is_holder(self, node: ast.expr) -> bool:
        """Whether this only holds names: `self`, `params`, `self.layers`."""
        while isinstance(node, ast.Attribute):
            if self.names_something(node.attr):
                return False
            node = node.value
        return isinstance(node, ast.Name) and not self.names_something(node.id)

    def names_something(self, word: str) -> bool:
        """Whether a word is a name here."""
        return self.lookup.stands(word)

    def is_field(self, node: ast.Attribute) -> bool:
        """Whether this is a name that something holds, as `self.T`; `K.T` is K transposed."""
        return self.is_holder(node.value) and self.names_something(node.attr)

    def is_module(self, node: ast.expr) -> bool:
        """`np`, `tf.math`, `torch.nn.functional`."""
        while isinstance(node, ast.Attribute) and node.attr in MODULES:
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in MODULES:
            return False
        return not self.names_something(node.id)

    def attribute(self, node: ast.Attribute) -> Piece:
        """`x.T`, `x.size`, or the name at the end of `self.W2`."""
        span = self.source.span(node)
        if self.is_module(node.value):
            return self.module_constant(node)
        if node.attr in ("T", "mT") and not self.is_field(node):
            return self.make.apply("transpose", [self.piece(node.value)], span)
        if self.is_holder(node.value):
            return self.named(node.attr, node)
        if node.attr == "size":
            return self.make.apply("size", [self.piece(node.value)], span)
        if node.attr == "grad":
            return self.gradient(node)
        if node.attr in _SAME:
            return widen(self.piece(node.value), span)
        raise self.refusal("D113", f"the attribute `{shown(node.attr)}` is not read", node)

    def gradient(self, node: ast.Attribute) -> Piece:
        """`W.grad`: the derivative of the loss by W."""
        piece = self.piece(node.value)
        if not isinstance(piece.term, Var):
            raise self.refusal("D113", "only a name has a gradient", node)
        return self.standing(Var(f"d{self.scope.loss}/d{piece.term.name}"), node)

    def module_constant(self, node: ast.Attribute) -> Piece:
        """`np.e`, `np.pi`; pi is exact as 1 / (2 phi(0)^2), phi the density of the normal."""
        span = self.source.span(node)
        one = self.make.number("1", span)
        if node.attr in ("e", "E"):
            return self.make.apply("exp", [one], span)
        if node.attr in ("pi", "PI"):
            density = self.make.apply("phi", [self.make.number("0", span)], span)
            twice = self.make.apply("mul", [self.make.number("2", span), density], span)
            return self.make.divide(one, self.make.apply("mul", [twice, density], span), span)
        raise self.refusal("D101", f"unknown constant `{shown(node.attr)}`", node)

    # -------------------------------------------------------------------------- subscripts

    def subscript(self, node: ast.Subscript) -> Piece:
        """`W[1:]`, `x[:, None]`, `A[i, j]`, or the name in `params['W2']`."""
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            if not self.is_holder(node.value):
                raise self.refusal("D113", "this subscript is not read", node)
            return self.named(node.slice.value, node)
        if found := axis_of(self, node):
            return self.length(*found, node)
        return read_subscript(self, node)

    def length(self, array: ast.expr, axis: int, node: ast.expr) -> Piece:
        """`x.shape[0]`, `len(x)`"""
        piece = self.piece(array)
        made = self.make.apply("length", [piece], self.source.span(node), (axis,))
        return replace(made, scalar=True)

    def index_name(self, word: str) -> Term | None:
        """The term of a name that stands as an index: an index letter, where it is no array."""
        letter = word in self.letters or any(word in a.letters for a in self.scope.aliases)
        if not letter and self.names_something(word):
            term = self.lookup.find(word)
            if not (isinstance(term, Var) and self.scope.shapes.get(term.name) == ()):
                return term
        return Var(f"#{word}") if letter or len(word) <= 2 else None

    def new_letter(self) -> str:
        """An index letter that no text has."""
        self.fresh += 1
        return f"#{self.fresh}"

    # ------------------------------------------------------------------------ signs

    def binary(self, node: ast.BinOp) -> Piece:
        """`a + b`, with the product signs as this text means them."""
        sign = type(node.op)
        if sign in MASK_SIGNS:
            return joined(self, sign, [node.left, node.right], node)
        if sign is ast.Mult:
            op = self.scope.signs.get("*", "mul")
            left, right = self.piece(node.left), self.piece(node.right)
            return self.make.apply(op, [left, right], self.source.span(node))
        if sign is ast.Pow and self.is_euler(node.left):
            return self.make.apply("exp", [self.piece(node.right)], self.source.span(node))
        return super().binary(node)

    def is_euler(self, node: ast.expr) -> bool:
        """Whether a base is e, so that the power is exp."""
        return self.piece(node).term == Apply("exp", (Const(ONE),))

    def unary(self, node: ast.UnaryOp) -> Piece:
        """`-a`, `~mask`"""
        if isinstance(node.op, ast.Invert | ast.Not):
            return negated(self.make, self.mask(node.operand), self.source.span(node))
        return super().unary(node)

    def comparison(self, node: ast.Compare) -> Piece:
        """`a > b`, `0 < x < 6`, `y == k`"""
        return compared(self, node)

    # ------------------------------------------------------------------------ calls

    def call(self, node: ast.Call) -> Piece:
        """`np.tanh(z)`, `softmax(z)`, `A.dot(B)`"""
        name, receiver = self.called(node.func)
        if not receiver and isinstance(node.func, ast.Attribute) and self.is_short(node):
            receiver = [node.func.value]
        keywords = _keywords(self, node)
        if flags := keywords.keys() & FLAGS:
            name = self.flagged(name, [keywords.pop(word) for word in flags], node)
        return build_call(Called(self, name, node, (*receiver, *node.args), keywords))

    def is_short(self, node: ast.Call) -> bool:
        """Whether a call lacks an argument, so that what stands before the dot has to be it.

        `theta.copy()`, `q.dot(W)`: the fault to be named is then an unknown name.
        """
        func = node.func
        if not isinstance(func, ast.Attribute) or self.is_module(func.value):
            return False
        return len(node.args) < (2 if func.attr in ("dot", "matmul", "mm", "reshape") else 1)

    def flagged(self, name: str, values: Sequence[ast.expr], node: ast.Call) -> str:
        """A function that is asked for its derivative by a keyword."""
        wanted = [value.value for value in values if isinstance(value, ast.Constant)]
        if len(wanted) != len(values):
            raise self.refusal("D110", "this flag is neither True nor False", node)
        if not any(wanted):
            return name
        if derivative := flagged(name):
            return derivative
        message = f"what `{shown(name)}` gives with this flag is not certain"
        raise self.refusal("D110", message, node, "an alias of the whole call says what it is")

    def called(self, func: ast.expr) -> tuple[str, list[ast.expr]]:
        """The function that is called, and what a method is called on."""
        match func:
            case ast.Name(id=name):
                return self.lookup.function(name) or name, []
            case ast.Attribute(value, name):
                bare = self.is_module(value) or self.is_holder(value)
                if function := self.lookup.function(name):
                    return function, []
                if bare:
                    return name, []
                if is_method(name):
                    return name, [value]
        raise self.refusal("D113", "this call is not read", func)


def _keywords(reader: SurfaceReader, node: ast.Call) -> dict[str, ast.expr]:
    """The keywords of a call, by NumPy's names."""
    for word in node.keywords:
        if word.arg is None:
            raise reader.refusal("D113", "this call is not read", node)
    return {str(word.arg): word.value for word in node.keywords}
