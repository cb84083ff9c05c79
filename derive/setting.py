"""Statements -> what a document sets out: names, sizes, the forward program; and its claims.

Every claim keeps the names, aliases and signs that hold where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from derive import statement as said
from derive.aliases import alias_of
from derive.dense import Stack
from derive.diagnostic import DeriveError, Diagnostic, refuse
from derive.elaborate import Elaborator
from derive.facts import with_axes
from derive.infer import shapes_of
from derive.layers import stack
from derive.notation.claims import read_claim
from derive.notation.code import is_code_alone
from derive.notation.quantities import read_quantity
from derive.notation.spelling import suggestion
from derive.ops import ShapeMismatch
from derive.scope import Scope
from derive.selection import hot, selection_name
from derive.shape import Dim, Shape, shape_text
from derive.sizes import said_dim
from derive.tensors import Value, solid
from derive.term import Derivation, Equation, Symbol, Term, Var, apply, const
from derive.values import Value as Constant

SIGNS: Mapping[str, str] = {"@": "matmul", "∘": "mul", "*": "mul"}
"""Right sides of `alias \\cdot = ∘`: what a sign may be said to mean."""


@dataclass(frozen=True)
class Asked:
    """A claim as the document has it, and what its names mean there."""

    line: said.ClaimLine
    scope: Scope
    given: Mapping[str, Term]


@dataclass
class Setting:
    """What the statements so far set out. Shapes are as declared: `(D,)` has one axis."""

    symbols: list[Symbol] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    given: dict[str, Term] = field(default_factory=dict)
    given_shapes: dict[str, Shape] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    vectors: str = ""
    loss: str = ""
    network: Stack | None = None
    option: str | None = None
    failures: dict[str, Diagnostic] = field(default_factory=dict)
    claims: list[Asked] = field(default_factory=list)

    def scope(self) -> Scope:
        """What a formula may use here; a given name goes before a declared one."""
        shapes = {**self.shapes, **self.given_shapes}
        for notation in self.spelled:
            if self.shapes.get(notation) == () and notation not in self.constants:
                del shapes[notation]  # `as h` goes before a size that is called h
        return Scope(shapes, dict(self.spelled), (), dict(self.signs), self.loss or "L")

    def claimed(self, line: said.ClaimLine) -> Asked:
        """A claim with what its names mean here. An alias may speak of names given after it."""
        return Asked(line, self.aliased(), dict(self.given))

    def aliased(self) -> Scope:
        """What a formula may use here, also by other spellings."""
        scope = self.scope()
        aliases = tuple(alias_of(written, text, scope) for written, text in self.aliases.items())
        return replace(scope, aliases=aliases)

    def add(self, statement: said.Statement) -> None:
        """Take one statement. Raises DeriveError where it does not fit those before."""
        match statement:
            case said.Dims(sizes=sizes):
                self.sized(sizes)
            case said.Stack(text=text, options=options):
                self.stacked(stack(text, **dict[str, Any](options)))
            case said.Orientation(vectors=vectors):
                self.vectors = vectors
            case said.Declare():
                self.declare(statement)
            case said.Let(name=name, text=text):
                self.let(name, text)
            case said.Loss(name=name, text=text):
                self.lost(name, text)
            case said.Given(name=name, text=text):
                self.give(name, text)
            case said.Alias(written=written, text=text):
                self.alias(written, text)
            case said.ClaimLine():
                self.claims.append(self.claimed(statement))

    def sized(self, sizes: Mapping[str, int | None]) -> None:
        """Names of sizes, and the numbers that are known."""
        for name, size in sizes.items():
            self.shapes[name] = ()
            if size is not None:
                self.sizes[name] = size

    def loose_sizes(self) -> list[str]:
        """The names of sizes, also of those that no array has."""
        made = {s.name for s in self.symbols} | {e.name for e in self.equations}
        return [name for name, shape in self.shapes.items() if not shape and name not in made]

    def stacked(self, network: Stack) -> None:
        """The names of a stack of layers; `option` is for one that leaves its reduction open."""
        if self.option and not (network.stated or network.single):
            single = self.option == "single"
            reduction = "sum" if single else self.option
            network = replace(network, reduction=reduction, single=single)
        derivation = network.derivation
        self.network, self.loss = network, derivation.loss
        self.symbols += derivation.symbols
        self.equations += derivation.equations
        self.shapes |= shapes_of(derivation)
        self.sizes |= derivation.sizes
        self.vectors = self.vectors or ("column" if network.layout == "column" else "row")

    def declare(self, line: said.Declare) -> None:
        """A symbol."""
        self.fresh(line.name)
        shape = tuple(said_dim(text) for text in line.dims)
        for dim in shape:
            self.shapes.update({part: () for part in dim.parts if isinstance(part, str)})
        self.symbols.append(Symbol(line.name, shape, line.kind, with_axes(line.facts, shape)))
        self.shapes[line.name] = shape
        if line.value is not None:
            self.constants[line.name] = line.value
        if line.notation:
            self.spelled[line.notation] = line.name

    def fresh(self, name: str) -> None:
        """Refuse a name that is given twice."""
        if any(name == s.name for s in self.symbols) or any(name == e.name for e in self.equations):
            raise refuse("D102", f"`{name}` is given twice")

    def let(self, name: str, text: str) -> None:
        """A forward equation."""
        self.fresh(name)
        value = self.forward(text)
        made = solid(value)
        if isinstance(made, Var):
            made = apply("mul", made, const(1))
        self.equations.append(Equation(name, made))
        self.shapes[name] = value.shape

    def forward(self, text: str) -> Value:
        """The right side of a forward equation, in NumPy notation or any other."""
        try:
            return self.elaborator(text).value(read_quantity(text, self.scope()))
        except DeriveError as error:
            if error.diagnostic.code.startswith("D2") or is_code_alone(text):
                raise
        term = read_claim(text, self.aliased()).links[-1].term
        return replace(self.elaborator(text), vectors=self.vectors or "column").value(term)

    def elaborator(self, text: str) -> Elaborator:
        """What settles the formulas of the forward program, which are NumPy text."""
        made = Elaborator(self.shapes, text=text, sizes=self.sizes, chosen=self.selection)
        return replace(made, columns=self.vectors == "column")

    def selection(self, index: str, dim: Dim) -> str:
        """The matrix, one 1 in a row, that picks rows: `W[idx]` is a product with it."""
        name = selection_name(index, dim)
        if name not in self.shapes:
            self.shapes[name] = shape = (*self.shapes[index], dim)
            self.symbols.append(Symbol(name, shape, "const", ("one-hot axis=1",)))
            if index in self.constants:
                self.constants[name] = hot(self.constants[index], dim, self.sizes)
        return name

    def known_selection(self, index: str, dim: Dim) -> str:
        """That matrix, where the forward program picks rows so."""
        name = selection_name(index, dim)
        if name not in self.shapes:
            raise ShapeMismatch(
                "axis", f"nothing is picked by `{index}` along {dim} in this network"
            )
        return name

    def once(self, index: str) -> bool:
        """Whether an index is known to hold no place twice."""
        rows = self.constants.get(index)
        return isinstance(rows, tuple) and len(set(rows)) == len(rows)

    def lost(self, name: str, text: str | None) -> None:
        """The loss, with its equation unless it has one."""
        if text is not None:
            self.own_loss(name, text)
        elif name not in self.shapes:
            help = suggestion(name, self.shapes)
            raise refuse("D101", f"the loss `{name}` has no equation", help=help)
        self.loss = name

    def own_loss(self, name: str, text: str) -> None:
        """A loss by its equation, which goes before that of a stack."""
        if self.network is None or name != self.loss:
            self.fresh(name)
        try:
            value = self.forward(text)
            if self.network and not value.single:
                raise refuse("D206", f"the loss is {shape_text(value.shape)}, and not a number")
        except DeriveError:
            self.unstaged()
            raise
        one = value.shape and value.single  # a row times a column
        term = apply("sum", solid(value), attrs=(None, False)) if one else solid(value)
        self.equations = [old for old in self.equations if old.name != name]
        self.equations.append(Equation(name, term))
        self.shapes[name] = () if value.single else value.shape

    def unstaged(self) -> None:
        """The stack alone, where a page's own way to the loss is not understood."""
        own = self.network.derivation.equations if self.network else self.equations
        for name in {one.name for one in self.equations} - {one.name for one in own}:
            del self.shapes[name]
        self.equations = list(own)

    def give(self, name: str, text: str) -> None:
        """A name for a derivative, from here on."""
        self.aliases.pop(name, None)
        term = read_quantity(text, self.scope())
        self.given[name], self.given_shapes[name] = term, ()
        made = Elaborator(self.shapes, self._like, sizes=self.sizes)
        try:
            self.given_shapes[name] = made.value(term).shape
        except DeriveError:
            return  # a Jacobian, whose arrangement each claim settles for itself

    def _like(self, name: str) -> Value | None:
        """A derivative as far as its shape goes: that of a number is like what it is by."""
        of, sign, wrt = name[1:].partition("/d")
        if not sign or wrt not in self.shapes or self.shapes.get(of) != ():
            return None
        return Value(Var(wrt), self.shapes[wrt])

    def alias(self, written: str, text: str) -> None:
        """What a spelling stands for from here on."""
        self.aliases.pop(written, None)
        self.signs.pop(written, None)
        if text in SIGNS:
            self.signs[written] = SIGNS[text]
        else:
            self.aliases[written] = text

    def derivation(self, loss: str) -> Derivation:
        """The forward program, to be differentiated from one of its names."""
        return Derivation(tuple(self.symbols), tuple(self.equations), loss, self.sizes)


def setting_of(lines: Iterable[said.Statement], start: Setting | None = None) -> Setting:
    """What a document sets out. What a statement fails of is kept, and told where it is missed."""
    made = start or Setting()
    for statement in lines:
        try:
            made.add(statement)
        except DeriveError as error:
            found = error.diagnostic
            message = f"line {statement.line}: {found.message}"
            name = getattr(statement, "name", f"line {statement.line}")
            made.failures.setdefault(name, replace(found, message=message))
    return made
