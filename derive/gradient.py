"""Reverse mode over the program: one named adjoint per node, in normal form.

The adjoint of a node is the sum, over the ops that use it, of their vector-Jacobian products. An
adjoint is a name in the adjoints before it, never expanded into them, so the work is linear in
depth and no width plays a part. Only where expanding makes the formula shorter (softmax into
cross-entropy: `yhat - y`) is a name replaced by what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from derive.diagnostic import refuse
from derive.facts import rules_for
from derive.flatten import Program, flatten, is_hidden
from derive.infer import shapes_of
from derive.local import HERE, OUT, Pattern, free_entry, pattern, vjp
from derive.lower import PolyCalculus, operand
from derive.normal import normal
from derive.poly import ONE, ZERO, Atom, Mono, Poly, factor, number, rename, replace_atoms
from derive.rules import Rules
from derive.shape import Dim, Shape
from derive.slots import Slot, is_index, range_of
from derive.term import Apply, Const, Derivation, Term, Var

TERMS = 64
"""The longest adjoint of an unnamed result that is written out in the adjoints before it."""


def adjoint_name(name: str) -> str:
    """The name of dL/d(name)."""
    return f"d{name}"


class Use(NamedTuple):
    """How a name is used: as operand `place` of `op`, in the equation of `user`."""

    op: str
    place: int
    user: str


class Adjoint(NamedTuple):
    """dL/d(name): a sum of products over forward names and later adjoints; facts it relies on.

    `uses`: the ops through which the loss depends on it, nearest first.
    """

    name: str
    value: Poly
    shape: Shape
    facts: tuple[str, ...]
    uses: tuple[Use, ...]


class Backward(NamedTuple):
    """The adjoints in the order of computation (loss first), the program they belong to, and the
    rules that its normal forms are made by."""

    program: Program
    adjoints: Sweep
    rules: Rules


def backward(derivation: Derivation) -> Backward:
    """The adjoint of every name that the loss depends on, each found when it is first asked for.

    Raises DeriveError, then too, where a formula has no index form.
    """
    shapes = shapes_of(derivation)
    program = flatten(derivation, shapes)
    rules = rules_for(derivation, shapes)
    return Backward(program, Sweep(derivation, program, rules), rules)


class Sweep(Mapping[str, Adjoint]):
    """One reverse pass: contributions collected per name, then named or kept to be inlined.

    It goes no farther than it is asked to: the adjoint of a name is found after those of its users,
    once. Adjoints that may be named stand in `order`; of a hidden name, only a long one is.
    """

    def __init__(self, derivation: Derivation, program: Program, rules: Rules) -> None:
        self.program, self.rules = program, rules
        self.inputs = {s.name for s in derivation.symbols if s.kind in ("param", "input")}
        self.users: dict[str, list[tuple[str, int]]] = {self._target(derivation.loss): []}
        for name in reversed(program.nodes):
            for place, arg in enumerate(program.nodes[name].args if name in self.users else ()):
                if isinstance(arg, Var) and self._matters(arg.name):
                    self.users.setdefault(arg.name, []).append((name, place))
        names = (*reversed(program.nodes), *(symbol.name for symbol in derivation.symbols))
        self.order = tuple(name for name in names if name in self.users)
        self.inlined: dict[str, Poly] = {}
        self.facts: dict[str, frozenset[str]] = {}
        self.named: dict[str, Adjoint] = {}
        self.uses: dict[str, tuple[Use, ...]] = {}
        self.patterns: dict[str, Pattern] = {}

    def __getitem__(self, name: str) -> Adjoint:
        if name not in self.named:
            self._reach(name)
        return self.named[name]

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str) and is_hidden(name):
            self._reach(name)
            return name in self.named
        return name in self.users

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.order if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _reach(self, name: str) -> None:
        """Settles the users of a name, theirs before them, and the name itself."""
        todo = [name] if name in self.users else []
        while todo:
            before = [user for user, _ in self.users[todo[-1]] if user not in self.facts]
            todo += before
            if not before and (last := todo.pop()) not in self.facts:
                self._settle(last)

    def _target(self, name: str) -> str:
        term = self.program.aliases.get(name, Var(name))
        if not isinstance(term, Var):
            raise refuse("D206", f"the loss `{name}` is a constant")
        return term.name

    def _settle(self, name: str) -> None:
        """The adjoint of a node whose users are all done: named, or inlined if it has no name."""
        users = self.users[name]
        incoming = [(user, self._sent(user, place)) for user, place in users] or [("", ONE)]
        value, given = self._shortest(incoming)
        self.uses[name] = tuple(use for user, place in users for use in self._used(user, place))
        if (is_hidden(name) and len(value.terms) <= TERMS) or value == ONE:
            self.inlined[name] = value
        if not (is_hidden(name) and name in self.inlined):
            facts, shape = tuple(sorted(given)), self.program.shapes[name]
            self.named[name] = Adjoint(name, value, shape, facts, self.uses[name])
        self.facts[name] = given

    def _used(self, user: str, place: int) -> tuple[Use, ...]:
        """How a name is used by a node, and how that is, where it has no name."""
        later = self.uses[user] if is_hidden(user) else ()
        return (Use(self.program.nodes[user].op, place, user), *later)

    def _shortest(self, incoming: list[tuple[str, Poly]]) -> tuple[Poly, frozenset[str]]:
        """The sum of the contributions, each with its adjoint by name or expanded; its facts."""
        whole = sum((part for _, part in incoming), ZERO)
        given = self._given(user for user, _ in incoming if user in self.inlined)
        kept, used = self._reduced(whole)
        if any(user and user not in self.inlined for user, _ in incoming):
            opened, more = self._reduced(self._opened(whole))
            if cost(opened) < cost(kept):
                return opened, given | more | self._given(self._adjoints(whole))
        return kept, given | used | self._given(self._adjoints(kept))

    def _reduced(self, value: Poly) -> tuple[Poly, frozenset[str]]:
        """The normal form, and the facts that it took."""
        self.rules.used.clear()
        reduced = normal(value, self.rules)
        return reduced, frozenset(self.rules.used)

    def _given(self, names: Iterable[str]) -> frozenset[str]:
        """The facts on which the adjoints of these names rely."""
        return frozenset[str]().union(*(self.facts[name] for name in names))

    def _adjoints(self, value: Poly) -> Iterator[str]:
        """The names whose adjoints stand in a polynomial."""
        return (h[1:] for h in heads(value) if h.startswith("d") and h[1:] in self.named)

    def _opened(self, value: Poly) -> Poly:
        """The polynomial with the names of adjoints replaced by what they stand for."""

        def change(atom: Atom) -> Poly | None:
            before = self.named.get(atom.head[1:]) if atom.head.startswith("d") else None
            if before is None or len(before.value.terms) > TERMS:
                return None
            return at(before.value, before.shape, atom.slots)

        return replace_atoms(replace_atoms(value, change), self._written)

    def _written(self, atom: Atom) -> Poly | None:
        """An unnamed sum or product of the forward pass (`1 - yhat`), by its formula."""
        term = self.arithmetic.get(atom.head)
        if term is None:
            return None
        return operand(term, self.program.shapes, PolyCalculus(self.rules)).at(atom.slots)

    def _sent(self, name: str, place: int) -> Poly:
        """The contribution of one op to the adjoint of one of its operands."""
        node = self.program.nodes[name]
        if name not in self.patterns:
            self.patterns[name] = pattern([self._shape(arg) for arg in node.args], node.attrs)
        numbered = self.patterns[name]
        template = vjp(node.op, numbered.attrs, numbered.shapes, place)
        return self._filled(resized(template, numbered), name, node)

    @cached_property
    def arithmetic(self) -> dict[str, Term]:
        """The unnamed sums and products of the forward pass, by their formulas."""
        return self.program.arithmetic()

    def _shape(self, arg: Term) -> Shape:
        return self.program.shapes[arg.name] if isinstance(arg, Var) else ()

    def _matters(self, name: str) -> bool:
        """Whether a name has a gradient: sizes such as N, targets and constants have none."""
        return name in self.program.nodes or name in self.inputs

    def _filled(self, template: Poly, name: str, node: Apply) -> Poly:
        """The template with the node's operands, value and adjoint in the places kept for them."""

        def change(atom: Atom) -> Poly | None:
            if atom.head == OUT:
                return self._adjoint(name, atom.slots)
            if atom.head == HERE:
                return factor(name, *atom.slots)
            if atom.head.startswith("@"):
                return _value(node.args[int(atom.head[1:])], atom.slots)
            return None

        return replace_atoms(template, change)

    def _adjoint(self, name: str, slots: tuple[Slot, ...]) -> Poly:
        if name in self.inlined:
            return at(self.inlined[name], self.program.shapes[name], slots)
        return factor(adjoint_name(name), *slots)


