"""The signs before a quantity that is derived, and marks without what hangs on them."""

from __future__ import annotations

from derive.notation.marks import NAMING, Mark, Marks


def is_head(mark: Mark) -> bool:
    return mark.kind == "partial" or is_d(mark) or (mark.kind == "word" and mark.text[0] == "d")


def is_variation(over: Marks, under: Marks) -> bool:
    r"""Whether a fraction is `\frac{\delta L}{\delta W}`, its deltas for ∂."""
    heads = (over[0], under[0])
    return all(one.kind == "greek" and one.text == "delta" and one.bare for one in heads)


def is_d(mark: Mark) -> bool:
    return mark.kind in ("letter", "word") and mark.text == "d"


def tail_of(marks: Marks) -> Marks:
    """What follows the sign of a derivative; `\\mathrm{dW}` holds both."""
    first = marks[0]
    if first.kind in ("partial", "greek") or first.text == "d":
        return unbraced(marks[1:])
    return (renamed(first), *marks[1:])


def renamed(mark: Mark) -> Mark:
    return Mark(
        "word",
        mark.text[1:],
        mark.span,
        mark.spaced,
        mark.subs,
        mark.sups,
        mark.primes,
        mark.quoted,
        mark.base,
    )


def bare(mark: Mark, keep_subs: bool = False) -> Mark:
    subs = mark.subs if keep_subs else ()
    return Mark(mark.kind, mark.text, mark.span, mark.spaced, subs, base=mark.base)


def unbraced(marks: Marks) -> Marks:
    """Marks without brackets around all of them."""
    while len(marks) > 2 and marks[0].kind == "open" and marks[-1].bare:
        depth = 0
        for place, mark in enumerate(marks):
            depth += {"open": 1, "close": -1}.get(mark.kind, 0)
            if depth == 0 and place < len(marks) - 1:
                return marks
        marks = marks[1:-1]
    return marks


def is_word(marks: Marks) -> bool:
    """Whether a superscript is letters that are neither index nor power: `W^{out}`."""
    return len(marks) > 2 and all(mark.kind in NAMING and mark.bare for mark in marks)
