"""What a submission calls the quantities of the key's network, found out by value and by custom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from derive.definitions import LOSSES, TARGETS, Definition, words_of
from derive.diagnostic import DeriveError
from derive.grading.sameness import Sameness
from derive.grading.turning import copied
from derive.notation.code import looks_like_code
from derive.notation.names import name_key
from derive.renaming import usual, written
from derive.setting import Setting
from derive.statement import Alias

MOST = 60
"""Equations of a submission that are compared with those of the key, at most."""

COUNTS = ("m", "n", "M", "B")
"""Letters for how many samples there are, where they stand as such and not as an index."""


def by_value(made: Setting, definitions: Sequence[Definition]) -> Iterator[Alias]:
    """An alias for every name that a submission defines: the name of the key that is equal to it.

    What is equal to none is an alias for its own formula.
    """
    work, found, clashing = copied(made), list[tuple[Definition, str]](), dict[str, str]()
    for place, one in enumerate(definitions[:MOST]):
        free = one.name not in work.shapes
        name = one.name if free else f"own{place}q"
        try:
            work.let(name, _apart(one.text, clashing))
            if not free:
                work.alias(written(one.name), name)
                clashing[one.name] = name
        except DeriveError:
            continue
        found.append((one, name))
    if not found:
        return
    compared, names = Sameness(work), (*(s.name for s in made.symbols), *_equations(made))
    for one, name in found:
        match = compared.same(name, names)
        if match is None:
            yield Alias(written(one.name), f"({one.text})", line=one.line)
        elif match != (one.name, False):
            yield Alias(written(one.name), match[0] + ("^T" if match[1] else ""), line=one.line)


def _apart(text: str, clashing: Mapping[str, str]) -> str:
    """A text with the names of other quantities where it says those that the key has, too.

    Code has no aliases: what it assigns are names of its own.
    """
    if not looks_like_code(text):
        return text
    return re.sub(r"(?<![\w.])[^\W\d]\w*", lambda found: clashing.get(found[0], found[0]), text)


def _equations(made: Setting) -> Iterator[str]:
    return (one.name for one in reversed(made.equations))


def by_custom(made: Setting, texts: Iterable[str]) -> Iterator[Alias]:
    """An alias for every name that the key has not, and that custom has a meaning for."""
    known = {name_key(name) for name in (*made.shapes, *made.spelled, *made.given)}
    known |= {name_key(name) for name in made.aliases}
    for text in texts:
        counted = (one for one in COUNTS if _is_count(one, text))
        for name in dict.fromkeys((*words_of(text, known), *counted)):
            if name_key(name) not in known and (meant := _custom(made, name, text)):
                known.add(name_key(name))
                yield Alias(written(name), meant, note=f"`{name}` is taken to be {meant}")


def _custom(made: Setting, name: str, text: str) -> str | None:
    """What a name means that nothing says the meaning of."""
    lowered = [other for other in made.shapes if name_key(other).lower() == name_key(name).lower()]
    if len(lowered) == 1:
        return lowered[0]
    if name in LOSSES:
        return made.loss
    targets = [one.name for one in made.symbols if one.kind == "target"]
    if TARGETS.fullmatch(name) and len(targets) == 1:
        return targets[0]
    if name in COUNTS:
        return count_of(made) if _is_count(name, text) else None
    return usual(made.network, name) if made.network else None


def _is_count(name: str, text: str) -> bool:
    r"""Whether a letter is a number and no index: `1/m`, `\\frac{1}{m}`, `\\sum_{i=1}^{m}`.

    >>> _is_count("m", r"\\frac{1}{m} x"), _is_count("m", "x_m / m")
    (True, False)
    """
    counted = rf"(?:/\s*|\\frac\s*\{{[^{{}}]*\}}\s*\{{\s*|\^\s*\{{?\s*){name}(?![A-Za-z0-9_])"
    index = rf"_(?:{name}|\{{[^{{}}]*(?<![A-Za-z]){name}(?![A-Za-z])[^{{}}]*\}})"
    return bool(re.search(counted, text)) and not re.search(index, text)


def count_of(made: Setting) -> str | None:
    """The name of the size along which samples lie."""
    axis = 1 if made.vectors == "column" else 0
    inputs = (one.shape for one in made.symbols if one.kind == "input" and len(one.shape) == 2)
    first = next((shape[axis].parts[0] for shape in inputs), None)
    return first if isinstance(first, str) else None
