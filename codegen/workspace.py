"""The `Workspace` of an emitted module: the same lines, written into arrays that it owns.

    lines --statements--> one operation each --buffers--> an array for each --here--> text

Every array is allocated once, by the constructor.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from codegen.buffers import BATCH, FEW, GIVEN, JOINED, Form, Placed, Pool, is_small, place
from codegen.costs import DOT_SAMPLES
from codegen.layout import Short, lay_out
from codegen.plan import Plan
from codegen.runtime import RUNTIME
from codegen.specialized import FACTORY, is_specialized
from codegen.statements import TEMPORARY, Part, Statement, statements
from derive.gradient import adjoint_name
from derive.notation import write
from derive.ops import exponent
from derive.shape import dim
from derive.term import Apply, Const, Term, Var, rebuild, turned, variables, walk

UFUNCS = {
    "add": "np.add",
    "sub": "np.subtract",
    "mul": "np.multiply",
    "div": "np.divide",
    "neg": "np.negative",
}
POWERS = {Fraction(2): "np.square", Fraction(-1): "np.reciprocal", Fraction(1, 2): "np.sqrt"}

WIDTH = 92
"""Columns of a line inside a method, where it can be broken."""

Arrays = Mapping[str, str]
"""The arrays of a workspace: how each is made."""

CALL = re.compile(r"\bproduct\(")
CALLED = re.compile(r"(?<![\w.])(\w+)\(")
PRODUCT = f"self.product = np.dot if batch <= {DOT_SAMPLES} else np.matmul  # dot starts sooner"
LIMIT = f"{FEW} = {BATCH} if {BATCH} <= {{}} else 0  # few: calls cost more than their work"


def workspace(made: Plan) -> str:
    """The text of the class."""
    owned = tuple(made.owned.values())
    pool = Pool(_prefix(made), made.derivation.sizes)
    loss = made.derivation.loss
    short, limit = lay_out(made, (loss, *owned), pool)
    methods = []
    for name, wanted, result in (
        ("loss_and_gradients", (loss, *owned), f"{loss}, self.gradient"),
        ("gradients", owned, "self.gradient"),
    ):
        pool.give_all()
        placed, homes = place(statements(made.lines_for(wanted), made), owned, pool)
        methods.append((name, _Body(made, homes, pool, short).statements(placed), result))
    arrays = _arrays(made, pool)
    functions = _functions(line for _, body, _ in methods for line in body)
    texts = [_method(arrays, functions, *method) for method in methods]
    settings = [LIMIT.format(limit), f"self.{FEW} = {FEW}"] if short else []
    makers = [f"{FACTORY.format(name)}(dtype)" for name in functions]
    settings += _framed("self.functions = (", makers, ")") if functions else []
    settings += [PRODUCT] if any(map(CALL.search, texts)) else []
    return "\n\n".join([_head(made, arrays, settings), *texts])


def _functions(lines: Iterable[str]) -> list[str]:
    """The functions of the runtime that are made for a dtype, of those that lines call."""
    called = {name for line in lines for name in CALLED.findall(line)}
    return sorted(name for name in called if is_specialized(name))


def _arrays(made: Plan, pool: Pool) -> Arrays:
    """How each array is made; a joined one starts as ones."""
    views = pool.blocks | {view: _rest(whole, pool) for whole, view in pool.joined.items()}
    forms = {name: form for name, form in pool.forms.items() if name not in views}
    forms |= {name: pool.form(made.shapes[name]) for name in made.owned.values()}
    arrays = {name: _made(form) for name, form in forms.items()}
    arrays |= {name: _made(form, "np.ones") for form, name in pool.ones.items()}
    arrays |= {name: _made(form, "np.zeros") for form, name in pool.pads.items()}
    arrays |= {name: f"np.array({number}, dtype)" for number, name in pool.numbers.items()}
    return {**arrays, **views}


def _rest(whole: str, pool: Pool) -> str:
    """What is beside the ones of an array."""
    return f"{whole}[{':, ' * (pool.forms[whole][1] == GIVEN)}1:]"


def _made(form: Form, function: str = "np.empty") -> str:
    """The call that makes an array."""
    function = "np.ones" if form[1] in (JOINED, GIVEN) else function
    return f"{function}(({_listed(form[0])}), {'bool' if form[1] == 'bool' else 'dtype'})"


def _prefix(made: Plan) -> str:
    """The beginning of the names of arrays, which no name of the derivation has."""
    prefix = "buf"
    while any(name.startswith(prefix) for name in made.shapes):
        prefix += "_"
    return prefix


def _head(made: Plan, arrays: Arrays, settings: Iterable[str]) -> str:
    """The class line and the constructor."""
    columns = any(symbol.shape[-1:] == (dim("N"),) for symbol in made.derivation.symbols)
    turned = ", or their transposes" if columns else ""
    table = ", ".join(f'"{name}": {_own(made, name)}' for name in made.parameters)
    lines = [
        "class Workspace:",
        '    """Arrays for batches of one size: with them, a step allocates none.',
        "",
        f"    The parameters are C-contiguous arrays of this dtype, as are x and y{turned}.",
        '    """',
        "",
        f"    def __init__(self, {BATCH}, dtype=np.float64):",
        f"        self.batch = {BATCH}",
        *(f"        {line}" for line in settings),
        *(f"        {name} = {text}" for name, text in arrays.items()),
        *(f"        {line}" for line in _framed("self.arrays = (", arrays, ")")),
        f"        self.gradient = {{{table}}}",
    ]
    return "\n".join(lines)


