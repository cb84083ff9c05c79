"""Code as a claim: the gradients of a person's own function, read with `ast` and judged.

Nothing of the code is run or imported.
"""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from derive.checker import SECONDS
from derive.deadline import TimeUp, within
from derive.dense import Stack
from derive.diagnostic import Diagnostic, refuse
from derive.documents import document
from derive.layers import stack as stack_of
from derive.setting import Setting, setting_of
from derive.source.choosing import Chosen, at_line, chosen, every
from derive.source.code import code_of, has_gradients
from derive.source.listing import Listing, listing
from derive.source.network import Variant
from derive.source.reading import Best, Readings
from derive.source.told import Teller, located
from derive.source.words import Naming
from derive.verdict import Claim, Report

ROUNDS = 4
"""How many times the limit of one claim all of a function may take."""


def check_source(
    function: Callable[..., Any] | str,
    name: str | None = None,
    *,
    stack: Stack | str | None = None,
    document: str | None = None,
    file: str = "the code",
    limit: float = SECONDS,
) -> Report:
    """Judges every gradient that a function returns or stores.

    `function` is a function, whose file is read, or Python text; `name` the function of the text
    ("backward", "Network.backward"; without it, every function that has gradients). `stack` is the
    network, `document` what a derivation document sets out instead. Raises DeriveError for a text
    that is no Python, and for a function that is not there or is not read.

    >>> text = "def grads(x, y, yhat):\\n    return {'W1': x.T @ (yhat - y) / len(x)}"
    >>> print(check_source(text, stack=stack_of("4,3", bias="none")).claims[0].verdict)
    proved
    """
    if isinstance(function, str):
        text = textwrap.dedent(function)
    else:
        text, file, name = _of_function(function, name)
    if stack is None and document is None:
        raise refuse(
            "D302", "the network is missing: give a stack, or a document", help="--layers 784,10"
        )
    found = listing(text, file)
    network = stack_of(stack) if isinstance(stack, str) else stack
    job = _Job(found, network, document, limit)
    if name is not None:
        return job.one(chosen(found, name))
    return job.all()


def _of_function(function: Callable[..., Any], name: str | None) -> tuple[str, str, str | None]:
    """The text of the file of a function, the name of the file, and that of the function."""
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    if code is None:
        raise refuse("D138", f"{function!r:.60} is no function that was written in Python")
    lines = linecache.getlines(code.co_filename)
    if not lines:
        raise refuse("D138", f"the source of `{inner.__name__}` is not known; give its text")
    text = "".join(lines)
    return (
        text,
        code.co_filename,
        name or at_line(listing(text, code.co_filename), code.co_firstlineno),
    )


class _Job:
    """One file, and what its gradients are judged by."""

    def __init__(
        self, found: Listing, network: Stack | None, document: str | None, limit: float
    ) -> None:
        self.listing, self.network, self.document, self.limit = found, network, document, limit

    def all(self) -> Report:
        """Every function that has gradients."""
        likely = (one for one in every(self.listing) if has_gradients(code_of(one)))
        reports = [self.one(found, quiet=True) for found in likely]
        claims = tuple(claim for one in reports for claim in one.claims)
        if not claims:
            return Report((_nothing(self.listing),))
        return Report(claims, tuple(note for one in reports for note in one.notes))

    def one(self, found: Chosen, *, quiet: bool = False) -> Report:
        """One function, within its time."""
        try:
            with within(ROUNDS * self.limit):
                return self.judged(found, quiet=quiet)
        except TimeUp:
            message = f"the limit of {ROUNDS * self.limit:g} s for one function was reached"
            return Report(
                (Claim(found.name, "undecided", diagnostics=(Diagnostic("D906", message),)),)
            )

    def judged(self, found: Chosen, *, quiet: bool) -> Report:
        """One function."""
        best = self.best(self.listing, found)
        if not best.function.judged:
            unread = best.function.tracer.unread if best.function.tracer.lost else []
            return Report(() if quiet else (_nothing(self.listing, found, unread),))

        def again(text: str) -> Best:
            changed = listing(text, self.listing.name)
            return self.best(changed, chosen(changed, found.name), best.way)

        return Teller(best, again, self.limit, f"{found.name}: " if quiet else "").report()

    def best(
        self, found: Listing, function: Chosen, way: tuple[Variant, Naming] | None = None
    ) -> Best:
        """A function under its best reading, or under one that is told."""
        readings = Readings(found, code_of(function), self.limit)
        if way is not None:
            return readings.of_way(way)
        if self.document is None:
            assert self.network is not None
            return readings.of_stack(self.network)
        return readings.of_setting(self.setting())

    def setting(self) -> Setting:
        """What the document sets out."""
        assert self.document is not None
        made = Setting()
        if self.network is not None:
            made.stacked(self.network)
        return setting_of(document(self.document, self.network), made)


def _nothing(
    found: Listing, function: Chosen | None = None, unread: Sequence[Diagnostic] = ()
) -> Claim:
    """The claim of code in which no gradient was found; `unread` is what could not be read."""
    if unread:
        return Claim("code", "unreadable", diagnostics=(located(unread[0], found),))
    where = f"`{function.name}`" if function else found.name
    message = f"no gradient was found in {where}"
    help = "a gradient is returned or stored under a name such as dW1, grads['W1'] or self.db2"
    span = None if function is None else found.span(function.node)
    return Claim(
        "code",
        "unreadable",
        diagnostics=(located(Diagnostic("D141", message, found.text, span, (), help), found),),
    )
