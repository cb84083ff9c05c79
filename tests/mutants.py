"""Wrong formulas made of right ones: what people get wrong, at every place where they can.

The changes are written anew here: what `derive` looks for when it mends a formula is no part of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

from derive.term import Apply, Const, Term, Var, apply, const, walk
from tests.mutate import places

Made = tuple[str, Term]
"""The kind of the mistake, and the formula with it."""

Ranks = Mapping[str, int]
"""The number of axes of every name that a text may use."""

SLOPES = ("sigmoid", "tanh", "relu")
PRODUCTS = ("matmul", "mul")


def mutants(term: Term, ranks: Ranks, count: int, seed: int = 0) -> list[Made]:
    """`count` different wrong formulas: of every kind of mistake in turn, then two at once."""
    rng = random.Random(seed)
    singles = _distinct(_everywhere(term, ranks), {term})
    chosen = _in_turn(singles, rng)[:count]
    while singles and len(chosen) < count:
        kind, first = rng.choice(singles)
        more = _distinct(_everywhere(first, ranks), {term, *(t for _, t in chosen)})
        if not more:
            break
        other, second = rng.choice(more)
        chosen.append((f"{kind} + {other}", second))
    return chosen


def doubles(term: Term, ranks: Ranks, count: int, seed: int = 0) -> list[Made]:
    """`count` formulas with two mistakes."""
    rng, found = random.Random(seed), list[Made]()
    singles = _distinct(_everywhere(term, ranks), {term})
    for _ in range(count if singles else 0):
        kind, first = rng.choice(singles)
        more = _distinct(_everywhere(first, ranks), {term, first})
        if more:
            other, second = rng.choice(more)
            found.append((f"{kind} + {other}", second))
    return found


def _distinct(found: Iterator[Made], seen: set[Term]) -> list[Made]:
    made = []
    for kind, term in found:
        if term not in seen:
            seen.add(term)
            made.append((kind, term))
    return made


def _in_turn(found: list[Made], rng: random.Random) -> list[Made]:
    """Shuffled, one of each kind after another."""
    kinds: dict[str, list[Made]] = {}
    for one in found:
        kinds.setdefault(one[0], []).append(one)
    for group in kinds.values():
        rng.shuffle(group)
    order = []
    while any(kinds.values()):
        order += [group.pop() for group in kinds.values() if group]
    return order


def _everywhere(term: Term, ranks: Ranks) -> Iterator[Made]:
    for node, put in places(term):
        for kind, new in _here(node, ranks):
            yield kind, put(new)


def _here(node: Term, ranks: Ranks) -> Iterator[Made]:
    """Every mistake at one place."""
    if isinstance(node, Var) and node.name.startswith("#"):
        return
    if isinstance(node, Const):
        yield from (("number", const(v)) for v in (node.value + 1, -node.value, node.value / 2))
        return
    yield from _scaled(node, ranks)
    if isinstance(node, Var):
        yield from _renamed(node, ranks)
        return
    yield from _products(node)
    yield from _calls(node)
    yield from _axes(node)
    yield from _letters(node)


def _scaled(node: Term, ranks: Ranks) -> Iterator[Made]:
    """A sign, a number, a size, a transpose more; a softmax's diagonal; a square."""
    yield "sign", apply("neg", node)
    yield "times 2", apply("mul", const(2), node)
    yield "half", apply("div", node, const(2))
    for size in ("N", "m", "n"):
        if ranks.get(size) == 0:
            yield "over N", apply("div", node, Var(size))
            yield "times N", apply("mul", Var(size), node)
    if not isinstance(node, Var) or ranks.get(node.name, 0) == 2:
        yield "transpose", apply("transpose", node)
    if isinstance(node, Apply) and node.op == "sub" and isinstance(node.args[0], Var):
        p = node.args[0]
        yield "softmax", apply("mul", node, apply("mul", p, apply("sub", const(1), p)))
    if isinstance(node, Var) and ranks.get(node.name, 0):
        for name in SLOPES:
            yield "activation", apply(name, node)
        yield "square", apply("mul", node, node)


