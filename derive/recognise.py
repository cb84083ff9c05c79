"""Formulas that have a name: `log(1+exp(z))` is softplus, `1/(1+exp(-z))` is sigmoid.

The named function has a numerically safe form. Each rule is an equality that a test proves. They
are tried in order, the special ones first.
"""

from __future__ import annotations

from derive.term import Apply, Const, Term, apply, const, rebuild


def recognised(term: Term) -> Term:
    """The term with every named form written by its name, innermost first."""
    return rebuild(term, _named)


def _named(term: Term) -> Term:
    for rule in RULES:
        found = rule(term)
        if found is not None:
            return found
    return term


def _softplus(term: Term) -> Term | None:
    """log(1 + exp(u)) = softplus(u)"""
    if isinstance(term, Apply) and term.op == "log":
        power = _one_plus_exp(term.args[0])
        return None if power is None else apply("softplus", power)
    return None


def _sigmoid(term: Term) -> Term | None:
    """1 / (1 + exp(u)) = sigmoid(-u)"""
    if not isinstance(term, Apply):
        return None
    if term.op == "div" and term.args[0] == const(1):
        power = _one_plus_exp(term.args[1])
    elif term.op == "pow" and term.attrs == ("-1",):
        power = _one_plus_exp(term.args[0])
    else:
        return None
    return None if power is None else apply("sigmoid", negated(power))


def _sigmoid_ratio(term: Term) -> Term | None:
    """exp(u) / (1 + exp(u)) = sigmoid(u)"""
    if isinstance(term, Apply) and term.op == "div":
        power = _one_plus_exp(term.args[1])
        if power is not None and term.args[0] == apply("exp", power):
            return apply("sigmoid", power)
    return None


def _over_one_plus_exp(term: Term) -> Term | None:
    """A / (1 + exp(u)) = A sigmoid(-u)"""
    if isinstance(term, Apply) and term.op == "div":
        power = _one_plus_exp(term.args[1])
        if power is not None:
            return apply("mul", term.args[0], apply("sigmoid", negated(power)))
    return None


def _log_sigmoid(term: Term) -> Term | None:
    """log(sigmoid(u)) = -softplus(-u)"""
    if isinstance(term, Apply) and term.op == "log":
        (arg,) = term.args
        if isinstance(arg, Apply) and arg.op == "sigmoid":
            return apply("neg", apply("softplus", negated(arg.args[0])))
    return None


def _log_one_minus_sigmoid(term: Term) -> Term | None:
    """log(1 - sigmoid(u)) = -softplus(u)"""
    if isinstance(term, Apply) and term.op == "log":
        (arg,) = term.args
        if isinstance(arg, Apply) and arg.op == "sub" and arg.args[0] == const(1):
            own = arg.args[1]
            if isinstance(own, Apply) and own.op == "sigmoid":
                return apply("neg", apply("softplus", own.args[0]))
    return None


def _log_softmax(term: Term) -> Term | None:
    """log(softmax(u)) = log_softmax(u)"""
    if isinstance(term, Apply) and term.op == "log":
        (arg,) = term.args
        if isinstance(arg, Apply) and arg.op == "softmax":
            return apply("log_softmax", *arg.args, attrs=arg.attrs)
    return None


def _one_plus_exp(term: Term) -> Term | None:
    """u, where the term is 1 + exp(u) in either order."""
    if isinstance(term, Apply) and term.op == "add":
        for one, other in (term.args, term.args[::-1]):
            if one == const(1) and isinstance(other, Apply) and other.op == "exp":
                return other.args[0]
    return None


def negated(term: Term) -> Term:
    """The term with its sign changed, without a double minus."""
    if isinstance(term, Apply) and term.op == "neg":
        return term.args[0]
    return Const(-term.value) if isinstance(term, Const) else apply("neg", term)


RULES = (
    _softplus,
    _sigmoid,
    _sigmoid_ratio,
    _over_one_plus_exp,
    _log_sigmoid,
    _log_one_minus_sigmoid,
    _log_softmax,
)
