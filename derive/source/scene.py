"""A chosen function read with the names of a network: what each of its words is taken for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction


from derive.notation.environment import Own, Target
from derive.notation.known import Function
from derive.notation.lookup import lookup
from derive.notation.piece import Piece
from derive.scope import Alias
from derive.setting import Setting
from derive.source.attributes import MARK, apart
from derive.source.choosing import Chosen, first_argument
from derive.source.listing import Listing
from derive.source.trace import Tracer, Watcher, is_attribute
from derive.source.words import Naming, plain, role
from derive.term import Const, Var

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

    @property
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
        if node is not None and node is not chosen.node and not called & {*FORWARD}:
            forward = _apart(node, bool(chosen.methods))
            break
    maker = chosen.methods.get("__init__")
    return Code(chosen, body, forward, None if maker is None else _apart(maker, True))


def _apart(node: ast.FunctionDef, method: bool) -> ast.FunctionDef:
    """A function, the attributes of its object under names of their own."""
    holder = first_argument(node) if method else None
    made = ast.copy_location(
        ast.FunctionDef(node.name, node.args, apart(node.body, holder), [], None), node
    )
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


@dataclass
class Scene:
    """One function, read under one naming of its words."""

    listing: Listing
    code: Code
    setting: Setting
    naming: Naming | None
    extra: Mapping[str, str]

    def __post_init__(self) -> None:
        self.words = self.code.words
        self.taken: dict[str, str] = {}
        self.rates: set[str] = set()
        self.penalties: set[str] = set()
        self.aliases = tuple(self._aliases())
        scope = replace(self.setting.aliased(), signs={"*": "mul"})
        shapes = {**scope.shapes, **dict.fromkeys((*self.rates, *self.penalties), ())}
        self.setting.shapes.update(dict.fromkeys((*self.rates, *self.penalties), ()))
        self.shapes = shapes
        self.scope = replace(scope, shapes=shapes, aliases=(*scope.aliases, *self.aliases))

    def _aliases(self) -> Iterator[Alias]:
        """What the words of the text stand for."""
        for word in sorted(self.words):
            if name := self.meant(word):
                self.taken[word] = name
                yield Alias(word, Var(name))
            elif (found := role(word)) and found.kind in ("rate", "penalty"):
                name = plain(word)
                (self.rates if found.kind == "rate" else self.penalties).add(name)
                yield Alias(word, Var(name))

    def meant(self, word: str) -> str | None:
        """The declared name that a word is taken for."""
        if word in self.extra:
            return self.extra[word]
        if self.naming is not None:
            name = self.naming.meant(word)
        else:
            name = plain(word) if plain(word) in self.setting.shapes else None
        return name if name in self.setting.shapes else None

    def tracer(self) -> Tracer:
        """The function, gone through."""
        words = lookup(self.scope, claims=True)
        reader = Watcher(self.listing.source, words)
        params = frozenset(Var(s.name) for s in self.setting.symbols if s.kind == "param")
        scalars = {n for n, shape in self.setting.shapes.items() if not shape}
        scalars -= {e.name for e in self.setting.equations}
        made = Tracer(reader, self.shapes, frozenset(scalars), params)
        chosen = self.code.chosen
        for name, node in {**chosen.helpers, **chosen.methods}.items():
            body = apart(node.body, first_argument(node) if name in chosen.methods else None)
            reader.functions[name] = Function(name, node.args, body)
        self._lay_lists(made)
        if self.code.maker is not None:
            self._made(made, self.code.maker)
        if self.code.forward is not None:
            self._forward(made, self.code.forward)
        made.unread.clear()
        made.results.clear()
        self._defaults(made)
        made.run(self.code.body)
        return made

    # ------------------------------------------------------------------------ before it

    def _lay_lists(self, tracer: Tracer) -> None:
        """Lists of weights, of biases and of what was kept hold what the network has."""
        if self.naming is None:
            return
        depth = self.naming.depth
        for word in lists_in(self.code.statements):
            found = role(word)
            if found is None or found.number is not None or found.place is not None:
                continue
            names = [
                self.naming.of_role(replace(found, number=k + self._first(found.kind)))
                for k in range(depth + (found.kind == "act"))
            ]
            if found.kind in ("weight", "bias", "pre", "act") and None not in names:
                self._lay(tracer, word, [str(name) for name in names])

    def _defaults(self, tracer: Tracer) -> None:
        """Whole numbers, words and truths that an argument is where nothing else is said."""
        takes = self.code.chosen.node.args
        pairs = zip(takes.args[::-1], takes.defaults[::-1], strict=False)
        for one, value in pairs:
            match value:
                case ast.Constant(int() | str()) if not self.is_spoken(one.arg):
                    node = ast.copy_location(ast.Name(one.arg, ast.Store()), value)
                    tracer.give(node, value)

    def is_spoken(self, word: str) -> bool:
        """Whether a word stands for something of the network."""
        return word in self.taken or word in self.rates or word in self.penalties

    def _first(self, kind: str) -> int:
        assert self.naming is not None
        return 0 if kind == "act" else self.naming.weights_from

    def _lay(self, tracer: Tracer, word: str, names: Sequence[str]) -> None:
        node = ast.copy_location(ast.Name(word, ast.Store()), self.code.chosen.node)
        span = self.listing.span(self.code.chosen.node)
        tracer.lay(node, [Piece(Var(name), span) for name in names], 1)
        self.taken[word] = f"[{', '.join(names)}]"

    def _made(self, tracer: Tracer, maker: ast.FunctionDef) -> None:
        """What is settled where the object is made: how many layers it has."""
        if self.naming is None:
            return
        before = dict(tracer.reader.own.own)
        span = self.listing.span(maker)
        sizes = self.setting.network.sizes if self.setting.network else ()
        for one in maker.args.args:
            if one.arg in SIZES:
                node = ast.copy_location(ast.Name(one.arg, ast.Store()), maker)
                tracer.lay(
                    node, [Piece(Const(size_of(size)), span, scalar=True) for size in sizes], 1
                )
        tracer.run(maker.body)
        own = tracer.reader.own
        kept = {
            t: one for t, one in own.own.items() if is_attribute(t) and self._is_settled(t, one)
        }
        own.own = {**kept, **before}
        own.same.clear()
        self._forget(tracer)

    def _is_settled(self, target: Target, own: Own) -> bool:
        if own.settled is not None:
            return True
        match own.piece:
            case Piece(Const(value)) if value.denominator == 1:
                return role(target.name) is None or role(target.name).kind == "depth"  # type: ignore[union-attr]
        return False

    def _forget(self, tracer: Tracer) -> None:
        tracer.failures.clear()
        tracer.steps.clear()

    def _forward(self, tracer: Tracer, forward: ast.FunctionDef) -> None:
        """Go forward: attributes stay, and what the function at hand takes by the same name."""
        before = dict(tracer.reader.own.own)
        tracer.run(forward.body)
        takes = {one.arg for one in self.code.chosen.node.args.args} - self.taken.keys()
        own = tracer.reader.own
        kept = {t: one for t, one in own.own.items() if is_attribute(t) or _root(t) in takes}
        own.own = {**before, **kept}
        tracer.failures = {t: d for t, d in tracer.failures.items() if t in own.own}


def _root(target: Target) -> str:
    """The word that a place starts with."""
    text = target.holder or target.name
    return text.partition("id='")[2].partition("'")[0] or target.name


def size_of(value: int) -> Fraction:
    return Fraction(value)
