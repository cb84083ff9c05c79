"""The ways in which the claims of a submission can be meant, each a setting to judge them in.

In the submission's own network, where it is the key's; in the key's network with the submission's
names; in that network turned over, for who writes vectors as columns. Code is read as claims one
by one, or followed from its first line to the gradient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from derive.definitions import Definition
from derive.diagnostic import DeriveError, Diagnostic
from derive.documents import NUMPY_NAME
from derive.grading.key import Key
from derive.grading.own_names import by_custom, by_value
from derive.grading.own_network import same_network
from derive.grading.said import Said
from derive.grading.turning import turned_over
from derive.notation.names import Names, name_key
from derive.setting import Setting, setting_of
from derive.statement import Alias, Bracket, ClaimLine, Given, Orientation, Statement

OWN, KEY, TURNED = "its own network", "the key's network", "the key's network, turned over"


@dataclass(frozen=True)
class Way:
    """A setting with the claims of a submission.

    The line of a claim is its number, counted from 0; `lines` has where it stands. `names` are
    those of the submission by the key's, where they are others.
    """

    what: str
    setting: Setting
    lines: Sequence[int]
    names: Mapping[str, str]

    @property
    def turned(self) -> bool:
        """Whether it is in a network that is turned over."""
        return self.what == TURNED

    def name(self, name: str) -> str:
        """The name of a derivative as the key has it: `dJ/dV` is dL/dW1."""
        found = PARTS.fullmatch(name)
        if not found:
            return name
        of, wrt = (self.names.get(part, part) for part in (found[2], found[3]))
        return f"{found[1] or ''}d{of}/d{wrt}"


PARTS = re.compile(r"(\w+ )?d([^\s/]+)/d([^\s/]+)")


def ways(key: Key, said: Said, wanted: Sequence[str]) -> Iterator[Way]:
    """The ways, those that a submission states first; each is made when it is asked for."""
    stated = next((s.vectors for s in said.lines if isinstance(s, Orientation)), None)
    for option in key.options:
        network = key.setting(option)
        if said.declares:
            yield from _own(network, said, wanted)
        views: list[tuple[str, Callable[[Setting], Setting | None]]] = [
            (KEY, lambda made: made),
            (TURNED, turned_over),
        ]
        if stated is not None and not said.declares and stated != network.vectors:
            views.reverse()
        for what, view in views:
            if (seen := view(key.setting(option))) is not None:
                yield from _in_key(what, seen, said)


def _own(network: Setting, said: Said, wanted: Sequence[str]) -> Iterator[Way]:
    """In the submission's own network, for each way to read a stack in it."""
    for option in (None, "sum", "single"):
        own = setting_of((s for s in said.lines if not _is_word(s)), Setting(option=option))
        same = same_network(network, own, wanted)
        if same is not None:
            made, lines = _with_claims(same.setting, said.lines)
            yield Way(OWN, made, lines, same.names)
        if own.network is None or own.network.stated:
            return


def _is_word(one: Statement) -> bool:
    return isinstance(one, Alias | Given | ClaimLine)


def _in_key(what: str, made: Setting, said: Said) -> Iterator[Way]:
    """In the key's network, by the submission's names for it."""
    for alias in by_value(made, said.definitions):
        _add(made, alias)
    if said.code and (followed := tuple(_followed(made, said))):
        made_so = replace_claims(made, followed)
        yield Way(what, made_so, [one.line for one in followed], {})
    stated = {one.written if isinstance(one, Alias) else one.name for one in _words(said.lines)}
    texts = [*(one.text for one in said.definitions), *(one.text for one in said.claims)]
    for alias in by_custom(made, texts):
        if alias.written not in stated:
            _add(made, alias)
    full, lines = _with_claims(made, said.lines)
    yield Way(what, full, lines, {})


def _words(lines: Sequence[Statement]) -> Iterator[Alias | Given]:
    return (one for one in lines if isinstance(one, Alias | Given))


def _with_claims(made: Setting, lines: Sequence[Statement]) -> tuple[Setting, list[int]]:
    """The setting with the names and the claims of a submission, and where the claims stand."""
    places: list[int] = []
    for one in lines:
        if isinstance(one, ClaimLine):
            if _add(made, replace(one, line=len(places))):
                places.append(one.line)
        elif isinstance(one, Alias | Given):
            _add(made, one)
    return made, places


def _add(made: Setting, one: Statement) -> bool:
    """Takes a statement; what is wrong with it is told where its name is missed."""
    try:
        made.add(one)
    except DeriveError as error:
        found = error.diagnostic
        name = getattr(one, "name", f"line {one.line}")
        made.failures.setdefault(name, _placed(found, one.line))
        return False
    return True


def _placed(found: Diagnostic, line: int) -> Diagnostic:
    return replace(found, message=f"line {line}: {found.message}")


def replace_claims(made: Setting, claims: Sequence[ClaimLine]) -> Setting:
    """A setting of the same network with these claims."""
    other = replace(made, claims=[], failures=dict(made.failures))
    for place, one in enumerate(claims):
        other.add(replace(one, line=place))
    return other


# -------------------------------------------------------------------------------- code, followed


def _followed(made: Setting, said: Said) -> Iterator[ClaimLine]:
    """A claim for each gradient that a program assigns: all lines that lead to it."""
    known, before = Names(made.shapes), list[tuple[str, str]]()
    for one in said.lines:
        if isinstance(one, Definition):
            before.append((one.name, f"{one.name} = {one.text}"))
        elif isinstance(one, ClaimLine):
            name = re.split(r"\s*\+?=", one.text, maxsplit=1)[0].strip()
            wrt = known.find((), name_key(name[1:].lstrip("_"))) if NUMPY_NAME.match(name) else ()
            if len(wrt) == 1:
                text = "\n".join((*_needed(one.text, before), one.text))
                bracket = Bracket("gradient", made.loss, wrt[0])
                yield ClaimLine(bracket, text, line=one.line, span=one.span)
            before.append((name, one.text))


def _needed(text: str, before: Sequence[tuple[str, str]]) -> list[str]:
    """The lines that a line needs, and those that they need."""
    wanted, kept = _names(text.partition("=")[2]), list[str]()
    for name, line in reversed(before):
        if name in wanted:
            kept.insert(0, line)
            wanted |= _names(line.partition("=")[2])
    return kept


def _names(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d]\w*", text))