def _own(made: Plan, name: str) -> str:
    """The gradient by a parameter, in its shape."""
    owned = made.owned[name]
    return owned if owned == adjoint_name(name) else f"{owned}.T"


def _listed(items: Sequence[str]) -> str:
    """What stands in the brackets of a tuple."""
    return ", ".join(items) + "," * (len(items) == 1)


def _framed(start: str, names: Iterable[str], end: str) -> list[str]:
    """A tuple of names with what stands around it, on as many lines as it takes."""
    items = _listed(tuple(names))
    if len(start + items + end) <= WIDTH:
        return [start + items + end]
    return [start, *(f"    {line}" for line in textwrap.wrap(f"{items},", WIDTH - 4)), end]


def _method(arrays: Arrays, functions: list[str], name: str, body: list[str], result: str) -> str:
    """One method over the arrays."""
    lines = [
        f'"""As the function `{name}`, in arrays that the next step overwrites."""',
        *_framed("(", arrays, ") = self.arrays"),
        *(_framed("(", functions, ") = self.functions") if functions else []),
        *(["product = self.product"] if any(CALL.search(line) for line in body) else []),
        *([f"{FEW} = self.{FEW}"] if f"if {FEW}:" in body else []),
        *body,
        f"return {result}",
    ]
    text = "\n".join(f"        {line}" for line in lines)
    return f"    def {name}(self, params, x, y):\n{text}"


