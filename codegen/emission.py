"""A plan -> the text of one stand-alone module, for NumPy or another backend.

Every line carries the equation that it computes. The text imports NumPy and nothing else, or by the
array API standard nothing at all, and is the same byte for byte for the same stack.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from codegen.backend import Backend, write_for
from codegen.backend import backend as backend_of
from codegen.parameters import init_params
from codegen.plan import OUTPUT, Line, Plan, plan
from codegen.runtime import RUNTIME
from codegen.specialized import MADE, makers
from codegen.workspace import workspace
from derive.dense import Stack
from derive.diagnostic import refuse
from derive.formulas import Gradients, gradients
from derive.gradient import adjoint_name
from derive.notation import write
from derive.shape import Dim, shape_text
from derive.term import Apply, Equation, Term, Var, variables, walk
from derive.tidy import scalar_names

WIDTH = 44
"""The column at which the equation of a line starts, where the line leaves room."""


def emit(made: Stack, backend: str = "numpy") -> str:
    """The module of a stack: init_params, forward, loss, gradients, and for NumPy a Workspace.

    Of the backend "array-api" the functions take the arrays of any library that follows the array
    API standard. Raises DeriveError where the stack has no gradient in matrix form.
    """
    return text_of(made, gradients(made), backend=backend)


def text_of(made: Stack, found: Gradients, *, buffers: bool = True, backend: str = "numpy") -> str:
    """The module for gradients that are derived already; without buffers, its functions alone."""
    target = backend_of(backend)
    made_plan = plan(found)
    checked_names(made_plan)
    if target.in_place:
        checked_operands(made_plan)
    in_place = buffers and target.in_place
    text = workspace(plan(found, by_column=True)) if in_place else ""
    parts = [
        _header(made, found, target),
        _constants(made),
        target.source(*_needed(made_plan, text, target)),
        init_params(made, target),
        *_functions(made_plan, target),
        makers(MADE.findall(text)),
        text,
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def checked_names(made: Plan) -> None:
    """Generated code is built from checked identifiers only."""
    names = [line.name for line in (*made.forward, *made.backward)]
    names += [symbol.name for symbol in made.derivation.symbols]
    for name in names:
        if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
            raise refuse("D401", f"`{name}` cannot be a name in Python code")


def checked_operands(made: Plan) -> None:
    """The functions of the runtime take arrays; one of a number alone is refused."""
    lines = (*made.forward, *made.backward)
    numbers = made.scalars - {line.name for line in lines}
    for node in (node for line in lines for node in walk(line.term)):
        own = isinstance(node, Apply) and not RUNTIME.get(node.op, "np.").startswith("np.")
        if own and set(variables(node)) <= numbers:
            shown = write(node, "plain", scalars=made.scalars)
            message = f"`{shown}` is a number: in NumPy this function takes arrays alone"
            raise refuse("D403", message, help="write its value in its place")


def _needed(made: Plan, text: str, target: Backend) -> tuple[set[str], set[str]]:
    """The ops and the other functions that the text calls."""
    lines = (*made.forward, *made.backward)
    nodes = (node for line in lines for node in walk(line.term))
    ops = {node.op for node in nodes if isinstance(node, Apply) and node.op in RUNTIME}
    if not target.in_place:
        return ops, set()
    calls = {call[0] for line in lines if (call := _block_gradient(line.term)) is not None}
    return ops, calls | {name for name in ("outer", "turned") if f" {name}(" in text}


def _header(made: Stack, found: Gradients, target: Backend) -> str:
    sizes = made.numbers
    rows = [(s.name, shape_text(s.shape, sizes)) for s in made.derivation.symbols]
    rows += [(e.name, write(e.term, "plain", scalars=_scalars(found))) for e in _equations(made)]
    rows += [(f"dL/d{name}", found[name].matrix) for name in made.parameters]
    wide = max(len(name) for name, _ in rows)
    symbols = len(made.derivation.symbols)
    lines = [
        f"    {name:<{wide}} {': ' if i < symbols else '= '}{text}"
        for i, (name, text) in enumerate(rows)
    ]
    facts = sorted({fact for name in made.parameters for fact in found[name].facts})
    assumed = f"\nThe gradients hold where {', and '.join(facts)}.\n" if facts else ""
    body = "\n".join(lines)
    return f'"""{made.describe()}.\n\n{body}\n{assumed}"""\n\n{target.imports}'.rstrip()


def _equations(made: Stack) -> Sequence[Equation]:
    return made.derivation.equations


def _scalars(found: Gradients) -> frozenset[str]:
    return scalar_names(found.backward.program.shapes)


def _constants(made: Stack) -> str:
    shapes = {
        s.name: tuple(d.size(made.numbers) for d in s.shape)
        for s in made.derivation.symbols
        if s.kind == "param"
    }
    lines = "\n".join(f'    "{name}": {shape},' for name, shape in shapes.items())
    return f"COLUMNS = {made.columns}\nPARAMETERS = {{\n{lines}\n}}"


def _functions(made: Plan, target: Backend) -> list[str]:
    """forward, loss, loss_and_gradients, gradients."""
    loss = made.derivation.loss
    wanted = [adjoint_name(name) for name in made.parameters]
    table = _table(made)
    rows = (
        ("forward", f"The prediction {OUTPUT} for samples x.", [OUTPUT], OUTPUT),
        ("loss", "The loss, a number.", [loss], loss),
        (
            "loss_and_gradients",
            "The loss, and its gradient by every parameter, in the parameter's shape.",
            [loss, *wanted],
            f"{loss}, {table}",
        ),
        (
            "gradients",
            "The gradient of the loss by every parameter, in the parameter's shape.",
            wanted,
            table,
        ),
    )
    return [
        _function(name, doc, made, made.lines_for(names), result, target)
        for name, doc, names, result in rows
    ]


def _table(made: Plan) -> str:
    return "{" + ", ".join(f'"{n}": {adjoint_name(n)}' for n in made.parameters) + "}"


def _function(
    name: str, doc: str, made: Plan, lines: Sequence[Line], result: str, target: Backend
) -> str:
    arguments = "params, x" if name == "forward" else "params, x, y"
    names = {n for line in lines for n in variables(line.term)}
    body = [f'    {p} = params["{p}"]' for p in made.parameters if p in names]
    body += size_lines(made, names, arguments)
    texts = [_line(line, made, target) for line in lines]
    calls = target.opening and any(target.opening.partition(" ")[0] + "." in t for t in texts)
    opening = [f"    {target.opening}"] if calls else []
    head = [f"def {name}({arguments}):", f'    """{doc}"""', *opening]
    return "\n".join([*head, *body, *texts, f"    return {result}"])


def size_lines(made: Plan, names: Iterable[str], arguments: str) -> list[str]:
    """Assignments of the sizes that lines use, read off the arrays: `N = x.shape[0]`."""
    lines = []
    places = _places(made, arguments)
    for name in sorted(set(names)):
        if made.shapes.get(name) == () and name in places:
            owner, axis = places[name]
            lines.append(f"    {name} = {owner}.shape[{axis}]")
    return lines


def _places(made: Plan, arguments: str) -> dict[str, tuple[str, int]]:
    """For each size, an array and an axis that have it."""
    given = {name.strip() for name in arguments.split(",")} | set(made.parameters)
    places: dict[str, tuple[str, int]] = {}
    for symbol in made.derivation.symbols:
        for axis, dim in enumerate(symbol.shape):
            size = _single(dim)
            if symbol.name in given and size and size not in places:
                places[size] = (symbol.name, axis)
    return places


def _single(dim: Dim) -> str:
    return dim.parts[0] if len(dim.parts) == 1 and isinstance(dim.parts[0], str) else ""


def _line(line: Line, made: Plan, target: Backend) -> str:
    """The statement, with its equation beside it."""
    code = f"    {line.name} = {_code(line.term, made, target)}"
    formula = write(line.formula, "plain", scalars=made.scalars)
    return f"{code:<{WIDTH}}  # {made.label(line.name)} = {formula}"


def _code(term: Term, made: Plan, target: Backend) -> str:
    """The term in code; the gradient of weights and biases in one may be a call."""
    found = _block_gradient(term) if target.in_place else None
    if found is None:
        return write_for(target, term, made.scalars, _places(made, "x, y").keys())
    function, *args = found
    return f"{function}({', '.join(args)})"


def _block_gradient(term: Term) -> tuple[str, str, str] | None:
    """The function and its arguments where the term is [sum of D; A^T D] or [sum of D, D A^T]."""
    match term:
        case Apply(
            "concat",
            (
                Apply("sum", (Var(d),), (axis, True)),
                Apply("matmul", (Apply("transpose", (Var(a),)), Var(same))),
            ),
            (0,),
        ) if axis == 0 and d == same:
            return "weight_gradient", a, d
        case Apply(
            "concat",
            (
                Apply("sum", (Var(d),), (axis, True)),
                Apply("matmul", (Var(same), Apply("transpose", (Var(a),)))),
            ),
            (1,),
        ) if axis == 1 and d == same:
            return "weight_gradient_columns", d, a
    return None
