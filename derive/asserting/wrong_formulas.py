"""Formulas as people get them wrong: numbers, signs, factors, names, and weights out of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from derive.asserting.wrong_step import UNKNOWN, Mutation, Step
from derive.edits import Names, local_edits, places
from derive.shape import Shape, dim
from derive.tensors import Value
from derive.term import Apply, Term, Var, apply, const, substitute, variables


def factors(step: Step) -> Iterator[Mutation]:
    """1/N, a 2, 1/K, or a sign: missing, or once too often."""
    yield Mutation("D317", "the sign is wrong", apply("neg", step.term))
    for size in step.sizes:
        inside = size in step.divided
        more = f"1/{size} is missing" if inside else f"it is multiplied by {size}"
        less = f"1/{size} stands once too often" if inside else f"it is divided by {size}"
        yield Mutation("D318", more, apply("mul", Var(size), step.term))
        yield Mutation("D318", less, apply("div", step.term, Var(size)))
    for text, factor in (("a factor 2 is too many", 2), ("a factor 2 is missing", 1)):
        number = const(factor) if factor == 2 else apply("div", const(1), const(2))
        yield Mutation("D318", text, apply("mul", number, step.term))


def signs(step: Step) -> Iterator[Mutation]:
    """A plus for a minus inside."""
    for node, put in places(step.term):
        if isinstance(node, Apply) and node.op in ("add", "sub"):
            other = "sub" if node.op == "add" else "add"
            yield Mutation("D317", "a sign is wrong", put(Apply(other, node.args)))
            if node.op == "sub":
                turned = Apply("sub", node.args[::-1])
                yield Mutation("D317", "a difference is turned round", put(turned))


INVERSE = {
    "matmul": "D310",
    "mul": "D311",
    "order": "D314",
    "transposed": "D313",
    "untransposed": "D312",
    "extra": "D316",
    "extra call": "D316",
    "power": "D318",
    "symbol": "D320",
    "function": "D322",
}
"""A change of `derive.edits` that makes a right formula wrong, and the mistake that it is then."""

WORDS = {
    "D310": "a matrix product stands where an elementwise one is meant",
    "D311": "an elementwise product stands where a matrix product is meant",
    "D312": "a transpose is missing",
    "D313": "a transpose is too many",
    "D314": "the factors stand in the wrong order",
    "D316": "a factor is missing",
    "D318": "a power is missing",
    "D320": "another name is meant",
    "D322": "a function, and not its derivative",
}


def changes(step: Step) -> Iterator[Mutation]:
    """Every small change of the formula, other than of names."""
    for made in _edited(step, {}):
        kind = made[0]
        if kind in INVERSE:
            code = INVERSE[kind]
            yield Mutation(code, made[1] or WORDS[code], made[2])


def _edited(step: Step, names: Mapping[str, Shape]) -> Iterator[tuple[str, str, Term]]:
    """The changes of `derive.edits`: kind, words where there are better ones, formula.

    Shapes are all alike here: what does not fit is found out by its numbers.
    """
    square = (dim("n"), dim("n"))
    for made in local_edits(step.term, lambda term: Value(term, square), Names(dict(names))):
        edit = made.edits[0]
        words = ""
        if edit.kind == "symbol" and isinstance(edit.at, Var) and isinstance(edit.new, Var):
            words = f"{edit.new.name} stands for {edit.at.name}"
        yield edit.kind, words, made.term


def subsets(step: Step) -> Iterator[Mutation]:
    """Several factors of one elementwise product left out together."""
    for node, put in places(step.term):
        parts = _factors_of(node)
        for count in range(1, len(parts) - 1):
            for kept in combinations(parts, count):
                term = kept[0]
                for more in kept[1:]:
                    term = apply("mul", term, more)
                yield Mutation("D316", "factors are missing", put(term))


def _factors_of(term: Term) -> tuple[Term, ...]:
    if isinstance(term, Apply) and term.op == "mul":
        return (*_factors_of(term.args[0]), *_factors_of(term.args[1]))
    return (term,)


def summands(step: Step) -> Iterator[Mutation]:
    """A summand left out: that of a regulariser, of a second way to the loss."""
    for node, put in places(step.term):
        if isinstance(node, Apply) and node.op in ("add", "sub"):
            left, right = node.args
            yield Mutation("D316", "a summand is missing", put(left))
            rest = apply("neg", right) if node.op == "sub" else right
            yield Mutation("D316", "a summand is missing", put(rest))


def symbols(step: Step) -> Iterator[Mutation]:
    """Another name in place of one: z for h, W2 for W3, H1 for H2, dH2 for dz2."""
    letters = {name: (dim("n"),) * axes for name, axes in step.axes.items() if name != step.name}
    for kind, words, term in _edited(step, letters):
        if kind == "symbol":
            yield Mutation("D320", words, term)


def forgotten(step: Step) -> Iterator[Mutation]:
    """Ones in place of a name."""
    for node, put in places(step.term):
        if isinstance(node, Var) and step.axes.get(node.name):
            ones = apply("pow", node, attrs=("0",))
            yield Mutation("D316", f"{node.name} is forgotten: ones stand for it", put(ones))


def extra(step: Step) -> Iterator[Mutation]:
    """A factor too many."""
    for name, axes in step.axes.items():
        if axes and name != step.name:
            text = f"{name} is a factor too many"
            yield Mutation("", text, apply("mul", step.term, Var(name)))


# -------------------------------------------------------------------------------- unknown numbers


def updated(step: Step) -> Iterator[Mutation]:
    """A weight after its own update, by a learning rate that is not known."""
    for name, gradient in step.weights.items():
        if name in variables(step.term) and gradient != step.name:
            moved = apply("sub", Var(name), apply("mul", Var(UNKNOWN), Var(gradient)))
            text = f"{name} was already updated, by a learning rate of {{t}}"
            yield Mutation("D324", text, substitute(step.term, {name: moved}))


def decay(step: Step) -> Iterator[Mutation]:
    """A multiple of the weights is added, or left out."""
    if step.of in step.weights:
        more = apply("mul", Var(UNKNOWN), Var(step.of))
        text = f"{{t}} {step.of} is added: is a regulariser in the loss?"
        yield Mutation("D316", text, apply("add", step.term, more))


def scaled(step: Step) -> Iterator[Mutation]:
    """Some factor."""
    text = "it is {t} times the right one"
    yield Mutation("D318", text, apply("mul", Var(UNKNOWN), step.term))
