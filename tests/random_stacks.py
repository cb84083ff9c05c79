"""Random networks for the property-based tests: depth, activations, loss, conventions."""

from __future__ import annotations

from hypothesis import strategies as st

from derive.dense import Stack
from derive.layers import stack

HIDDEN = (
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "silu",
    "gelu",
    "gelu_tanh",
    "sin",
    "softmax",
    "log_softmax",
    "mish",
)
DEFINE = ("mish(z) = z*tanh(log(1+exp(z)))",)

OUTPUTS = {
    "cross-entropy": ("softmax", "sigmoid"),
    "nll": ("log_softmax",),
    "binary-cross-entropy": ("sigmoid",),
    "mse": ("identity", "sigmoid", "tanh", "softmax", "softplus"),
    "squared-error": ("identity", "sin", "gelu"),
    "half-squared-error": ("identity", "sigmoid"),
    "mae": ("identity", "tanh"),
    "huber": ("identity", "silu"),
    "hinge": ("identity", "tanh"),
    "sum((yhat - y)^4) / 3": ("identity", "tanh"),
}
"""Losses, and some output activations that fit each."""


@st.composite
def stacks(draw: st.DrawFn, deepest: int = 6) -> Stack:
    """A network of 1 to `deepest` layers, in any convention."""
    depth = draw(st.integers(1, deepest))
    sizes = [draw(st.integers(2, 5)) for _ in range(depth + 1)]
    loss = draw(st.sampled_from(sorted(OUTPUTS)))
    hidden = [draw(st.sampled_from(HIDDEN)) for _ in range(depth - 1)]
    output = draw(st.sampled_from(OUTPUTS[loss]))
    return stack(
        ",".join(map(str, sizes)),
        activations=",".join([*hidden, output]),
        loss=loss,
        bias=draw(st.sampled_from(("augmented", "separate", "none"))),
        reduction=draw(st.sampled_from(("mean", "sum"))),
        layout=draw(st.sampled_from(("row", "column"))),
        single=draw(st.sampled_from((False, False, False, True))),
        define=DEFINE,
    )
