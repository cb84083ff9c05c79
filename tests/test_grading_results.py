"""What is written: tables without formulas, pages without markup of others, marks that add up."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from derive.diagnostic import DeriveError
from derive.grading.evidence import STATUSES, Evidence, Finding
from derive.grading.feedback import escaped, gradescope, markdown, page
from derive.grading.grading import Graded, together
from derive.grading.key import Key, read_key
from derive.grading.records import Records, write
from derive.grading.results import cell, data, file_name, table, written
from derive.grading.reveal import LEVELS, SAID
from derive.grading.rubric import graded, shown
from tests.answer_trees import KEY

EXERCISE = read_key(KEY)
ITEMS = EXERCISE.items


def evidence(*statuses: str) -> Evidence:
    return Evidence(tuple(Finding(n, s) for n, s in zip(ITEMS, statuses, strict=False)))


def one(name: str, *statuses: str, failure: str = "") -> Graded:
    found = Evidence(failure=failure) if failure else evidence(*statuses)
    return Graded(name, graded(EXERCISE, found))


# ---------------------------------------------------------------------------------------- marks


@pytest.mark.parametrize(
    ("status", "points"),
    [
        ("right", "4"),
        ("layout", "3"),
        ("repair", "2"),
        ("step", "1"),
        *((status, "0") for status in ("wrong", "undecided", "unreadable", "missing")),
    ],
)
def test_points_for_each_status(status: str, points: str) -> None:
    grade = one("ann", "missing", "missing", "missing", status).grade
    assert (shown(grade.marks[3].points), shown(grade.total)) == (points, points)
    assert grade.review == (status in ("undecided", "unreadable"))


def test_every_status_has_words() -> None:
    assert set(SAID) == set(STATUSES)


def test_a_failure_has_no_points_and_is_looked_at() -> None:
    grade = one("ann", failure="time: it takes more than 60 s").grade
    assert (grade.total, grade.most, grade.review) == (0, 12, True)
    assert grade.reason == "time: it takes more than 60 s"


def test_thirds_add_up() -> None:
    key = Key((), (None,), {"a": Fraction(1, 3), "b": Fraction(2, 3)}, {})
    found = Evidence((Finding("a", "right"), Finding("b", "right")))
    assert shown(graded(key, found).total) == "1"


# ---------------------------------------------------------------------------- several files


def test_of_several_files_the_last_answer_counts() -> None:
    files = [("a.md", evidence("right", "wrong")), ("b.py", evidence("wrong", "right", "layout"))]
    found = together(iter(files))
    assert [one.status for one in found.findings] == ["step", "right", "layout"]
    assert found.findings[0].note == "in b.py"


def test_a_file_without_claims_takes_nothing_away() -> None:
    empty = Evidence(failure="unreadable: no claim was found: ...")
    found = together(iter([("a.py", evidence("right")), ("notes.txt", empty)]))
    assert (found.failure, [one.status for one in found.findings]) == ("", ["right"])


def test_a_file_that_is_lost_may_have_had_the_answer() -> None:
    lost = Evidence(failure="time: it takes more than 60 s")
    found = together(iter([("a.py", evidence("right", "missing")), ("b.md", lost)]))
    assert [one.status for one in found.findings] == ["right", "unreadable"]
    assert found.unread == ("b.md: time: it takes more than 60 s",)


def test_all_files_are_lost() -> None:
    lost = Evidence(failure="time: late")
    assert together(iter([("a", lost), ("b", lost)])).failure == "a: time: late; b: time: late"


# ---------------------------------------------------------------------------------------- table


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "\n@"])
def test_no_cell_is_a_formula(start: str) -> None:
    name = f"{start}HYPERLINK('http://x','y')"
    text = table(EXERCISE, [one(name, "right"), one("ann", failure=name)])
    rows = list(csv.reader(io.StringIO(text)))
    assert all(not re.match(r"[=+\-@\t\r]", entry) for row in rows for entry in row)
    assert rows[1][0] == cell(name) == f"'{start.strip()}HYPERLINK('http://x','y')"


def test_a_row_a_submission_and_a_column_a_derivative() -> None:
    text = table(EXERCISE, [one("ann", "right", "layout", "repair", "step", "missing")])
    head, row = csv.reader(io.StringIO(text))
    assert head == ["submission", *ITEMS, "total", "of", "review", "reason", "file"]
    reason = "dL/dW2: layout; dL/db2: repair; dL/dW1: step; dL/db1: missing"
    assert row == ["ann", "2", "1.5", "1", "1", "0", "5.5", "12", "", reason, "ann"]


# ---------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name",
    [
        *("../../etc/passwd", "/etc/passwd", "a/b", "..", ".", "", "con", "NUL.txt", "Ann"),
        *("a\0b", "é", "-rf", "x" * 300, "a b", "\ud800"),
    ],
)
def test_a_name_of_a_file_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    safe = file_name(name)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", safe)
    assert (tmp_path / f"{safe}.md").resolve().parent == tmp_path.resolve()


def test_names_that_differ_have_files_that_differ() -> None:
    names = ["ann", "Ann", "ANN", "ann ", "ann/", "../ann", "con", "Con"]
    assert len({file_name(name).lower() for name in names}) == len(names)


def test_all_files_are_written(tmp_path: Path) -> None:
    found = [one("ann", "right"), one("../eve", failure="unreadable: a link is not followed")]
    written(EXERCISE, found, tmp_path, "fix")
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    eve = file_name("../eve")
    pages = [f"feedback/{name}.{kind}" for name in ("ann", eve) for kind in ("html", "md")]
    scores = ["gradescope/ann.json", f"gradescope/{eve}.json"]
    assert names == [*pages, "grades.csv", "grades.json", *scores]
    kept = json.loads((tmp_path / "grades.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(data(EXERCISE, found)))
    assert [sub["total"] for sub in kept["submissions"]] == [2, 0]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(
        DeriveError, match="cannot be written: No such file or directory"
    ) as nowhere:
        write(tmp_path / "nowhere" / "x", "y")
    assert nowhere.value.diagnostic.code == "D415"
    (tmp_path / "x").mkdir()
    with pytest.raises(DeriveError, match="cannot be written: Is a directory"):
        write(tmp_path / "x", "y")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


# -------------------------------------------------------------------------------------- records


MARK = "0" * 64


def test_records_are_kept_and_known_again(tmp_path: Path) -> None:
    found = evidence("right", "wrong")
    records = Records(tmp_path / "records")
    assert records.known(MARK) is None
    records.keep(MARK, found)
    assert Records(tmp_path / "records").known(MARK) == found


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"findings": 3}', "\ufffe"])
def test_a_damaged_record_is_none(tmp_path: Path, text: str) -> None:
    records = Records(tmp_path)
    records.keep(MARK, evidence("right"))
    (tmp_path / f"{MARK}.json").write_text(text, encoding="utf-8")
    assert records.known(MARK) is None


# ---------------------------------------------------------------------------------------- pages


def test_a_page() -> None:
    assert markdown(one("ann", "right", "layout", "wrong"), "kind") == (
        "# ann\n\n3.5 of 12 points\n\n"
        "## dL/dz2: 2 of 2\n\nright\n\n"
        "## dL/dW2: 1.5 of 2\n\nright, but transposed\n\n"
        "## dL/db2: 0 of 2\n\nnot right\n\n"
        "## dL/dW1: 0 of 4\n\nmissing\n\n"
        "## dL/db1: 0 of 2\n\nmissing\n"
    )


def test_nothing_of_a_submission_is_markup() -> None:
    evil = "# x\n<script>alert(1)</script> ![a](http://x) `b` | c"
    claim = {"line": 1, "verdict": "wrong", "read_as": evil, "mistake": None, "note": evil}
    claim |= {"diagnostics": [], "witness": None, "repair": f"```\n{evil}", "repair_numpy": None}
    found = Evidence((Finding(ITEMS[0], "wrong", evil, (claim,)),), (), (evil,))
    made = Graded(evil, graded(EXERCISE, found))
    free = [line for line in markdown(made, "fix").splitlines() if not line.startswith("    ")]
    assert not any(re.search(r"(?<!\\)[<>`|\[\]]", line) for line in free)
    assert sum(line.startswith("# ") for line in free) == 1
    assert not re.search(
        r"<(?!/?(?:b|h1|h2|p|pre|ul|li|head|body|html)>)", page(made, "fix").split("</style>")[1]
    )
    assert "<script" not in page(made, "fix")
    assert escaped(evil).startswith(r"\# x \<script\>")


@pytest.mark.parametrize("level", LEVELS)
def test_gradescope_has_the_same_points(level: str) -> None:
    made = one("ann", "right", "layout", "repair", "step", "missing")
    found = gradescope(made, level)
    assert found["score"] == sum(test["score"] for test in found["tests"]) == 5.5
    assert [test["max_score"] for test in found["tests"]] == [2, 2, 2, 4, 2]
    assert {test["visibility"] for test in found["tests"]} == {"visible"}
    assert found["stdout_visibility"] == "hidden"
    assert json.loads(json.dumps(found)) == found
