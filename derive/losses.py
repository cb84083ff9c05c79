"""The losses: one row each, a formula of `yhat` and `y` and what it needs of both."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from derive.diagnostic import refuse
from derive.notation import read
from derive.term import Apply, Const, Term, apply, walk

PROBABILITIES = ("softmax", "log_softmax")


class Loss(NamedTuple):
    """A loss summed over samples and outputs; the reduction divides by N where it is the mean.

    `fits`: output activations it may follow (empty: any but those in `unfit`). `target`: what the
    entries of y are: distribution, unit (in [0, 1]), real or sign (-1 or 1). `kinks`: a derivative
    of first or second order jumps somewhere.
    """

    name: str
    formula: str
    target: str = "real"
    fits: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    kinks: bool = False
    also: tuple[str, ...] = ()


ROWS = (
    Loss(
        "cross-entropy",
        "-sum(y ∘ log(yhat))",
        "distribution",
        fits=("softmax", "sigmoid"),
        also=("ce", "crossentropy"),
    ),
    Loss("nll", "-sum(y ∘ yhat)", "distribution", fits=("log_softmax",)),
    Loss(
        "binary-cross-entropy",
        "-sum(y ∘ log(yhat) + (1 - y) ∘ log(1 - yhat))",
        "unit",
        fits=("sigmoid",),
        also=("bce",),
    ),
    Loss("mse", "sum((yhat - y)^2) / K"),
    Loss("squared-error", "sum((yhat - y)^2)", also=("sse",)),
    Loss("half-squared-error", "sum((yhat - y)^2) / 2"),
    Loss("mae", "sum(abs(yhat - y))", kinks=True, also=("l1",)),
    Loss("huber", "sum(huber(yhat - y))", kinks=True),
    Loss("hinge", "sum(relu(1 - y ∘ yhat))", "sign", unfit=PROBABILITIES, kinks=True),
)

LOSSES = {row.name: row for row in ROWS}
ALIASES = {other: row.name for row in ROWS for other in row.also}

KINKED = frozenset({"relu", "leaky_relu", "abs", "sign", "step", "elu", "huber"})


def custom(text: str) -> Loss:
    """A loss given as a formula of `yhat` and `y`; without a `sum` it is summed over all entries.

    Raises DeriveError where the formula cannot be read or is no multiple of one sum.
    """
    term = read(text, ("yhat", "y"))
    kinks = any(isinstance(node, Apply) and node.op in KINKED for node in walk(term))
    entry_form(term)
    return Loss("custom", text, kinks=kinks)


def formula(loss: Loss, names: Collection[str]) -> Term:
    """The loss as a term: a multiple of a sum over all entries."""
    term = read(loss.formula, names)
    return term if _has_sum(term) else apply("sum", term, attrs=(None, False))


def entry_form(term: Term) -> Term:
    """What one entry contributes: the term without its sum over all entries.

    Raises DeriveError where the term is no multiple of a single sum.
    """
    if isinstance(term, Apply) and term.op == "sum":
        if term.attrs[0] is not None or _has_sum(term.args[0]):
            raise refuse("D301", "a loss has one sum, over all entries", span=term.span)
        return term.args[0]
    if not _has_sum(term):
        return term
    assert isinstance(term, Apply)
    inside = [place for place, arg in enumerate(term.args) if _has_sum(arg)]
    scale = [arg for place, arg in enumerate(term.args) if place not in inside]
    if len(inside) != 1 or term.op not in ("neg", "mul", "div") or not _scalars(scale):
        raise refuse("D301", "a loss is a number times one sum over all entries", span=term.span)
    if term.op == "div" and inside == [1]:
        raise refuse("D301", "a loss is not divided by its sum", span=term.span)
    args = tuple(entry_form(a) if p in inside else a for p, a in enumerate(term.args))
    return Apply(term.op, args, term.attrs)


def _has_sum(term: Term) -> bool:
    return any(isinstance(node, Apply) and node.op == "sum" for node in walk(term))


def _scalars(terms: list[Term]) -> bool:
    return all(isinstance(term, Const) or getattr(term, "name", "") in ("N", "K") for term in terms)
