"""What a word of code stands for: an alias, a name of the scope, or a derivative."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from derive.diagnostic import Span
from derive.notation.names import Names, name_key
from derive.scope import Alias, Scope
from derive.term import Term, Var

SLASH = "ᐟ"
"""A letter for Python, which it never is in a name: `dL/dz` is handed to it as one name."""

_FONT = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathrm|mathit|text|textbf|textit|operatorname)\b")
_MARKUP = re.compile(r"[\\{}()\[\]^\s]")
_LETTERED = re.compile(r"[_^]\{?[a-z]{1,2}\}?$")
_WORD = re.compile(r"[^\W\d]\w*")
_DERIVATIVE = re.compile(r"d_?([^\W\d_]\w*?)_?d_?([^\W\d_]\w*)|(?:d_?|grad_)([^\W_]\w*)")
_LOSSES = frozenset(("loss", "Loss", "cost", "Cost", "error", "L", "J", "C", "E"))
"""How a loss is called in `dloss_dW` where nothing is declared so."""


@dataclass(frozen=True)
class Lookup:
    """The names of a scope, to be found by a word; in claims aliases and notations go first."""

    scope: Scope
    claims: bool
    names: Names
    spelled: Mapping[str, str]
    words: Mapping[str, Alias]
    keys: Mapping[str, Alias] = field(default_factory=dict)

    def find(self, word: str) -> Term | None:
        """The term that a word is, or None; KeyError where it can be several names."""
        tries: tuple[Callable[[str], Term | None], ...] = (self._declared, self._spelled)
        tries = (self._alias, *reversed(tries)) if self.claims else (*tries, self._alias)
        if SLASH in word:
            over, under = word.split(SLASH)
            return self.quotient(over[1:], under[1:])
        for attempt in (*tries, self._keyed, self.derivative):
            if (term := attempt(word)) is not None:
                return term
        return None

    def function(self, word: str) -> str | None:
        """The elementwise function that an alias says a word is."""
        alias = self.words.get(word) or self.keys.get(name_key(word))
        return alias.function if alias else None

    def known(self, word: str) -> bool:
        """Whether something is called so, without a thought of derivatives."""
        return any(one(word) for one in (self._alias, self._spelled, self._declared))

    def stands(self, word: str) -> bool:
        """Whether a word is a term, or could be several."""
        try:
            return self.find(word) is not None
        except KeyError:
            return True

    def vouch(self) -> Iterable[str]:
        """Every word that could have been meant."""
        return (*self.names.declared, *self.spelled, *self.words)

    def _alias(self, word: str) -> Term | None:
        alias = self.words.get(word) or self.keys.get(name_key(word))
        return None if alias is None else alias.term

    def _spelled(self, word: str) -> Term | None:
        return Var(self.spelled[word]) if word in self.spelled else None

    def _declared(self, word: str) -> Term | None:
        name = self.names.exact((word,))
        return None if name is None else Var(name)

    def _keyed(self, word: str) -> Term | None:
        found = self.names.find((word,), name_key(word))
        if len(found) > 1:
            raise KeyError(*found)
        return Var(found[0]) if found else None

    def derivative(self, word: str) -> Term | None:
        """`dW2` and `dL_dW2`, where W2 is declared: the derivative by it."""
        if not (found := _DERIVATIVE.fullmatch(word)):
            return None
        over, under, plain = found.groups()
        if over:
            return self.quotient(over, under) or self._by(self.scope.loss, word[1:].lstrip("_"))
        return self._by(self.scope.loss, plain)

    def quotient(self, over: str, under: str) -> Term | None:
        """`dL/dW2`, where both are names; a loss may go by a usual name."""
        of = self._name(over)
        if of is None and over in _LOSSES:
            of = self.scope.loss
        return None if of is None else self._by(of, under)

    def _by(self, of: str, word: str) -> Term | None:
        by = self._name(word)
        return None if by is None or by == of else Var(f"d{of}/d{by}")

    def _name(self, word: str) -> str | None:
        """The declared name that a word is, or that an alias of it is."""
        tries = (self._alias, self._spelled, self._declared, self._keyed)
        found = (one(word) for one in (tries if self.claims else tries[1:]))
        term = next((term for term in found if term is not None), None)
        return term.name if isinstance(term, Var) and "/" not in term.name else None


def lookup(scope: Scope, *, claims: bool) -> Lookup:
    """The words of a scope; in the text of a claim, what the source calls them goes first."""
    spelled = {word: name for text, name in scope.spelled.items() for word in _words(text)}
    words = {alias.written: alias for alias in scope.aliases}
    words |= {
        f"{alias.written}_": alias for alias in scope.aliases if keyword.iskeyword(alias.written)
    }
    keys = {
        name_key(word): alias
        for alias in scope.aliases
        if not _WORD.fullmatch(alias.written) and not alias.letters
        for word in _words(alias.written)
    }
    return Lookup(scope, claims, Names(tuple(scope.shapes)), spelled, words, keys)


def _words(text: str) -> list[str]:
    r"""A notation as the words that code has for it: `\mathbf{W}^{(1)}` is W1."""
    plain = text
    if not _WORD.fullmatch(text):
        plain = "" if _LETTERED.search(text) else _MARKUP.sub("", _FONT.sub("", text))
    if keyword.iskeyword(plain):
        plain = f"{plain}_"
    return [plain] if _WORD.fullmatch(plain) else []


def placed(term: Term, span: Span) -> Term:
    """The term, said to stand at a place."""
    return replace(term, span=span)
