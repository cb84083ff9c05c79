"""Calls in emitted text: what is called, where the result goes, and which arrays it may share.

A call may write where it reads only as NumPy and the functions of `codegen.runtime` allow.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from codegen.memory import Fault, Memory, Place, overlap
from codegen.runtime import FRESH, RUNTIME, WORK
from derive.ops import ALONG, put

OPS = {text: op for op, text in RUNTIME.items() if not text.startswith("np.")}
"""The op that a function of the text computes."""

PRODUCTS = frozenset({"np.matmul", "np.dot"})
SUM = "np.add.reduce"
OUTER, TURNED = "outer", "turned"
LIBRARY = "np"
"""Under which name functions of a library are known, whatever array it is for."""

GRADIENTS = {
    "weight_gradient": "np.vstack([np.sum({1}, axis=0, keepdims=True), {0}.T @ {1}])",
    "weight_gradient_columns": "np.hstack([np.sum({0}, axis=1, keepdims=True), {0} @ {1}.T])",
    OUTER: "{0} @ {1}",
    TURNED: "({0} @ {1}).T",
}
"""What the functions of `codegen.runtime.products` mean."""

RENAMED = {"absolute": "abs", SUM: "np.sum"}
"""Functions under the names by which `derive.notation` knows them."""

AS_ARRAY = f"{LIBRARY}.asarray"
"""What makes an array of a number: the same value."""

UFUNCS = ("add", "subtract", "multiply", "divide", "negative", "square", "sqrt", "power")
ENTRYWISE = frozenset(
    {f"np.{name}" for name in (*UFUNCS, "reciprocal")}
    | {text for op, text in RUNTIME.items() if op not in ALONG}
)
"""Calls whose result has in a block what the operands have in it."""

Places = Sequence[Place]


class Call(NamedTuple):
    """A call: the text of its function, its operands, and the arrays that it is given."""

    function: str
    operands: tuple[ast.expr, ...]
    out: ast.expr | None
    work: tuple[ast.expr, ...]
    axis: int


def read_call(node: ast.Call, names: Mapping[str, object]) -> Call:
    """The parts of a call; a local name for a function or a namespace is that."""
    words = {word.arg: word.value for word in node.keywords}
    work, axis = words.get("work"), words.get("axis")
    owner, dot, name = ast.unparse(node.func).partition(".")
    local = names.get(owner)
    return Call(
        f"{local if isinstance(local, str) else owner}{dot}{name}",
        tuple(node.args),
        words.get("out"),
        tuple(work.elts) if isinstance(work, ast.Tuple) else (),
        axis.value if isinstance(axis, ast.Constant) and isinstance(axis.value, int) else 1,
    )


def has_out(node: ast.Call) -> bool:
    """Whether a call is told where its result goes."""
    return any(word.arg == "out" for word in node.keywords)


def value_names(node: ast.AST) -> Iterator[str]:
    """The names of values in an expression: those of functions and of NumPy are none."""
    nodes = list(ast.walk(node))
    called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
    for one in nodes:
        if isinstance(one, ast.Name) and id(one) not in called and one.id != "np":
            yield one.id


def apart(place: Place, reads: Sequence[Places]) -> None:
    """Refuses a call that reads where it writes."""
    if any(overlap(place, one) for places in reads for one in places):
        raise Fault(f"`{place.array}` is read and written by one call")


def spreads(call: Call, place: Place, reads: Sequence[Places], memory: Memory) -> bool:
    """Whether an operand is a value that was spread over its array.

    Such an operand stands as it is, in an op entry by entry; the place may be an operand in the
    same case, unless the function needs another one.
    """
    entrywise = call.function not in {*PRODUCTS, SUM, OUTER, TURNED}
    bare = [isinstance(operand, ast.Name) for operand in call.operands]
    in_place = entrywise and OPS.get(call.function) not in FRESH
    pairs = [(b, one) for places, b in zip(reads, bare, strict=True) for one in places]
    apart(place, [[one] for b, one in pairs if not (b and in_place and one == place)])
    spread = [(b, one) for b, one in pairs if memory.is_spread(one)]
    for alone, one in spread:
        if not (alone and entrywise and call.function not in ALONG):
            raise Fault(f"`{one.array}` holds a value that was spread over it")
    return bool(spread)


def check_work(
    call: Call, work: Places, place: Place, reads: Sequence[Places], memory: Memory
) -> None:
    """Refuses work arrays that are too few, of another size, or used otherwise in the call."""
    kinds = WORK.get(OPS.get(call.function, ""), ())
    if len(work) != len(kinds):
        raise Fault(f"`{call.function}` computes in {len(kinds)} arrays")
    check_free(work, place, reads)
    room = memory.room(place)
    for one, kind in zip(work, kinds, strict=True):
        sizes = put(room, call.axis, 1) if kind == "row" else room
        wanted = "bool" if kind == "mask" else ""
        if memory.room(one) != sizes or memory.kinds[one.array] != wanted:
            raise Fault(f"`{one.array}` is not an array that `{call.function}` can compute in")


def check_free(work: Places, place: Place, reads: Sequence[Places]) -> None:
    """Refuses a work array that is another one too, or is read or written by the call."""
    others = [place, *(one for places in reads for one in places)]
    pairs = [(one, other) for at, one in enumerate(work) for other in (*work[:at], *others)]
    if any(overlap(one, other) for one, other in pairs):
        raise Fault("a work array is used for something else in the same call")


def check_rows(
    call: Call, work: Places, place: Place, reads: Sequence[Places], memory: Memory
) -> None:
    """Refuses an array in which no product can be made before it is turned."""
    room = memory.room(place)[::-1]
    if [memory.room(one) for one in work] != [room] or memory.kinds[work[0].array]:
        raise Fault(f"`{TURNED}` computes in one array of {room}")
    check_free(work, place, reads)


def check_pads(
    call: Call, work: Places, place: Place, reads: Sequence[Places], memory: Memory
) -> None:
    """Refuses arrays that no outer product can be padded in."""
    rows, columns = memory.room(place)
    if [memory.room(one) for one in work] != [(rows, 2), (2, columns)]:
        raise Fault(f"`{OUTER}` pads in arrays of {rows}x2 and 2x{columns}")
    if any(memory.kinds[one.array] != "zeros" for one in work):
        raise Fault(f"`{OUTER}` pads with zeros")


CHECKS = {OUTER: check_pads, TURNED: check_rows}
"""How the work arrays of a product are checked; those of other functions are in `WORK`."""


class Meaning(ast.NodeTransformer):
    """Calls as `derive.notation` reads them: where the result goes does not matter to its value."""

    def __init__(
        self, names: Mapping[str, object], total: Callable[[ast.Call], ast.expr | None]
    ) -> None:
        self.names, self.total = names, total

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """A new node: the text's own tree stays as it is, for the lines that come back to it."""
        fields = {name: self._visited(value) for name, value in ast.iter_fields(node)}
        return type(node)(**fields)

    def _visited(self, value: object) -> object:
        if isinstance(value, list):
            return [self._visited(one) for one in value]
        return self.visit(value) if isinstance(value, ast.AST) else value

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The call without `out` and `work`, under the name that the notation has for it."""
        function = read_call(node, self.names).function
        total = self.total(node) if function in PRODUCTS else None
        if total is not None:
            return total
        args: list[ast.expr] = [self.visit(arg) for arg in node.args]
        if function in GRADIENTS:
            return expression(GRADIENTS[function].format(*(f"({ast.unparse(a)})" for a in args)))
        if function == AS_ARRAY and len(args) == 1 and _keeps_the_dtype(node.keywords):
            return args[0]
        words = [word for word in node.keywords if word.arg not in ("out", "work")]
        return ast.Call(expression(RENAMED.get(function, function)), args, words)


def _keeps_the_dtype(words: list[ast.keyword]) -> bool:
    """Whether an array is made like another one: `dtype=x.dtype`"""
    match words:
        case [ast.keyword("dtype", ast.Attribute(ast.Name(), "dtype"))]:
            return True
    return False


def expression(text: str) -> ast.expr:
    """The tree of an expression."""
    return ast.parse(text, mode="eval").body
