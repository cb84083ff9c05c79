"""Calls in emitted text: what is called, where the result goes, and which arrays it may share.

A call may write where it reads only as NumPy and the functions of `codegen.runtime` allow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from codegen.memory import Fault, Memory, Place
from codegen.runtime import FRESH, RUNTIME, WORK
from derive.ops import ALONG, put

OPS = {text: op for op, text in RUNTIME.items() if not text.startswith("np.")}
"""The op that a function of the text computes."""

PRODUCTS = frozenset({"np.matmul", "np.dot"})
SUM = "np.add.reduce"
OUTER, TURNED = "outer", "turned"
LIBRARY = "np"
"""Under which name functions of a library are known, whatever array it is for."""

Arrays = Sequence[str]


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


def apart(array: str, reads: Sequence[Arrays]) -> None:
    """Refuses a call that reads the array it writes to."""
    if any(array in arrays for arrays in reads):
        raise Fault(f"`{array}` is read and written by one call")


def spreads(call: Call, place: Place, reads: Sequence[Arrays], memory: Memory) -> bool:
    """Whether an operand is a value that was spread over its array.

    Such an operand stands as it is, in an op entry by entry; the place may be an operand in the
    same case, unless the function needs another one.
    """
    entrywise = call.function not in {*PRODUCTS, SUM, OUTER, TURNED}
    bare = [isinstance(operand, ast.Name) for operand in call.operands]
    own = place.part is None or isinstance(call.out, ast.Name)
    in_place = entrywise and OPS.get(call.function) not in FRESH and own
    apart(place.array, [r for r, b in zip(reads, bare, strict=True) if not (b and in_place)])
    spread = [(b, a) for r, b in zip(reads, bare, strict=True) for a in r if memory.is_spread(a)]
    for alone, array in spread:
        if not (alone and entrywise and call.function not in ALONG):
            raise Fault(f"`{array}` holds a value that was spread over it")
    return bool(spread)


def check_work(
    call: Call, work: Sequence[str], place: Place, reads: Sequence[Arrays], memory: Memory
) -> None:
    """Refuses work arrays that are too few, of another size, or used otherwise in the call."""
    kinds = WORK.get(OPS.get(call.function, ""), ())
    if len(work) != len(kinds):
        raise Fault(f"`{call.function}` computes in {len(kinds)} arrays")
    if len({*work, place.array}) <= len(work) or any(array in work for r in reads for array in r):
        raise Fault("a work array is used for something else in the same call")
    room = memory.room(place)
    for array, kind in zip(work, kinds, strict=True):
        sizes = put(room, call.axis, 1) if kind == "row" else room
        wanted = "bool" if kind == "mask" else ""
        if memory.sizes[array] != sizes or memory.kinds[array] != wanted:
            raise Fault(f"`{array}` is not an array that `{call.function}` can compute in")


def check_rows(
    call: Call, work: Sequence[str], place: Place, reads: Sequence[Arrays], memory: Memory
) -> None:
    """Refuses an array in which no product can be made before it is turned."""
    room = memory.room(place)[::-1]
    if [memory.sizes[array] for array in work] != [room] or memory.kinds[work[0]]:
        raise Fault(f"`{TURNED}` computes in one array of {room}")
    if work[0] == place.array or any(work[0] in arrays for arrays in reads):
        raise Fault("a work array is used for something else in the same call")


def check_pads(
    call: Call, work: Sequence[str], place: Place, reads: Sequence[Arrays], memory: Memory
) -> None:
    """Refuses arrays that no outer product can be padded in."""
    rows, columns = memory.room(place)
    if [memory.sizes[array] for array in work] != [(rows, 2), (2, columns)]:
        raise Fault(f"`{OUTER}` pads in arrays of {rows}x2 and 2x{columns}")
    if any(memory.kinds[array] != "zeros" for array in work):
        raise Fault(f"`{OUTER}` pads with zeros")


CHECKS = {OUTER: check_pads, TURNED: check_rows}
"""How the work arrays of a product are checked; those of other functions are in `WORK`."""
