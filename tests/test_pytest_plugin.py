"""The pytest plugin: a document in, tests out. A gallery of both, and what stays unloaded.

The runs here load this plugin and no other, so that they are the same wherever it is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import derive.pytest_plugin
import derive.testing.items
import derive.testing.judging
from derive.cli import main
from derive.diagnostic import Diagnostic
from derive.statement import Bracket, ClaimLine
from derive.testing.naming import name_of_claim
from derive.verdict import Claim, Report

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
RIGHT, SIGN, BROKEN = (
    f"dL/dW2 = {formula}"
    for formula in ("[1 H1]^T (yhat - y) / N", "[1 H1]^T (y - yhat) / N", "[1 H1] (yhat - y) / N")
)
NET = "stack 4,3,2"
PAGE = f"""\
# A network

```derive
{NET}
```

So $dL/dz2 = (yhat - y) / N$, and then ${RIGHT}$ but not ${SIGN}$.
"""


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """pytest with this plugin alone, in a folder of its own; `files` are written first."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.syspath_prepend(ROOT)
    paths = (str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, paths)))

    def run(
        *words: str, process: bool = False, ini: str = "", **files: str | bytes
    ) -> pytest.RunResult:
        pytester.makeini(f"[pytest]\n{ini}")
        for name, text in files.items():
            path = pytester.path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        starts = pytester.runpytest_subprocess if process else pytester.runpytest_inprocess
        return starts("-p", "derive.pytest_plugin", *words)

    return run


def said(result: pytest.RunResult) -> str:
    return "\n".join(result.outlines)


def ids(result: pytest.RunResult) -> list[str]:
    """The tests that `--collect-only -q` names."""
    return [line for line in result.outlines if "::" in line]


# ---------------------------------------------------------------------- what is loaded, and when


def test_the_plugin_is_installed_under_its_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"derive": derive.pytest_plugin.__name__}


def test_the_plugin_loads_nothing_but_itself() -> None:
    """Beside pytest, three small modules: no SymPy, no NumPy, no rest of this package."""
    code = "import pytest, sys; old = set(sys.modules); import derive.pytest_plugin; "
    code += "print(*sorted(set(sys.modules) - old))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["derive", "derive.pytest_plugin", "derive.testing"]


