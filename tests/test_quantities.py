"""Right sides of `let`, `given` and `alias`: NumPy text, derivatives, letters, layouts."""

from __future__ import annotations

import pytest

from derive.diagnostic import DeriveError
from derive.notation.quantities import read_quantity
from derive.scope import Alias, Scope
from derive.term import Var
from tests.test_code import compact, shapes

SCOPE = Scope(shapes(), {"q": "x", r"\lambda": "eps"}, (Alias("w2", Var("W1")),))

QUANTITIES = [
    ("dL/dz2", "dL/dz2"),
    ("m * dL/dz2", "mul(m, dL/dz2)"),
    ("m*dL / dz2", "mul(m, dL/dz2)"),
    ("(dL/dz2).T", "transpose(dL/dz2)"),
    ("jacobian dz2/dx", "dz2/dx"),
    ("jacobian_T dz2/dx", "transpose(dz2/dx)"),
    ("-np.sum(dL/dz1 + dL/da1, axis=0)", "neg(sum(add(dL/dz1, dL/da1), ~0, ~False))"),
    ("a1[i,j]", "entry(a1, #i, #j)"),
    ("z1[l]*(1-z1[l])", "mul(entry(z1, #l), sub(1, entry(z1, #l)))"),
    ("np.sum(a1*z1, axis=1)[i]", "entry(sum(mul(a1, z1), ~1, ~False), #i)"),
    ("(v @ u)[0,0]", "entry(matmul(v, u), 0, 0)"),
    ("b1[0]", "ravel(b1)"),
    ("v[0]*u[1]", "mul(entry(v, 0), entry(u, 1))"),
    ("x[:1] + x[1:]", "add(slice(x, ~0, ~0, ~1), slice(x, ~0, ~1, ~None))"),
    ("E[idx]", "gather(E, idx)"),
    ("v[:, None] * u[None, :]", "mul(column(v), row(u))"),
    ("np.append(v, 1.0)", "concat(v, 1, ~0)"),
    ("np.concatenate([v, np.ones(1)])", "concat(v, ones(~1), ~0)"),
    ("np.einsum('ia,ja->ij', x, X)/np.sqrt(D)", "div(einsum(x, X, ~ia,ja->ij), pow(D, ~1/2))"),
    ("np.diag(dsigmoid(z2).ravel())", "diag(ravel(sigmoid'(z2)))"),
    ("np.where(x > 0, x, eps*(np.exp(x)-1))", "where(step(x), x, mul(eps, sub(exp(x), 1)))"),
    ("x.mean(axis=-1, keepdims=True)", "mean(x, ~-1, ~True)"),
    ("np.clip(x, 0, None)", "relu(x)"),
    ("np.clip(x, -1, 1)", "minimum(maximum(x, -1), 1)"),
    ("softmax(z2)", "softmax(z2, ~None)"),
    ("np.sum((a2-y)**2)/y.size", "div(sum(pow(sub(a2, y), ~2), ~None, ~False), size(y))"),
    ("len(x) + x.shape[1]", "add(length(x, ~0), length(x, ~1))"),
    ("np.ones((N, 1)) @ np.zeros([1, D])", "matmul(ones(~N, ~1), zeros(~1, ~D))"),
    ("x.reshape(-1, 1) + x.reshape(N, D)", "add(column(x), reshape(x, ~N, ~D))"),
    ("np.outer(v, u) - np.eye(D)", "sub(outer(v, u), eye(~D))"),
    ("w2 + q * lambda", "add(W1, mul(x, eps))"),
]


@pytest.mark.parametrize(("text", "term"), QUANTITIES)
def test_a_quantity_is_a_term(text: str, term: str) -> None:
    assert compact(read_quantity(text, SCOPE)) == term


def test_a_correlation_is_two_sums_for_each_entry() -> None:
    found = compact(read_quantity("xcorr2_valid(x, w)", SCOPE))
    body = "mul(entry(x, add(#1, #3), add(#2, #4)), entry(w, #3, #4))"
    assert found == (f"each(total(total({body}, ~#4, ~None, ~None), ~#3, ~None, ~None), ~#1, ~#2)")


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("dL/dq2 + x", "unknown name `dL`", "dL"),
        ("x + foo", "unknown name `foo`", "foo"),
        ("np.foo(x)", "unknown function `foo`", "np.foo(x)"),
        ("x[y]", "this index is not read", "x[y]"),
        ("[x for x in y]", "this part of Python is not read: list comp", "[x for x in y]"),
        ("", "the formula is empty", ""),
        ("a = b", "this is not NumPy text", "="),
        ("'x'", "only decimal numbers are read here", "'x'"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, message: str, place: str) -> None:
    with pytest.raises(DeriveError) as caught:
        read_quantity(text, SCOPE)
    span = caught.value.diagnostic.span
    assert span is not None
    assert (str(caught.value), text[span.start : span.end]) == (message, place)
