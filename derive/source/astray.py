"""Where the forward pass of code leaves the network that it is judged by."""

from __future__ import annotations

from derive.diagnostic import Diagnostic
from derive.notation import write
from derive.source.judging import Function
from derive.source.speech import stored_names
from derive.source.watching import Step
from derive.tensors import same_shape
from derive.term import Equation, variables


def astray(function: Function) -> Diagnostic | None:
    """The first quantity that the code calculates in another way than the network, if there is one.

    None where the output is known: then what is wrong is wrong on the way back.
    """
    setting = function.scene.setting
    stored = stored_names(function.scene.code.body)
    free = {name for word, name in function.scene.taken.items() if word not in stored}
    known = {*function.meanings.forward.values(), *free}
    output = next((e.name for e in reversed(setting.equations) if setting.shapes[e.name]), None)
    if output is None or output in known or function.scene.naming is None:
        return None
    known |= {s.name for s in setting.symbols}
    for equation in setting.equations:
        inner = set(variables(equation.term))
        if equation.name in known or not inner <= known:
            continue
        steps = _instead(function, equation)
        behind = _behind(function, equation)
        if len(steps) == 1 and behind is not None:
            equation = behind  # one step for both: `h = tanh(x @ W)`
        known.add(equation.name)
        if steps:
            said = write(equation.term, "plain")
            message = f"this is not {equation.name} of the network, which is {said}"
            help = "say which network this is: its --activations, --loss and --bias"
            text = function.scene.listing.text
            return Diagnostic("D142", message, text, steps[0].span, (), help)
    return None


def _behind(function: Function, equation: Equation) -> Equation | None:
    """The quantity that is made of one alone, entry by entry."""
    setting = function.scene.setting
    for other in setting.equations:
        alike = setting.shapes[other.name] == setting.shapes[equation.name]
        if alike and variables(other.term) == (equation.name,):
            return other
    return None


def _instead(function: Function, equation: Equation) -> list[Step]:
    """What the code has in the place of a quantity: of its shape, and made of the same."""
    found = list[Step]()
    setting, meanings = function.scene.setting, function.meanings
    before = set(variables(equation.term)) - {s.name for s in setting.symbols if s.kind == "param"}
    for step in meanings.steps:
        if step.shape is None or step.name in meanings.forward or step.name in meanings.given:
            continue
        used = set(variables(meanings.own[step.name]))
        if before & used and same_shape(step.shape, setting.shapes[equation.name]):
            targets = {s.name for s in setting.symbols if s.kind == "target"}
            if used & targets:
                break
            found.append(step)
    return found
