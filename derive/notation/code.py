"""Claims in code: what a few statements say, as a term."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from derive.diagnostic import DeriveError, Span
from derive.notation.codelike import CodeReader, tree_key
from derive.notation.draft import draft
from derive.notation.lookup import lookup
from derive.notation.python import parse_expression, parse_program
from derive.notation.quantities import with_quotients
from derive.notation.statements import Runner, Value, left_term
from derive.notation.tongues import to_python
from derive.scope import Alias, ClaimText, Link, Scope


def read_code(text: str, scope: Scope) -> ClaimText:
    """The claim that code makes: the value of its last statement.

    Names that the code assigns are its own; what it adds to and nothing declares starts at zero.

    >>> from derive.shape import dim
    >>> claim = read_code("dZ = A - Y; dW += dZ @ X.T", Scope({n: (dim(n),) for n in "AYX"}))
    >>> claim.links[0].term.op
    'matmul'
    """
    words = lookup(scope, claims=True)
    statements, source = parse_program(with_quotients(to_python(draft(text)), words))
    reader = CodeReader(source, words, _trees(scope.aliases))
    try:
        value = Runner(reader).run(statements)
    except RecursionError as error:
        raise source.failure(error) from None
    if value is None:
        raise reader.make.refusal("D114", "no statement here has a value", Span(0, len(text)))
    return _claim(text, reader, value, statements)


def _claim(
    text: str, reader: CodeReader, value: Value, statements: Sequence[ast.stmt]
) -> ClaimText:
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
