"""Every form of a report carries every fact of a claim; what others wrote means nothing in it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from derive.commands.paper import Paper
from derive.commands.verdicts import show_claim
from derive.diagnostic import DeriveError
from derive.faces.face import FACES, ROWS, face_called, face_of, written
from derive.faces.tex import tex
from derive.faces.visible import visible
from derive.mistakes import MISTAKES
from derive.verdict import IMAGES, Claim, Report
from tests.reports import HOSTILE, full, hostile, seed, wrong

# ---------------------------------------------------------------------------- what a face says


def strings(data: Any) -> Iterator[str]:
    """Every string in plain data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)
    elif data is not None:
        yield str(data)


def of_markup(text: str) -> str:
    """What a page of HTML says, to eyes and to screen readers."""
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    spoken = " ".join(re.findall(r'alttext="([^"]*)"', body))
    return html.unescape(re.sub(r"<[^>]*>", "", body) + spoken)


def of_markdown(text: str) -> str:
    return of_markup(MarkdownIt("commonmark").enable("table").render(text))


def of_xml(text: str) -> str:
    root = ElementTree.fromstring(text)
    attributes = (value for node in root.iter() for value in node.attrib.values())
    return "\n".join((*root.itertext(), *attributes))


def of_json(text: str) -> str:
    return "\n".join(strings(json.loads(text)))


def of_gradescope(text: str) -> str:
    data = json.loads(text)
    tests = (part for test in data["tests"] for part in (test["name"], of_markdown(test["output"])))
    return "\n".join((of_markdown(data["output"]), *tests))


SAYS: dict[str, Callable[[str], str]] = {
    "html": of_markup,
    "notebook": of_markup,
    "markdown": of_markdown,
    "latex": lambda text: text.replace(r"~\allowbreak{}", " "),
    "json": of_json,
    "junit": of_xml,
    "sarif": of_json,
    "gradescope": of_gradescope,
}
"""Face -> what it says, read by something else than what wrote it."""


def facts(claim: Claim) -> Iterator[str]:
    """All that is to be known of a claim."""
    yield from (claim.verdict, *claim.facts)
    yield from filter(None, (claim.note, claim.repair, claim.repair_numpy, claim.mistake))
    if claim.layout != "same":
        yield from filter(None, (claim.layout,))
    for found in claim.diagnostics:
        yield from filter(None, (found.code, found.message.replace("`", ""), found.help))
        yield from (note.replace("`", "") for note in found.notes)
    if claim.witness:
        yield from (str(claim.witness), *claim.witness.assignments)
        if claim.witness.decided_by == IMAGES:
            yield "modulo primes"
    if claim.line:
        yield str(claim.line)
    if claim.mistake:
        yield MISTAKES[claim.mistake].title
    for formula in filter(None, (claim.formula, claim.repaired)):
        yield from filter(None, (formula.shape,))
    for step in claim.steps:
        yield from (step.line.shape, *step.reasons, *step.factors)


def flat(text: str) -> str:
    """Text without what lies between words, and without the signs of code."""
    return re.sub(r"\\`\{\}|\\texttt|[\s`{}]+", "", text)


@pytest.mark.parametrize("face", SAYS)
@pytest.mark.parametrize("report", [seed, wrong, lambda: Report((full(),))])
def test_every_face_carries_every_fact(face: str, report: Callable[[], Report]) -> None:
    said = flat(SAYS[face](written(face, [report()])))
    for claim in report().claims:
        for fact in facts(claim):
            expected = tex(fact) if face == "latex" else visible(fact)
            assert flat(expected) in said, (face, claim.name, fact)


@pytest.mark.parametrize("report", [seed, wrong, lambda: Report((full(),))])
def test_the_terminal_carries_every_verdict_and_what_it_rests_on(
    report: Callable[[], Report], capsys: Any
) -> None:
    for claim in report().claims:
        show_claim(Paper(), claim)
        said = flat(capsys.readouterr().out)
        bare = replace(claim, formula=None, repaired=None, steps=())
        assert [fact for fact in facts(bare) if flat(fact) not in said] == []


def test_several_reports_are_one_text() -> None:
    for face, says in SAYS.items():
        said = says(written(face, [seed(), wrong()]))
        assert tex(seed().name) in said or seed().name in said
        assert wrong().claims[0].note or wrong().name in said


def test_a_report_without_claims_has_every_face() -> None:
    for face, says in SAYS.items():
        assert says(written(face, [Report()])) is not None


# ------------------------------------------------------------------------------- hostile text


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("face", SAYS)
def test_hostile_text_is_text(face: str, name: str) -> None:
    """It comes out as it went in: what reads the form sees the same letters, and no more."""
    text = HOSTILE[name]
    out = written(face, [hostile(text)])
    assert out.encode("utf-8")
    if face != "json":
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", out)
    if face not in ("latex", "json", "sarif"):
        assert flat(visible(text)) in flat(SAYS[face](out))


@pytest.mark.parametrize("name", HOSTILE)
def test_json_gives_back_the_letters_themselves(name: str) -> None:
    (file,) = json.loads(written("json", [hostile(HOSTILE[name])]))["files"]
    assert file["claims"][0]["note"] == f"something is said {HOSTILE[name]}"


# --------------------------------------------------------------------------------- the table


def test_the_methods_of_a_report_are_its_faces() -> None:
    report = seed()
    for name in FACES:
        if name != "json":
            assert getattr(report, f"to_{name}")() == written(name, [report])
    assert report._repr_html_() == written("notebook", [report])
    assert json.loads(report.to_json()) == json.loads(json.dumps(report.to_dict()))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.html", "html"),
        ("B.HTM", "html"),
        ("r.md", "markdown"),
        ("r.tex", "latex"),
        ("r.xml", "junit"),
        ("r.json", "json"),
        ("scan.sarif", "sarif"),
    ],
)
def test_a_face_is_known_by_the_ending_of_a_file(path: str, name: str) -> None:
    assert face_of(path).name == name


def test_no_two_faces_have_an_ending() -> None:
    endings = [ending for row in ROWS for ending in row.endings]
    assert len(endings) == len(set(endings))


def test_an_unknown_ending_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(DeriveError, match=r"what `report.pdf` is to be is not clear"):
        face_of("report.pdf")
    with pytest.raises(DeriveError, match=r"no format `word`; there are html, markdown"):
        face_called("word")
