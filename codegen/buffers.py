"""Statements -> the arrays that they write to: liveness, reuse, and results in place.

An array is used again when the value in it is needed no more; an operation entry by entry takes
over the array of an operand that it is the last to read. Of `[1; A]` there is one array: its first
row keeps the ones, and A is computed in the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from codegen.costs import DOT_ENTRIES
from codegen.runtime import FRESH, WORK
from codegen.statements import TEMPORARY, Statement
from derive.ops import put
from derive.shape import ONE, Dim, Shape, dim
from derive.term import Apply, Var, variables

BATCH = "batch"
FEW = "few"
"""The batch, if it is small enough for calls that serve several layers at once; else 0."""

ELSEWHERE = frozenset({"matmul", "sum", *FRESH})
"""The ops whose result cannot take the place of an operand."""

SAMPLES, TWO = dim("N"), dim(2)
FEW_SAMPLES = dim(f"{TEMPORARY}{FEW}")

JOINED = "joined"
"""The kind of an array whose first row is ones."""

NUMBERS = {"1": "one", "2": "two", BATCH: "samples"}
"""The names of arrays that hold a number."""

SLOPE = "slope"
"""The kind of a block of an array that holds the same factor of several layers."""

GIVEN = "given"
"""The kind of an array whose first column is ones."""

PREFIXES = {"bool": "mask", JOINED: "joined", SLOPE: "slope", GIVEN: "given"}
REST = "rest"

Form = tuple[tuple[str, ...], str]
"""The sizes of an array, as the constructor writes them, and its dtype."""


class Placed(NamedTuple):
    """A statement, the array that it writes to, and those that it computes in or with.

    `home` of a number is empty, of an alias the array that has the value.
    """

    statement: Statement
    home: str
    work: tuple[str, ...] = ()


@dataclass
class Pool:
    """The arrays of a workspace by their form; a free one is taken before a new one is made."""

    prefix: str
    sizes: Mapping[str, int]
    forms: dict[str, Form] = field(default_factory=dict)
    ones: dict[Form, str] = field(default_factory=dict)
    pads: dict[Form, str] = field(default_factory=dict)
    joined: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    laid: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    free: list[str] = field(default_factory=list)

    def form(self, shape: Shape, dtype: str = "dtype") -> Form:
        """The form of an array of this shape."""
        return tuple(self._size(dim) for dim in shape), dtype

    def _size(self, dim: Dim) -> str:
        if dim == FEW_SAMPLES:
            return FEW
        unknown = [p for p in dim.parts if isinstance(p, str) and p not in self.sizes]
        return BATCH if unknown else str(dim.size(self.sizes))

    def take(self, form: Form) -> str:
        """An array of the form: the one that was used last."""
        name = next((name for name in reversed(self.free) if self.forms[name] == form), None)
        if name is None:
            return self._made(form)
        self.free.remove(name)
        return name

    def _made(self, form: Form) -> str:
        """A new array, named by its kind."""
        prefix = PREFIXES.get(form[1], self.prefix)
        name = f"{prefix}{sum(own.startswith(prefix) for own in self.forms) + 1}"
        self.forms[name] = form
        return name

    def keep(self, name: str) -> None:
        """From here on the array is no free one when a method begins."""
        self.kept.add(name)
        self.free = [one for one in self.free if one != name]

    def cut(self, whole: str, start: int, stop: int, kind: str) -> str:
        """Some rows of an array under a name of their own."""
        name = self._made(((str(stop - start), *self.forms[whole][0][1:]), kind))
        self.blocks[name] = f"{whole}[{start}:{stop}]"
        self.kept.add(name)
        return name

    def all_ones(self, form: Form) -> str:
        """An array of ones, which nothing is written to."""
        return self.ones.setdefault(form, f"ones{len(self.ones) + 1}")

    def number(self, text: str) -> str:
        """An array of no axis that holds a number: NumPy takes one sooner than Python's numbers."""
        return self.numbers.setdefault(text, NUMBERS.get(text, f"number{len(self.numbers) + 1}"))

    def pad(self, form: Form) -> str:
        """An array of zeros, of which a product of one sample fills one row or column."""
        return self.pads.setdefault(form, f"pad{len(self.pads) + 1}")

    def take_joined(self, whole: Form, rest: Form) -> str:
        """The rest of an array whose first row is ones."""
        return self.rest(self.take((whole[0], JOINED)), rest)

    def rest(self, name: str, form: Form) -> str:
        """What is below the first row of an array."""
        view = self.joined.setdefault(name, f"{REST}{len(self.joined) + 1}")
        self.forms[view] = form
        return view

    def whole(self, view: str) -> str:
        """The array of which a view is the rest."""
        return next(name for name, rest in self.joined.items() if rest == view)

    def give(self, name: str) -> None:
        """Returns an array."""
        self.free.append(self.whole(name) if name in self.joined.values() else name)

    def give_all(self) -> None:
        """Returns every array, but those that are kept for one value."""
        used = self.kept | set(self.joined.values())
        self.free = [name for name in reversed(self.forms) if name not in used]


def place(
    made: Sequence[Statement], owned: Iterable[str], pool: Pool
) -> tuple[tuple[Placed, ...], Mapping[str, str]]:
    """Each statement with its arrays, and the array of each name; `owned` names have their own."""
    placing = _Placing(made, owned, pool)
    placed = tuple(placing.place(at, statement) for at, statement in enumerate(made))
    return placed, placing.homes


def is_small(shape: Shape, sizes: Mapping[str, int]) -> bool:
    """Whether a result is so small that np.dot is the quicker product."""
    return math.prod(dim.size(sizes) for dim in shape) <= DOT_ENTRIES


