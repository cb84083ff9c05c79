"""Claims in code: what a few statements say, as a term."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from derive.diagnostic import DeriveError, Span
from derive.notation.codelike import tree_key
from derive.notation.draft import draft
from derive.notation.keeper import Value
from derive.notation.known import KnownReader
from derive.notation.leftside import left_term
from derive.notation.limits import MAX_TEXT, check_length
from derive.notation.lookup import lookup
from derive.notation.python import parse_expression, parse_program
from derive.notation.quantities import with_quotients
from derive.notation.statements import Runner
from derive.notation.tongues import to_python
from derive.scope import Alias, ClaimText, Link, Scope

_LATEX = re.compile(r"\\(?!\s*(?:\n|$))")
_LIBRARY = re.compile(
    r"(?<![\w.])(?:np|numpy|self|torch|tf|Math|math|params|cache|grads)[.\[]|%\*%"
)


def read_code(text: str, scope: Scope, wanted: str = "") -> ClaimText:
    """The claim that code makes: the value of its last statement.

    Where that gives several, it is the derivative by what is `wanted`. Names that the code assigns
    are its own; what it adds to and nothing declares starts at zero.

    >>> from derive.shape import dim
    >>> claim = read_code("dZ = A - Y; dW += dZ @ X.T", Scope({n: (dim(n),) for n in "AYX"}))
    >>> claim.links[0].term.op
    'matmul'
    """
    check_length(text)
    words = lookup(scope, claims=True)
    statements, source = parse_program(with_quotients(to_python(draft(text)), words))
    reader = KnownReader(source, words, _trees(scope.aliases))
    try:
        value = Runner(reader, wanted).run(statements)
    except RecursionError as error:
        raise source.failure(error) from None
    if value is None:
        raise reader.make.refusal("D114", "no statement here has a value", Span(0, len(text)))
    if value.several:
        message = "here are several values, and one is read"
        raise reader.make.refusal("D113", message, value.piece.span)
    return _claim(text, reader, value)


def looks_like_code(text: str) -> bool:
    r"""Whether a text is code rather than LaTeX or plain text: found by trying.

    It has to parse as Python, once the signs of other languages are rewritten. What plain text
    has and code has not speaks against it: a backslash, `^`, a Greek letter, a product without a
    sign, which Python takes for a call of a number, of a bracket or of a name of one letter.
    What only a library has, `np.` or `self.`, or a loop or a function, decides for code in any
    case.

    >>> looks_like_code("dZ3 = A3 - Y"), looks_like_code("x(a - y)"), looks_like_code(r"\delta x")
    (True, False, False)
    >>> looks_like_code("return yHat - y"), looks_like_code("W2.T dZ2"), looks_like_code("h^2")
    (True, False, False)
    """
    nodes = _nodes(text)
    blocks = any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For) for node in nodes)
    plain = not nodes or any(map(_is_plain, nodes))
    return _speaks_of_libraries(text) or blocks or not plain


def is_code_alone(text: str) -> bool:
    """Whether a text looks like code, and has what formulas have not: `p[t, 0]`, `A.T`, `x @ W`.

    >>> is_code_alone("np.exp(z)"), is_code_alone("p[t, 0]"), is_code_alone("xW + b")
    (True, True, False)
    """
    signs = ast.Subscript | ast.Attribute | ast.MatMult
    return looks_like_code(text) and (
        _speaks_of_libraries(text) or any(isinstance(node, signs) for node in _nodes(text))
    )


def _speaks_of_libraries(text: str) -> bool:
    short = len(text) <= MAX_TEXT and not _LATEX.search(text)
    return short and _LIBRARY.search(text) is not None


def _nodes(text: str) -> list[ast.AST]:
    """What a text is made of as Python, once the signs of other languages are rewritten."""
    if len(text) > MAX_TEXT or _LATEX.search(text):
        return []
    try:
        statements, _ = parse_program(to_python(draft(text)))
    except DeriveError:
        return []
    return [node for top in statements for node in ast.walk(top)]


def _is_plain(node: ast.AST) -> bool:
    """Whether a part of a tree is what Python makes of plain text."""
    match node:
        case ast.BinOp(op=ast.BitXor()):
            return True
        case ast.Call(ast.Name(id=name)):
            return len(name) == 1
        case ast.Call(func):
            return not isinstance(func, ast.Attribute | ast.Subscript | ast.Lambda)
        case ast.Name(id=name):
            return not name.isascii()
    return False


def _claim(text: str, reader: KnownReader, value: Value) -> ClaimText:
    where = reader.source.span(value.target) if value.target is not None else None
    link = Link(value.piece.term, value.piece.span)
    return ClaimText(text, (link,), left_term(reader, value), where)


def _trees(aliases: Sequence[Alias]) -> Mapping[str, Alias]:
    """The aliases of more than a name, each as its expression tree."""
    found: dict[str, Alias] = {}
    for alias in aliases:
        if alias.written.isidentifier():
            continue
        try:
            tree, _ = parse_expression(to_python(draft(alias.written)))
        except DeriveError:
            continue
        found[tree_key(tree)] = alias
    return found
