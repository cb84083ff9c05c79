"""Backends: the kinds of arrays that a module may be written for.

The lines of a plan are the same for each. A backend says in which notation they are written, what
the functions of `codegen.runtime` are there, and how parameters begin.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from codegen.functional import NAMESPACE, SPACE, functional
from codegen.runtime import RUNTIME, source
from derive.diagnostic import refuse
from derive.notation import write
from derive.term import Apply, Term, Var, fold, variables


class Backend(NamedTuple):
    """How modules are written for one kind of arrays.

    `functions` gives the names of ops, `source` the text of ops and other functions. With
    `in_place` arrays may be written into: there are a Workspace and functions that fill arrays.
    `opening` is the first line of a function that calls functions of the library.
    """

    name: str
    notation: str
    functions: Mapping[str, str]
    source: Callable[[Iterable[str], Iterable[str]], str]
    imports: str
    opening: str
    in_place: bool


NAMESPACE_TEXT = f'''\
def {NAMESPACE}(x):
    """The functions for arrays like x; array_api_compat has them for libraries that do not."""
    if hasattr(x, "__array_namespace__"):
        return x.__array_namespace__()
    from array_api_compat import array_namespace

    return array_namespace(x)'''


def _standard_source(ops: Iterable[str], functions: Iterable[str]) -> str:
    text = functional(source(ops, functions))
    return "\n\n\n".join([NAMESPACE_TEXT, *([text] if text else [])])


NUMPY = Backend("numpy", "numpy", RUNTIME, source, "import numpy as np", "", in_place=True)

ARRAY_API = Backend(
    "array-api",
    "array-api",
    {op: text.replace("np.", f"{SPACE}.") for op, text in RUNTIME.items()},
    _standard_source,
    "",
    f"{SPACE} = {NAMESPACE}(x)",
    in_place=False,
)

BACKENDS: Mapping[str, Backend] = {one.name: one for one in (NUMPY, ARRAY_API)}


def backend(name: str) -> Backend:
    """The backend of that name. Raises DeriveError where there is none."""
    if name not in BACKENDS:
        raise refuse("D402", f"`{name}` is no backend: there are {' and '.join(BACKENDS)}")
    return BACKENDS[name]


def write_for(
    made: Backend, term: Term, scalars: Collection[str], sizes: Collection[str] = ()
) -> str:
    """A term in the notation of a backend; `sizes` are the names that hold a number of Python's."""
    names: dict[str, str] = {}
    if not made.in_place:
        term, names = lifted(term, made, scalars, sizes)
    return write(term, made.notation, scalars=scalars, functions=made.functions, names=names)


def lifted(
    term: Term, made: Backend, scalars: Collection[str], sizes: Collection[str]
) -> tuple[Term, dict[str, str]]:
    """The term with numbers of Python's made arrays wherever a function is called on them.

    The standard's functions take arrays: `sqrt(2)` is `xp.sqrt(xp.asarray(2, dtype=x.dtype))`.
    """
    names: dict[str, str] = {}

    def node(old: Term, args: tuple[Term, ...]) -> Term:
        new = replace(old, args=args) if isinstance(old, Apply) else old
        if not (isinstance(new, Apply) and _is_function(new, made)):
            return new
        (number,) = args
        if not set(variables(number)) <= set(sizes):
            return new
        name = f"%{len(names)}"
        text = write(number, made.notation, scalars=scalars, functions=made.functions)
        names[name] = f"{SPACE}.asarray({text}, dtype=x.dtype)"
        return replace(new, args=(Var(name),))

    return fold(term, node), names


def _is_function(term: Apply, made: Backend) -> bool:
    return term.op in made.functions or (term.op == "pow" and term.attrs == ("1/2",))
