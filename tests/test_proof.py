"""What is proved where names alone do not decide, each claim against differences as well.

The formulas write out what the program has names for, or join what it has apart. A claim is run
by NumPy with the values of the program; the true derivative is had from differences of that.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from derive.checker import check_document
from derive.openings import by_formula
from derive.setting import setting_of
from derive.statements import statements
from derive.truth import Target
from tests.worlds import HELPERS, World

NETS = {
    "ridge regression": """input X : N × D
target y : N × 1
param w : D × 1
param lam : scalar
let r = X @ w - y
let L = np.sum(r**2) + lam*np.sum(w**2)
""",
    "a normalised batch": """input x : N × D
param gamma : (D,)
input dout : N × D
const eps : scalar positive
let mu = np.mean(x, axis=0)
let var = np.var(x, axis=0)
let std = np.sqrt(var + eps)
let xhat = (x - mu) / std
let L = np.sum(dout*gamma*xhat)
""",
    "a normal distribution": """input m : (N,)
param s : (N,)
target y : (N,)
let var = np.exp(2*s)
let L = np.sum(0.5*(y - m)**2/var + s)
""",
    "a mixture": """param mu : 1 × K
input x : N × 1
input a : 1 × K positive
input s2 : scalar positive
let D = x - mu
let q = a*np.exp(-D**2/(2*s2))
let tot = np.sum(q, axis=1, keepdims=True)
let gam = q/tot
let L = np.sum(np.log(tot))
""",
    "a cosine": """param a : D × 1
param b : D × 1
let na = np.sqrt(np.sum(a**2))
let nb = np.sqrt(np.sum(b**2))
let L = np.sum(a*b)/(na*nb)
""",
    "a softmax with a temperature": """input z : K × 1
input tau : scalar positive
let p = softmax(z/tau, 0)
""",
}

PROVED = [
    ("ridge regression", "dL/dw", "2*X.T @ X @ w - 2*X.T @ y + 2*lam*w"),
    ("ridge regression", "dL/dw", "2*(X.T @ X + lam*np.eye(D)) @ w - 2*X.T @ y"),
    ("ridge regression", "dL/dX", "2*(X @ w @ w.T - y @ w.T)"),
    (
        "a normalised batch",
        "dL/dvar",
        "np.sum(dout*gamma*(x - mu)*-0.5*(var + eps)**(-1.5), axis=0)",
    ),
    (
        "a normalised batch",
        "dL/dx",
        "gamma/std*(dout - np.mean(dout, axis=0) - xhat*np.mean(dout*xhat, axis=0))",
    ),
    ("a normal distribution", "dL/dm", "(m - y)*np.exp(-2*s)"),
    ("a normal distribution", "dL/ds", "1 - (y - m)**2*np.exp(-2*s)"),
    ("a normal distribution", "dL/ds", "1 - (y - m)**2/np.exp(s)**2"),
    ("a mixture", "dL/dmu", "np.sum(gam*(x - mu), axis=0, keepdims=True)/s2"),
    ("a mixture", "dL/dD", "-gam*D/s2"),
    ("a cosine", "dL/da", "b/(na*nb) - L*a/na**2"),
    ("a softmax with a temperature", "jacobian dp/dz", "(np.diag(p[:, 0]) - p @ p.T)/tau"),
]

NOT = [
    ("ridge regression", "dL/dw", "2*X.T @ X @ w - 2*X.T @ y + lam*w"),
    ("a normal distribution", "dL/dm", "(m - y)*np.exp(-s)"),
    ("a mixture", "dL/dmu", "np.sum(q*(x - mu), axis=0, keepdims=True)/s2"),
    ("a cosine", "dL/da", "b/(na*nb) - L*a/nb**2"),
    ("a softmax with a temperature", "jacobian dp/dz", "np.diag(p[:, 0]) - p @ p.T/tau"),
]


def gap(net: str, asked: str, formula: str) -> float:
    """How far the formula is from the derivative, by NumPy and by differences."""
    lines = statements(NETS[net])
    world = World(setting_of(lines), lines, 5)
    layout = "jacobian" if asked.startswith("jacobian") else "gradient"
    of, wrt = re.findall(r"d(\w+)", asked)[-2:]
    truth = world.truth(Target(of, wrt, layout))
    found = np.asarray(eval(formula, dict(HELPERS), world.values), float)  # noqa: S307
    return float(np.max(np.abs(found.reshape(truth.shape) - truth)))


@pytest.mark.parametrize(("net", "asked", "formula"), PROVED)
def test_a_formula_that_writes_names_out_is_proved(net: str, asked: str, formula: str) -> None:
    (claim,) = check_document(f"{NETS[net]}claim [{asked}] {formula}\n").claims
    assert claim.verdict == "proved"
    assert gap(net, asked, formula) < 1e-6


@pytest.mark.parametrize(("net", "asked", "formula"), NOT)
def test_one_that_is_near_it_is_refuted(net: str, asked: str, formula: str) -> None:
    (claim,) = check_document(f"{NETS[net]}claim [{asked}] {formula}\n").claims
    assert claim.verdict == "refuted"
    assert gap(net, asked, formula) > 1e-3


def test_a_name_is_written_out_where_it_hides_no_function() -> None:
    made = setting_of(statements(NETS["a normalised batch"]))
    equations = made.derivation("L").equations
    assert set(by_formula(equations, frozenset())) >= {"mu", "var"}
    made = setting_of(statements("input z : (K,)\nlet h = np.tanh(z)\nlet L = np.sum(h**2)\n"))
    equations = made.derivation("L").equations
    assert set(by_formula(equations, frozenset())) == {"L"}
    assert set(by_formula(equations, frozenset({"tanh"}))) == {"h", "L"}