class _Body:
    """The text of statements, and of the names that they need."""

    def __init__(
        self, made: Plan, homes: Mapping[str, str], pool: Pool, short: Mapping[str, Short]
    ) -> None:
        self.made, self.homes, self.pool, self.short = made, homes, pool, short
        self.scalars = made.scalars

    def statements(self, placed: Iterable[Placed]) -> list[str]:
        """The statements, the equation of each line above the first of them."""
        order = tuple(placed)
        texts: list[str] = []
        begun: list[tuple[Placed, ...]] = []
        for _, group in groupby(order, lambda one: id(one.statement.line)):
            own = tuple(group)
            line = own[0].statement.line
            formula = write(line.formula, "plain", scalars=self.scalars)
            texts.append(f"# {self.made.label(line.name)} = {formula}")
            plain = [text for one in own for text in self._statement(one)]
            if line.name in self.short:
                short = self.short[line.name]
                before = () if short.before in begun else short.before
                begun.append(short.before)
                last = Placed(short.statement, own[-1].home, short.work)
                plain = _either(self._shortly(short, (*before, last)), plain)
            texts += plain
        return [*self._names(order), *texts]

    def _shortly(self, short: Short, placed: Iterable[Placed]) -> list[str]:
        """The statements of a line for few samples."""
        body = _Body(self.made, {**self.homes, **short.homes}, self.pool, {})
        return [text for one in placed for text in body._statement(one)]

    def _names(self, order: Iterable[Placed]) -> list[str]:
        """The sizes and the parameters that are used."""
        used = {name for one in order for name in variables(one.statement.term)}
        sizes = {"N": "self.batch", **{n: str(s) for n, s in self.made.derivation.sizes.items()}}
        names = [f"{name} = {size}" for name, size in sizes.items() if name in used]
        return [*names, *(f'{p} = params["{p}"]' for p in self.made.parameters if p in used)]

    def _statement(self, placed: Placed) -> list[str]:
        one = placed.statement
        name = one.target.replace(TEMPORARY, "v")
        if one.joins:
            return [f"{name} = {placed.home}"]
        if one.is_number or one.is_alias:
            return [f"{name} = {self._text(one.term)}"]
        out = placed.home + _block(one.part)
        named = one.target == one.line.name and one.target != placed.home
        if one.copies:
            bound = [f"{name} = {placed.home}"] if named and one.part is None else []
            return [f"np.copyto({out}, {self._text(one.term)})", *bound]
        assert isinstance(one.term, Apply)
        text = self._call(one, one.term, out, placed.work)
        return [f"{name} = {text}" if named and one.part is None else text]

    def _text(self, term: Term) -> str:
        """An atom, or arithmetic on numbers, with the arrays of results that have no name."""

        def node(old: Term) -> Term:
            if isinstance(old, Var) and old.name.startswith(TEMPORARY):
                return Var(self.homes.get(old.name, old.name.replace(TEMPORARY, "v")))
            return old

        return write(rebuild(term, node), "numpy", scalars=self.scalars)

    def _entrywise(self, term: Term) -> str:
        """An operand of an op entry by entry; a number that is always the same, as an array."""
        if isinstance(term, Const):
            return self.pool.number(write(term, "numpy"))
        return self.pool.number(BATCH) if term == Var("N") else self._text(term)

    def _call(self, one: Statement, term: Apply, out: str, work: tuple[str, ...]) -> str:
        """One call that leaves its result in an array."""
        values = ", ".join(self._text(arg) for arg in term.args)
        if one.is_turned and work:
            second, first = (self._text(turned(arg)) for arg in term.args)
            return f"turned({first}, {second}, out={out}, work=({_listed(work)}))"
        if term.op == "matmul":
            extra = f", work=({_listed(work)})" if work else ""
            name = _product(one, work, self.made.derivation.sizes)
            return f"{name}({values}, out={out}{extra})"
        if term.op in UFUNCS:
            values = ", ".join(map(self._entrywise, term.args))
            return f"{UFUNCS[term.op]}({values}, out={out})"
        if term.op == "pow":
            power = exponent(term.attrs)
            if power in POWERS:
                return f"{POWERS[power]}({values}, out={out})"
            return f"np.power({values}, {write(Const(power), 'numpy')}, out={out})"
        if term.op == "sum":
            return _sum(one, term, values, work, out)
        axis_text = f", axis={term.attrs[0]}" if term.attrs else ""
        work_text = f", work=({_listed(work)})" if work else ""
        return f"{RUNTIME[term.op]}({values}{axis_text}, out={out}{work_text})"


def _either(few: Iterable[str], many: Iterable[str]) -> list[str]:
    """What is done for few samples, and for many."""
    branches = (f"if {FEW}:", few), ("else:", many)
    return [line for head, body in branches for line in (head, *(f"    {text}" for text in body))]


def _product(one: Statement, work: tuple[str, ...], sizes: Mapping[str, int]) -> str:
    """The quicker product: np.dot for a small result of arrays in one piece, others it copies."""
    if work:
        return "outer"
    parted = (n for n in walk(one.term) if isinstance(n, Apply) and n.op == "slice" and n.attrs[0])
    if (one.part is not None and one.part[0] != 0) or any(parted):
        return "np.matmul"
    if all(part in sizes or part == 1 for dim in one.shape for part in dim.parts):
        return "np.dot" if is_small(one.shape, sizes) else "np.matmul"
    return "product"


def _sum(one: Statement, term: Apply, value: str, ones: tuple[str, ...], out: str) -> str:
    """A sum along an axis, as a product with ones where there are any."""
    axis, keep = term.attrs
    if not ones:
        return f"np.add.reduce({value}, axis={axis}, keepdims={keep}, out={out})"
    pair = (*ones, value) if axis == 0 else (value, *ones)
    whole = one.part is None or one.part[0] == 0
    product = "np.dot" if whole and isinstance(term.args[0], Var) else "np.matmul"
    return f"{product}({', '.join(pair)}, out={out})"


def _block(part: Part | None) -> str:
    if part is None:
        return ""
    axis, start, stop = part
    return f"[{':, ' * axis}{start or ''}:{'' if stop is None else stop}]"
