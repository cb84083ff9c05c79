"""A chosen function read with the names of a network: what each of its words is taken for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.diagnostic import Span, refuse
from derive.notation.environment import Own, Target
from derive.notation.lookup import lookup
from derive.notation.piece import Piece
from derive.scope import Alias
from derive.setting import Setting
from derive.source.code import SIZES, Code, label_words, lists_in
from derive.source.listing import Listing
from derive.source.trace import Tracer, is_attribute
from derive.source.watching import Watcher
from derive.source.words import Naming, plain, role
from derive.term import Const, Var


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
        self.labels, self.operands = label_words(self.code.statements)
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

    @property
    def params(self) -> tuple[str, ...]:
        """The names of weights and biases."""
        return tuple(s.name for s in self.setting.symbols if s.kind == "param")

    def meant(self, word: str) -> str | None:
        """The declared name that a word is taken for; none, where it is two things."""
        if word in self.labels and word in self.operands:
            return None
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
        params = frozenset(map(Var, self.params))
        scalars = {n for n, shape in self.setting.shapes.items() if not shape}
        scalars -= {e.name for e in self.setting.equations}
        made = Tracer(reader, self.shapes, frozenset(scalars), params)
        reader.functions.update(self.code.functions)
        reader.allowed = self.code.free | self.module_names()
        self._constants(made)
        self._lay_lists(made)
        if self.code.maker is not None:
            self._made(made, self.code.maker)
        if self.code.forward is not None:
            self._forward(made, self.code.forward)
        self._doubted(made)
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

    def _doubted(self, tracer: Tracer) -> None:
        """A name that is a list of labels at one place and an array at another is neither."""
        for word in self.labels & self.operands:
            message = f"`{plain(word)}` is an index of rows here, and calculated with elsewhere"
            found = refuse("D116", message, self.listing.text, self._place(word)).diagnostic
            tracer.failures[Target(word)] = found
            tracer.reader.own.set(Target(word), Own(None, 0))

    def _place(self, word: str) -> Span | None:
        """Where a word stands first."""
        for node in (part for one in self.code.body for part in ast.walk(one)):
            if isinstance(node, ast.Name) and node.id == word:
                return self.listing.span(node)
        return None

    def module_names(self) -> set[str]:
        """The names that the file sets outside of functions."""
        found: set[str] = set()
        for node in self.listing.tree.body:
            for part in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else ():
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    found.add(part.id)
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {one.asname or one.name for one in node.names}
        return found

    def _constants(self, tracer: Tracer) -> None:
        """Numbers that the file gives a name, such as a learning rate."""
        for node in self.listing.tree.body:
            match node:
                case ast.Assign([ast.Name(word) as name], ast.Constant(int() | float() as value)):
                    if not self.is_spoken(word) and not isinstance(value, bool):
                        tracer.give(name, node.value)

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
                found = role(target.name)
                return found is None or found.kind == "depth"
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
