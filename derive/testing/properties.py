"""What is known of a judged claim, as properties that pytest carries: to JUnit's XML, to `-v`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from derive.verdict import Claim

PREFIX = "derive."
SEVERITY = ("refuted", "ill-shaped", "unreadable", "undecided", "confirmed", "proved")
SHOWN = ("verdict", "expected", "facts", "layout")


def verdict_of(found: Sequence[Claim]) -> str:
    """The worst of several verdicts: that of a chain is that of its worst link.

    >>> verdict_of([Claim("dL/dW", "proved"), Claim("dL/dW", "ill-shaped")])
    'ill-shaped'
    """
    return min((one.verdict for one in found), key=SEVERITY.index)


def codes_of(found: Sequence[Claim]) -> tuple[str, ...]:
    """The codes of findings and of kinds of mistakes."""
    codes = (code for one in found for code in (*(d.code for d in one.diagnostics), one.mistake))
    return tuple(dict.fromkeys(filter(None, codes)))


def properties_of(
    found: Sequence[Claim], shapes: Mapping[str, str], missed: str | None = None
) -> list[tuple[str, object]]:
    """The properties of the test of a claim; what is empty is left out.

    `missed` is what was expected and not found.
    """
    rows = {
        "verdict": verdict_of(found),
        "expected": missed,
        "code": " ".join(codes_of(found)),
        "shapes": "; ".join(_shapes(found, shapes)),
        "facts": "; ".join(dict.fromkeys(fact for one in found for fact in one.facts)),
        "layout": " ".join(dict.fromkeys(one.layout for one in found if one.layout)),
        "finding": "; ".join(d.message for one in found for d in one.diagnostics),
        "witness": "; ".join(str(one.witness) for one in found if one.witness),
        "read_as": "; ".join(dict.fromkeys(one.read_as for one in found if one.read_as)),
        "repair": "; ".join(dict.fromkeys(one.repair for one in found if one.repair)),
    }
    return [(PREFIX + name, text) for name, text in rows.items() if text]


def _shapes(found: Sequence[Claim], shapes: Mapping[str, str]) -> Iterator[str]:
    """The shapes of the names in the derivatives, `L scalar`, `W2 101×10`."""
    names = (part for one in found for part in _ends(one.name))
    return (f"{name} {shapes[name]}" for name in dict.fromkeys(names) if name in shapes)


def _ends(name: str) -> tuple[str, ...]:
    ends = re.fullmatch(r"(?:\w+ )?d(.+)/d(.+)", name)
    return ends.groups() if ends else ()


def word(known: Mapping[str, object]) -> str:
    """What `-v` says of a test in place of PASSED: the verdict, what it rests on, the layout.

    >>> word({"derive.verdict": "proved", "derive.facts": "y rows sum to 1"})
    'PROVED (given y rows sum to 1)'
    """
    verdict, missed, facts, layout = (known.get(PREFIX + name) for name in SHOWN)
    told = [f"expected {missed}"] if missed else []
    told += [f"given {facts}"] if facts else []
    told += [str(layout)] if layout not in (None, "same") else []
    return " ".join(filter(None, (str(verdict).upper(), f"({'; '.join(told)})" if told else "")))
