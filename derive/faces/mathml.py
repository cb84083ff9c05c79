"""Formulas as MathML: shapes under the factors, faults and what is new marked, brackets that fit.

The writer of LaTeX decides which row of the notation table writes an op and what stands in
brackets; here is what each row looks like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from derive.entries import DIFFERENTIAL
from derive.faces.caption import Caption, bracketed, captions, spoken
from derive.faces.word import word
from derive.formula import NEW, Formula
from derive.notation.entrywise import letter
from derive.notation.names import latex_name
from derive.notation.styles import STYLES, Written
from derive.notation.table import ATOM
from derive.notation.writer import Writer, form_of, keywords_of
from derive.term import Apply, Attr, Binding, Const, Term, Var, fold

LATEX = STYLES["latex"]


class Drawn(NamedTuple):
    """A part that was drawn: its markup, the same in LaTeX, what stands out, is it a tall one."""

    markup: str
    latex: Written
    caption: Caption = Caption()
    tall: bool = False


BESIDE = '<mo>&#x2062;</mo><mspace width="0.18em"/>'
"""Between factors without a sign."""

ROWS: Mapping[str, str] = {
    "add": "{}<mo>+</mo>{}",
    "sub": "{}<mo>−</mo>{}",
    "neg": '<mo form="prefix">−</mo>{}',
    "mul": "{}<mo>∘</mo>{}",
    "scale": "{}" + BESIDE + "{}",
    "matmul": "{}" + BESIDE + "{}",
    "scalar matmul": "{}<mo>·</mo>{}",
    "div": "<mfrac>{}{}</mfrac>",
    "number div": "<mfrac>{}{}</mfrac>",
    "sqrt": "<msqrt>{}</msqrt>",
    "transpose": '<msup>{}<mi mathvariant="normal">T</mi></msup>',
    "sum rows": '<msup><mn>1</mn><mi mathvariant="normal">T</mi></msup>' + BESIDE + "{}",
    "sum columns": "{}" + BESIDE + "<mn>1</mn>",
    "step": '<mo form="prefix">[</mo>{}<mo>&gt;</mo><mn>0</mn><mo form="postfix">]</mo>',
}
"""Form of the notation table -> markup, a `{}` for each operand."""

WHOLE = ("div", "number div", "sqrt", "transpose")
"""The rows that are one element."""


def mathml(formula: Formula, *, block: bool = True, captioned: bool = True) -> str:
    """The formula as one `math` element, with its plain text for those who do not see it."""
    known = iter(captions(formula))
    writer = Writer(LATEX, formula.scalars, {}, {})

    def node(term: Term, args: tuple[Drawn, ...]) -> Drawn:
        latex = writer.node(term, [arg.latex for arg in args])
        caption = next(known)
        caption = caption if captioned else caption._replace(shape="")
        markup = _markup(writer, term, args, caption.mark)
        tall = any(arg.tall for arg in args) or "<mfrac>" in markup or "<mtable>" in markup
        return Drawn(markup, latex, caption, tall)

    drawn = fold(formula.term, node)
    return _math(_placed(drawn, last=True), spoken(formula), block)


def name_mathml(name: str, *, block: bool = False) -> str:
    """A name by itself."""
    return _math(_name(name), name, block)


def _math(markup: str, text: str, block: bool) -> str:
    display = ' display="block"' if block else ""
    return f'<math{display} alttext="{escape(text)}">{markup}</math>'


# ----------------------------------------------------------------------------------------- parts


def _placed(drawn: Drawn, fences: bool = False, last: bool = False) -> str:
    """A part where it stands: in brackets or not, its shape under it, marked if it stands out."""
    shape, mark, joined, signed = drawn.caption
    markup = _fenced(drawn.markup, drawn.tall) if fences else drawn.markup
    kind = f' class="{mark}"' if mark and not (mark == NEW and signed) else ""
    if not shape or (joined and not fences):
        return f"<mrow{kind}>{markup}</mrow>" if kind else markup
    label = f'<mtext class="shape">{escape(shape)}</mtext>'
    if joined:
        markup = f'<munder class="brace">{markup}<mo stretchy="true">⏟</mo></munder>'
    return f"<munder{kind}>{markup}{label}</munder>"


def _fenced(markup: str, tall: bool, signs: str = "()") -> str:
    """Brackets around a part; they grow with fractions, and not with what stands under factors."""
    fixed = "" if tall else ' stretchy="false"'
    before, after = (f'<mo form="{form}"{fixed}>' for form in ("prefix", "postfix"))
    return f"<mrow>{before}{signs[0]}</mo>{markup}{after}{signs[1]}</mo></mrow>"


def _row(markup: str) -> str:
    return f"<mrow>{markup}</mrow>"


def _name(name: str) -> str:
    """A name, an index letter, or a derivative."""
    if name.startswith("#"):
        return word(letter(name))
    if name.startswith(DIFFERENTIAL):
        return word(latex_name(f"d{name.removeprefix(DIFFERENTIAL)}"))
    if "/d" in name:
        ends = (f"<mo>∂</mo>{word(latex_name(end))}" for end in name[1:].split("/d"))
        return f"<mfrac>{''.join(map(_row, ends))}</mfrac>"
    return word(latex_name(name))


def _number(term: Const) -> str:
    over, under = abs(term.value.numerator), term.value.denominator
    size = f"<mn>{over}</mn>" if under == 1 else f"<mfrac><mn>{over}</mn><mn>{under}</mn></mfrac>"
    return _row(f'<mo form="prefix">−</mo>{size}') if term.value < 0 else size


# ------------------------------------------------------------------------------------------- ops


def _markup(writer: Writer, term: Term, args: Sequence[Drawn], mark: str) -> str:
    if isinstance(term, Var):
        return _name(term.name)
    if isinstance(term, Const):
        return _number(term)
    if term.op == "pow" and term.attrs != ("1/2",):
        base = _placed(args[0], args[0].latex.level < ATOM)
        return f"<msup>{base}{_text(str(term.attrs[0]))}</msup>"
    if term.op in SPECIAL:
        return SPECIAL[term.op](args, term.attrs)
    form = _form(writer, term, args)
    if form is None:
        return _call(_function(writer, term.op), args, keywords_of(term.op, term.attrs))
    pairs = zip(args, bracketed(form, [arg.latex for arg in args]), strict=True)
    row = ROWS[form]
    if mark == NEW and form not in WHOLE:
        row = row.replace("<mo", f'<mo class="{NEW}"')
    markup = row.format(*(_placed(arg, fences) for arg, fences in pairs))
    return markup if form in WHOLE else _row(markup)


def _form(writer: Writer, term: Apply, args: Sequence[Drawn]) -> str | None:
    """The row that writes an op, if one does."""
    latex = [arg.latex for arg in args]
    if term.op == "sum":
        named = writer.total(latex[0], term.attrs)
        return None if named is None else ("sum columns" if term.attrs[0] else "sum rows")
    form = form_of(term.op, latex)
    return form if form in ROWS else None


def _function(writer: Writer, op: str) -> str:
    return word(writer.functions.get(op) or writer.style.function(op))


def _call(function: str, args: Sequence[Drawn], keywords: Mapping[str, Attr]) -> str:
    inner = "<mo>,</mo>".join(_placed(arg) for arg in args)
    words = "".join(
        f"<mo>,</mo><mtext>{escape(f'{word}={value}')}</mtext>" for word, value in keywords.items()
    )
    tall = any(arg.tall for arg in args)
    return _row(f"{function}<mo>&#x2061;</mo>{_fenced(_row(inner + words), tall)}")


Special = Callable[[Sequence[Drawn], Sequence[Attr]], str]


def _text(text: str) -> str:
    return f"<mtext>{escape(text)}</mtext>"


def _concat(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    parts = [_placed(arg) for arg in args]
    if attrs[0] == 0:
        rows = "".join(f"<mtr><mtd>{part}</mtd></mtr>" for part in parts)
        return _fenced(f"<mtable>{rows}</mtable>", True, "[]")
    if attrs[0] != 1:
        return _called("concat")(args, attrs)
    return _fenced(_row('<mspace width="0.5em"/>'.join(parts)), any(a.tall for a in args), "[]")


def _slice(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    part = LATEX.part(attrs)[1:-1]
    base = _placed(args[0], args[0].latex.level < ATOM)
    return _row(f"{base}{_fenced(_text(part), False, '[]')}")


def _entry(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    places = "<mo>,</mo>".join(_placed(arg) for arg in args[1:])
    base = _placed(args[0], args[0].latex.level < ATOM)
    return f"<msub>{base}{_row(places)}</msub>"


def _total(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    body = _placed(args[0], args[0].latex.level < ATOM - 2)
    return _row(f'<munder><mo movablelimits="false">∑</mo>{_name(str(attrs[0]))}</munder>{body}')


def _delta(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    return _fenced(f"{args[0].markup}<mo>=</mo>{args[1].markup}", False, "[]")


def _array(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    bound = [name for a in attrs if isinstance(a, Binding) for name, _ in a.indices]
    names = ", ".join(letter(a) for a in (*attrs, *bound) if isinstance(a, str))
    body = _placed(args[0]) if args else ""
    return f"<msub>{_fenced(_row(body), False, '[]')}{_text(names)}</msub>"


def _gradient(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    sign = f"<mfrac><mo>∂</mo><mrow><mo>∂</mo>{args[1].markup}</mrow></mfrac>"
    return _row(sign + _placed(args[0], args[0].latex.level < ATOM))


def _identity(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
    return "<mi>I</mi>"


def _called(function: str) -> Special:
    def write(args: Sequence[Drawn], attrs: Sequence[Attr]) -> str:
        told = [str(a) for a in attrs if isinstance(a, (str, int)) and not isinstance(a, bool)]
        inner = [*(_placed(arg) for arg in args), *map(_text, told)]
        return _row(f"<mi>{function}</mi>{_fenced('<mo>,</mo>'.join(inner), False)}")

    return write


SPECIAL: Mapping[str, Special] = {
    "concat": _concat,
    "slice": _slice,
    "entry": _entry,
    "total": _total,
    "delta": _delta,
    "array": _array,
    "each": _array,
    "gradient": _gradient,
    "eye": _identity,
    **{op: _called(op) for op in ("ones", "zeros", "ones_like", "zeros_like", "einsum")},
    **{op: _called(said) for op, said in (("mean", "mean"), ("var", "var"), ("peak", "max"))},
}
"""Op -> how it is drawn, where no row of the table can say it."""