def is_outer(statement: Statement, sizes: Mapping[str, int]) -> bool:
    """Whether a statement is a product over the samples with a large result."""
    term, inner = statement.term, statement.inner
    if inner is None or not (inner == SAMPLES or inner.is_one) or not isinstance(term, Apply):
        return False
    return term.op == "matmul" and not is_small(statement.shape, sizes)


def pads(statement: Statement, pool: Pool) -> tuple[str, ...]:
    """What a large sum over the samples needs where there is one: it is an outer product."""
    if not is_outer(statement, pool.sizes):
        return ()
    rows, columns = statement.shape
    return tuple(pool.pad(pool.form(shape)) for shape in ((rows, TWO), (TWO, columns)))


class _Placing:
    """Where values live, and until when."""

    def __init__(self, made: Sequence[Statement], owned: Iterable[str], pool: Pool) -> None:
        self.pool, self.made = pool, made
        self.homes = {name: name for name in owned}
        self.roots: dict[str, str] = {}
        self.last: dict[str, int] = {}
        for at, statement in enumerate(made):
            for name in variables(statement.term):
                self.last[self._root(name)] = at
            if statement.is_alias:
                self.roots[statement.target] = self._root(variables(statement.term)[0])
            else:
                self.last[statement.target] = at
        self.joins = dict(self._chains())
        self.views: dict[str, str] = {}

    def _root(self, name: str) -> str:
        """The name under which a value was computed."""
        return self.roots.get(name, name)

    def place(self, at: int, statement: Statement) -> Placed:
        """The arrays of one statement, before it returns those that it is the last to need."""
        if statement.is_number:
            return self._released(at, Placed(statement, ""))
        if statement.is_alias:
            root = self._root(statement.target)
            home = self.homes.get(root, root)
            self.homes[statement.target] = self.pool.whole(home) if statement.joins else home
            return self._released(at, Placed(statement, self.homes[statement.target]))
        if statement.target not in self.homes:
            self.homes[statement.target] = self._home(at, statement)
        work = (
            self._ones(statement)
            or pads(statement, self.pool)
            or tuple(map(self.pool.take, self._work(statement)))
        )
        for name in work:
            if name in self.pool.forms:
                self.pool.give(name)
        return self._released(at, Placed(statement, self.homes[statement.target], work))

    def _home(self, at: int, statement: Statement) -> str:
        """The array of an operand that is read for the last time, or another one."""
        if statement.target in self.pool.laid:
            return self.pool.laid[statement.target]
        if statement.target in self.joins:
            return self._joined(self.joins[statement.target])
        form = self.pool.form(statement.shape)
        homes = (self.homes.get(root, "") for root in self._overwritten(at, statement))
        own = next((home for home in homes if self.pool.forms.get(home) == form), None)
        return own or self.pool.take(form)

    def _overwritten(self, at: int, statement: Statement) -> Iterator[str]:
        """The operands whose place the result may take: the statement is the last to read them."""
        term = statement.term
        whole = statement.part is None and not statement.copies
        if whole and isinstance(term, Apply) and term.op not in ELSEWHERE:
            roots = (self._root(a.name) for a in term.args if isinstance(a, Var))
            yield from (root for root in roots if self.last.get(root) == at)

    def _joined(self, whole: Statement) -> str:
        """The rest of the array that a statement joins with ones."""
        if self._root(whole.target) in self.pool.laid:
            return self.pool.laid[self._root(whole.target)]
        if whole.target not in self.views:
            top, *others = whole.shape
            forms = self.pool.form(whole.shape), self.pool.form((Dim(top.parts[1:]), *others))
            self.views[whole.target] = self.pool.take_joined(*forms)
        return self.views[whole.target]

    def _chains(self) -> Iterator[tuple[str, Statement]]:
        """The values that are computed in a joined array: A, and those that it takes over."""
        makers = {s.target: (at, s) for at, s in enumerate(self.made) if not s.is_alias}
        for whole in self.made:
            name = self._root(whole.target) if whole.joins else ""
            while name in makers:
                yield name, whole
                operands = self._overwritten(*makers[name])
                name = next((one for one in operands if one not in self.homes), "")

    def _ones(self, statement: Statement) -> tuple[str, ...]:
        """The ones by whose product a sum along an axis is computed: BLAS is quicker at it."""
        term, inner = statement.term, statement.inner
        if not isinstance(term, Apply) or term.op != "sum" or inner is None:
            return ()
        form = self.pool.form((ONE, inner) if term.attrs[0] == 0 else (inner, ONE))
        return (self.pool.all_ones(form),)

    def _work(self, statement: Statement) -> list[Form]:
        term, shape = statement.term, statement.shape
        if not isinstance(term, Apply) or statement.copies:
            return []
        if statement.is_turned and statement.part is None:
            return [self.pool.form(shape[::-1])]
        forms = []
        for kind in WORK.get(term.op, ()):
            if kind == "row":
                (axis,) = term.attrs
                assert isinstance(axis, int)
                forms.append(self.pool.form(put(shape, axis, ONE)))
            else:
                forms.append(self.pool.form(shape, "bool" if kind == "mask" else "dtype"))
        return forms

    def _released(self, at: int, placed: Placed) -> Placed:
        """Returns the arrays whose values are read for the last time here."""
        target = placed.statement.target
        roots = {self._root(name) for name in variables(placed.statement.term)}
        for root in sorted(roots | {self._root(target)}):
            home = self.homes.get(root, "")
            taken = home == placed.home and root != self._root(target)
            if self.last.get(root, at) == at and home in self.pool.forms and not taken:
                self.pool.give(home)
        return placed
