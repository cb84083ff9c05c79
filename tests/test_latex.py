"""The article in LaTeX: it compiles with a stock TeX Live, whatever others wrote in it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.checker import check_document
from derive.faces.face import written
from derive.faces.known_tex import settled
from derive.faces.latex_math import latex_math
from derive.faces.tex import SPECIAL, lines, tex
from derive.formula import FAULT, NEW, Formula, Line, Part, faulty
from derive.notation import read
from derive.term import Var, apply
from derive.verdict import Report
from tests.reports import HOSTILE, full, hostile, seed, wrong

PAGES = {
    "the seed": lambda: [seed()],
    "witnesses": lambda: [wrong()],
    "everything": lambda: [Report((full(),))],
    "nothing": lambda: [Report()],
    "two": lambda: [seed(), wrong()],
}


def compiled(text: str, folder: Path) -> str:
    """The log of pdflatex, which may write nowhere else and run no program."""
    (folder / "page.tex").write_text(text, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    subprocess.run([*command, "page.tex"], cwd=folder, capture_output=True, timeout=120)
    return (folder / "page.log").read_text(encoding="latin-1")


@pytest.mark.program("pdflatex")
@pytest.mark.parametrize("name", PAGES)
def test_it_compiles(name: str, tmp_path: Path) -> None:
    log = compiled(written("latex", PAGES[name]()), tmp_path)
    assert "Output written on page.pdf" in log
    assert (tmp_path / "page.pdf").read_bytes()[:5] == b"%PDF-"
    assert "Missing character" not in log


@pytest.mark.program("pdflatex")
def test_hostile_text_compiles_and_reads_no_file(tmp_path: Path) -> None:
    reports = [hostile(text) for text in HOSTILE.values()]
    log = compiled(written("latex", reports), tmp_path)
    assert "Output written on page.pdf" in log
    opened = set(re.findall(r"\((\.?/[^\s()]+)", log))
    assert {path for path in opened if not path.startswith(("/usr/share/tex", "./page"))} == set()
    assert "/etc/passwd" not in opened


@pytest.mark.program("pdflatex")
def test_the_words_of_others_are_on_the_page(tmp_path: Path) -> None:
    """By the text that a reader of PDF finds, where pdftotext is at hand in the log of fonts."""
    report = hostile(r"\input{x} 100% #1 $a_b^c$ ~ {z}")
    text = written("latex", [report])
    assert "Output written on" in compiled(text, tmp_path)
    assert r"\textbackslash{}input\{x\} 100\% \#1" in text.replace(r"~\allowbreak{}", " ")


@given(st.text(max_size=60))
def test_no_sign_of_others_means_anything(text: str) -> None:
    """Without the commands that stand for signs, nothing that TeX knows is left."""
    out = tex(text)
    assert out.isascii()
    for command in sorted({*SPECIAL.values()}, key=len, reverse=True):
        out = out.replace(command, "")
    out = re.sub(r"\\ensuremath\{(\{\}|\\[A-Za-z]+|\\mathbb\{R\}|[-'^_]|T|\d)+\}", "", out)
    out = re.sub(r"""\\[`'^~=."rcv]\{[A-Za-z]\}""", "", out)
    assert not set(out) & set("\\{}$&#%_^~")


def test_lines_keep_their_spaces() -> None:
    assert lines("a  b\n\n c") == "a~\\allowbreak{}~\\allowbreak{}b\\\\\n~\\\\\n~\\allowbreak{}c"


def test_what_stands_out_in_a_formula() -> None:
    term = read("h^T (d - e)", ["h", "d", "e"])
    shapes = ("N×H", "H×N", "N×K", "N×K", "N×K", "H×K")
    parts = tuple(map(Part, shapes))
    formula = faulty(Formula(term, parts), [term.args[0]])  # type: ignore[union-attr]
    assert [part.mark for part in formula.parts].count(FAULT) == 1
    assert r"\underset{\scriptscriptstyle H\times N}{\boxed{h^T}}" in latex_math(formula)
    assert r"(\underset{\scriptscriptstyle N\times K}{d - e})" in latex_math(formula)


@pytest.mark.program("pdflatex")
@pytest.mark.parametrize("name", [r"\input", "Ж", r"x}{\input{a}}", "a%b", "a$b", "^^5cinput"])
def test_names_in_formulas_hold_no_commands(name: str, tmp_path: Path) -> None:
    """What is declared may have any name: one that TeX could take for more stands as text."""
    text = f"input x : N × D\nparam {name} : D × K\nlet z = x {name}\nclaim dL/dz = z"
    out = written("latex", [check_document(text), hostile_names(name)])
    assert "Output written on" in compiled(out, tmp_path)
    assert not re.search(r"\\input(?![a-z}])", out.replace(r"\textbackslash{}input", ""))


def hostile_names(name: str) -> Report:
    """A report whose formulas hold a name, which no reader would let in."""
    term = apply("matmul", Var(name), apply("einsum", Var(f"dL/d{name}"), attrs=(name,)))
    formula = Formula(term, (Part("a×b", FAULT),) * 4)
    claim = replace(full(), formula=formula, repaired=formula)
    return Report((claim,), (), (Line(name, "1×2", "let", formula),))


@pytest.mark.program("pdflatex")
def test_an_entry_of_a_numbered_name_compiles(tmp_path: Path) -> None:
    """TeX takes no second subscript: a name with one is a group."""
    term = apply("pow", apply("entry", Var("W2"), Var("#i"), Var("#j")), attrs=("2",))
    formula = Formula(term, (Part(),) * 5)
    report = Report((replace(full(), formula=formula, repaired=formula),))
    out = written("latex", [report])
    assert "{W_{2}}_{i, j}" in out
    assert "Output written on" in compiled(out, tmp_path)


@pytest.mark.parametrize(
    "latex",
    [
        r"\input x",
        r"a\def\x b",
        "}{",
        "a$b",
        "a%b",
        "ж",
        "#1",
        r"\begin{verbatim}",
        "a&b",
        "~",
        "^^5cx",
    ],
)
def test_what_is_no_formula_of_ours_is_text(latex: str) -> None:
    assert settled(latex, "p_1") == r"\text{p\_1}"


@pytest.mark.parametrize(
    ("op", "args", "latex"),
    [
        ("mul", 2, r"a \underline{\circ} b"),
        ("add", 2, r"a \underline{+} b"),
        ("neg", 1, r"\underline{-}a"),
        ("matmul", 2, "a b"),
        ("div", 2, r"\underline{\frac{a}{b}}"),
    ],
)
def test_of_an_op_that_is_new_the_sign_is_marked(op: str, args: int, latex: str) -> None:
    term = apply(op, *(Var(name) for name in "ab"[:args]))
    formula = Formula(term, (*(Part(),) * args, Part("", NEW)))
    assert latex_math(formula) == latex
