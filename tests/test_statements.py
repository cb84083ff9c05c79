"""Three-address form: one operation a statement, its operands laid out as the result is."""

from __future__ import annotations

from hypothesis import given, settings

from codegen.plan import VIEWS, Plan, plan
from codegen.statements import Statement, fits, statements
from derive.dense import Stack
from derive.formulas import gradients
from derive.gradient import adjoint_name
from derive.infer import shape_of
from derive.layers import stack
from derive.notation import write
from derive.shape import dim
from derive.term import Apply, Const, Term, Var
from tests.random_stacks import stacks


def lowered(made: Stack) -> tuple[Plan, tuple[Statement, ...]]:
    found = plan(gradients(made))
    wanted = ["L", *(adjoint_name(name) for name in found.parameters)]
    return found, statements(found.lines_for(wanted), found)


def texts(made: Stack, *names: str) -> list[str]:
    """The statements of some lines, as `target[part] = term`; `:=` copies, `is` names."""
    shown = []
    for one in lowered(made)[1]:
        if one.line.name in names:
            sign = ":=" if one.copies else "is" if one.is_alias else "="
            part = "" if one.part is None else f"[{one.part[1]}:{one.part[2] or ''}]"
            shown.append(f"{one.target}{part} {sign} {write(one.term, 'plain')}")
    return shown


def test_a_bias_is_spread_before_it_is_added() -> None:
    assert texts(stack("5,4,3"), "z1") == ["%1 = x W1[1:]", "%2 := W1[:1]", "z1 = %1 + %2"]
    assert texts(stack("5,4,3", bias="none"), "z1") == ["z1 = x W1"]


def test_a_product_of_three_is_two_products() -> None:
    assert texts(stack("5,4,3"), "dz1") == ["%8 = dH1 ∘ H1", "%9 = 1 - H1", "dz1 = %8 ∘ %9"]


def test_blocks_go_to_their_parts() -> None:
    assert texts(stack("5,4,3"), "dW1") == [
        "dW1[0:1] = 1^T dz1",
        "dW1[1:] = x^T dz1",
    ]


def test_another_name_costs_nothing_but_a_gradient_has_its_own_array() -> None:
    made = stack("5,4:identity,3", bias="separate", single=True)
    assert texts(made, "H1") == ["H1 is z1"]
    assert texts(made, "db1") == ["db1 := dz1"]


def test_numbers_stay_arithmetic_of_python() -> None:
    made = stack("5,4,3", loss="mse", activations="tanh,identity")
    assert texts(made, "t1", "L") == ["t1 = yhat - y", "%5 = t1^2", "L = sum(%5) / n2 / N"]


def test_what_a_product_runs_over() -> None:
    inner = {one.target: one.inner for one in lowered(stack("5,4,3"))[1] if one.part != (0, 0, 1)}
    assert inner["%1"] == dim("n0")
    assert inner["dW1"] == dim("N")
    assert inner["dz1"] is None


@settings(max_examples=60)
@given(stacks(deepest=4))
def test_every_statement_is_one_operation(made: Stack) -> None:
    found, all_statements = lowered(made)
    shapes = dict(found.shapes)
    for one in all_statements:
        shapes.setdefault(one.target, one.shape)
    for one in all_statements:
        if one.is_number or one.copies or one.is_alias:
            continue
        assert isinstance(one.term, Apply)
        assert one.term.op not in {*VIEWS, "concat"}
        for arg in one.term.args:
            assert is_atom(arg, found)
            if shape_of(arg, shapes) != () and one.term.op not in ("matmul", "sum"):
                assert isinstance(arg, Var)
                assert fits(shapes[arg.name], one.shape)


def is_atom(term: Term, found: Plan) -> bool:
    """A name, a number, or a view of a name; arithmetic on sizes counts as a number."""
    if isinstance(term, Apply) and term.op in VIEWS:
        return is_atom(term.args[0], found)
    if isinstance(term, Apply):
        return shape_of(term, found.shapes) == ()
    return isinstance(term, Var | Const)
