"""The text of `init_params`: weights from N(0, 1/fan_in), biases 0.

LeCun et al., Efficient BackProp, 4.6. All backends make the same numbers of the same generator.
"""

from __future__ import annotations

from typing import NamedTuple

from codegen.backend import Backend
from derive.dense import Stack


class Parameter(NamedTuple):
    """A parameter to begin with: weights have a fan-in; with `ones` a bias lies along that axis."""

    name: str
    shape: tuple[int, ...]
    fan_in: int = 0
    bias_axis: int | None = None


def parameters(made: Stack) -> tuple[Parameter, ...]:
    """The parameters of a stack, in order."""
    found = []
    for symbol in made.derivation.symbols:
        if symbol.kind != "param":
            continue
        shape = tuple(d.size(made.numbers) for d in symbol.shape)
        if symbol.name.startswith("b"):
            found.append(Parameter(symbol.name, shape))
            continue
        along = 1 if made.columns else 0
        augmented = made.bias == "augmented"
        bias_axis = along if augmented else None
        found.append(Parameter(symbol.name, shape, shape[along] - augmented, bias_axis))
    return tuple(found)


def init_params(made: Stack, backend: Backend) -> str:
    """The text of the function."""
    note = ", biases 0" if made.bias != "none" else ""
    written = _in_place if backend.in_place else _anew
    arguments, given = (
        ("rng, dtype=np.float64", "`rng` is a numpy Generator")
        if backend.in_place
        else ("rng, xp, dtype=None", "`rng` is a numpy Generator, `xp` a namespace")
    )
    return "\n".join(
        [
            f"def init_params({arguments}):",
            f'    """Weights from N(0, 1/fan_in){note}; {given}."""',
            "    params = {}",
            *(f"    {line}" for one in parameters(made) for line in written(one)),
            "    return params",
        ]
    )


def _in_place(one: Parameter) -> list[str]:
    """In NumPy: the biases are overwritten with 0."""
    target = f'params["{one.name}"]'
    if not one.fan_in:
        return [f"{target} = np.zeros({one.shape}, dtype)"]
    value = f"rng.standard_normal({one.shape}) / np.sqrt({one.fan_in})"
    lines = [f"{target} = ({value}).astype(dtype)"]
    if one.bias_axis is not None:
        lines.append(f"{target}{'[:, 0]' if one.bias_axis else '[0]'} = 0")
    return lines


def _anew(one: Parameter) -> list[str]:
    """By the array API standard: zeros are put in the place of the biases that were drawn."""
    target = f'params["{one.name}"]'
    if not one.fan_in:
        return [f'{target} = xp.zeros({one.shape}, dtype=params["W{one.name[1:]}"].dtype)']
    value = f"xp.asarray(rng.standard_normal({one.shape}) / {one.fan_in}**0.5, dtype=dtype)"
    if one.bias_axis is None:
        return [f"{target} = {value}"]
    first, rest = ("[:, :1]", "[:, 1:]") if one.bias_axis else ("[:1, :]", "[1:, :]")
    both = f"[xp.zeros_like({one.name}{first}), {one.name}{rest}]"
    return [f"{one.name} = {value}", f"{target} = xp.concat({both}, axis={one.bias_axis})"]