LOADED = """
import sys

def pytest_sessionfinish():
    heavy = {"sympy", "numpy", "rich", "codegen", "derive.documents", "derive.checker"}
    print("\\nloaded:", *sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("document", "option", "loaded"),
    [
        ({"test_x_dot_py": "def test(): pass"}, "-q", ""),
        ({"a_dot_derive": f"{NET}\nclaim {RIGHT}"}, "--collect-only", "derive.documents"),
        ({"a_dot_derive": f"{NET}\nclaim {RIGHT}"}, "-q", "derive.checker derive.documents sympy"),
    ],
    ids=["unrelated", "collected", "judged"],
)
def test_what_is_needed_is_loaded_when_it_is_needed(
    run: Run, document: dict[str, str], option: str, loaded: str
) -> None:
    result = run(option, "-s", process=True, conftest_dot_py=LOADED, **document)
    assert result.ret == 0
    assert f"loaded: {loaded}".strip() in [line.strip() for line in result.outlines]


# ----------------------------------------------------------------------------- names of the tests

NAMES = {
    "dL/dW2 = x^T d": "dL/dW2",
    r"\frac{\partial L}{\partial \mathbf{W}^{(2)}} = a = b": "dL/dW2",
    "dW2 = x.T @ d": "dJ/dW2",
    r"\nabla_{W_2} J = x^T d": "dJ/dW2",
    r"d\hat{y} = -y / \hat{y}": "dJ/dyhat",
    "z = x @ W\ndz = p - y\ndW2 = x.T @ dz": "dJ/dW2",
    "grads['W2'] = x.T @ d": "grads['W2']",
    r"\delta_2 = x": r"\delta_2",
    r"W_2 \in \mathbb{R}^{101\times 10}": "W_2 ∈ 101×10",
    r"\frac{\partial L}{\partial W_2} \in \mathbb{R}^{2\times K}": "dL/dW2 ∈ 2×K",
    r"dL = tr(G^T dX)": "dJ/dL",
}


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_a_claim_is_named_by_reading_it(text: str, name: str) -> None:
    assert name_of_claim(ClaimLine(None, text), loss="J") == name


def test_brackets_say_it_all() -> None:
    assert name_of_claim(ClaimLine(Bracket("gradient", "L", "W2"), "a")) == "dL/dW2"
    assert name_of_claim(ClaimLine(Bracket("jacobian", "p", "z"), "a")) == "jacobian dp/dz"


def test_one_test_a_claim_and_no_name_twice(run: Run) -> None:
    text = f"{NET}\nclaim {RIGHT}\nclaim dL/dz2 = yhat - y\nclaim [dL/dW2] a\nclaim {SIGN}\n"
    result = run("--collect-only", "-q", a_dot_derive=text, notes__b_dot_derive_dot_md=PAGE)
    assert ids(result) == [
        "a.derive::dL/dW2",
        "a.derive::dL/dz2",
        "a.derive::dL/dW2[2]",
        "a.derive::dL/dW2[3]",
        "notes/b.derive.md::dL/dz2",
        "notes/b.derive.md::dL/dW2",
        "notes/b.derive.md::dL/dW2[2]",
    ]


@pytest.mark.parametrize(
    ("word", "count"),
    [("a.derive::dL/dW2", 2), ("a.derive::dL/dW2[2]", 1), ("a.derive::dL/dz2", 1), ("-k=dz2", 1)],
)
def test_a_test_is_chosen_by_its_name(run: Run, word: str, count: int) -> None:
    text = f"{NET}\nclaim {RIGHT}\nclaim dL/dz2 = (yhat - y) / N\nclaim {RIGHT}"
    run(word, a_dot_derive=text).assert_outcomes(
        passed=count, deselected=3 - 1 if "-k" in word else 0
    )


def test_a_name_is_one_that_is_free(run: Run) -> None:
    text = f"{NET}\nclaim dL/dW2[2] = d\nclaim {RIGHT}\nclaim {SIGN}\n"
    result = run("--collect-only", "-q", a_dot_derive=text)
    assert [one.partition("::")[2] for one in ids(result)] == [
        "dL/dW2[2]",
        "dL/dW2",
        "dL/dW2[3]",
    ]


def test_what_is_not_seen_is_shown_as_its_code(run: Run) -> None:
    """A document may have been written to confuse the terminal."""
    result = run(a_dot_derive=f"{NET}\nclaim \x1b[31mq\u202e = \x1b[2Jd\n")
    result.assert_outcomes(failed=1)
    assert "\x1b" not in said(result)
    assert "\u202e" not in said(result)
    assert "⟨1B⟩[31mq⟨202E⟩" in said(result)


def test_a_name_has_no_double_colon_and_an_end(run: Run) -> None:
    long = r"\phi(" + "z " * 60 + ")::b = x"
    (name,) = ids(run("--collect-only", "-q", a_dot_derive=f"{NET}\nclaim {long}"))
    assert name.count("::") == 1
    assert len(name) < 80


# ------------------------------------------------------------------------------- what is collected


def test_other_files_are_collected_by_option(run: Run) -> None:
    files = {"a_dot_tex": PAGE, "notes__b_dot_md": PAGE, "README_dot_md": PAGE, "c_dot_txt": PAGE}
    run(**files).assert_outcomes()
    result = run("--collect-only", "-q", ini="derive_files = *.tex notes/*.md", **files)
    assert {line.partition("::")[0] for line in ids(result)} == {"a.tex", "notes/b.md"}


def test_the_network_of_a_page_may_be_its_equations(run: Run) -> None:
    text = r"""
