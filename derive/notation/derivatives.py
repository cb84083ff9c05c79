r"""Names and derivatives in marks: `\frac{\partial L}{\partial W_{ij}}`, `dL/dW`, `\nabla_W L`, `dW`.

A derivative is the name `dL/dW`, an entry of it where indices stand on either side; what is derived
from a formula that has no name is the op `gradient` of the formula and the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.calls import function_of
from derive.notation.claim_calls import claim_function
from derive.notation.hanging import Hanging, hanging
from derive.notation.indices import INDEX, IndexReader, Places, entry
from derive.notation.lexicon import Found, Lexicon, apart, placed, run_key
from derive.notation.marks import NAMING, Mark, Marks, mates
from derive.notation.spelling import listing, shown, suggestion
from derive.term import Apply, Term, Var

GRADIENT = "gradient"


@dataclass(frozen=True, slots=True)
class Choice:
    """What letters can be: a term with its indices, or a function; where they end; what hangs on."""

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

    # ------------------------------------------------------------------------------------ names

    def choices(self, marks: Marks, start: int) -> list[Choice]:
        """What the letters from here on can be, the longest first."""
        if start >= len(marks):
            return []
        found = [(one, self._named(one)) for one in self.lexicon.find(marks, start)]
        named = [self._priced(one, choice, marks, start) for one, choice in found if choice]
        found = [*named, *self._functions(marks, start), *self._prefixed(marks, start)]
        found += self._kronecker(marks, start)
        return sorted(found, key=lambda choice: -choice.end)

    def _priced(self, found: Found, choice: Choice, marks: Marks, start: int) -> Choice:
        r"""The cost of a reading; a pair of letters, `gh` in LaTeX, may rather be a product."""
        pair = choice.end == start + 2 and marks[start].text != "d" and "\\" in self.text
        cost = 0.9 if found.meaning.own else 1.0 + pair
        return replace(choice, cost=cost + 2 * (pair and bool(choice.places)))

    def _named(self, found: Found) -> Choice | None:
        meaning = found.meaning
        if meaning.function:
            return Choice(found.end, found.rest, function=meaning.function)
        if meaning.term is None or any(_is_word(part.marks) for part in found.rest.sups):
            return None
        indexed = self.indices.of(meaning.term, found.rest, meaning.raised)
        if indexed is None:
            return None
        places, rest = indexed
        return Choice(found.end, rest, _unspelled(meaning.term, places, rest), places)

    def _functions(self, marks: Marks, start: int) -> Iterator[Choice]:
        """The functions that the letters spell; one ends where the letters do."""
        key, place = "", start
        while place < len(marks) and marks[place].kind in NAMING:
            mark = marks[place]
            if place > start and apart(marks, place):
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
        whole = before + run_key((_bare(mark, keep_subs=True),))
        bare = before + mark.text
        hung = hanging(mark)
        for key, rest in ((whole, _without_subs(hung)), (bare, hung)):
            function = function_of(key, greek=greek) or claim_function(key)
            if function:
                yield Choice(place + 1, rest, function=function)

    def _prefixed(self, marks: Marks, start: int) -> Iterator[Choice]:
        """`dW` as the derivative of the loss by W."""
        first = marks[start]
        if first.kind == "word" and first.text.startswith("d"):
            inner = self.lexicon.find((_renamed(first),), 0)
            shift = start
        elif first.bare and first.text == "d" and start + 1 < len(marks):
            inner, shift = self.lexicon.find(marks, start + 1), 0
        else:
            return
        for one in inner:
            choice = self._named(one)
            if choice and isinstance(choice.term, Var) and _is_quantity(choice.term.name):
                term = Var(f"d{self.loss}/d{choice.term.name}")
                end = choice.end + shift
                yield Choice(end, choice.rest, term, choice.places, inferred=True)

    def _kronecker(self, marks: Marks, start: int) -> Iterator[Choice]:
        r"""`\delta_{ij}`: 1 where i and j are equal."""
        for place in range(start, min(start + 5, len(marks))):
            if marks[place].kind not in NAMING:
                return
            if run_key(tuple(_bare(m) for m in marks[start : place + 1])) == "delta":
                hung = hanging(marks[place])
                places = self.indices.places(hung.subs, 2) if not hung.sups else None
                if places and len(places) == 2 and None not in places and not hung.primes:
                    span = marks[start].span.join(marks[place].span)
                    args = tuple(one for one in places if one is not None)
                    rest = Hanging(turned=hung.turned)
                    yield Choice(place + 1, rest, Apply("delta", args, (), span))

    # -------------------------------------------------------------------------------- quantities

    def quantity(self, marks: Marks) -> Quantity | None:
        """All of some marks as one name, perhaps with arguments as in `J(W, b)`."""
        marks = _unbraced(marks)
        if not marks:
            return None
        for choice in self.choices(marks, 0):
            if choice.term is None or choice.rest.sups or choice.rest.primes or choice.inferred:
                continue
            if choice.end == len(marks) or _is_argument(marks, choice.end, choice.term, self):
                return _quantity(choice)
        return None

    def fraction(self, over: Marks, under: Marks, span: Span) -> Term | str | None:
        """The derivative that a fraction is; the name it is by where nothing stands above; or None."""
        over, under = _unbraced(over), _unbraced(under)
        if not (over and under and _is_head(over[0]) and _is_head(under[0])):
            return None
        by_d = over[0].kind != "partial" or under[0].kind != "partial"
        if not over[0].bare or not under[0].bare:
            if over[0].kind != "partial":
                return None
            raise self.refused("second derivatives are not read", span)
        wrt = self.quantity(_tail(under))
        if wrt is None or not _is_array(wrt.term):
            if by_d and not wrt:
                return None
            raise self.unknown(_tail(under), span)
        if len(over) == 1:
            return self._by(wrt, span)
        of = self.quantity(_tail(over))
        if of is None:
            return None if by_d else self.of_formula(over, span)
        return self.derivative(of, wrt, span)

    def of_formula(self, over: Marks, span: Span) -> Term:
        """The refusal of a derivative whose numerator is not one name."""
        raise self.unknown(_tail(over), span)

    def _by(self, wrt: Quantity, span: Span) -> str:
        if wrt.name is None or wrt.places or wrt.turned:
            raise self.refused("what this derives by is not one name", span)
        return wrt.name

    def derivative(self, of: Quantity, wrt: Quantity, span: Span) -> Term:
        """The derivative of one name by another, or an entry of it."""
        by, places = wrt.term, wrt.places
        if isinstance(by, Apply) and by.op == "entry":
            by, places = by.args[0], tuple(by.args[1:])
        if not isinstance(by, Var):
            raise self.refused("what this derives by is not one name", span)
        inner = of.term
        over = of.places
        if isinstance(inner, Apply) and inner.op == "entry":
            inner, over = inner.args[0], tuple(inner.args[1:])
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

    # ------------------------------------------------------------------------------------ inline

    def inline(self, marks: Marks, start: int) -> tuple[Term, Hanging, int] | None:
        r"""`\partial L/\partial W`, `dL/dW`: the derivative, what hangs on it, the place after it."""
        if not (marks[start].kind == "partial" or _is_d(marks[start])):
            return None
        for of, middle in self._inline_parts(marks, start + 1):
            if middle + 2 >= len(marks) or not marks[middle].is_sign("/"):
                continue
            if not _is_head(marks[middle + 1]) or not marks[middle + 1].bare:
                continue
            for choice in self.choices(marks, middle + 2):
                if choice.term is not None and not choice.inferred and _is_array(choice.term):
                    span = marks[start].span.join(marks[choice.end - 1].span)
                    wrt = Quantity(choice.term, choice.places, False)
                    return self.derivative(of, wrt, span), choice.rest, choice.end
        return None

    def _inline_parts(self, marks: Marks, start: int) -> Iterator[tuple[Quantity, int]]:
        if start < len(marks) and marks[start].kind == "open":
            end = mates(marks, self.text).get(start, start)
            if (of := self.quantity(marks[start + 1 : end])) is not None:
                yield of, end + 1
        for choice in self.choices(marks, start):
            if choice.term is not None and not choice.rest.size and not choice.inferred:
                yield _quantity(choice), choice.end

    def nabla(self, marks: Marks, start: int) -> tuple[Term, Hanging, int]:
        r"""`\nabla_W L`, what hangs on it, and the place after it."""
        mark = marks[start]
        if not mark.subs:
            message = "it is not said by what this derives"
            help = r"write the name below it, as in \nabla_{W} L"
            raise refuse("D133", message, self.text, mark.span, help=help)
        wrt = self.quantity(mark.subs[0])
        if wrt is None or not _is_array(wrt.term):
            raise self.unknown(mark.subs[0], mark.span)
        place = start + 1
        if place < len(marks) and marks[place].kind == "open":
            end = mates(marks, self.text)[place]
            of, rest = self.quantity(marks[place + 1 : end]), hanging(marks[end])
            if of is not None:
                span = mark.span.join(marks[end].span)
                return self.derivative(of, wrt, span), rest, end + 1
        for choice in self.choices(marks, place) if place < len(marks) else ():
            if choice.term is not None and not choice.inferred:
                end = choice.end
                if _is_argument(marks, end, choice.term, self, wrt):
                    end = mates(marks, self.text)[end] + 1
                span = mark.span.join(marks[end - 1].span)
                return self.derivative(_quantity(choice), wrt, span), choice.rest, end
        raise self.refused("what this derives is not one name", mark.span)

    def by_prime(self, choice: Choice, marks: Marks) -> tuple[Term, int] | None:
        """`C'(x)`: the derivative of a declared C by x, and the place after the brackets."""
        place = choice.end
        if choice.rest.primes != 1 or choice.rest.sups or choice.rest.turned:
            return None
        if not isinstance(choice.term, Var) or choice.places or place >= len(marks):
            return None
        if marks[place].kind != "open" or marks[place].text != "(":
            return None
        end = mates(marks, self.text)[place]
        wrt = self.quantity(marks[place + 1 : end])
        if wrt is None or wrt.name is None or not marks[end].bare:
            return None
        span = marks[place - 1].span.join(marks[end].span)
        return self.derivative(_quantity(choice), wrt, span), end + 1

    # ---------------------------------------------------------------------------------- refusals

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


def _is_quantity(name: str) -> bool:
    """Whether a name is one that a loss is derived by: not a derivative, not an index."""
    return not name.startswith(INDEX) and "/d" not in name


def _is_array(term: Term) -> bool:
    if isinstance(term, Apply):
        return term.op == "entry" and isinstance(term.args[0], Var)
    return isinstance(term, Var) and _is_quantity(term.name)


def _is_word(marks: Marks) -> bool:
    """Whether a superscript is letters that are neither index nor power: `W^{out}`."""
    return len(marks) > 2 and all(mark.kind in NAMING and mark.bare for mark in marks)


def _unspelled(term: Term, places: Places, rest: Hanging) -> Term:
    """A symbol noted `x_i` is meant whole where it is transposed: then the i is a part of its name."""
    if rest.turned and not places and isinstance(term, Apply) and term.op == "entry":
        return term.args[0]
    return term


def _quantity(choice: Choice) -> Quantity:
    assert choice.term is not None
    return Quantity(choice.term, choice.places, bool(choice.rest.turned))


def _is_head(mark: Mark) -> bool:
    return mark.kind == "partial" or _is_d(mark) or (mark.kind == "word" and mark.text[0] == "d")


def _is_d(mark: Mark) -> bool:
    return mark.kind in ("letter", "word") and mark.text == "d"


def _tail(marks: Marks) -> Marks:
    """What follows the sign of a derivative; `\\mathrm{dW}` holds both."""
    first = marks[0]
    if first.kind == "partial" or first.text == "d":
        return _unbraced(marks[1:])
    return (_renamed(first), *marks[1:])


def _renamed(mark: Mark) -> Mark:
    return Mark(
        "word",
        mark.text[1:],
        mark.span,
        mark.spaced,
        mark.subs,
        mark.sups,
        mark.primes,
        mark.quoted,
        mark.base,
    )


def _bare(mark: Mark, keep_subs: bool = False) -> Mark:
    subs = mark.subs if keep_subs else ()
    return Mark(mark.kind, mark.text, mark.span, mark.spaced, subs, base=mark.base)


def _without_subs(hung: Hanging) -> Hanging:
    return Hanging((), hung.sups, hung.turned, hung.primes, hung.quoted)


def _unbraced(marks: Marks) -> Marks:
    """Marks without brackets around all of them."""
    while len(marks) > 2 and marks[0].kind == "open" and marks[-1].bare:
        depth = 0
        for place, mark in enumerate(marks):
            depth += {"open": 1, "close": -1}.get(mark.kind, 0)
            if depth == 0 and place < len(marks) - 1:
                return marks
        marks = marks[1:-1]
    return marks


def _is_argument(
    marks: Marks, place: int, term: Term, namer: Namer, wrt: Quantity | None = None
) -> bool:
    r"""Whether brackets here are the arguments of a loss: `J(\theta)`.

    In a product they may be a factor as well: there they hold `wrt`, several names, or unknown ones.
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
