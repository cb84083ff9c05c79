"""The network that the equations of a page describe: its symbols with shapes, its forward lines.

A page leaves much unsaid. What is taken for granted here says so in the note of its statement.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from derive.equation import NAME, name_of, unadorned
from derive.functions import FUNCTIONS
from derive.notation.names import name_key
from derive.statement import (
    Alias,
    ClaimLine,
    Declare,
    Dims,
    Let,
    Loss,
    Orientation,
    Statement,
)
from derive.unsaid import compared, counts, of_one_sample

LOSSES = ("L", "J", "C", "E", "loss", "cost", "Loss", "Cost")
PARAMETERS = re.compile(r"(?:[WwbUVB]|theta|Theta|gamma|beta)(?:[0-9_].*)?")
TARGETS = re.compile(r"(?:y|t|target|ydot)(?:_?[a-z])?")
ONE_WORD = re.compile(r".|.*(?:hat|dot|tilde|bar)")
INDEX = re.compile(r"_[ijk]{1,2}$")
"""An index letter at the end of a name: `y_i` is an entry of y."""

CALLS = {*FUNCTIONS, "softmax", "log", "ln", "sum", "CE", "np", "dot", "mean", "frac", "T", "in"}


@dataclass(frozen=True)
class Definition(Statement):
    """A name, and the formula that an equation says it equals."""

    name: str
    text: str

    @property
    def tells(self) -> bool:
        """Whether it says how the name is computed: no list of entries, no mere number."""
        return "matrix}" not in self.text and not re.fullmatch(r"[\d.,\s]+", self.text)


@dataclass(frozen=True)
class Shaped(Statement):
    """A formula, as written, and the shape that it is said to have."""

    subject: str
    dims: tuple[str, ...]

    def claim(self) -> ClaimLine:
        """The shape as a claim."""
        sizes = r" \times ".join(self.dims)
        text = rf"{self.subject} \in \mathbb{{R}}^{{{sizes}}}"
        return ClaimLine(None, text, line=self.line, span=self.span)


Found = Definition | Shaped | ClaimLine | Alias


def network(found: Sequence[Found]) -> tuple[Statement, ...]:
    """The statements of a page whose network stands in its own equations."""
    network = Network({})
    for one in found:
        if isinstance(one, Definition) and one.tells:
            network.defined.setdefault(one.name, one)
    claims = [one for one in found if isinstance(one, ClaimLine | Alias)]
    network.need(one.text for one in claims)
    claims += network.shapes([one for one in found if isinstance(one, Shaped)])
    claims.sort(key=lambda one: one.span.start)
    return (*network.head(), *network.forward(), *claims)


def words_of(text: str, keys: Collection[str] = ()) -> list[str]:
    r"""The names that may stand in a text, in ASCII: words with a known key, or else letters.

    >>> words_of(r"xW_1 + \tanh(b_1)")
    ['x', 'W1', 'b1']
    """
    found: list[str] = []
    for match in NAME.finditer(unadorned(text)):
        name = name_of(match[0].rstrip("'"))
        word = match["base"].lstrip("\\")
        if word in CALLS or name is None:
            continue
        rest = INDEX.sub("", name.text)
        whole = match["base"][0] == "\\" or ONE_WORD.fullmatch(word)
        if not whole and name_key(name.text) not in keys:
            found += word[:-1]
            rest = rest[len(word) - 1 :]
        found.append(rest)
    return found


@dataclass
class Network:
    """The definitions of a page by name; what is needed of them, and the shapes of names."""

    defined: dict[str, Definition]
    needed: dict[str, None] = field(default_factory=dict)
    dims: dict[str, Declare] = field(default_factory=dict)

    @cached_property
    def loss(self) -> str | None:
        """The name of the loss."""
        return next((name for name in LOSSES if name in self.defined), None)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The defined name that has a key: `y_hat` and `yhat` are one."""
        return {name_key(name): name for name in reversed(self.defined)}

    @cached_property
    def uses(self) -> dict[str, list[str]]:
        """The names in each definition, defined ones as they are defined."""
        return {name: self.words(one.text) for name, one in self.defined.items()}

    def words(self, text: str) -> list[str]:
        """The names in a text."""
        return [self.keys.get(name_key(word), word) for word in words_of(text, self.keys)]

    def need(self, texts: Iterable[str]) -> None:
        """Marks the names in the texts, and those that their definitions use."""
        waiting = [word for text in texts for word in self.words(text)]
        waiting += [self.loss] if self.loss else []
        while waiting:
            name = waiting.pop()
            if name not in self.needed:
                self.needed[name] = None
                waiting += self.uses.get(name, [])

    @property
    def rows(self) -> bool:
        """Whether samples are rows: an input stands before its weights."""
        for one in self.defined.values():
            if found := PRODUCT.match(unadorned(one.text)):
                return found["a"][:1].islower()
        return True

    def shapes(self, said: Sequence[Shaped]) -> Iterator[ClaimLine]:
        """Declares the names that have a shape; gives the shapes of formulas as claims."""
        for one in said:
            name = name_of(one.subject)
            own = self.keys.get(name_key(name.text), name.text) if name else ""
            if name and own not in self.defined and own in self.needed and own not in self.dims:
                dims = one.dims[::-1] if name.turned else one.dims
                self.dims[own] = self.declared(own, dims, one)
            elif name is None or own in self.defined or name.turned:
                yield one.claim()
        self.unsaid()

    def declared(self, name: str, dims: tuple[str, ...], one: Statement) -> Declare:
        """A symbol with a shape; a vector lies as the samples of the page do."""
        note = one.note
        if len(dims) == 1:
            note = f"a {'row' if self.rows else 'column'}, as the samples"
            dims = ("1", *dims) if self.rows else (*dims, "1")
        return Declare(kind_of(name), name, dims, line=one.line, span=one.span, note=note)

    def unsaid(self) -> None:
        """Shapes that follow: of what multiplies a matrix, and of the target."""
        known = {name: one.dims for name, one in self.dims.items()}
        for one in self.ordered():
            found = PRODUCT.match(unadorned(one.text))
            uses = self.uses[one.name]
            if found:
                a, b = ("".join(self.words(part)[:1]) for part in found.groups())
                self.factor(a, b, one.name, known, one)
            elif uses and uses[0] in known and one.name != self.loss:
                known[one.name] = known[uses[0]]
        self.target(known)

    def factor(
        self, a: str, b: str, name: str, known: dict[str, tuple[str, ...]], one: Definition
    ) -> None:
        """What the product `a b` says of the shapes of a vector, a matrix and the result."""
        vector, matrix = (a, b) if self.rows else (b, a)
        if len(known.get(matrix, ())) != 2:
            return
        inner, outer = known[matrix] if self.rows else known[matrix][::-1]
        known[name] = ("1", outer) if self.rows else (outer, "1")
        if vector not in known and vector not in self.defined and vector in self.needed:
            dims = known[vector] = ("1", inner) if self.rows else (inner, "1")
            note = f"`{vector}` is taken to be {' × '.join(dims)}, as it multiplies `{matrix}`"
            self.dims[vector] = Declare("input", vector, dims, line=one.line, note=note)

    def target(self, known: Mapping[str, tuple[str, ...]]) -> None:
        """A target without a shape has that of the last result."""
        results = [known[one.name] for one in self.ordered() if one.name in known]
        for name in self.needed:
            if TARGETS.fullmatch(name) and results and name not in (*self.defined, *self.dims):
                dims = results[-1]
                note = f"`{name}` is taken to be {' × '.join(dims)}, as the output"
                self.dims[name] = Declare("target", name, dims, note=note)

    def head(self) -> Iterator[Statement]:
        """Sizes, what a vector is, and the symbols."""
        sizes = {dim: None for one in self.dims.values() for dim in one.dims if not dim.isdecimal()}
        texts = [one.text for one in self.ordered()]
        sizes |= dict.fromkeys(counts(texts, {*self.defined, *self.dims}))
        if sizes:
            yield Dims(sizes)
        if self.dims:
            yield Orientation("row" if self.rows else "column")
        for one in self.dims.values():
            yield compared(one, texts, self.rows) if one.kind == "target" else one

    def forward(self) -> Iterator[Statement]:
        """The forward lines, the one of the loss by the word for it."""
        for one in self.ordered():
            made = Loss if one.name == self.loss else Let
            text, note = of_one_sample(one.text, self.words, self.defined)
            yield made(one.name, text, line=one.line, span=one.span, note=note or one.note)

    def ordered(self) -> Iterator[Definition]:
        """The definitions that are needed, each after those that it uses."""
        state: dict[str, bool] = {}
        for first in self.defined if self.needed else ():
            waiting = [first] if first in self.needed else []
            while waiting:
                name = waiting[-1]
                if name in state:
                    waiting.pop()
                    if not state[name]:
                        state[name] = True
                        yield self.defined[name]
                    continue
                state[name] = False
                inner = (one for one in self.uses[name] if one in self.defined)
                waiting += [one for one in inner if one not in state]


PRODUCT = re.compile(
    r"\s*(?P<a>\\?[A-Za-z]+(?:_\{?\w+\}?|\^\{?[(\[]?\w+[)\]]?\}?)?)(?:\s*@\s*|\s+|(?=[A-Z\\])|(?<=[\d}])(?=[a-z]))"
    r"(?P<b>\\?[A-Za-z](?:_\{?\w+\}?|\^\{?[(\[]?\w+[)\]]?\}?|\d+)?)(?![\w(])"
)


def kind_of(name: str) -> str:
    """What a symbol is, by its name."""
    if PARAMETERS.fullmatch(name):
        return "param"
    return "target" if TARGETS.fullmatch(name) else "input"