\[ h = \tanh(x W) \] where $W$ is $3 \times 2$ and $x$ is $1 \times 3$
\begin{align} L &= \frac{1}{2} h h^T \\ \frac{\partial L}{\partial h} &= h \end{align}
"""
    run(ini="derive_files = *.tex", a_dot_tex=text).assert_outcomes(passed=1)


def test_each_of_two_claims_on_a_line_has_its_own_verdict(run: Run) -> None:
    result = run("-v", notes_dot_derive_dot_md=PAGE)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*::dL/dW2 PROVED*", "*::dL/dW2[[]2[]] REFUTED*"])


# ------------------------------------------------------------------------------------ what is shown


def test_v_shows_what_a_verdict_rests_on(run: Run) -> None:
    text = f"{NET} reduction=mean\nclaim {RIGHT}\nclaim [dL/dW2] (yhat - y)^T [1 H1] / N\n"
    result = run("-v", a_dot_derive=text)
    result.assert_outcomes(passed=2)
    assert "a.derive::dL/dW2 PROVED (given y rows sum to 1) " in said(result)
    assert "a.derive::dL/dW2[2] PROVED (given y rows sum to 1; transposed) " in said(result)


@pytest.mark.parametrize("claim", [SIGN, BROKEN, "dL/dW2 = q"], ids=["value", "shape", "name"])
def test_a_failure_is_what_derive_check_shows(
    run: Run, capsys: pytest.CaptureFixture[str], claim: str
) -> None:
    result = run(a_dot_derive=f"{NET}\n\nclaim {claim}\n")
    result.assert_outcomes(failed=1)
    capsys.readouterr()
    main(["check", "a.derive"])
    block = capsys.readouterr().out.rpartition("\n\n")[0].rstrip()
    assert block.startswith("line 3: ")
    assert block in said(result)
    assert "Traceback" not in said(result)
    assert "items.py" not in said(result)


def test_the_place_is_a_link_and_the_reason_a_line(run: Run) -> None:
    result = run(a_dot_derive=f"{NET}\n\nclaim {BROKEN}\n")
    result.stdout.fnmatch_lines(
        [
            "a.derive:3: N×4 times N×2: inner sizes 4 and N differ",
            "*D201: N×4 times N×2*",
            "*    | dL/dW2 = ?1 H1? (yhat - y) / N",
            "*    |                 ^^^^^^^^^^",
            "*  mistake  a transpose is missing (derive explain D312)",
        ]
    )


def test_a_line_that_was_not_understood_is_told(run: Run) -> None:
    text = "input x : N × D\nlet z = foo(x)\nlet L = sum(x)\nclaim dL/dx = z\n"
    result = run(a_dot_derive=text)
    result.assert_outcomes(failed=1)
    assert "line 2: " in said(result)
    assert "`foo`" in said(result)


def properties(path: Path) -> dict[str, dict[str, str]]:
    """The properties of each test in a JUnit file."""
    cases = ElementTree.parse(path).iter("testcase")
    return {
        case.attrib["name"]: {
            one.attrib["name"]: one.attrib["value"] for one in case.iter("property")
        }
        for case in cases
    }


def test_junit_has_code_shapes_and_verdict(run: Run, pytester: pytest.Pytester) -> None:
    text = (
        f"stack 4,3,2 reduction=mean\nclaim {RIGHT}\nclaim {BROKEN}\nclaim [jacobian dyhat/dz2] 1\n"
    )
    run("--junitxml=found.xml", a_dot_derive=text + "claim dL/dz2 = yhat - y\n", b_dot_derive="x")
    found = properties(pytester.path / "found.xml")
    assert found["dL/dW2"] == {
        "derive.verdict": "proved",
        "derive.shapes": "L scalar; W2 4×2",
        "derive.facts": "y rows sum to 1",
        "derive.layout": "same",
        "derive.read_as": "[1 H1]^T (yhat - y) / N",
    }
    broken = found["dL/dW2[2]"]
    assert broken["derive.verdict"] == "ill-shaped"
    assert broken["derive.code"] == "D201 D312"
    assert broken["derive.finding"] == "N×4 times N×2: inner sizes 4 and N differ"
    assert broken["derive.repair"] == "[1 H1]^T (yhat - y) / N"
    assert found["jacobian dyhat/dz2"]["derive.shapes"] == "yhat N×2; z2 N×2"
    assert found["dL/dz2"]["derive.witness"].startswith("at N=2")
    assert found["document"] == {"derive.verdict": "unreadable", "derive.code": "D129"}


# ------------------------------------------------------------------------------ known wrong claims

EXPECTING = {
    "at the end": (f"claim {SIGN}  # expect: refuted", {"xfailed": 1}),
    "above": (f"# expect: refuted\nclaim {SIGN}", {"xfailed": 1}),
    "with the mistake": (f"claim {SIGN}  # expect: refuted D317", {"xfailed": 1}),
    "another mistake": (f"claim {SIGN}  # expect: refuted D312", {"failed": 1}),
    "another verdict": (f"claim {BROKEN}  # expect: refuted", {"failed": 1}),
    "it is right": (f"claim {RIGHT}  # expect: refuted", {"failed": 1}),
    "it is right, as expected": (f"claim {RIGHT}  # expect: proved", {"passed": 1}),
    "not as right as expected": (f"claim {RIGHT}  # expect: confirmed", {"failed": 1}),
    "nothing expected": (f"claim {SIGN}", {"failed": 1}),
    "a chain": (f"claim {RIGHT} = y  # expect: ill-shaped", {"xfailed": 1}),
    "goes on below": (f"claim dL/dW2 =\n    {SIGN[9:]}  # expect: refuted", {"xfailed": 1}),
    "each its own": (
        f"claim {SIGN}  # expect: refuted\n# expect: ill-shaped\nclaim {BROKEN}\nclaim {RIGHT}",
        {"xfailed": 2, "passed": 1},
    ),
    "in code": ("claim dW2 = H1 @ (yhat - y)  # expect: ill-shaped, D201", {"xfailed": 1}),
}


@pytest.mark.parametrize(("claims", "outcomes"), EXPECTING.values(), ids=EXPECTING)
def test_a_document_expects_verdicts(run: Run, claims: str, outcomes: dict[str, int]) -> None:
    run(a_dot_derive=f"{NET} reduction=mean\n{claims}\n").assert_outcomes(**outcomes)


@pytest.mark.parametrize(
    ("page", "comment"),
    [("a_dot_tex", "% expect: refuted"), ("a_dot_md", "<!-- expect: refuted -->")],
)
@pytest.mark.parametrize("between", [" ", "\n"])
def test_a_page_expects_verdicts_in_comments_of_its_own(
    run: Run, page: str, comment: str, between: str
) -> None:
    own = f"It is {RIGHT.join('$$')}\n" + between.join(
        (comment, SIGN.join("$$")) if between == "\n" else (SIGN.join("$$"), comment)
    )
    result = run(ini="derive_files = *.tex *.md", **{page: f"```derive\n{NET}\n```\n{own}\n"})
    result.assert_outcomes(passed=1, xfailed=1)


def test_what_was_expected_is_told(run: Run) -> None:
    result = run(
        "-v",
        "-rx",
        a_dot_derive=f"{NET}\nclaim {RIGHT} # expect: refuted\n"
        f"claim {SIGN} # expect: refuted D317\n",
    )
    assert "::dL/dW2 PROVED (expected refuted; given y rows sum to 1) " in said(result)
    assert "a.derive:2: expected refuted, found proved" in said(result)
    assert "refuted D317, as the document expects" in said(result)


def test_with_runxfail_it_fails_like_any_other(run: Run) -> None:
    result = run("--runxfail", a_dot_derive=f"{NET}\nclaim {SIGN} # expect: refuted\n")
    result.assert_outcomes(failed=1)
    assert "repair   -[1 H1]^T (y - yhat) / N" in said(result)


def test_an_expectation_changes_no_verdict(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--collect-only", a_dot_derive=f"{NET}\nclaim {SIGN} # expect: refuted\n")
    capsys.readouterr()
    assert main(["check", "a.derive"]) == 1
    assert "line 2: dL/dW2: refuted" in capsys.readouterr().out


# --------------------------------------------------------------------- documents without any tests

ERRORS = {
    "no text": (b"\xff\xfe\x00", ["*a.derive is not text in UTF-8"]),
    "too large": (b" " * 10_000_001, ["*a.derive has more than 10,000,000 bytes"]),
    "no claim": (
        b"stack 4,3,2\n",
        ["a.derive:1: no claim was found in a.derive; a claim is an equation *"],
    ),
    "no statement": (
        b"stack 4,3,2\nrow\nclam dL/dW2 = d\n",
        [
            "a.derive:1: line 3: `clam` is not a statement",
            "*| clam*",
            "*| ^^^^",
            "*did you mean `claim`?",
        ],
    ),
    "no verdict": (
        f"{NET}\nclaim {SIGN} # expect: refutd\n".encode(),
        [
            "*line 2: `refutd` is not a verdict",
            "*# expect: refutd",
            "* ^^^^^^",
            "*did you mean `refuted`?",
        ],
    ),
    "expects nothing": (
        f"{NET}\nclaim {SIGN} # expect:\n".encode(),
        ["*line 2: a verdict is missing"],
    ),
    "expects twice": (
        f"{NET}\n# expect: refuted\nclaim {SIGN} # expect: refuted\n".encode(),
        ["*line 3: this claim has an expectation already"],
    ),
    "expects of nobody": (
        f"{NET}\n# expect: refuted\n\nclaim {SIGN}\n".encode(),
        ["*line 2: no claim ends here, or starts on the next line"],
    ),
}


@pytest.mark.parametrize(("data", "lines"), ERRORS.values(), ids=ERRORS)
def test_a_document_without_tests_is_one_error(run: Run, data: bytes, lines: list[str]) -> None:
    """And what else there is to test is tested."""
    result = run(a_dot_derive=data, b_dot_derive=f"{NET}\nclaim {RIGHT}")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(lines)
    assert "Traceback" not in said(result)


def test_a_verdict_on_the_whole_document_is_one_on_every_claim(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Claim("document", "undecided", diagnostics=(Diagnostic("D906", "it took too long"),))
    monkeypatch.setattr(derive.testing.judging, "check_document", lambda _: Report((late,)))
    result = run("-v", a_dot_derive=f"{NET}\nclaim {RIGHT}\n# expect: undecided\nclaim {SIGN}")
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*UNDECIDED*", "a.derive:2: it took too long"])


# --------------------------------------------------------------------------- once for each document

COUNTING = """
import os
import derive.pytest_plugin as plugin

