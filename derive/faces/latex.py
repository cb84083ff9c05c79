"""LaTeX: an article that pdflatex, lualatex and xelatex of a stock TeX Live set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from derive.diagnostic import Diagnostic
from derive.faces.known_tex import settled
from derive.faces.latex_math import Pens, latex_math
from derive.faces.pages import blocks
from derive.faces.saying import Saying, everything, mistakes, summary, title
from derive.faces.tex import lines, prose, tex
from derive.faces.view import JUDGED, Statement, statements
from derive.formula import FAULT, NEW, Line
from derive.notation.names import latex_name
from derive.verdict import GOOD, Claim, Report

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}\usepackage[T1]{fontenc}}{}
\usepackage{amsmath,amssymb,xcolor,geometry}
\geometry{margin=25mm}
\definecolor{good}{HTML}{14683A}\definecolor{bad}{HTML}{A8201A}\definecolor{open}{HTML}{7A5200}
\definecolor{goodback}{HTML}{E3F2E8}\definecolor{badback}{HTML}{FCE4E1}
\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}\setlength{\fboxsep}{2pt}
\newcommand{\shaped}[2]{\underset{\scriptscriptstyle #2}{#1}}
\newcommand{\braced}[2]{\underbrace{#1}_{#2}}
\newcommand{\fault}[1]{\colorbox{badback}{$\textcolor{bad}{#1}$}}
\newcommand{\fresh}[1]{\colorbox{goodback}{$\textcolor{good}{#1}$}}
\newcommand{\said}[2]{\par\hangindent=7em\hangafter=1\makebox[7em][l]{\small #1}#2\par}
\newcommand{\shown}[1]{\par\hspace*{7em}\begin{minipage}[t]{\dimexpr\linewidth-7em}#1\end{minipage}\par}
\newenvironment{lines}{\par\begingroup\ttfamily\small\raggedright\leftskip=7em\relax}{\par\endgroup}
\begin{document}
"""

DRAWN = ("written", "judged", "shapes", "its shapes")
"""What is said and stands here already: in the text above, or under the factors."""

PENS = Pens(
    r"\shaped{{{0}}}{{{1}}}",
    r"\braced{{{0}}}{{{1}}}",
    {FAULT: r"\fault{{{0}}}", NEW: r"\fresh{{{0}}}"},
)
COLOURS: Mapping[str, str] = {
    **dict.fromkeys(GOOD, "good"),
    **dict.fromkeys(("refuted", "ill-shaped"), "bad"),
}
RUNS: Mapping[str, str] = {
    "": "{}",
    JUDGED: r"\textbf{{{}}}",
    FAULT: r"\textcolor{{bad}}{{\textbf{{{}}}}}",
}


def write(reports: Sequence[Report]) -> str:
    """The text."""
    claims = [claim for report in reports for claim in report.claims]
    told = [PREAMBLE, *(line for report in reports for line in _report(report))]
    if codes := mistakes(claims):
        told += [r"\section*{Mistakes}", *(line for code in codes for line in _page(code))]
    return "\n".join((*told, r"\end{document}", ""))


def _report(report: Report) -> Iterator[str]:
    yield rf"\section*{{\raggedright {tex(title(report))}}}"
    yield tex(summary(report.claims))
    if report.network:
        yield r"\subsection*{The network}"
        yield from (_line(line) for line in report.network)
    for group in statements(report):
        yield from _written(group)
        for _, claim in group.claims:
            yield from _claim(claim)
    for found in report.notes:
        yield r"\subsection*{A line that was not understood}"
        yield _code(found.render())


def _line(line: Line) -> str:
    right = line.formula
    formula = f" = {settled(right.text('latex'), right.text())}" if right else ""
    told, name = ", ".join((line.shape, line.kind, *line.facts)), latex_name(line.name)
    return rf"\par$\displaystyle {settled(name, line.name)}{formula}$\quad {{\small {tex(told)}}}"


def _written(group: Statement) -> Iterator[str]:
    where = f"line {group.line}" if group.line else "written"
    told = "".join(RUNS[kind].format(lines(text)) for text, kind in group.runs)
    yield rf"\bigskip\hrule\medskip\said{{{where}}}{{\raggedright\texttt{{\small {told}}}}}"


def _claim(claim: Claim) -> Iterator[str]:
    colour = COLOURS.get(claim.verdict, "open")
    verdict = rf"\textcolor{{{colour}}}{{\textbf{{{tex(claim.verdict)}}}}}"
    yield rf"\medskip\par\textbf{{{tex(claim.name)}}}\quad {verdict}\nopagebreak"
    for said in everything(claim):
        if said.label not in DRAWN:
            yield from _saying(said)


def _saying(said: Saying) -> Iterator[str]:
    label = tex(said.label)
    if said.found is not None:
        yield from _finding(said.found)
    elif said.kind == "words":
        yield rf"\said{{{label}}}{{{tex(said.text)}}}"
    elif "\n" in said.text:
        yield rf"\said{{{label}}}{{}}\nopagebreak{_code(said.text)}"
    else:
        yield rf"\said{{{label}}}{{\raggedright\texttt{{\small {lines(said.text)}}}}}"
    if said.formula is not None:
        yield rf"\shown{{$\displaystyle {latex_math(said.formula, PENS)}$}}"


def _finding(found: Diagnostic) -> Iterator[str]:
    """A finding; its place is marked in what was written above."""
    helps = [f"help: {found.help}"] if found.help else []
    yield rf"\said{{\texttt{{{tex(found.code)}}}}}{{\textbf{{{prose(found.message)}}}}}"
    yield from (rf"\said{{}}{{{prose(note)}}}" for note in (*found.notes, *helps))


def _code(words: str) -> str:
    return f"\\begin{{lines}}\n{lines(words)}\n\\end{{lines}}"


def _page(code: str) -> Iterator[str]:
    for part in blocks(code):
        if part.kind == "title":
            yield rf"\subsection*{{{tex(part.text)}}}"
        else:
            yield _code(part.text) if part.kind == "code" else f"{tex(part.text)}\\par"
