r"""What the letters in marks can be: names with indices, functions, `dW`, `\delta_{ij}`.

A derivative is the name `dL/dW`, an entry of it where indices stand on either side; what is derived
from a formula that has no name is the op `gradient` of the formula and the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.calls import function_of
from derive.notation.claim_calls import claim_function
from derive.notation.factors import is_factor
from derive.notation.hanging import Hanging, hanging
from derive.notation.heads import bare, is_word, renamed, unbraced
from derive.notation.indices import IndexReader, Places, entry
from derive.notation.lexicon import INDEX, Found, Lexicon, apart, placed, run_key
from derive.notation.marks import NAMING, Mark, Marks, mates
from derive.notation.spelling import listing, shown, suggestion
from derive.term import Apply, Term, Var

GRADIENT = "gradient"
LONGEST_WORD = 30
"""Letters of the name of a function at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What letters can be: a term with its indices, or a function; `rest` hangs on it."""

    end: int
    rest: Hanging
    term: Term | None = None
    places: Places = ()
    function: str = ""
    inferred: bool = False
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is derived, or by what: a name with indices."""

    term: Term
    places: Places
    turned: bool

    @property
    def name(self) -> str | None:
        """Its name, if it is one."""
        return self.term.name if isinstance(self.term, Var) else None


