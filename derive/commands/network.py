"""The network that the options of a command describe."""

from __future__ import annotations

import argparse

from derive.dense import Stack
from derive.layers import stack


def network(arguments: argparse.Namespace) -> Stack:
    """The stack. Raises DeriveError with one sentence for what is wrong."""
    return stack(
        arguments.layers,
        activations=arguments.activations,
        loss=arguments.loss,
        bias=arguments.bias,
        reduction=arguments.reduction,
        layout=arguments.layout,
        single=arguments.single,
        staged=arguments.staged,
        define=arguments.define,
    )
