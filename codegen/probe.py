"""The forward code of a stack, in the pieces that the numeric oracles need.

The pieces are emitted and loaded like a module: the same equations, the same safe forms, the same
NumPy functions, over the complex exponential of `codegen.complexes`. No derivative is in them.
"""

from __future__ import annotations

from collections.abc import Collection
from types import ModuleType

from codegen.loading import load
from codegen.network import Layer, Network
from codegen.runtime import RUNTIME, source
from codegen.stable import stable
from derive.dense import Stack
from derive.infer import shapes_of
from derive.notation import write
from derive.ops import ALONG
from derive.term import Apply, Term, Var, substitute, walk
from derive.tidy import scalar_names

AT_ZERO = frozenset({"relu", "leaky_relu", "abs", "sign", "step", "elu"})
"""Functions that are not smooth at 0 (elu: its second derivative jumps there)."""


def probe(made: Stack) -> Network:
    """The forward code of a stack as a network of layers and a loss of each sample."""
    module = load(probe_text(made), "probe")
    layers = tuple(_layer(made, module, place) for place in range(1, made.depth + 1))
    mean = made.reduction == "mean" and not made.single
    return Network(
        layers,
        module.sample_loss,
        (lambda n: 1.0 / n) if mean else (lambda n: 1.0),
        loss_kinks=made.loss.kinks or bool(_kinks(_last(made))),
        columns=made.columns,
    )


def _layer(made: Stack, module: ModuleType, place: int) -> Layer:
    last = place == made.depth
    name = made.activations[place - 1]
    return Layer(
        f"W{place}",
        f"b{place}" if made.bias == "separate" else None,
        made.bias == "augmented",
        None if last else getattr(module, f"layer{place}"),
        name not in ALONG,
        () if last else _kinks(_activation(made, place)),
    )


def _activation(made: Stack, place: int) -> Term:
    name = "yhat" if place == made.depth else f"H{place}"
    term = made.derivation.definition(name)
    assert term is not None
    return term


def _last(made: Stack) -> Term:
    return _activation(made, made.depth)


def _kinks(term: Term) -> tuple[float, ...]:
    """The z at which an activation is not smooth, where that can be told from its formula."""
    ops = {node.op for node in walk(term) if isinstance(node, Apply)}
    zero = (0.0,) if ops & AT_ZERO else ()
    return zero + ((-1.0, 1.0) if "huber" in ops else ())


def probe_text(made: Stack) -> str:
    """The text of the pieces: layer1(z), ..., and sample_loss(z, y)."""
    shapes = shapes_of(made.derivation)
    scalars = scalar_names(shapes)
    functions: list[str] = []
    terms: list[Term] = []
    for place in range(1, made.depth):
        term = stable(_activation(made, place), {})
        terms.append(term)
        code = write(term, "numpy", scalars=scalars, functions=RUNTIME)
        functions.append(f"def layer{place}(z{place}):\n    return {code}")
    name, term = f"z{made.depth}", _sample_loss(made)
    terms.append(term)
    sizes = [f"    {n} = {size}" for n, size in made.numbers.items() if _mentions(term, n)]
    body = "\n".join([*sizes, f"    return {_summed(term, made.axis, scalars)}"])
    functions.append(f"def sample_loss({name}, y):\n{body}")
    nodes = (node for one in terms for node in walk(one))
    ops = {node.op for node in nodes if isinstance(node, Apply)} & set(RUNTIME)
    parts = ["from codegen.complexes import np", source(ops), *functions]
    return "\n\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _summed(term: Term, axis: int, scalars: Collection[str]) -> str:
    """The text of the sum over an axis; a sign stands before it, where fewer numbers change it."""
    if isinstance(term, Apply) and term.op == "neg":
        return f"-{_summed(term.args[0], axis, scalars)}"
    code = write(term, "numpy", scalars=scalars, functions=RUNTIME)
    return f"np.sum({code}, axis={axis})"


def _sample_loss(made: Stack) -> Term:
    """What an entry adds to the loss, by the pre-activation of the last layer, in safe form."""
    output = _last(made)
    known = {"yhat": output} if isinstance(output, Apply) else {}
    safe = stable(made.entry_loss, known)
    return stable(substitute(safe, {"yhat": output}), {})


def _mentions(term: Term, name: str) -> bool:
    return any(isinstance(node, Var) and node.name == name for node in walk(term))