class Namer:
    """Finds names and derivatives in the marks of one text."""

    def __init__(self, lexicon: Lexicon, indices: IndexReader, text: str) -> None:
        self.lexicon = lexicon
        self.indices = indices
        self.text = text
        self.loss = lexicon.scope.loss
        self.pairs: frozenset[frozenset[str]] = frozenset()
        self.doubts: dict[str, None] = {}
        self.prefix = f"d{self.loss}/d"
        self.memo: dict[tuple[int, int], tuple[Marks, list[Choice]]] = {}

    # ------------------------------------------------------------------------------------ names

    def choices(self, marks: Marks, start: int) -> list[Choice]:
        """What the letters from here on can be, the longest first."""
        key = (id(marks), start)
        if key not in self.memo:
            self.memo[key] = (marks, self._choices(marks, start))
        return self.memo[key][1]

    def _choices(self, marks: Marks, start: int) -> list[Choice]:
        if start >= len(marks):
            return []
        found = ((one, self._named(one)) for one in self.lexicon.find(marks, start))
        named = (self._priced(one, choice, marks, start) for one, choice in found if choice)
        others = (self._functions, self._prefixed, self._kronecker)
        every = (*named, *(one for find in others for one in find(marks, start)))
        return sorted(every, key=lambda choice: -choice.end)

    def _priced(self, found: Found, choice: Choice, marks: Marks, start: int) -> Choice:
        r"""The cost of a reading; a pair of letters, `gh` in LaTeX, may rather be a product."""
        pair = choice.end == start + 2 and marks[start].text != "d" and "\\" in self.text
        cost = (
            0.9 if found.meaning.own and found.exact > 2 else 1.0 + pair * (not found.meaning.own)
        )
        return replace(choice, cost=cost + 2 * (pair and bool(choice.places)))

    def _named(self, found: Found) -> Choice | None:
        meaning = found.meaning
        if meaning.function:
            return Choice(found.end, found.rest, function=meaning.function)
        if meaning.term is None or any(is_word(part.marks) for part in found.rest.sups):
            return None
        indexed = self.indices.of(meaning.term, found.rest, meaning.raised)
        if indexed is None:
            return None
        places, rest = indexed
        return Choice(found.end, rest, self._unspelled(meaning.term, places, rest), places)

    def _functions(self, marks: Marks, start: int) -> Iterator[Choice]:
        """The functions that the letters spell; one ends where the letters do."""
        key, place = "", start
        while place < len(marks) and marks[place].kind in NAMING:
            mark = marks[place]
            if len(key) > LONGEST_WORD or (place > start and apart(marks, place)):
                return
            ends = place + 1 == len(marks) or marks[place + 1].kind not in NAMING
            if ends or mark.kind == "word" or marks[place + 1].spaced or not mark.bare:
                yield from self._function(key, mark, place)
            if not mark.bare and (mark.sups or mark.primes):
                return
            key += run_key((mark,))
            place += 1

    def _function(self, before: str, mark: Mark, place: int) -> Iterator[Choice]:
        greek = mark.kind == "greek" and not before
        whole = before + run_key((bare(mark, keep_subs=True),))
        short = before + mark.text
        hung = hanging(mark)
        for key, rest in ((whole, _without_subs(hung)), (short, hung)):
            function = function_of(key, greek=greek) or claim_function(key)
            if function:
                yield Choice(place + 1, rest, function=function)

    def _prefixed(self, marks: Marks, start: int) -> Iterator[Choice]:
        """`dW` as the derivative of the loss by W."""
        first = marks[start]
        if first.kind == "word" and first.text.startswith("d"):
            inner = self.lexicon.find((renamed(first),), 0)
            shift = start
        elif first.bare and first.text == "d" and start + 1 < len(marks):
            inner, shift = self.lexicon.find(marks, start + 1), 0
        else:
            return
        inner = [] if is_factor(self.lexicon, marks, start) else inner
        yield from self._quotient(marks, start)
        for one in inner:
            choice = self._named(one)
            if not choice or choice.term == Var(self.loss):
                continue
            if isinstance(choice.term, Var) and _is_quantity(choice.term.name):
                term = Var(f"{self.prefix}{choice.term.name}")
                end = choice.end + shift
                yield Choice(end, choice.rest, term, choice.places, inferred=True)

    def _quotient(self, marks: Marks, start: int) -> Iterator[Choice]:
        """`dL_dW`, as code spells it."""
        word = marks[start]
        place = start
        end = min(len(marks) - 1, start + LONGEST_WORD)
        while place < end and marks[place].kind in NAMING and marks[place].bare:
            place += 1
        subs = marks[place].subs
        if word.kind == "word" or len(subs) != 1 or marks[place].sups or subs[0][0].text != "d":
            return
        of = self.quantity((*marks[start + 1 : place], replace(marks[place], subs=())))
        wrt = self.quantity(subs[0][1:])
        if of and wrt and of.name and wrt.name and not (of.places or wrt.places):
            span = word.span.join(marks[place].span)
            yield Choice(place + 1, Hanging(), self.derivative(of, wrt, span), inferred=True)

    def _kronecker(self, marks: Marks, start: int) -> Iterator[Choice]:
        r"""`\delta_{ij}`: 1 where i and j are equal."""
        for place in range(start, min(start + 5, len(marks))):
            if marks[place].kind not in NAMING:
                return
            if run_key(tuple(bare(m) for m in marks[start : place + 1])) == "delta":
                hung = hanging(marks[place])
                # `\delta_i^j` is one only between the letters of a Jacobian: it may be a layer's
                subs = (*hung.subs, *(part.marks for part in hung.sups if not part.label))
                places = self.indices.places(subs, 2)
                if places and len(places) == 2 and None not in places and not hung.primes:
                    span = marks[start].span.join(marks[place].span)
                    args = tuple(one for one in places if one is not None)
                    rest = Hanging(turned=hung.turned)
                    # between the letters of a Jacobian it goes before a delta of unknown shape
                    pair = frozenset(one.name for one in args if isinstance(one, Var)) in self.pairs
                    if hung.sups and not pair:
                        return
                    cost = 0.5 if pair else 1.5
                    yield Choice(place + 1, rest, Apply("delta", args, (), span), cost=cost)

    # -------------------------------------------------------------------------------- quantities

    def quantity(self, marks: Marks) -> Quantity | None:
        """All of some marks as one name, perhaps with arguments as in `J(W, b)`."""
        marks = unbraced(marks)
        if not marks:
            return None
        for choice in self.choices(marks, 0):
            if choice.term is None or choice.rest.sups or choice.rest.primes or choice.inferred:
                continue
            if choice.end == len(marks) or is_argument(marks, choice.end, choice.term, self):
                return quantity_of(choice)
        return None

    def derivative(self, of: Quantity, wrt: Quantity, span: Span) -> Term:
        """The derivative of one name by another, or an entry of it."""
        by, places = _split(wrt)
        inner, over = _split(of)
        if not isinstance(by, Var):
            raise self.refused("what this derives by is not one name", span)
        if not isinstance(inner, Var):
            return self.turned(Apply(GRADIENT, (inner, by), (), span), places, wrt.turned, span)
        if "/d" in inner.name:
            raise self.refused("second derivatives are not read", span)
        if places and not over and self.indices.rank(inner):
            raise self.refused(f"an index is missing on `{inner.name}`", span)
        name = Var(f"d{inner.name}/d{by.name}", span)
        return self.turned(name, (*over, *places), wrt.turned, span)

    def turned(self, term: Term, places: Places, turned: bool, span: Span) -> Term:
        """An entry of a derivative, or its transpose."""
        made = entry(term, places, span)
        return Apply("transpose", (made,), (), span) if turned else made

    def _unspelled(self, term: Term, places: Places, rest: Hanging) -> Term:
        """A symbol noted `x_i` is meant whole where it is transposed; a column `W[:, k]` is not."""
        if not rest.turned or places or not isinstance(term, Apply) or term.op != "entry":
            return term
        array = term.args[0]
        rank = self.indices.rank(array.args[0] if isinstance(array, Apply) else array)
        return term if len(term.args) <= rank else array

    def refused(self, message: str, span: Span) -> DeriveError:
        """The refusal of a derivative."""
        return refuse("D133", message, self.text, span)

    def unknown(self, marks: Marks, span: Span) -> DeriveError:
        """The refusal of a name that nothing declares."""
        place = marks[0].span.join(marks[-1].span) if marks else span
        word = self.text[place.start : place.end]
        names = tuple(self.lexicon.scope.shapes)
        spelled = (*names, *self.lexicon.scope.spelled)
        spelled += tuple(alias.written for alias in self.lexicon.scope.aliases)
        help = suggestion(word, spelled) or listing(names)
        return refuse("D101", f"unknown name `{shown(word)}`", self.text, place, help=help)


