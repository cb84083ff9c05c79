"""Which values of a function are gradients, and of what: by their names, or by what they update."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from derive.diagnostic import Diagnostic, Span
from derive.notation.environment import Own, Target
from derive.source.attributes import MARK
from derive.source.rates import negative, without_rate
from derive.source.scene import Scene
from derive.source.trace import Tracer
from derive.source.watching import Returned, Step
from derive.source.words import of_gradient, plain, role
from derive.term import Apply, Const, Term, Var


@dataclass(frozen=True)
class Final:
    """A gradient that a function returns or stores: by what it is one, the formula, its place.

    `step` is the step that it is, where it is one; `failure` why it has no formula; `update` says
    that the value is taken off a parameter, so that a learning rate may stand before it.
    """

    wrt: str
    term: Term | None
    span: Span
    step: Step | None = None
    failure: Diagnostic | None = None
    update: bool = False


@dataclass
class Finals:
    """Looks for the gradients of one function that was gone through."""

    scene: Scene
    tracer: Tracer

    def __post_init__(self) -> None:
        self.steps = {step.name: step for step in self.tracer.steps}
        self.params = self.scene.params

    def all(self) -> list[Final]:
        """Every gradient, in the order of the text; of two for one name the one that is stored."""
        found = [*self.updates(), *self.kept(), *self.returned()]
        named: dict[str, Final] = {}
        silent = not self.tracer.results and not self.tracer.lost
        for one in found or list(self.locals() if silent else ()):
            named.setdefault(one.wrt, one)
        return sorted(named.values(), key=lambda one: one.span.start)

    # ------------------------------------------------------------------------ by name

    def by(self, word: str, place: int | None = None) -> str | None:
        """The name by which a word says it is a gradient: W1, for `dW1` and for `nabla_w[0]`."""
        for base in of_gradient(word):
            if (name := self.of(base, place)) is not None:
                return name
        return None

    def of(self, word: str, place: int | None = None) -> str | None:
        """The declared name that a word is, or an entry of a list that it is."""
        if place is not None:
            found, naming = role(word), self.scene.naming
            if found is None or naming is None or found.number is not None:
                return None
            first = 0 if found.kind == "act" else naming.weights_from
            name = naming.of_role(replace(found, number=place + first))
        else:
            marked = (self.scene.taken.get(one) for one in (MARK + word, word))
            name = next(filter(None, marked), None) or self.scene.meant(word)
        shapes = self.scene.setting.shapes
        return name if name is not None and shapes.get(name) else None

    # ------------------------------------------------------------------------ where they are

    def updates(self) -> Iterator[Final]:
        """`self.W1 -= lr * dW1`: what is taken off a parameter."""
        for step in self.tracer.steps:
            name = self.updated(step)
            if name is not None and not step.inner:
                term = self.taken_off(step.term, name)
                if term is not None:
                    yield self.final(name, term, update=True, step=step)

    def updated(self, step: Step) -> str | None:
        """The parameter that a step gives a new value."""
        match step.term:
            case Apply("sub" | "add", (Var(name), _)) if name in self.params:
                word = _word(step.node)
                return name if word is not None and self.is_called(word, step.node, name) else None
        return None

    def is_called(self, word: str, node: ast.expr | None, name: str) -> bool:
        """Whether what is written to is the parameter: by its word, or as an entry of a list."""
        if self.scene.taken.get(word) == name or self.scene.meant(word) == name:
            return True
        match node:
            case ast.Subscript(ast.Name(held), ast.Constant(int(place))):
                return self.of(held, place) == name
        return word == name

    def taken_off(self, term: Term, name: str) -> Term | None:
        """The gradient in `W - lr * G`, or in `W + lr * G`, whose sign is then the other one."""
        assert isinstance(term, Apply)
        gradient = term.args[1]
        made = gradient if term.op == "sub" else negative(gradient)
        return None if isinstance(made, Const) else without_rate(made, self.scene.rates)

    def kept(self) -> Iterator[Final]:
        """`self.dW1 = ...`, `grads['W1'] = ...` of what comes from outside."""
        takes = {one.arg for one in self.scene.code.chosen.node.args.args}
        for target, own in self.tracer.reader.own.own.items():
            if MARK not in target.name + target.holder and _holder(target) not in takes:
                continue
            name = self.stored_as(target)
            if name is not None and own is not None:
                yield from self.of_own(name, target, own)

    def stored_as(self, target: Target) -> str | None:
        """By what a stored value says that it is a gradient."""
        if not target.holder:
            if found := _entry(target.name):
                return self.by(*found)
            return self.by(target.name)
        word = _holder(target)
        if role(word) is None and any(
            part in plain(word).lower() for part in ("grad", "nabla", "delta")
        ):
            return self.by(target.name) or self.of(target.name)
        return self.by(target.name)

    def of_own(self, name: str, target: Target, own: Own) -> Iterator[Final]:
        if own.piece is not None:
            if isinstance(own.piece.term, Var) and own.piece.term.name not in self.steps:
                return  # a declared name under another word
            yield self.final(name, own.piece.term, span=own.piece.span)
        elif target in self.tracer.failures:
            found = self.tracer.failures[target]
            yield Final(name, None, found.span or Span(0, 0), failure=found)

    def returned(self) -> Iterator[Final]:
        """What is returned: by the words that lead to it, or by the name that it has."""
        values = self.tracer.results
        named = [(one, self.returned_as(one)) for one in values]
        if not all(name for _, name in named):
            named = list(self.in_order(named))
        for one, name in named:
            kept = isinstance(one.piece.term, Var) and one.piece.term.name in self.params
            if name is not None and not kept:
                yield self.final(name, one.piece.term, span=one.piece.span)
        for target, found in self.tracer.failures.items():
            held = target in self.tracer.lost
            for name in self.lost_as(target.name) if held else ():
                yield Final(name, None, found.span or Span(0, 0), failure=found)

    def lost_as(self, word: str) -> list[str]:
        """What a word that has no value was to be the gradients of: one, or a list of them."""
        if (name := self.by(word) or self.of(word)) is not None:
            return [name]
        kinds = {found.kind for base in of_gradient(word) if (found := role(base))}
        letters = tuple("W" if kind == "weight" else "b" for kind in kinds & {"weight", "bias"})
        return [name for name in self.params if letters and name.startswith(letters)]

    def returned_as(self, one: Returned) -> str | None:
        """By what a returned value says that it is a gradient."""
        word = next((part for part in reversed(one.path) if isinstance(part, str)), None)
        if word is not None:
            return self.by(word) or self.of(word)
        match _scaled(one.node):
            case ast.Name(held):
                return self.by(held)
            case ast.Subscript(ast.Name(held), ast.Constant(int(place))):
                return self.by(held, place)
        return None

    def in_order(
        self, values: Sequence[tuple[Returned, str | None]]
    ) -> Iterator[tuple[Returned, str | None]]:
        """Values without names are in the order of the parameters, where names and shapes agree."""
        shapes = self.scene.setting.shapes
        fits = len(values) == len(self.params) and all(
            said in (None, name) and self.shape(one) in (None, shapes[name])
            for (one, said), name in zip(values, self.params, strict=True)
        )
        for place, (one, said) in enumerate(values):
            yield one, self.params[place] if fits else said

    def shape(self, one: Returned) -> object:
        term = one.piece.term
        if isinstance(term, Var) and term.name in self.steps:
            return self.steps[term.name].shape
        return self.tracer.shaped(term)[0]

    def locals(self) -> Iterator[Final]:
        """What is only called so: `dW1 = ...` in a function that gives nothing back."""
        for target, own in self.tracer.reader.own.own.items():
            name = self.by(target.name) if not target.holder else None
            if name in self.params:
                yield from self.of_own(str(name), target, own)

    def final(
        self,
        name: str,
        term: Term,
        *,
        span: Span | None = None,
        update: bool = False,
        step: Step | None = None,
    ) -> Final:
        """A gradient, by the step that it is, where it is one."""
        own = self.steps.get(term.name) if isinstance(term, Var) else None
        while own is not None and isinstance(own.term, Var) and own.term.name in self.steps:
            own = self.steps[own.term.name]  # nothing was added but a penalty
        if own is not None:
            return Final(name, Var(own.name), own.span, own, None, update)
        where = span or term.span or (step.span if step is not None else None) or Span(0, 0)
        return Final(name, term, where, step, None, update)


def _scaled(node: ast.expr) -> ast.expr:
    """The array in `dW / N` and in `2 * dW`."""
    match node:
        case ast.BinOp(left, ast.Div(), _):
            return _scaled(left)
        case ast.BinOp(ast.Constant(), ast.Mult(), right):
            return _scaled(right)
    return node


def _word(node: ast.expr | None) -> str | None:
    match node:
        case ast.Name(word) | ast.Subscript(_, ast.Constant(str(word))):
            return word
        case ast.Subscript(ast.Name(word), _) | ast.Attribute(attr=word):
            return word
    return None


def _holder(target: Target) -> str:
    """The word that holds a place: grads, of grads['W1']."""
    return (target.holder or target.name).partition("id='")[2].partition("'")[0]


def _entry(name: str) -> tuple[str, int] | None:
    """The list and the place of an entry that is a place of its own."""
    if not name.startswith("Subscript("):
        return None
    word = name.partition("id='")[2].partition("'")[0]
    number = name.rpartition("value=")[2].partition(")")[0]
    return (word, int(number)) if number.isdigit() else None
