"""What the text itself calls the quantities that formulas speak of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.diagnostic import DeriveError
from derive.source.attributes import MARK
from derive.source.judging import Function
from derive.source.watching import Step
from derive.term import Var

ALWAYS = 0
"""The line from which a word holds that nothing in the function sets."""

_WORD = re.compile(r"[^\W\d][\wˑ]*")
_COUNTED = re.compile(r"ˑ\d+")


@dataclass(frozen=True)
class Word:
    """What a quantity is called, and from which line on."""

    name: str
    text: str
    line: int


@dataclass
class Speech:
    """The words of one function."""

    function: Function

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word, in the order of the text."""
        found = [*self.free(), *self.set(), *self.listed()]
        return tuple(sorted(found, key=lambda one: one.line))

    def free(self) -> Iterator[Word]:
        """Words that stand for a quantity as it is: arguments, attributes, what dicts hold."""
        scene, reader = self.function.scene, self.function.tracer.reader
        stored = stored_names(scene.code.body)
        for node in (part for one in scene.code.body for part in ast.walk(one)):
            if not isinstance(node, ast.Name | ast.Subscript | ast.Attribute):
                continue
            line = _since(node, stored)
            text = scene.listing.written(node)
            if not isinstance(node.ctx, ast.Load) or not is_word(text):
                continue
            try:
                term = reader.piece(node).term
            except DeriveError:
                continue
            if isinstance(term, Var):
                yield from self.meant(term.name, text, line)
        for one in scene.code.chosen.node.args.args:
            if (name := scene.taken.get(one.arg)) is not None:
                yield Word(name, one.arg, ALWAYS)

    def set(self) -> Iterator[Word]:
        """Words that the function sets, and attributes that were set before it."""
        listing, node = self.function.scene.listing, self.function.scene.code.chosen.node
        for step in self.function.tracer.steps:
            if step.node is None or step.inner:
                continue
            line = listing.line(step.span.start)
            inside = node.lineno <= line <= (node.end_lineno or line)
            attribute = any(
                isinstance(n, ast.Name) and n.id.startswith(MARK) for n in ast.walk(step.node)
            )
            if inside or attribute:
                text = listing.written(step.node)
                yield from self.meant(step.name, text, line if inside else ALWAYS)

    def listed(self) -> Iterator[Word]:
        """Entries of the lists that the function makes."""
        reader = self.function.tracer.reader
        for word in sorted(stored_names(self.function.scene.code.body)):
            for place, one in enumerate(reader.entries_of(ast.Name(word, ast.Load())) or ()):
                own = reader.kept(one)
                if own is not None and own.piece is not None and isinstance(own.piece.term, Var):
                    yield from self.meant(own.piece.term.name, f"{word}[{place}]", ALWAYS)

    def meant(self, name: str, text: str, line: int) -> Iterator[Word]:
        """A word for a step, and for the quantity that the step is."""
        yield Word(name, text, line)
        known = self.function.meanings.forward.get(name)
        if known is not None:
            yield Word(known, text, line)

    def of(self, name: str, line: int, step: Step | None = None) -> str | None:
        """What a name is called at a line; None where the text has no word for it there.

        What the step at that line calls it goes first.
        """
        known = self.function.meanings.forward
        if name == "y" and self.function.scene.labels:
            return None  # numbers of classes in this code, and not an array like the output
        for one, text in step.words.items() if step is not None else ():
            if name in (one, known.get(one)) and is_word(text):
                return text
        found = [one.text for one in self.words if one.name == name and one.line < line]
        found = [text for text in found if self.still(text, name, line)]
        if found:
            return min(found, key=len)
        return self.size(line) if name == "N" else None

    def still(self, text: str, name: str, line: int) -> bool:
        """Whether a word has not been given to something else since."""
        last = [one.name for one in self.words if one.text == text and one.line < line][-1]
        known = self.function.meanings.forward
        return name in (last, known.get(last)) or known.get(name) == last

    def size(self, line: int) -> str | None:
        """The number of samples, where the text gives it no name."""
        text = next(
            (one.text for one in self.words if one.name in ("x", "y") and one.line < line), None
        )
        network = self.function.scene.setting.network
        axis = 1 if network is not None and network.columns else 0
        return None if text is None else f"{text}.shape[{axis}]"

    def spoken(self, text: str | None, line: int, step: Step | None) -> str | None:
        """A formula in the words of the text at a line, as far as it has words."""
        if text is None:
            return None

        def word(found: re.Match[str]) -> str:
            said = self.of(found.group(), line, step) if found.group() != "N" else None
            return said or _COUNTED.sub("", found.group()).replace(MARK, "self.")

        return _WORD.sub(word, text)


def stored_names(body: Sequence[ast.stmt]) -> dict[str, int]:
    """The names that statements set, and where first."""
    found: dict[str, int] = {}
    for node in (part for one in body for part in ast.walk(one)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
    return found


def _since(node: ast.expr, stored: Mapping[str, int]) -> int:
    """The line from which a word holds: that at which the name it starts with is set."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return stored.get(node.id, ALWAYS) if isinstance(node, ast.Name) else ALWAYS


def is_word(text: str) -> bool:
    """Whether a text is a name, or a place by its words and numbers."""
    return re.fullmatch(r"[\w.]+(\[[^\[\]:,]*\])*", text) is not None
