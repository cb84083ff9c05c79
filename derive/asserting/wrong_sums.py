"""Sums over the batch and the ones of `[1 H]` as people get them wrong."""

from __future__ import annotations

from collections.abc import Iterator

from derive.asserting.wrong_step import Mutation, Step
from derive.edits import places
from derive.term import Apply, Term, Var, apply, const


def ones(step: Step) -> Iterator[Mutation]:
    """The 1 of `[1 H]`: left out, averaged, last, with another sign."""
    for node, put in places(step.term):
        match node:
            case Apply("concat", (one, rest), attrs) if one == const(1):
                line = "column" if int(str(attrs[0])) else "row"
                last = Apply("concat", (rest, one), attrs)
                text = f"the bias stands in the last {line} of [1 H]"
                yield Mutation("D315", text, put(last))
                for code, words, other in _for_one(step.sizes):
                    yield Mutation(code, words, put(Apply("concat", (other, rest), attrs)))


def _for_one(sizes: tuple[str, ...]) -> Iterator[tuple[str, str, Term]]:
    """What may stand in place of the 1."""
    yield "D315", "the bias gets no gradient", const(0)
    yield "D317", "the sign of the bias is wrong", const(-1)
    for size in sizes:
        share = apply("div", const(1), Var(size))
        yield "D319", f"the bias is divided by {size}: its gradient is a sum", share
        yield "D318", f"the bias is multiplied by {size}", Var(size)


def bias_rows(step: Step) -> Iterator[Mutation]:
    """`W[1:]`: another row is dropped, or none."""
    for node, put in places(step.term):
        match node:
            case Apply("slice", (inner,), (axis, 1, None)):
                text = "the row of the bias is kept, and another one dropped"
                yield Mutation("D315", text, put(Apply("slice", (inner,), (axis, 0, -1))))
                yield Mutation("D315", "the row of the bias is not dropped", put(inner))


# -------------------------------------------------------------------------------------- the batch


def batch(step: Step) -> Iterator[Mutation]:
    """A sum over samples: missing, an average, over one of them, over the other axis."""
    for node, put in places(step.term):
        match node:
            case Apply("matmul", (left, right)):
                for text, wrong in _one_sample(left, right, step.sizes):
                    yield Mutation("D319", text, put(wrong))
            case Apply("sum", (inner,), (axis, keep)) if axis is not None:
                yield Mutation("D319", "the sum over the samples is missing", put(inner))
                for size in step.sizes:
                    mean = apply("div", node, Var(size))
                    yield Mutation("D319", f"an average over {size} stands for the sum", put(mean))
                whole = Apply("sum", (inner,), (None, False))
                yield Mutation("D319", "the sum goes over all entries", put(whole))
                other = Apply("sum", (inner,), (1 - int(str(axis)), keep))
                yield Mutation("D319", "the sum goes along the other axis", put(other))
                for start, stop, words in ENDS:
                    line = Apply("slice", (inner,), (axis, start, stop))
                    yield Mutation("D319", f"only the {words} sample counts", put(line))


ENDS = ((0, 1, "first"), (-1, None, "last"))


def _one_sample(left: Term, right: Term, sizes: tuple[str, ...]) -> Iterator[tuple[str, Term]]:
    """A product that is a sum over samples, of one of them, or of their sums or means."""
    for start, stop, words in ENDS:
        parts = (
            Apply("slice", (left,), (1, start, stop)),
            Apply("slice", (right,), (0, start, stop)),
        )
        yield f"only the {words} sample counts", Apply("matmul", parts)
    sums = apply(
        "matmul",
        Apply("sum", (left,), (1, True)),
        Apply("sum", (right,), (0, True)),
    )
    yield "sums over the samples are multiplied, in place of a sum of products", sums
    for size in sizes:
        text = "means over the samples are multiplied, in place of a sum of products"
        mean = apply("div", sums, Var(size))
        yield text, mean
        yield text, apply("div", mean, Var(size))
