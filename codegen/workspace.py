"""The `Workspace` of an emitted module: the same lines, written into buffers that it owns.

Every array is allocated once. A buffer is used again when the value in it is needed no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from codegen.plan import VIEWS, Line, Plan
from codegen.runtime import RUNTIME
from derive.functions import is_function
from derive.gradient import adjoint_name
from derive.infer import shape_of
from derive.notation import write
from derive.shape import Shape
from derive.term import Apply, Term, Var, variables
from derive.tidy import scalar_names

UFUNCS = {"add": "np.add", "sub": "np.subtract", "mul": "np.multiply", "div": "np.divide"}
ALONG = frozenset({"softmax", "log_softmax"})


def workspace(made: Plan) -> str:
    """The text of the class."""
    writer = _Writer(made)
    loss = made.derivation.loss
    wanted = [adjoint_name(name) for name in made.parameters]
    both = made.lines_for([loss, *wanted])
    writer.place(both, wanted)
    bodies = [
        ("loss_and_gradients", writer.body(both), f"{loss}, self.gradient"),
        ("gradients", writer.body(made.lines_for(wanted)), "self.gradient"),
    ]
    return "\n\n".join([writer.head(), *(writer.method(*one) for one in bodies)])


@dataclass
class _Pool:
    """Buffers by shape; a free one is taken before a new one is made."""

    prefix: str
    shapes: dict[str, Shape] = field(default_factory=dict)
    free: dict[Shape, list[str]] = field(default_factory=dict)

    def take(self, shape: Shape) -> str:
        """A buffer of the shape."""
        if self.free.get(shape):
            return self.free[shape].pop()
        name = f"{self.prefix}{len(self.shapes) + 1}"
        self.shapes[name] = shape
        return name

    def give(self, name: str) -> None:
        """Returns a buffer."""
        self.free.setdefault(self.shapes[name], []).append(name)

    def give_all(self) -> None:
        """Returns every buffer."""
        self.free = {}
        for name in self.shapes:
            self.give(name)


class _Writer:
    """Writes lines as statements into buffers."""

    def __init__(self, made: Plan) -> None:
        self.made = made
        self.scalars = scalar_names(made.shapes)
        self.pool = _Pool("b")
        self.scratch = _Pool("s")
        self.homes: dict[str, str] = {}
        self.shapes = dict(made.shapes)

    # ------------------------------------------------------------------------------- placing

    def place(self, lines: Iterable[Line], wanted: Iterable[str]) -> None:
        """Gives every array a buffer, to be used again after the last line that reads it."""
        order = list(lines)
        last = {n: at for at, line in enumerate(order) for n in self._reads(line.term)}
        kept = set(wanted)
        for at, line in enumerate(order):
            if line.shape != () and not self._is_view(line.term):
                own = line.name in kept
                self.homes[line.name] = line.name if own else self.pool.take(line.shape)
            for name in {*self._reads(line.term), line.name}:
                home = self.homes.get(name)
                if home in self.pool.shapes and last.get(name, at) <= at and name not in kept:
                    self.pool.give(home)
                    last[name] = len(order)

    def _reads(self, term: Term) -> set[str]:
        """The names whose arrays a term reads, through views too."""
        views = {line.name: line.term for line in self.made.forward if self._is_view(line.term)}
        found: set[str] = set()
        todo = list(variables(term))
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += variables(views[name]) if name in views else ()
        return found

    def _is_view(self, term: Term) -> bool:
        if isinstance(term, Apply):
            return term.op in VIEWS and self._is_view(term.args[0])
        return True

    # ------------------------------------------------------------------------------- writing

    def body(self, lines: Iterable[Line]) -> list[str]:
        """The statements of lines, after the names that they need."""
        order = list(lines)
        used = {n for line in order for n in variables(line.term)}
        sizes = [n for n in sorted(used) if self.made.shapes.get(n) == () and n in self._sizes()]
        names = [f"{n} = {self._sizes()[n]}" for n in sizes]
        names += [f'{p} = params["{p}"]' for p in self.made.parameters if p in used]
        return [*names, *(one for line in order for one in self._line(line))]

    def method(self, name: str, body: list[str], result: str) -> str:
        """One method over the buffers."""
        unpacked = f"{', '.join(sorted(self._buffers(), key=_natural))}, = self.buffers"
        doc = '"""As the function of this name; the arrays are overwritten by the next call."""'
        text = "\n".join(f"        {one}" for one in [doc, unpacked, *body, f"return {result}"])
        return f"    def {name}(self, params, x, y):\n{text}"

    def _sizes(self) -> dict[str, str]:
        numbers = {name: str(size) for name, size in self.made.derivation.sizes.items()}
        return {"N": "self.batch", **numbers}

    def head(self) -> str:
        """The class line and the constructor."""
        buffers = self._buffers()
        lines = [
            "class Workspace:",
            '    """Buffers for batches of one size: a step allocates no array."""',
            "",
            "    def __init__(self, batch, dtype=np.float64):",
            "        self.batch = batch",
        ]
        lines += [
            f"        {name} = np.empty({self._size_text(buffers[name])}, dtype)"
            for name in sorted(buffers, key=_natural)
        ]
        lines.append(f"        self.buffers = ({', '.join(sorted(buffers, key=_natural))},)")
        table = ", ".join(f'"{n}": {adjoint_name(n)}' for n in self.made.parameters)
        lines.append(f"        self.gradient = {{{table}}}")
        return "\n".join(lines)

    def _buffers(self) -> dict[str, Shape]:
        own = {adjoint_name(n): self.made.shapes[n] for n in self.made.parameters}
        return {**self.pool.shapes, **self.scratch.shapes, **own}

    def _size_text(self, shape: Shape) -> str:
        sizes = self.made.derivation.sizes
        texts = []
        for dim in shape:
            number = sum(p if isinstance(p, int) else sizes.get(p, 0) for p in dim.parts)
            batch = [p for p in dim.parts if isinstance(p, str) and p not in sizes]
            texts.append("batch" if batch else str(number))
        return f"({', '.join(texts)})"

    def _line(self, line: Line) -> list[str]:
        self.scratch.give_all()
        home = self.homes.get(line.name)
        formula = write(line.formula, "plain", scalars=self.scalars)
        note = f"# {line.name} = {formula}"
        if home is None:
            statements, text = self._value(line.term)
            return [note, *statements, f"{line.name} = {text}"]
        statements = self._into(line.term, home)
        alias = [] if home == line.name else [f"{line.name} = {home}"]
        return [note, *statements, *alias]

    def _text(self, term: Term) -> str:
        return write(term, "numpy", scalars=self.scalars)

    def _value(self, term: Term) -> tuple[list[str], str]:
        """Statements, and the text of the value after them: views and numbers need no buffer."""
        if self._is_view(term):
            return [], self._text(term)
        assert isinstance(term, Apply)
        if term.op in VIEWS:
            before, text = self._buffered(term.args[0])
            return before, self._text(Apply(term.op, (Var(text),), term.attrs))
        if shape_of(term, self.shapes) == ():
            return self._number(term)
        return self._buffered(term)

    def _number(self, term: Apply) -> tuple[list[str], str]:
        """A scalar: arithmetic of Python on sums over arrays."""
        statements: list[str] = []
        values: dict[str, Term] = {}
        args: list[Term] = []
        for place, arg in enumerate(term.args):
            before, text = self._value(arg)
            statements += before
            if text.isidentifier() or self._is_view(arg):
                args.append(arg if self._is_view(arg) else Var(text))
            else:
                name = f"v{place}"
                statements.append(f"{name} = {text}")
                values[name] = arg
                args.append(Var(name))
        return statements, self._text(Apply(term.op, tuple(args), term.attrs))

    def _buffered(self, term: Term) -> tuple[list[str], str]:
        shape = shape_of(term, self.shapes)
        home = self.scratch.take(shape)
        self.shapes[home] = shape
        return self._into(term, home), home

    def _into(self, term: Term, home: str) -> list[str]:
        """Statements that leave the value of a term in a buffer."""
        if self._is_view(term):
            return [f"{home}[...] = {self._text(term)}"]
        assert isinstance(term, Apply)
        if term.op in VIEWS:
            before, text = self._value(term)
            return [*before, f"{home}[...] = {text}"]
        if term.op == "concat":
            return self._blocks(term, home)
        if term.op in UFUNCS:
            return self._binary(term, home)
        statements, values = self._operands(term)
        return [*statements, self._call(term, values, home)]

    def _operands(self, term: Apply) -> tuple[list[str], list[str]]:
        pairs = [self._value(arg) for arg in term.args]
        return [one for before, _ in pairs for one in before], [text for _, text in pairs]

    def _binary(self, term: Apply, home: str) -> list[str]:
        """An operation entry by entry; one operand may be computed in the result's own buffer."""
        shape = shape_of(term, self.shapes)
        left, right = term.args
        statements: list[str] = []
        first, second = "", ""
        if not self._is_view(left) and shape_of(left, self.shapes) == shape:
            statements, first = self._into(left, home), home
        elif not self._is_view(right) and shape_of(right, self.shapes) == shape:
            statements, second = self._into(right, home), home
        for side, text in ((left, first), (right, second)):
            if not text:
                before, value = self._value(side)
                statements = [*statements, *before]
                first, second = (value, second) if side is left and not first else (first, value)
        return [*statements, f"{UFUNCS[term.op]}({first}, {second}, out={home})"]

    def _blocks(self, term: Apply, home: str) -> list[str]:
        """Blocks laid side by side, each written to its own part of the buffer."""
        (axis,) = term.attrs
        statements: list[str] = []
        start = 0
        for place, block in enumerate(term.args):
            shape = shape_of(block, self.shapes)
            assert isinstance(axis, int)
            width = sum(p for p in shape[axis].parts if isinstance(p, int)) if shape else 1
            final = place == len(term.args) - 1
            bounds = f"{start or ''}:{'' if final else start + width}"
            part = f"{home}[{bounds}]" if axis == 0 else f"{home}[:, {bounds}]"
            statements += self._into(block, part)
            start += width
        return statements

    def _call(self, term: Apply, values: list[str], home: str) -> str:
        """One call that leaves its result in a buffer."""
        if term.op == "matmul":
            return f"np.matmul({values[0]}, {values[1]}, out={home})"
        if term.op == "neg":
            return f"np.negative({values[0]}, out={home})"
        if term.op == "pow":
            if term.attrs == ("2",):
                return f"np.multiply({values[0]}, {values[0]}, out={home})"
            return f"{home}[...] = {self._text(Apply('pow', (Var(values[0]),), term.attrs))}"
        if term.op == "sum":
            axis, _ = term.attrs
            return f"np.sum({values[0]}, axis={axis}, keepdims=True, out={home})"
        name = RUNTIME[term.op]
        axis_text = f", axis={term.attrs[0]}" if term.op in ALONG else ""
        if is_function(term.op) or term.op in ALONG:
            return f"{name}({values[0]}{axis_text}, out={home})"
        raise KeyError(term.op)


def _natural(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or 0)
