"""What a claim rests on: a formula that names a derivative has not derived it.

`dL/dW = dL/dW` holds, and says nothing. `dL/dW = x^T dL/dz` is a step, and an answer only beside
one for dL/dz.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derive.asking import name_of, question
from derive.case import derivative_of
from derive.diagnostic import DeriveError
from derive.setting import Asked, Setting
from derive.term import Apply, Term, Var, walk
from derive.truth import Target

UNNAMED = "a derivative that is not carried out"


def rests_on(asked: Asked, made: Setting) -> tuple[frozenset[str], ...]:
    """The derivatives in each formula of a claim, given names being what they stand for."""
    try:
        asks = question(asked, made, {})
    except DeriveError:
        return ()
    return tuple(frozenset(derivatives(link.term, asked.given)) for link in asks.links)


def derivatives(term: Term, given: Mapping[str, Term]) -> set[str]:
    """The names of derivatives in a formula and in the given names that it uses."""
    found = set[str]()
    for node in walk(term):
        if isinstance(node, Apply) and node.op == "gradient":
            found.add(UNNAMED)
        elif isinstance(node, Var) and node.name in given:
            inner = {name: one for name, one in given.items() if name != node.name}
            found |= derivatives(given[node.name], inner)
        elif isinstance(node, Var) and (ends := derivative_of(node.name)):
            found.add(name_of(Target(*ends)))
    return found


def founded(rests: Mapping[str, Sequence[frozenset[str]]]) -> frozenset[str]:
    """The derivatives that are derived: in one formula at least all that it names is, too.

    What goes round in a circle is not.

    >>> rests = {"a": "", "b": "a", "c": "d", "d": "c"}
    >>> sorted(founded({name: [frozenset(inner)] for name, inner in rests.items()}))
    ['a', 'b']
    """
    known = frozenset[str]()
    while True:
        more = frozenset(n for n, links in rests.items() if any(one <= known for one in links))
        if more == known:
            return known
        known = more