judge = plugin.judge

def counted(*given):
    with open("judged.txt", "a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
    return judge(*given)

plugin.judge = counted
"""
FOUR = (
    f"{NET}\nclaim {RIGHT}\nclaim {SIGN}\nclaim {BROKEN} # expect: ill-shaped\nclaim dL/dz2 = a\n"
)


def test_a_document_is_judged_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    honest = derive.pytest_plugin.judge
    monkeypatch.setattr(
        derive.pytest_plugin, "judge", lambda *given: calls.append(len(given[1])) or honest(*given)
    )
    result = run(a_dot_derive=FOUR, b_dot_derive=FOUR)
    result.assert_outcomes(passed=2, failed=4, xfailed=2)
    assert calls == [4, 4]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["load", "loadfile", "loadgroup"])
def test_with_xdist_the_tests_are_the_same(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A document that is parted among workers is judged once by each; `loadfile` parts none.

    So does `loadgroup`, by a mark that xdist 3.8 finds under pytest 8, and not under pytest 9.2.
    """
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    files = {"conftest_dot_py": COUNTING, "a_dot_derive": FOUR, "b_dot_derive": FOUR}
    result = run("-p", "no:derive", "-n", "2", "--dist", how, "-v", process=True, **files)
    result.assert_outcomes(passed=2, failed=4, xfailed=2)
    assert "REFUTED a.derive::dL/dW2[2]" in said(result)
    judged = (pytester.path / "judged.txt").read_text().split()
    assert len(judged) <= (2 if how == "loadfile" else 4)


# -------------------------------------------------------------------------------------- the fixture


def test_the_fixture_is_the_package(run: Run) -> None:
    test = f"""
def test_right(derive):
    assert derive.check_document("{NET}\\nclaim {RIGHT}").ok

def test_stack(derive):
    assert derive.check(derive.stack("4,3,2"), {{"z2": "(yhat - y) / N"}}).ok
"""
    run(test_it_dot_py=test).assert_outcomes(passed=2)


def test_the_examples_of_this_project_are_tests(run: Run) -> None:
    """Their wrong claims are the questions that it began with, and marked as such."""
    result = run(str(ROOT / "examples"), f"--rootdir={ROOT / 'examples'}", "-c", "/dev/null")
    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"passed", "xfailed"}
    assert outcomes["xfailed"] >= 12
