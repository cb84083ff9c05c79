"""Every term is read back from its text, in every notation: read(write(t)) == t.

The exceptions, which have no text of their own: the negative of a number and the quotient of two
numbers are read as numbers.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.functions import FUNCTIONS, PRIME
from derive.notation import NOTATIONS, latex_name, name_key, read, read_numpy, write
from derive.notation.table import INFIX
from derive.ops import OPS
from derive.term import Apply, Attr, Const, Term, Var, walk

NAMES = ("x", "y", "W1", "W2", "H1", "yhat", "dz2", "N", "delta2", "z_out", "loss", "b")
SCALARS = ("N",)
FUNCTION_OPS = (*FUNCTIONS, *(name + PRIME for name in FUNCTIONS))

NUMBERS = st.one_of(
    st.integers(-12, 1000).map(Fraction),
    st.fractions(-2, 2, max_denominator=12),
    st.sampled_from(
        [Fraction(1, 1000), Fraction(44715, 10**6), Fraction(10**40), Fraction(3, 10**11)]
    ),
)
EXPONENTS = st.sampled_from(["2", "3", "0", "-1", "1/2", "3/2", "-1/3"])
SLICES = st.sampled_from(
    [(0, 1, None), (1, 1, None), (0, 0, 1), (1, 0, 1), (0, 2, 5), (1, 0, None), (2, 1, None)]
)
SUMS = st.sampled_from([(None, False), (0, False), (1, False), (0, True), (1, True), (-1, True)])


def _with_text(op: str, args: tuple[Term, ...], attrs: tuple[Attr, ...]) -> Term:
    """The node, or where that has no text of its own, another one."""
    if op in ("neg", "div") and all(isinstance(arg, Const) for arg in args):
        op = "transpose" if op == "neg" else "mul"
    return Apply(op, args, attrs)


def _applied(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    one, two = st.tuples(inner), st.tuples(inner, inner)
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    none = st.just(())
    ops = [
        (st.sampled_from(["add", "sub", "mul", "div", "matmul", "mul", "matmul"]), two, none),
        (st.sampled_from(["neg", "transpose", *FUNCTION_OPS]), one, none),
        (st.just("pow"), one, EXPONENTS.map(lambda text: (text,))),
        (st.just("concat"), some, st.sampled_from([(0,), (1,), (0,), (1,), (2,)])),
        (st.just("slice"), one, SLICES),
        (st.just("sum"), one, SUMS),
        (st.sampled_from(["softmax", "log_softmax"]), one, st.sampled_from([(0,), (1,)])),
    ]
    return st.one_of([st.builds(_with_text, *parts) for parts in ops])


LEAVES = st.one_of(st.sampled_from(NAMES).map(Var), NUMBERS.map(Const))
TERMS = st.recursive(LEAVES, _applied, max_leaves=12)


def again(text: str, notation: str) -> Term:
    if notation in ("numpy", "array-api"):
        return read_numpy(text, NAMES)
    return read(text, NAMES, scalars=SCALARS)


@pytest.mark.parametrize("notation", NOTATIONS)
@settings(max_examples=400, deadline=None)
@given(term=TERMS)
def test_what_is_written_is_read_as_the_same_term(term: Term, notation: str) -> None:
    text = write(term, notation, scalars=SCALARS)
    assert again(text, notation) == term, text


@pytest.mark.parametrize("notation", NOTATIONS)
@settings(max_examples=100, deadline=None)
@given(term=TERMS)
def test_every_node_knows_its_place(term: Term, notation: str) -> None:
    text = write(term, notation, scalars=SCALARS)
    for node in walk(again(text, notation)):
        assert node.span is not None
        part = text[node.span.start : node.span.end]
        assert part == part.strip()
        assert part


BY_ENTRIES = ("each",)
"""Written for people with its entries, `[x_{ij}]_{ij}`; a claim says them on its left side."""

ATTRS: dict[str, tuple[Attr, ...]] = {
    "pow": ("2",),
    "concat": (1,),
    "slice": (0, 1, None),
    "sum": (0, False),
    "softmax": (0,),
    "log_softmax": (0,),
}


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("op", [*(op for op in OPS if op not in BY_ENTRIES), *FUNCTION_OPS])
def test_every_op_of_the_table_has_a_text(op: str, notation: str) -> None:
    row = OPS.get(op)
    count = row.arity or 2 if row else 1
    term = Apply(op, tuple(map(Var, NAMES[:count])), ATTRS.get(op, ()))
    assert again(write(term, notation), notation) == term


TOTALS = [
    ("1^T dz2", "sum(dz2, axis=0, keepdims=True)"),
    (r"\mathbf{1}^\top dz2", "sum(dz2, axis=0, keepdims=True)"),
    ("1^T (yhat - y) / N", "sum(yhat - y, axis=0, keepdims=True) / N"),
    (r"\frac{1}{N} \mathbf{1}^T (yhat - y)", "1/N sum(yhat - y, axis=0, keepdims=True)"),
    (r"\frac{1}{b} \mathbf{1}^T dz2", "1/b sum(dz2, axis=0, keepdims=True)"),
    ("loss b 1^T dz2", "loss b sum(dz2, axis=0, keepdims=True)"),
    (r"-\mathbf{1}^T dz2 W1", "-sum(dz2, axis=0, keepdims=True) W1"),
    (r"(yhat - y) \mathbf{1}", "sum(yhat - y, axis=1, keepdims=True)"),
    (r"\frac{1}{N} (yhat - y) \boldsymbol{1}", "sum(1/N (yhat - y), axis=1, keepdims=True)"),
    (r"\mathbf{1}^T y \mathbf{1}", "sum(sum(y, axis=0, keepdims=True), axis=1, keepdims=True)"),
]


@pytest.mark.parametrize(("text", "meaning"), TOTALS)
def test_a_product_with_ones_is_a_sum(text: str, meaning: str) -> None:
    term = read(text, NAMES, scalars=SCALARS)
    assert term == read(meaning, NAMES, scalars=SCALARS)
    assert read(write(term, "latex", scalars=SCALARS), NAMES, scalars=SCALARS) == term


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"[\mathbf{1}\ x]^T y", "[1 x]^T y"),
        ("(yhat - y) 1/N", "((yhat - y) * 1) / N"),
        (r"N \mathbf{1}", "N * 1"),
        (r"x \circ (\mathbf{1} - x)", "x ∘ (1 - x)"),
    ],
)
def test_other_ones_are_numbers(text: str, meaning: str) -> None:
    assert read(text, NAMES, scalars=SCALARS) == read(meaning, NAMES, scalars=SCALARS)


def test_sums_are_written_as_textbooks_print_them() -> None:
    rows, columns = (read(f"sum(dz2, axis={axis}, keepdims=True) / N", NAMES) for axis in (0, 1))
    assert write(rows, "plain") == "1^T dz2 / N"
    assert write(rows, "latex") == r"\frac{\mathbf{1}^T dz_{2}}{N}"
    assert write(columns, "latex") == r"\frac{dz_{2} \mathbf{1}}{N}"


@pytest.mark.parametrize("notation", ["plain", "latex"])
def test_the_signs_that_are_written_are_signs_that_are_read(notation: str) -> None:
    rows = NOTATIONS[notation].rows
    for op in ("add", "sub", "mul"):
        sign = rows[op].text.replace("{}", "").strip().replace(r"\circ", "∘")
        assert (INFIX[sign].op, INFIX[sign].level) == (op, rows[op].level)


IDENTIFIERS = st.from_regex(r"d?[A-Za-z]{1,5}(_?[0-9]{1,2}){0,2}(_[a-z]{1,3})?", fullmatch=True)


@settings(max_examples=300, deadline=None)
@given(name=st.one_of(IDENTIFIERS, st.sampled_from(["ŷ", "δ2", "dŷ_1", "Ŵ", "σ_w", "b_hat", "T"])))
def test_a_name_in_latex_is_the_same_name(name: str) -> None:
    assert read(latex_name(name), [name]) == Var(name)
    assert read(name, [name]) == Var(name)
    assert name_key(name) == name_key(name_key(name))
