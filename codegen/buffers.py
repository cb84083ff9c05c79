"""Statements -> the arrays that they write to: liveness, reuse, and results in place.

An array is used again when the value in it is needed no more; an operation entry by entry takes
over the array of an operand that it is the last to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from codegen.runtime import FRESH, WORK
from codegen.statements import Statement
from derive.ops import put
from derive.shape import ONE, Dim, Shape
from derive.term import Apply, Var, variables

BATCH = "batch"
ELSEWHERE = frozenset({"matmul", "sum", *FRESH})
"""The ops whose result cannot take the place of an operand."""

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
    free: list[str] = field(default_factory=list)

    def form(self, shape: Shape, dtype: str = "dtype") -> Form:
        """The form of an array of this shape."""
        return tuple(self._size(dim) for dim in shape), dtype

    def _size(self, dim: Dim) -> str:
        unknown = [p for p in dim.parts if isinstance(p, str) and p not in self.sizes]
        return BATCH if unknown else str(dim.size(self.sizes))

    def take(self, form: Form) -> str:
        """An array of the form: the one that was used last."""
        name = next((name for name in reversed(self.free) if self.forms[name] == form), None)
        if name is None:
            prefix = "mask" if form[1] == "bool" else self.prefix
            name = f"{prefix}{sum(own[1] == form[1] for own in self.forms.values()) + 1}"
            self.forms[name] = form
        else:
            self.free.remove(name)
        return name

    def all_ones(self, form: Form) -> str:
        """An array of ones, which nothing is written to."""
        return self.ones.setdefault(form, f"ones{len(self.ones) + 1}")

    def give(self, name: str) -> None:
        """Returns an array."""
        self.free.append(name)

    def give_all(self) -> None:
        """Returns every array."""
        self.free = list(reversed(self.forms))


def place(
    made: Sequence[Statement], owned: Iterable[str], pool: Pool
) -> tuple[tuple[Placed, ...], Mapping[str, str]]:
    """Each statement with its arrays, and the array of each name; `owned` names have their own."""
    placing = _Placing(made, owned, pool)
    placed = tuple(placing.place(at, statement) for at, statement in enumerate(made))
    return placed, placing.homes


class _Placing:
    """Where values live, and until when."""

    def __init__(self, made: Sequence[Statement], owned: Iterable[str], pool: Pool) -> None:
        self.pool = pool
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

    def _root(self, name: str) -> str:
        """The name under which a value was computed."""
        return self.roots.get(name, name)

    def place(self, at: int, statement: Statement) -> Placed:
        """The arrays of one statement, before it returns those that it is the last to need."""
        if statement.is_number:
            return self._released(at, Placed(statement, ""))
        if statement.is_alias:
            root = self._root(statement.target)
            self.homes[statement.target] = self.homes.get(root, root)
            return self._released(at, Placed(statement, self.homes[statement.target]))
        if statement.target not in self.homes:
            self.homes[statement.target] = self._home(at, statement)
        work = self._ones(statement) or tuple(map(self.pool.take, self._work(statement)))
        for name in work:
            if name in self.pool.forms:
                self.pool.give(name)
        return self._released(at, Placed(statement, self.homes[statement.target], work))

    def _home(self, at: int, statement: Statement) -> str:
        """The array of an operand that is read for the last time, or another one."""
        term, form = statement.term, self.pool.form(statement.shape)
        whole = statement.part is None and not statement.copies
        if whole and isinstance(term, Apply) and term.op not in ELSEWHERE:
            for root in (self._root(a.name) for a in term.args if isinstance(a, Var)):
                home = self.homes.get(root, "")
                if self.last[root] == at and self.pool.forms.get(home) == form:
                    return home
        return self.pool.take(form)

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
