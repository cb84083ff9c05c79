"""What an entry of a parameter means: which input it carries to which unit.

Units are counted from 1, as in mathematics: x_1, h1_1, y_1. So row i of an augmented `W1` is x_i.
"""

from __future__ import annotations

from collections.abc import Sequence

from codegen.network import Layer, Network


def entry_text(name: str, index: Sequence[int]) -> str:
    """An entry as NumPy writes it.

    >>> entry_text("W1", (391, 49))
    'W1[391, 49]'
    """
    return f"{name}[{', '.join(map(str, index))}]"


def place(network: Network, name: str) -> tuple[int, Layer]:
    """The layer that holds a parameter, and its index."""
    for k, layer in enumerate(network.layers):
        if name in (layer.weight, layer.bias):
            return k, layer
    raise ValueError(f"no parameter is called {name}")


def ends(network: Network, name: str, index: Sequence[int]) -> tuple[int, int]:
    """(input, unit) of an entry, counted from 1; input 0 is the 1 of a bias."""
    _, layer = place(network, name)
    if name == layer.bias:
        return 0, max(index, default=0) + 1
    unit, source = (index[0], index[1]) if network.columns else (index[1], index[0])
    return (source if layer.augmented else source + 1), unit + 1


def meaning(network: Network, name: str, index: Sequence[int]) -> str:
    """An entry in words: `x_391 -> h1_50`, `bias of h1_3`, `h2_7 -> y_4`."""
    k, _ = place(network, name)
    source, unit = ends(network, name, index)
    target = unit_text(network, k, unit)
    if source == 0:
        return f"bias of {target}"
    return f"{'x' if k == 0 else f'h{k}'}_{source} -> {target}"


def unit_text(network: Network, layer: int, unit: int) -> str:
    """A unit of a layer, counted from 1: `h1_3`, and `y_3` in the last layer."""
    return f"y_{unit}" if layer == len(network.layers) - 1 else f"h{layer + 1}_{unit}"


def bias_slice(network: Network, name: str) -> tuple[slice | int, ...] | None:
    """Where a weight holds its bias (row 0, column 0 in column layout), or None."""
    _, layer = place(network, name)
    if name != layer.weight or not layer.augmented:
        return None
    return (slice(None), 0) if network.columns else (0,)
