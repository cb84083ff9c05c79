"""Findings are drawn with the caret under their place, whatever the text is made of."""

from __future__ import annotations

import pytest

from derive.diagnostic import DeriveError, Diagnostic, Span, caret_lines, cells, refuse


def test_a_finding_has_code_sentence_place_notes_and_help() -> None:
    finding = Diagnostic(
        "D201",
        "2×3 times 4×5: inner sizes 3 and 4 differ",
        "A B + c",
        Span(2, 3),
        notes=("`A` is 2×3", "`B` is 4×5"),
        help="transpose A",
    )
    assert finding.render() == (
        "D201: 2×3 times 4×5: inner sizes 3 and 4 differ\n"
        "  | A B + c\n"
        "  |   ^\n"
        "  = note: `A` is 2×3\n"
        "  = note: `B` is 4×5\n"
        "  = help: transpose A"
    )


def test_a_finding_as_data_says_the_same() -> None:
    finding = Diagnostic("D201", "they do not fit", "A B", Span(2, 3), ("a note",), "transpose A")
    assert finding.to_dict() == {
        "code": "D201",
        "message": "they do not fit",
        "text": "A B",
        "span": [2, 3],
        "notes": ["a note"],
        "help": "transpose A",
        "rendered": finding.render(),
    }
    assert Diagnostic("D302", "a size is missing").to_dict()["span"] is None


def test_without_a_place_there_is_no_picture() -> None:
    assert Diagnostic("D302", "a size is missing").render() == "D302: a size is missing"
    assert "|" not in Diagnostic("D302", "a size is missing", "784,").render()


@pytest.mark.parametrize(
    ("text", "span", "picture"),
    [
        ("a + q", Span(4, 5), ["a + q", "    ^"]),
        ("first\nsecond line\nthird", Span(13, 17), ["second line", "       ^^^^"]),
        ("\tx", Span(1, 2), [" x", " ^"]),
        ("a + ", Span(4, 4), ["a + ", "    ^"]),
        ("a\nb", Span(0, 3), ["a", "^"]),
        ("损失 + q", Span(5, 6), ["损失 + q", "       ^"]),
        ("y\u0302 + q", Span(5, 6), ["y\u0302 + q", "    ^"]),
        ("abc", Span(7, 9), ["abc", "   ^"]),
    ],
    ids=["word", "second line", "tab", "end", "two lines", "wide", "combining", "beyond"],
)
def test_carets(text: str, span: Span, picture: list[str]) -> None:
    assert caret_lines(text, span) == picture


def test_columns_of_a_terminal() -> None:
    assert [cells(text) for text in ("abc", "ŷ", "y\u0302", "损", "")] == [3, 1, 1, 2, 0]


def test_spans_join() -> None:
    assert Span(3, 5).join(Span(1, 4)) == Span(1, 5)
    assert Span(3, 5).join(None) == Span(3, 5)


def test_a_refusal_is_one_sentence_and_carries_its_finding() -> None:
    error = refuse("D101", "unknown name `q`", "a + q", Span(4, 5), help="declare it")
    assert isinstance(error, DeriveError)
    assert isinstance(error, ValueError)
    assert str(error) == "unknown name `q`"
    assert error.diagnostic.help == "declare it"