def _renamed(node: Var, ranks: Ranks) -> Iterator[Made]:
    """Another layer's weight, z for a, the target for the output."""
    for name, rank in ranks.items():
        if name != node.name and rank == ranks.get(node.name) and rank:
            yield "symbol", Var(name)


def _products(node: Apply) -> Iterator[Made]:
    if node.op in PRODUCTS:
        other = "mul" if node.op == "matmul" else "matmul"
        yield "kind of product", replace(node, op=other)
        yield "kind and order", replace(node, op=other, args=node.args[::-1])
        yield "order", replace(node, args=node.args[::-1])
        yield "sum for product", replace(node, op="add")
        yield from (("factor dropped", arg) for arg in node.args)
        left, right = node.args
        yield "transposes", apply(node.op, apply("transpose", left), apply("transpose", right))
    elif node.op == "div":
        yield "factor dropped", node.args[0]
        yield "times for over", replace(node, op="mul")
    elif node.op in ("add", "sub"):
        yield "plus for minus", replace(node, op="sub" if node.op == "add" else "add")
        yield "order", replace(node, args=node.args[::-1])
        yield from (("summand dropped", arg) for arg in node.args)
    elif node.op == "neg":
        yield "sign", node.args[0]


def _calls(node: Apply) -> Iterator[Made]:
    """A transpose, a sum, a slice or a function dropped; a wrong slope."""
    if node.op in ("transpose", "sum", "mean", "total", "slice", "diag", "softmax", "ravel"):
        yield f"no {node.op}", node.args[0]
    if node.op == "sub" and isinstance(node.args[0], Const):
        inner = node.args[1]
        base = inner.args[0] if isinstance(inner, Apply) and inner.op == "pow" else inner
        square = apply("pow", base, attrs=("2",))
        yield "slope", apply("mul", base, apply("sub", const(1), base))
        yield "slope", apply("sub", const(1), base)
        yield "slope", apply("sub", const(1), square)
        yield "slope", apply("add", const(1), square)
    if node.op == "step":
        yield "slope", apply("relu", node.args[0])
        yield "slope", apply("step", apply("neg", node.args[0]))
    if node.op in SLOPES or node.op.rstrip("'") in SLOPES:
        bare = node.op.rstrip("'")
        yield "prime", replace(node, op=bare if node.op.endswith("'") else bare + "'")
        yield "slope", apply(SLOPES[SLOPES.index(bare) - 1], node.args[0])
    if node.op == "concat":
        yield "no ones", node.args[-1]


def _axes(node: Apply) -> Iterator[Made]:
    if node.op in ("sum", "mean"):
        axis, keep = (*node.attrs, None, None)[:2]
        for other in (0, 1, None):
            if other != axis:
                yield "axis", replace(node, attrs=(other, keep if other is not None else False))
        yield "axis", replace(node, op="mean" if node.op == "sum" else "sum")
        if axis is not None:
            yield "keepdims", replace(node, attrs=(axis, not keep))
    if node.op == "slice":
        axis, start, stop = node.attrs
        yield "bias row", replace(node, attrs=(1 - int(str(axis)), start, stop))
        yield "bias row", replace(node, attrs=(axis, 0, 1))
    if node.op == "pow":
        for power in ("1", "2", "3", "-1", "-2", "1/2"):
            yield "power", replace(node, attrs=(power,))


def _letters(node: Apply) -> Iterator[Made]:
    """Index letters exchanged."""
    if node.op == "entry" and len(node.args) == 3:
        yield "letters", apply("entry", node.args[0], node.args[2], node.args[1])
    if node.op == "total":
        inside = {n.name for n in walk(node) if isinstance(n, Var) and n.name.startswith("#")}
        for letter in sorted(inside - {str(node.attrs[0])}):
            yield "summed letter", replace(node, attrs=(letter, *node.attrs[1:]))
