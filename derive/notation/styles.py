"""What differs between the notations and no row can say: names, numbers, calls, blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from derive.functions import FUNCTIONS, PRIME
from derive.notation.names import latex_name
from derive.notation.numbers import decimal
from derive.notation.table import (
    ARRAY_API,
    ATOM,
    BESIDE,
    LATEX,
    MINUS,
    NUMPY,
    PLAIN,
    SCRIPT,
    SIGNED,
    TIMES,
    Notation,
)
from derive.shape import Dim
from derive.term import Attr


class Written(NamedTuple):
    """A written term: its text, how tightly it binds, its op, and whether it is one number."""

    text: str
    level: int
    op: str = ""
    scalar: bool = False
    value: Fraction | None = None


class Style(NamedTuple):
    """The functions that write what the rows of a notation leave open."""

    notation: Notation
    name: Callable[[str], str]
    number: Callable[[Fraction], tuple[str, int]]
    brackets: Callable[[str], str]
    function: Callable[[str], str]
    power: Callable[[str, Fraction], str]
    keyed: Callable[[str, str, Mapping[str, Attr]], str]
    blocks: Callable[[Style, Sequence[Written], int], str]
    part: Callable[[Sequence[Attr]], str]


def atomic(style: Style, item: Written, level: int = ATOM) -> str:
    """The text of an operand, in brackets unless it binds tightly enough."""
    return item.text if item.level >= level else style.brackets(item.text)


def _same(name: str) -> str:
    return name


def _part(attrs: Sequence[Attr]) -> str:
    """`[1:]`, or `[:, 1:]`"""
    axis, start, stop = attrs
    assert isinstance(axis, int)
    first = "" if start == 0 and stop is not None else start
    stop = str(stop) if isinstance(stop, Dim) else stop
    return f"[{':, ' * axis}{first}:{'' if stop is None else stop}]"


def _signed(value: Fraction, text: str, level: int, minus: int) -> tuple[str, int]:
    return (f"-{text}", minus) if value < 0 else (text, level)


# ----------------------------------------------------------------------------------------- plain


def _plain_brackets(text: str) -> str:
    return f"({text})"


def _plain_number(value: Fraction) -> tuple[str, int]:
    size = abs(value)
    written = decimal(size) if size.denominator == 1 or size.denominator > 10 else None
    if written is None:
        written = f"{size.numerator}/{size.denominator}"
    return _signed(value, written, BESIDE if "/" in written else ATOM, MINUS)


def _plain_power(base: str, exponent: Fraction) -> str:
    simple = exponent >= 0 and exponent.denominator == 1
    return f"{base}^{exponent}" if simple else f"{base}^({exponent})"


def _plain_keyed(function: str, argument: str, keywords: Mapping[str, Attr]) -> str:
    words = "".join(f", {word}={value}" for word, value in keywords.items())
    return f"{function}({argument}{words})"


def _cells(style: Style, blocks: Sequence[Written]) -> list[str]:
    """The cells of a column; one that begins with a lone number gets brackets."""
    tight = [item.text[:2] not in ("1 ", "0 ") for item in blocks]
    pairs = zip(blocks, tight, strict=True)
    return [item.text if fits else style.brackets(item.text) for item, fits in pairs]


def _is_augmented(blocks: Sequence[Written]) -> bool:
    """Whether these are `[1 H]`: a column of ones, or zeros, and simple blocks."""
    first, *rest = blocks
    return first.value in (0, 1) and all(b.level >= SCRIPT and b.value is None for b in rest)


def _plain_blocks(style: Style, blocks: Sequence[Written], axis: int) -> str:
    if axis not in (0, 1) or len(blocks) == 1:
        texts = ", ".join(block.text for block in blocks)
        return style.keyed(style.function("concat"), texts, {"axis": axis})
    if axis == 0:
        return f"[{'; '.join(_cells(style, blocks))}]"
    room = " " if _is_augmented(blocks) else ", "
    return f"[{room.join(block.text for block in blocks)}]"


# ----------------------------------------------------------------------------------------- LaTeX


def _latex_brackets(text: str) -> str:
    tall = any(command in text for command in (r"\frac", r"\left", r"\begin"))
    return rf"\left({text}\right)" if tall else f"({text})"


def _latex_number(value: Fraction) -> tuple[str, int]:
    text, level = _plain_number(abs(value))
    if "/" in text:
        text, level = r"\frac{{{}}}{{{}}}".format(*text.split("/")), SCRIPT
    return _signed(value, text, level, MINUS)


def _latex_power(base: str, exponent: Fraction) -> str:
    return f"{base}^{{{exponent}}}"


def _latex_function(op: str) -> str:
    row = FUNCTIONS.get(op.removesuffix(PRIME))
    if row is None:
        return r"\operatorname{" + op.replace("_", "") + "}"
    return row.latex + op[len(row.name) :]


def _latex_keyed(function: str, argument: str, keywords: Mapping[str, Attr]) -> str:
    axis = keywords.get("axis")
    if list(keywords) == ["axis"] and isinstance(axis, int) and axis >= 0:
        return f"{function}_{{{axis}}}{_latex_brackets(argument)}"
    words = {rf"\mathrm{{{word}}}": value for word, value in keywords.items()}
    texts = {w: rf"\mathrm{{{v}}}" if isinstance(v, bool) else v for w, v in words.items()}
    return (
        _plain_keyed(function, argument, texts) if texts else function + _latex_brackets(argument)
    )


def _latex_blocks(style: Style, blocks: Sequence[Written], axis: int) -> str:
    texts = [block.text for block in blocks]
    if axis not in (0, 1) or len(blocks) == 1:
        return _plain_keyed(style.function("concat"), ", ".join(texts), {r"\mathrm{axis}": axis})
    if axis == 0:
        rows = r" \\ ".join(_cells(style, blocks))
        return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"
    room = r"\ " if _is_augmented(blocks) else ", "
    return f"[{room.join(texts)}]"


# ----------------------------------------------------------------------------------------- NumPy

_OF_NUMPY = frozenset(("exp", "log", "tanh", "sin", "cos", "sign", "abs", "sum", "sqrt"))


def _numpy_number(value: Fraction) -> tuple[str, int]:
    size = abs(value)
    text = decimal(size)
    if text is None:
        text = f"{size.numerator} / {size.denominator}"
    return _signed(
        value, text, SCRIPT if "/" not in text else TIMES, SIGNED if "/" not in text else TIMES
    )


def _numpy_power(base: str, exponent: Fraction) -> str:
    text, _ = _numpy_number(exponent)
    return f"{base}**({text})" if "/" in text else f"{base}**{text}"


def _numpy_function(op: str) -> str:
    if op in _OF_NUMPY:
        return f"np.{op}"
    return op.replace(PRIME, "_prime")


_STACKS = {0: "np.vstack([{}])", 1: "np.hstack([{}])"}


def _numpy_blocks(style: Style, blocks: Sequence[Written], axis: int) -> str:
    arrays = [atomic(style, block) for block in blocks if block.value is None]
    texts = [_filled(block, arrays[:1], axis) for block in blocks]
    stack = _STACKS.get(axis, f"np.concatenate([{{}}], axis={axis})")
    return stack.format(", ".join(texts))


def _filled(block: Written, arrays: Sequence[str], axis: int) -> str:
    """A block; a number becomes an array that is one wide along the axis."""
    if block.value is None:
        return block.text
    sizes = ["1"] * max(2, axis + 1, -axis)
    if arrays and axis in (0, 1):
        sizes[1 - axis] = f"{arrays[0]}.shape[1]" if axis == 0 else f"len({arrays[0]})"
    size = ", ".join(sizes)
    if block.value in (0, 1):
        return f"np.{'ones' if block.value else 'zeros'}(({size}))"
    return f"np.full(({size}), {block.text})"


# ------------------------------------------------------------------------- the array API standard


def _standard_function(op: str) -> str:
    return f"xp.{op}" if op in _OF_NUMPY else _numpy_function(op)


def _standard_blocks(style: Style, blocks: Sequence[Written], axis: int) -> str:
    arrays = [atomic(style, block) for block in blocks if block.value is None]
    texts = [_standard_filled(block, arrays[:1], axis) for block in blocks]
    return f"xp.concat([{', '.join(texts)}], axis={axis})"


def _standard_filled(block: Written, arrays: Sequence[str], axis: int) -> str:
    """As `_filled`: an array has a dtype, which is that of its neighbour, and no length."""
    if block.value is None:
        return block.text
    text = _filled(block, arrays, axis).replace("np.", "xp.", 1)
    for array in arrays:
        text = text.replace(f"len({array})", f"{array}.shape[0]")[:-1] + f", dtype={array}.dtype)"
    return text


def _standard_part(attrs: Sequence[Attr]) -> str:
    """`[1:, :]`: of a matrix, the standard has both axes said."""
    text = _part(attrs)
    return f"{text[:-1]}, :]" if attrs[0] == 0 else text


STYLES: Mapping[str, Style] = {
    "plain": Style(
        PLAIN,
        _same,
        _plain_number,
        _plain_brackets,
        _same,
        _plain_power,
        _plain_keyed,
        _plain_blocks,
        _part,
    ),
    "latex": Style(
        LATEX,
        latex_name,
        _latex_number,
        _latex_brackets,
        _latex_function,
        _latex_power,
        _latex_keyed,
        _latex_blocks,
        _part,
    ),
    "numpy": Style(
        NUMPY,
        _same,
        _numpy_number,
        _plain_brackets,
        _numpy_function,
        _numpy_power,
        _plain_keyed,
        _numpy_blocks,
        _part,
    ),
    "array-api": Style(
        ARRAY_API,
        _same,
        _numpy_number,
        _plain_brackets,
        _standard_function,
        _numpy_power,
        _plain_keyed,
        _standard_blocks,
        _standard_part,
    ),
}
