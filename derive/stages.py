"""The steps between a network and its loss that a page has and a given stack has not.

A page that takes the log, and the product with the target, as steps of their own speaks of the
derivatives by these. So its own loss goes before that of the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from derive.definitions import Definition, Network, words_of
from derive.notation.names import name_key
from derive.statement import ClaimLine, Dims, Let, Loss, Statement
from derive.unsaid import counts, of_one_sample


def stages(
    definitions: Iterable[Definition], claims: Sequence[ClaimLine], known: Iterable[str]
) -> Iterator[Statement]:
    """The equations of the page from what a stack has, called `known`, to the loss.

    None where no claim speaks of a step that the stack has not.
    """
    own = set(map(name_key, known))
    network = Network({})
    for one in definitions:
        if one.tells:
            network.defined.setdefault(one.name, one)
    network.need(())
    loss = network.loss
    steps = [one for one in network.ordered() if name_key(one.name) not in own or one.name == loss]
    names = {name_key(one.name) for one in steps if one.name != loss}
    if loss is None or not any(_speaks(one.text, names) for one in claims):
        return
    yield Dims(dict.fromkeys(counts((one.text for one in steps), network.defined)))
    for one in steps:
        made = Loss if one.name == loss else Let
        text, note = of_one_sample(one.text, network.words, network.defined)
        yield made(one.name, text, line=one.line, span=one.span, note=note)


def _speaks(text: str, names: set[str]) -> bool:
    """Whether a text speaks of a name, or of a derivative by it."""
    keys = {*names, *(f"d{name}" for name in names)}
    words = map(name_key, words_of(text, keys))
    return any(word in names or word.removeprefix("d") in names for word in words)