def _split(quantity: Quantity) -> tuple[Term, Places]:
    """An array and the places of its entry."""
    term = quantity.term
    if isinstance(term, Apply) and term.op == "entry":
        return term.args[0], term.args[1:]
    return term, quantity.places


def _is_quantity(name: str) -> bool:
    """Whether a name is one that a loss is derived by: not a derivative, not an index."""
    return not name.startswith(INDEX) and "/d" not in name


def is_array(term: Term) -> bool:
    if isinstance(term, Apply):
        return term.op == "entry" and isinstance(term.args[0], Var)
    return isinstance(term, Var) and _is_quantity(term.name)


def quantity_of(choice: Choice) -> Quantity:
    assert choice.term is not None
    return Quantity(choice.term, choice.places, bool(choice.rest.turned))


def _without_subs(hung: Hanging) -> Hanging:
    return Hanging((), hung.sups, hung.turned, hung.primes, hung.quoted)


def is_argument(
    marks: Marks, place: int, term: Term, namer: Namer, wrt: Quantity | None = None
) -> bool:
    r"""Whether brackets here are the arguments of a loss: `J(\theta)`.

    In a product they may be a factor too: there they hold `wrt`, several names, or unknown ones.
    """
    if place >= len(marks) or marks[place].kind != "open" or marks[place].text != "(":
        return False
    if not isinstance(term, Var) or namer.lexicon.scope.shapes.get(term.name):
        return False
    end = mates(marks, namer.text).get(place)
    if end is None or not marks[end].bare:
        return False
    if wrt is None:
        return end == len(marks) - 1
    inner = marks[place + 1 : end]
    listed = any(mark.is_sign(",", ";") for mark in inner)
    if not all(mark.kind in NAMING or mark.is_sign(",", ";", "…") for mark in inner):
        return False
    held = namer.quantity(inner)
    return listed or held is None or held.term == wrt.term


__all__ = ["GRADIENT", "Choice", "Namer", "Quantity", "placed"]
