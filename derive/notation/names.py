"""Names: many spellings, one key.

`W_1`, `W1`, `W₁`, `W_{1}`, `W^{(1)}` and `\\mathbf{W}_1` have the key `W1`; `ŷ`, `\\hat{y}` and
`yhat` have the key `yhat`. A written name is the declared one that is spelled like it, or else the
only one with its key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from derive.notation.letters import letter_name
from derive.notation.signs import GREEK, LOWERED, MARKS

_CLUSTER = re.compile(rf".[{''.join(MARKS)}]*", re.DOTALL)


def join_key(parts: Iterable[str]) -> str:
    """The parts of a name as one word; only two numbers stay apart.

    >>> join_key(["W", "1"]), join_key(["W", "1", "2"]), join_key(["z", "out"])
    ('W1', 'W1_2', 'zout')
    """
    key = ""
    for part in parts:
        apart = key[-1:].isdigit() and part[:1].isdigit()
        key += f"_{part}" if apart else part
    return key


def name_key(name: str) -> str:
    """The key of a declared name.

    >>> name_key("W_1"), name_key("ŷ₂"), name_key("δ2"), name_key("y_hat")
    ('W1', 'yhat2', 'delta2', 'yhat')
    """
    return join_key(name_spelling(name).split("_"))


@lru_cache(maxsize=4096)
def name_spelling(name: str) -> str:
    """A declared name in ASCII, its underscores kept.

    >>> name_spelling("δ₂"), name_spelling("W_1")
    ('delta2', 'W_1')
    """
    plain = "".join(LOWERED.get(letter, letter) for letter in name).replace("-", "_")
    return "".join(letter_name(cluster)[1] for cluster in _CLUSTER.findall(plain))


class Names:
    """The declared names, to be found by any spelling."""

    def __init__(self, declared: Collection[str]) -> None:
        self.declared: dict[str, None] = {}
        self.spelled: dict[str, str] = {}
        self.keyed: dict[str, list[str]] = {}
        self.longest = 0
        for name in declared:
            self.add(name)

    def add(self, name: str) -> None:
        """Declare one more name."""
        if name not in self.declared:
            key = name_key(name)
            self.declared[name] = None
            self.spelled.setdefault(name_spelling(name), name)
            self.spelled[unicodedata.normalize("NFC", name)] = name
            self.keyed.setdefault(key, []).append(name)
            self.longest = max(self.longest, len(key))

    def find(self, spellings: Iterable[str], key: str) -> tuple[str, ...]:
        """The declared names that a written one can mean: none, the one, or several."""
        exact = self.exact(spellings)
        return tuple(self.keyed.get(key, ())) if exact is None else (exact,)

    def exact(self, spellings: Iterable[str]) -> str | None:
        """The declared name that is spelled like this, fonts and alphabets aside."""
        written = (unicodedata.normalize("NFC", spelling) for spelling in spellings)
        return next((self.spelled[s] for s in written if s in self.spelled), None)


_GREEK = frozenset(GREEK.values())
_ACCENTED = re.compile(r"(.+?)(hat|tilde|bar|ddot|dot)")
_NUMBERED = re.compile(r"(.*?[^0-9_])_?([0-9]+(?:_[0-9]+)*)")


def latex_name(name: str) -> str:
    r"""A name in LaTeX, such that it is read as the same name.

    >>> print(latex_name("W2"), latex_name("yhat"), latex_name("dz_2"), latex_name("z_out"))
    W_{2} \hat{y} dz_{2} z_{out}
    >>> print(latex_name("δ2"), latex_name("loss"), latex_name("dyhat1"))
    \delta_{2} \mathrm{loss} d\hat{y}_{1}
    """
    stem, script = name.strip("_"), ""
    if numbered := _NUMBERED.fullmatch(stem):
        stem, script = numbered.groups()
    elif "_" in stem:
        stem, script = stem.split("_", 1)
    stem = _stem(name_key(stem))
    script = script.replace("_", "," if script[:1].isdigit() else "")
    return f"{stem}_{{{script}}}" if script else stem


def _stem(key: str) -> str:
    letter = _letter(key)
    if letter is None and key[:1] == "d":
        letter = _letter(key[1:])
        letter = letter and f"d{letter}"
    return letter or rf"\mathrm{{{key}}}"


def _letter(key: str) -> str | None:
    if len(key) == 1:
        return key
    if key in _GREEK:
        return f"\\{key}"
    accented = _ACCENTED.fullmatch(key)
    if accented and (inner := _letter(accented.group(1))):
        return rf"\{accented.group(2)}{{{inner}}}"
    return None
