r"""What the tests of a document are called, found by reading alone: `dL/dW2`.

The name is that of the derivative where the left side is one in a common form, and else the left
side as it is written. It depends on the text of the claim and the name of the loss alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count

from derive.diagnostic import DeriveError
from derive.equation import NABLA, PREFIX, derivative_of, is_derivative, name_of, rows
from derive.faces.visible import visible
from derive.listing import assignments
from derive.notation.code import looks_like_code
from derive.statement import ClaimLine, Loss, Statement

LONGEST = 60
"""Letters of a name at most."""

BY = re.compile(
    rf"{NABLA.pattern}\s*_\s*(?:\{{(?P<long>[^{{}}]*(?:\{{[^{{}}]*\}}[^{{}}]*)*)\}}|(?P<short>\S))"
)
"""The gradient by what stands below the nabla."""


def claims_of(lines: Sequence[Statement]) -> tuple[ClaimLine, ...]:
    """The claims of a document."""
    return tuple(one for one in lines if isinstance(one, ClaimLine))


def names_of(lines: Sequence[Statement]) -> Iterator[str]:
    """A name for each claim, no two alike: of those by the same name the second ends in `[2]`.

    pytest takes `dL/dW2` for all of them.
    """
    loss = next((one.name for one in reversed(lines) if isinstance(one, Loss)), "L")
    used: set[str] = set()
    for claim in claims_of(lines):
        name = _shortened(name_of_claim(claim, loss))
        more = (f"{name}[{number}]" for number in count(2))
        used.add(free := next(one for one in chain((name,), more) if one not in used))
        yield free


def name_of_claim(claim: ClaimLine, loss: str = "L") -> str:
    r"""What a claim is about.

    >>> [name_of_claim(ClaimLine(None, text)) for text in ("dW_2 = a", r"\nabla_{b} L = d")]
    ['dL/dW2', 'dL/db']
    """
    if claim.bracket is not None:
        layout = "" if claim.bracket.layout == "gradient" else f"{claim.bracket.layout} "
        return f"{layout}d{claim.bracket.of}/d{claim.bracket.wrt}"
    left, dims = _left(claim.text)
    return (_derivative(left, loss) or left) + (f" ∈ {'×'.join(dims)}" if dims else "")


def _left(text: str) -> tuple[str, Sequence[str]]:
    """The left side of a claim, and the shape of a claim that is about a shape alone.

    Of code, the left side is that of the last assignment to a derivative.
    """
    if looks_like_code(text):
        found = [one.target for one in assignments(text)]
        last = next((one for one in reversed(found) if is_derivative(one)), (found or [text])[-1])
        return last, ()
    try:
        row = next(iter(rows(text)), None)
    except DeriveError:
        row = None
    return (row.left, () if row.links[1:] else row.dims or ()) if row else (text, ())


def _derivative(left: str, loss: str) -> str | None:
    """The derivative that a left side is."""
    if ends := derivative_of(left):
        return "d{}/d{}".format(*ends)
    nabla = BY.match(left)
    prefix = PREFIX.match(left) if is_derivative(left) else None
    by = (nabla["long"] or nabla["short"]) if nabla else left[prefix.end() :] if prefix else ""
    name = name_of(by)
    return f"d{loss}/d{name.text}" if name else None


def _shortened(name: str) -> str:
    """A name on one line, all of it seen; a double colon would part it."""
    flat = visible(re.sub(r"\s+", " ", name).replace("::", ":").strip())
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"
