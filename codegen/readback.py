"""Emitted text, read again and proved: each line against the equation that it should compute.

The text is parsed with Python's `ast` and read by `derive.notation`; it is not run. The statements
of the functions and of the `Workspace` act on terms (`codegen.execution`), and what a line leaves
under a name of the derivation is proved equal to that name's equation. So a fault in the plan, the
safe forms, the use of arrays or the writer shows, as long as the reader does not share it. What
the functions of `codegen.runtime` compute is taken on trust here: their tests compare values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from codegen.constructor import construct
from codegen.execution import Attribute, Machine
from codegen.memory import Fault, Held, Memory, Place
from codegen.orientation import TURNED
from codegen.plan import OUTPUT
from codegen.statements import fits
from derive.gradient import adjoint_name
from derive.proof import Prover
from derive.term import Term, Var, turned

FUNCTIONS = ("forward", "loss", "loss_and_gradients", "gradients")
WORKSPACE = "Workspace"


class Reading(NamedTuple):
    """One line of the text: where it stands, what it defines, and whether that was proved."""

    function: str
    line: int
    name: str
    text: str
    proved: bool
    reason: str = ""


def read_back(text: str, prover: Prover) -> tuple[Reading, ...]:
    """Every line of the functions and of the workspace, judged against the derivation.

    Raises ValueError where the text has none of them.
    """
    readings = tuple(_module(ast.parse(text), _Judge(text, prover)))
    if not readings:
        raise ValueError("the text defines none of " + ", ".join((*FUNCTIONS, WORKSPACE)))
    return readings


def expectations(prover: Prover) -> Mapping[str, Term]:
    """What each name stands for: forward equations, and the equations of the adjoints."""
    forward = {e.name: e.term for e in prover.gradients.derivation.equations}
    return {**forward, **prover.steps}


def _module(tree: ast.Module, judge: _Judge) -> Iterator[Reading]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS:
            machine = Machine(judge.shapes, Memory(judge.numbers), _arguments(node))
            yield from _Body(node, node.name, machine, judge).readings()
        if isinstance(node, ast.ClassDef) and node.name == WORKSPACE:
            yield from _workspace(node, judge)


def _workspace(node: ast.ClassDef, judge: _Judge) -> Iterator[Reading]:
    """The methods, each on arrays that hold nothing yet, for few samples and for many."""
    methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    constructor = methods.pop("__init__", None)
    for name, method in methods.items():
        readings = dict.fromkeys(
            reading
            for few in (True, False)
            for reading in _method(f"{WORKSPACE}.{name}", method, constructor, judge, few)
        )
        yield from sorted(readings, key=lambda one: one.line)


def _method(
    name: str,
    method: ast.FunctionDef,
    constructor: ast.FunctionDef | None,
    judge: _Judge,
    few: bool,
) -> Iterator[Reading]:
    """One method; `few` says which branches it takes, where it has any."""
    memory = Memory(judge.numbers)
    attributes: Mapping[str, Attribute] = {}
    try:
        attributes = construct(constructor, memory, few=few) if constructor else {}
    except Fault as fault:
        yield Reading(f"{WORKSPACE}.__init__", method.lineno, "", "", False, str(fault))
    if few or True in attributes.values() or False in attributes.values():
        machine = Machine(judge.shapes, memory, _arguments(method), attributes)
        yield from _Body(method, name, machine, judge).readings()


def _arguments(node: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in node.args.args]


Result = tuple[str, Held, ast.stmt | ast.expr]
"""The name that a returned value should be, the value, and where in the text it comes from."""


class _Judge:
    """What names stand for, and what was proved so far, in whichever function."""

    def __init__(self, text: str, prover: Prover) -> None:
        self.lines, self.prover = text.splitlines(), prover
        self.derivation = prover.gradients.derivation
        self.numbers = self.derivation.sizes
        straight = dict(expectations(prover))
        columns = {n: n + TURNED for n in straight if len(prover.shapes[n]) == 2}
        self.named = {t: turned(Var(n)) for n, t in columns.items()}
        self.shapes = {t: prover.shapes[n][::-1] for n, t in columns.items()} | prover.shapes
        self.expected = {t: turned(straight[n]) for n, t in columns.items()} | straight
        self.proved: dict[tuple[str, Term], bool] = {}

    def code(self, node: ast.stmt | ast.expr) -> str:
        """The text of a node, or its first line."""
        line = self.lines[node.lineno - 1].encode()
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        return line[node.col_offset : end].decode(errors="replace")

    def objection(self, name: str, held: Held) -> str:
        """Why a value is not what a name stands for; empty if it is proved that it is."""
        if not fits(held.shape, self.shapes[name]):
            return "the shape is another"
        key = (name, held.term)
        if key not in self.proved:
            self.proved[key] = self._equal(name, held.term)
        return "" if self.proved[key] else "not equal to its equation"

    def _equal(self, name: str, term: Term) -> bool:
        expected = self.expected[name]
        if term in (expected, Var(name)) or isinstance(expected, Var):
            return term in (expected, Var(name))
        shape = self.shapes[name]  # most lines speak of the very names that the equation has
        proof = self.prover.plain.directly(term, expected, shape)
        return (proof or self.prover.equal(term, expected, shape)) is not None


class _Body:
    """The lines of one function or method."""

    def __init__(
        self, node: ast.FunctionDef, function: str, machine: Machine, judge: _Judge
    ) -> None:
        self.node, self.function, self.machine, self.judge = node, function, machine, judge
        self.seen: set[str] = set()

    def readings(self) -> Iterator[Reading]:
        """Each line that gives a name of the derivation its value, and each that cannot be read."""
        yield from self._lines(self.node.body)

    def _lines(self, body: Sequence[ast.stmt]) -> Iterator[Reading]:
        for line in body:
            if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
                continue
            if isinstance(line, ast.If):
                yield from self._branch(line)
                continue
            try:
                yield from self._line(line)
            except Fault as fault:
                yield self._reading(line, _target(line), str(fault))
                self._assume(_target(line))

    def _branch(self, node: ast.If) -> Iterator[Reading]:
        """The lines of the branch that is taken."""
        try:
            body = self.machine.branch(node)
        except Fault as fault:
            yield self._reading(node, "", str(fault))
            return
        yield from self._lines(body)

    def _line(self, line: ast.stmt) -> Iterator[Reading]:
        if isinstance(line, ast.Return):
            for name, held, node in self._results(line):
                objection = self.judge.objection(name, held)
                if objection or name not in self.seen:
                    yield self._reading(node, name, objection)
            return
        self.machine.run(line)
        name = _target(line)
        if name in self.judge.expected:
            yield self._reading(line, name, self.judge.objection(name, self.machine.held(name)))
            self._assume(name)

    def _reading(self, node: ast.stmt | ast.expr, name: str, objection: str) -> Reading:
        self.seen.add(name)
        part = node.value if isinstance(node, ast.Assign) else node
        code = self.judge.code(part)
        return Reading(self.function, node.lineno, name, code, not objection, objection)

    def _assume(self, name: str) -> None:
        """From here on the name, and the array under it, hold what the name stands for."""
        if isinstance(self.judge.expected.get(name, Var(name)), Var):
            return
        held = Held(self.judge.named.get(name, Var(name)), self.judge.shapes[name])
        value = self.machine.names.get(name)
        if isinstance(value, Place):
            self.machine.memory.assume(value, held)
        else:
            self.machine.names[name] = held

    # ----------------------------------------------------------------------------------- results

    def _results(self, line: ast.Return) -> Iterator[Result]:
        """What is returned: the name that it should be, its value, and where that comes from."""
        loss, kind = self.judge.derivation.loss, self.function.rpartition(".")[2]
        values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
        wanted = {"forward": [OUTPUT], "loss": [loss], "loss_and_gradients": [loss, ""]}
        names = wanted.get(kind, [""])
        if len(names) != len(values):
            raise Fault(f"`{kind}` returns {len(names)} values")
        for name, value in zip(names, values, strict=True):
            if value is None:
                raise Fault("nothing is returned")
            if name:
                yield name, self.machine.value(value), line
            else:
                yield from self._gradients(value, line)

    def _gradients(self, value: ast.expr, line: ast.Return) -> Iterator[Result]:
        machine = self.machine
        table = machine.table(value)
        if set(table) != set(self.judge.prover.gradients.parameters):
            raise Fault("the gradients are not those of the parameters")
        for key, item in table.items():
            name = adjoint_name(key)
            if isinstance(item, Place):
                held = machine.memory.read(replace(item, turned=False))
                if item.turned:
                    held = Held(turned(held.term), held.shape[::-1])
                yield name, held, machine.written[item.array]
            else:
                yield name, item, line


def _target(line: ast.stmt) -> str:
    """The one name that a line assigns to."""
    match line:
        case ast.Assign([ast.Name(name)]):
            return name
    return ""
