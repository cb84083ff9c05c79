"""Text for what is said of entries and of made arrays: `A[i, j]`, sums over letters, ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from derive.entries import INDEX, MADE
from derive.notation.styles import Style, Written, atomic
from derive.notation.table import ATOM, BESIDE, SCRIPT, TIMES
from derive.term import Attr, Binding

Write = Callable[[Style, Sequence[Written], Sequence[Attr]], Written]


def letter(name: str) -> str:
    """An index letter for people; those that no text has are k1, k2, ..."""
    bare = name.removeprefix(INDEX).removeprefix(MADE)
    return f"k{bare}" if bare.isdigit() else bare


def _entry(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    places = ", ".join(arg.text for arg in args[1:])
    base = atomic(style, args[0])
    text = f"{base}_{{{places}}}" if style.notation.name == "latex" else f"{base}[{places}]"
    return Written(text, ATOM)


def _total(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    sign = r"\sum" if style.notation.name == "latex" else "Σ"
    text = atomic(style, args[0], BESIDE)
    return Written(f"{sign}_{{{letter(str(attrs[0]))}}} {text}", TIMES)


def _delta(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    return Written(f"[{args[0].text} = {args[1].text}]", ATOM)


def _made(word: str) -> Write:
    def write(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
        if style.notation.name != "numpy":
            inner = ", ".join(arg.text for arg in args) or ", ".join(map(str, attrs))
            return Written(f"{word}({inner})", ATOM)
        sizes = ", ".join(map(str, attrs))
        return Written(f"np.{word}({args[0].text if args else f'({sizes})'})", ATOM)

    return write


def _reduced(word: str) -> Write:
    def write(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
        axis, keep = (*attrs, None, None)[:2]
        words = f", axis={axis}" if axis is not None else ""
        words += ", keepdims=True" if keep else ""
        called = f"np.{word}" if style.notation.name == "numpy" else word
        return Written(f"{called}({args[0].text}{words})", ATOM)

    return write


def _array(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    bound = [name for a in attrs if isinstance(a, Binding) for name, _ in a.indices]
    names = ", ".join(letter(a) for a in (*attrs, *bound) if isinstance(a, str))
    return Written(f"[{args[0].text if args else ''}]_{{{names}}}", ATOM)


def _identity(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    if style.notation.name != "numpy":
        return Written("I", ATOM)
    return Written(f"np.eye({attrs[0]})" if attrs and attrs[0] is not None else "np.eye()", ATOM)


def _einsum(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    arrays = ", ".join(arg.text for arg in args)
    called = "np.einsum" if style.notation.name == "numpy" else "einsum"
    return Written(f"{called}('{attrs[0]}', {arrays})", ATOM)


def _gradient(style: Style, args: Sequence[Written], attrs: Sequence[Attr]) -> Written:
    body, by = atomic(style, args[0]), args[1].text
    latex = style.notation.name == "latex"
    sign = rf"\frac{{\partial}}{{\partial {by}}}" if latex else f"∂/∂{by}"
    return Written(f"{sign} {body}", SCRIPT if latex else BESIDE)


WRITERS: Mapping[str, Write] = {
    "entry": _entry,
    "total": _total,
    "gradient": _gradient,
    "delta": _delta,
    "array": _array,
    "each": _array,
    "eye": _identity,
    "einsum": _einsum,
    "ones": _made("ones"),
    "zeros": _made("zeros"),
    "ones_like": _made("ones_like"),
    "zeros_like": _made("zeros_like"),
    "mean": _reduced("mean"),
    "var": _reduced("var"),
    "peak": _reduced("max"),
}
"""Op -> how it is written, where no row of the table can say it."""
