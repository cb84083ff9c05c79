"""The statements of a function as a list of steps: each a formula in names that came before."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from derive.diagnostic import DeriveError, Diagnostic, Span
from derive.elaborate import Elaborator
from derive.notation.containers import Held
from derive.notation.environment import Own, Target, changed_names, target_of
from derive.notation.keeper import Spot, Value
from derive.notation.known import Function, KnownReader
from derive.notation.lookup import Lookup
from derive.notation.loops import is_zero
from derive.notation.masks import is_mask
from derive.notation.piece import Piece
from derive.notation.python import Source
from derive.notation.statements import Runner
from derive.shape import Shape
from derive.source.attributes import MARK
from derive.tensors import column_shape
from derive.term import Const, Term, Var, variables

MOST_STEPS = 2_000


@dataclass(frozen=True)
class Step:
    """A value that code gives a name: `name` stands for `term` in what follows.

    `node` is what is written to, `value` the expression, where they stand in the function itself;
    `inner` says that a function called there has the name. No shape: the formula has none.
    """

    name: str
    term: Term
    shape: Shape | None
    span: Span
    node: ast.expr | None
    value: ast.expr | None
    inner: bool
    misfit: Diagnostic | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Returned:
    """A value that is returned: the words or places that lead to it, and where it stands."""

    path: tuple[str | int, ...]
    piece: Piece
    node: ast.expr


class Watcher(KnownReader):
    """Reads expressions, and remembers what the last of them called the names in it."""

    def __init__(self, source: Source, words: Lookup) -> None:
        super().__init__(source, words, {})
        self.seen: dict[str, str] = {}

    def piece(self, node: ast.expr) -> Piece:
        """The term of an expression."""
        found = super().piece(node)
        if isinstance(found.term, Var) and isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            self.seen[found.term.name] = self.source.written(node)
        return found


@dataclass
class Tracer(Runner):
    """Goes through functions of one file, and writes down what each statement gives a name."""

    reader: Watcher
    shapes: dict[str, Shape]
    scalars: frozenset[str] = frozenset()
    carried: frozenset[Term] = frozenset()
    steps: list[Step] = field(default_factory=list)
    results: list[Returned] = field(default_factory=list)
    failures: dict[Target, Diagnostic] = field(default_factory=dict)
    unread: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.reader)
        self.known = dict(self.shapes)
        self.lost: dict[Target, bool] = {}
        self.calls: list[str] = []
        self.shapeless: set[str] = set()
        self.strict = False
        self.now: ast.stmt | None = None

    # ------------------------------------------------------------------------ statements

    def statement(self, node: ast.stmt) -> Value | None:
        """One statement; what it fails of is told where it is missed."""
        if self.strict:
            return super().statement(node)
        match node:
            case ast.With(body=body) | ast.Try(body=body):
                return self.run(body)
            case ast.For(target, over, body, []) if self.is_repeated(target, over, body):
                return self.one_round(body)
            case ast.While(body=body):
                return self.one_round(body)
            case ast.FunctionDef(name, takes, body):
                self.reader.functions[name] = Function(name, takes, body)
                return None
        with self.guarded(node):
            if isinstance(node, ast.Return):
                self.gives_back(node)
                return None
            return super().statement(node)
        return None

    def branch(self, node: ast.If, rest: Sequence[ast.stmt]) -> Value | None:
        """A choice; one that cannot be settled is passed over where it only ends the function."""
        if self.strict:
            return super().branch(node, rest)
        holds = self.reader.settled(node.test)
        if holds is not None or self.reader.is_flag(node.test):
            return self.run(node.body if holds or holds is None else node.orelse)
        with self.guarded(node):
            if any(isinstance(part, ast.Return) for part in ast.walk(node)):
                message = "which way this `if` goes is not known"
                raise self.reader.refusal("D116", message, node.test)
            return super().branch(node, ())
        return None

    @contextmanager
    def guarded(self, node: ast.stmt) -> Iterator[None]:
        """Within: what cannot be read makes the names that the statement writes unknown."""
        mark, count = self.reader.mark(), len(self.steps)
        calls, inside = len(self.calls), self.inside
        self.strict, self.now = True, node
        self.reader.nodes = 0
        try:
            yield
        except DeriveError as error:
            self.reader.reset(mark)
            del self.steps[count:], self.calls[calls:]
            self.inside = inside
            self.failed(node, error.diagnostic)
        finally:
            self.strict = False

    def failed(self, node: ast.stmt, found: Diagnostic) -> None:
        """Remember why the names that a statement writes are not known."""
        cause = self.cause(node) or found
        self.unread.append(cause)
        for target in changed_names([node]):
            self.failures[target] = cause
            self.reader.own.rebind(target, Own(None, len(self.reader.loops)))

    def cause(self, node: ast.AST) -> Diagnostic | None:
        """Why a name in a statement has no value, where that is known."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(
                part.ctx, ast.Load
            ):
                target = target_of(part)
                own = None if target is None else self.reader.own.own.get(target)
                if target in self.failures and own is not None and own.piece is None:
                    return self.failures[target]
        return None

    def is_repeated(self, target: ast.expr, over: ast.expr, body: Sequence[ast.stmt]) -> bool:
        """Whether a loop does the same again and again, as one over epochs does.

        Then one round tells what a gradient is, made with the weights as they are.
        """
        names = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
        read = {
            part.id
            for node in body
            if not _only_shows(node)
            for part in ast.walk(node)
            if isinstance(part, ast.Name)
        }
        match over:
            case ast.Call(ast.Name("range" | "xrange" | "tqdm" | "trange")):
                return not names & read and self.rounds(over) is None
        return False

    def one_round(self, body: Sequence[ast.stmt]) -> Value | None:
        """One round of a training loop: what it carries on, but for the weights, is not known."""
        own = self.reader.own
        for target in changed_names(body):
            before = own.own.get(target)
            if before is None or (before.piece and before.piece.term in self.carried):
                continue
            message = f"`{target.name}` changes from one round of the loop to the next"
            self.failures[target] = self.reader.refusal("D116", message, body[0]).diagnostic
            own.rebind(target, Own(None, 0))
        return self.run(body)

    def unpacked(
        self, targets: Sequence[ast.expr], value: ast.expr, node: ast.stmt
    ) -> Value | None:
        """`z1, a1 = cache`, where what the cache holds is known."""
        entries = self.reader.entries_of(value)
        if entries is not None and len(entries) == len(targets):
            self.give(ast.copy_location(ast.Tuple(list(targets), ast.Store()), value), value)
            return None
        return super().unpacked(targets, value, node)

    # ------------------------------------------------------------------------ steps

    def put(
        self,
        spot: Spot,
        piece: Piece,
        nodes: int,
        depth: int | None = None,
        *,
        in_place: bool = False,
    ) -> None:
        """Give a name its value, which is a step of its own."""
        made = self.stepped(spot.node, piece)
        nodes = 1 if isinstance(made.term, Var | Const) else nodes
        super().put(spot, made, nodes, depth, in_place=in_place)
        if spot.name is not None:
            self.failures.pop(spot.name, None)

    def _lay_one(self, target: ast.expr, held: Held, nodes: int) -> None:
        if isinstance(held, Piece):
            made = self.stepped(target, held)
            held, nodes = made, (1 if isinstance(made.term, Var | Const) else nodes)
        super()._lay_one(target, held, nodes)

    def stepped(self, node: ast.expr, piece: Piece) -> Piece:
        """The name of a value from here on; what is as short as a name stays what it is."""
        term = piece.term
        if self.reader.loops or self.reader.listing or self.is_plain(term):
            return piece
        if len(self.steps) >= MOST_STEPS:
            raise self.reader.refusal("D106", "there are too many steps in this code", node)
        shape, misfit = self.shaped(term)
        if self.shapeless & set(variables(term)):
            misfit = None
        elif misfit is not None and not misfit.code.startswith("D2"):
            return piece  # within a larger formula it may have a meaning
        if shape == () and set(variables(term)) <= self.scalars:
            return piece
        name = self.fresh_name(node)
        if shape is not None:
            self.shapes[name] = shape
        else:
            self.shapeless.add(name)
        span = self.reader.source.span(node)
        words = dict(self.reader.seen) if not self.inside else {}
        inner, value = self.inside > 0, self.value_of(node)
        self.steps.append(Step(name, term, shape, piece.span, node, value, inner, misfit, words))
        if not self.inside:
            self.reader.seen.clear()
        return Piece(Var(name, span), span, scalar=shape == ())

    def is_plain(self, term: Term) -> bool:
        """Whether a formula needs no name: a name, a number, zeros, a mask."""
        return isinstance(term, Var | Const) or is_zero(term) or is_mask(term)

    def value_of(self, node: ast.expr) -> ast.expr | None:
        """The expression that the statement at hand gives to what is written, where it is one."""
        match self.now:
            case ast.Assign([target], value) | ast.AugAssign(target, _, value):
                return value if target is node and not self.inside else None
            case ast.AnnAssign(target, _, value):
                return value if target is node and not self.inside else None
        return None

    def shaped(self, term: Term) -> tuple[Shape | None, Diagnostic | None]:
        """The shape of a formula, or why it has none."""
        try:
            made = Elaborator(self.shapes, text=self.reader.source.text)
            made.leaves = lambda: {n: column_shape(s) for n, s in self.shapes.items()}
            return made.value(term).shape, None
        except DeriveError as error:
            return None, error.diagnostic

    def fresh_name(self, node: ast.expr) -> str:
        """A name for a step: as it is written, where nothing else is called so."""
        found = target_of(node)
        word = found.name if found is not None else ast.unparse(node)
        if isinstance(node, ast.Subscript) and found is not None:
            word = f"{ast.unparse(node.value)}_{word}"
        word = "".join(letter if letter.isalnum() or letter in "_ˑ" else "_" for letter in word)
        taken = {*self.known, *(step.name for step in self.steps), *self.reader.lookup.words}
        name, count = word, 1
        while name in taken or self.reader.lookup.stands(name):
            count += 1
            name = f"{word}ˑ{count}"
        return name

    # ------------------------------------------------------------------------ functions

    def applied(self, function: Function, node: ast.Call) -> Sequence[Piece]:
        """What a function gives; one that calls itself is refused."""
        if function.name in self.calls:
            raise self.reader.refusal("D116", f"`{function.name}` calls itself", node)
        self.calls.append(function.name)
        found = super().applied(function, node)
        self.calls.pop()
        return found

    def leave(self, before: dict[Target, Own], arguments: Mapping[str, ast.expr]) -> None:
        """What a method gives an attribute stays."""
        kept = {t: one for t, one in self.reader.own.own.items() if is_attribute(t)}
        super().leave(before, arguments)
        self.reader.own.own.update(kept)

    def gives_back(self, node: ast.Return) -> None:
        """What a function returns, place by place."""
        if node.value is not None:
            self.given((), node.value)

    def given(self, path: tuple[str | int, ...], node: ast.expr) -> None:
        """A value that is returned, or those that it holds."""
        match node:
            case ast.Tuple(elts) | ast.List(elts):
                for place, one in enumerate(elts):
                    self.given((*path, place), one)
            case ast.Dict(keys, values):
                for key, one in zip(keys, values, strict=True):
                    word = None if key is None else self.reader.settled(key)
                    self.given((*path, word if isinstance(word, str) else "?"), one)
            case ast.Call(ast.Name(word), arguments, keywords) if self.makes_record(word, node):
                for place, one in enumerate(arguments):
                    self.given((*path, place), one)
                for keyword in keywords:
                    self.given((*path, keyword.arg or "?"), keyword.value)
            case _:
                self.given_one(path, node)

    def makes_record(self, word: str, node: ast.Call) -> bool:
        """Whether a call only puts values together: `dict(W1=dW1)`, `Grads(dW1, db1)`."""
        if word in self.reader.functions or not (node.args or node.keywords):
            return False
        return word in ("dict", "tuple", "list") or word[:1].isupper()

    def given_one(self, path: tuple[str | int, ...], node: ast.expr) -> None:
        if (entries := self.reader.entries_of(node)) is not None:
            for place, one in enumerate(entries):
                self.given((*path, place), one)
            return
        held = list(self.held_by(node))
        for word, own in held:
            if own.piece is not None:
                self.results.append(Returned((*path, word), own.piece, node))
            else:
                self.lost[Target(word, holder_of(node))] = True
        if held or (isinstance(node, ast.Constant) and node.value is None):
            return
        target = target_of(node)
        try:
            piece = self.reader.piece(node)
        except DeriveError as error:
            found = self.cause(node) or error.diagnostic
            self.unread.append(found)
            target = target or Target(str(path[-1]) if path else "")
            self.failures.setdefault(target, found)
            self.lost[target] = True
            return
        self.results.append(Returned(path, piece, node))

    def held_by(self, node: ast.expr) -> Iterator[tuple[str, Own]]:
        """What a dict holds, by the words."""
        holder = holder_of(node)
        for target, own in self.reader.own.own.items():
            if target.holder == holder:
                yield target.name, own


def holder_of(node: ast.expr) -> str:
    """How places in a dict remember it."""
    return ast.dump(node).replace("Store()", "Load()")


def is_attribute(target: Target) -> bool:
    """Whether a place belongs to the object whose method is read."""
    return MARK in target.name or MARK in target.holder


def _only_shows(node: ast.stmt) -> bool:
    """Whether a statement only prints, or does so now and then."""
    match node:
        case ast.Expr(ast.Call(ast.Name("print"))):
            return True
        case ast.If(body=body, orelse=orelse):
            return all(map(_only_shows, (*body, *orelse)))
    return False