def _value(arg: Term, slots: tuple[Slot, ...]) -> Poly:
    if isinstance(arg, Const):
        return number(arg.value)
    assert isinstance(arg, Var)
    return factor(arg.name, *slots)


def at(value: Poly, shape: Shape, slots: tuple[Slot, ...]) -> Poly:
    """A tensor given by its general entry, read at `slots`."""
    pairs = zip(free_entry(shape), slots, strict=True)
    return rename(value, {place[0][0]: to for place, to in pairs if place})


def heads(value: Poly) -> set[str]:
    """The names in a polynomial, in arguments of functions too."""
    found: set[str] = set()
    for term in value.terms:
        for atom, _ in term.factors:
            found.add(atom.head)
            if atom.arg is not None:
                found |= heads(atom.arg)
    return found


def cost(value: Poly) -> int:
    """How long a formula reads: factors, exponents and sums count, numbers and sizes do not."""
    return sum(1 + 2 * len(t.bound) + sum(map(_weight, t.factors)) for t in value.terms)


def _weight(item: tuple[Atom, Fraction]) -> int:
    atom, power = item
    if not atom.slots and atom.arg is None:
        return 0
    return 1 + (power != 1) + (cost(atom.arg) if atom.arg is not None else 0)


def resized(template: Poly, numbered: Pattern) -> Poly:
    """A template with the sizes of the pattern's operands in place of `d0`, `d1`, ..."""
    names = {f"d{place}": name for place, name in enumerate(numbered.names)}
    return Poly(tuple(_resized_term(term, names) for term in template.terms))


def _resized_term(term: Mono, names: Mapping[str, str]) -> Mono:
    factors = tuple((_resized_atom(atom, names), power) for atom, power in term.factors)
    return Mono(term.coef, factors, tuple(_resized_symbol(name, names) for name in term.bound))


def _resized_atom(atom: Atom, names: Mapping[str, str]) -> Atom:
    slots = tuple(tuple(sorted((_resized_symbol(s, names), c) for s, c in p)) for p in atom.slots)
    arg = None if atom.arg is None else Poly(tuple(_resized_term(t, names) for t in atom.arg.terms))
    return Atom(names.get(atom.head, atom.head), slots, arg)


def _resized_symbol(symbol: str, names: Mapping[str, str]) -> str:
    if not is_index(symbol):
        return names.get(symbol, symbol)
    parts = (names.get(p, p) if isinstance(p, str) else p for p in range_of(symbol).parts)
    return f"{symbol.partition('|')[0]}|{Dim(tuple(parts))}"
