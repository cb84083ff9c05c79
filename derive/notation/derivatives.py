r"""Derivatives in marks: `\frac{\partial L}{\partial W_{ij}}`, `dL/dW`, `\nabla_W L`, `C'(x)`."""

from __future__ import annotations

from collections.abc import Iterator

from derive.diagnostic import Span, refuse
from derive.notation.choices import Choice, Namer, Quantity, is_argument, is_array, quantity_of
from derive.notation.hanging import Hanging, hanging
from derive.notation.heads import is_d, is_head, is_variation, tail_of, unbraced
from derive.notation.marks import Marks, mates
from derive.term import Term, Var


class Derivatives(Namer):
    """Finds derivatives in the marks of one text."""

    def fraction(self, over: Marks, under: Marks, span: Span) -> Term | str | None:
        """The derivative that a fraction is; the name it is by if no other is there; or None."""
        over, under = unbraced(over), unbraced(under)
        if not (over and under):
            return None
        if not (is_head(over[0]) and is_head(under[0])) and not is_variation(over, under):
            return None
        by_d = over[0].kind != "partial" or under[0].kind != "partial"
        if not over[0].bare or not under[0].bare:
            if over[0].kind != "partial":
                return None
            raise self.refused("second derivatives are not read", span)
        wrt = self.quantity(tail_of(under))
        if wrt is None or not is_array(wrt.term):
            if by_d and not wrt:
                return None
            raise self.unknown(tail_of(under), span)
        if len(over) == 1:
            return self._by(wrt, span)
        of = self.quantity(tail_of(over))
        if of is None:
            return None if by_d else self.of_formula(over, span)
        return self.derivative(of, wrt, span)

    def of_formula(self, over: Marks, span: Span) -> Term:
        """The refusal of a derivative whose numerator is not one name."""
        raise self.unknown(tail_of(over), span)

    def _by(self, wrt: Quantity, span: Span) -> str:
        if wrt.name is None or wrt.places or wrt.turned:
            raise self.refused("what this derives by is not one name", span)
        return wrt.name

    # ------------------------------------------------------------------------------------ inline

    def inline(self, marks: Marks, start: int) -> tuple[Term, Hanging, int] | None:
        r"""`\partial L/\partial W`, `dL/dW`: the derivative, what hangs on it, the place after."""
        if not (marks[start].kind == "partial" or is_d(marks[start])):
            return None
        for of, middle in self._inline_parts(marks, start + 1):
            if middle + 2 >= len(marks) or not marks[middle].is_sign("/"):
                continue
            if not is_head(marks[middle + 1]) or not marks[middle + 1].bare:
                continue
            for choice in self.choices(marks, middle + 2):
                if choice.term is not None and not choice.inferred and is_array(choice.term):
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
                yield quantity_of(choice), choice.end

    def nabla(self, marks: Marks, start: int) -> tuple[Term, Hanging, int]:
        r"""`\nabla_W L`, what hangs on it, and the place after it."""
        mark = marks[start]
        if not mark.subs:
            message = "it is not said by what this derives"
            help = r"write the name below it, as in \nabla_{W} L"
            raise refuse("D133", message, self.text, mark.span, help=help)
        wrt = self.quantity(mark.subs[0])
        if wrt is None or not is_array(wrt.term):
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
                if is_argument(marks, end, choice.term, self, wrt):
                    end = mates(marks, self.text)[end] + 1
                span = mark.span.join(marks[end - 1].span)
                return self.derivative(quantity_of(choice), wrt, span), choice.rest, end
        raise self.refused("what this derives is not one name", mark.span)

    def by_prime(self, choice: Choice, marks: Marks) -> tuple[Term, int] | None:
        """`C'(x)`: the derivative of a declared C by x, and the place after the brackets."""
        place = choice.end
        if choice.rest.primes != 1 or choice.rest.sups or choice.rest.turned:
            return None
        if not isinstance(choice.term, Var) or choice.places or place >= len(marks):
            return None
        if self.indices.rank(choice.term) > 1:
            return None  # the transpose of a matrix, times what stands in the brackets
        if marks[place].kind != "open" or marks[place].text != "(":
            return None
        end = mates(marks, self.text)[place]
        wrt = self.quantity(marks[place + 1 : end])
        if wrt is None or wrt.name is None or not marks[end].bare:
            return None
        span = marks[place - 1].span.join(marks[end].span)
        return self.derivative(quantity_of(choice), wrt, span), end + 1
