"""Folders of submissions: what is read, what is not, and that nothing outside of them is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from derive.diagnostic import DeriveError
from derive.grading.submissions import LARGEST, Submission, readable, submissions


def by_name(folder: Path) -> dict[str, Submission]:
    return {one.name: one for one in submissions(folder)}


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "ann.md").write_text("a", encoding="utf-8")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "z.py").write_text("z", encoding="utf-8")
    (tmp_path / "bob" / "part").mkdir()
    (tmp_path / "bob" / "part" / "b.TEX").write_text("\ufeffb", encoding="utf-8")
    (tmp_path / "bob" / "picture.png").write_bytes(b"\x89PNG")
    found = by_name(tmp_path)
    assert list(found) == ["ann", "bob"]
    assert [(one.name, one.text, one.suffix) for one in found["bob"].files] == [
        ("part/b.TEX", "b", ".tex"),
        ("z.py", "z", ".py"),
    ]


def test_two_of_a_stem_keep_their_suffixes(tmp_path: Path) -> None:
    for name in ("ann.md", "ann.tex", "bob.py"):
        (tmp_path / name).write_text("a", encoding="utf-8")
    assert list(by_name(tmp_path)) == ["ann.md", "ann.tex", "bob"]


def test_links_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("the key", encoding="utf-8")
    folder = tmp_path / "all"
    (folder / "bob").mkdir(parents=True)
    (folder / "ann.md").symlink_to(secret)
    (folder / "bob" / "key.md").symlink_to(secret)
    (folder / "eve").symlink_to(tmp_path, target_is_directory=True)
    (folder / "bob" / "up").symlink_to(tmp_path, target_is_directory=True)
    found = by_name(folder)
    assert found["ann"].files[0].failure == "unreadable: a link is not followed"
    assert [one.failure for one in found["bob"].files] == ["unreadable: a link is not followed"]
    assert found["eve"].files[0].failure.startswith("unreadable: a file without a suffix")
    assert not any("the key" in one.text for sub in found.values() for one in sub.files)


@pytest.mark.parametrize(
    ("name", "data", "failure"),
    [
        ("a.md", b"\xff\xfe\x00", "unreadable: it is not text in UTF-8"),
        ("a.md", b"a" * (LARGEST + 1), "unreadable: it has more than 1,000,000 bytes"),
        ("a.pdf", b"%PDF", "unreadable: .pdf is not one of .derive, .md, .tex, .txt, .py"),
        ("a", b"x", "unreadable: a file without a suffix is not one of .derive"),
    ],
)
def test_what_cannot_be_read_is_not_left_out(
    tmp_path: Path, name: str, data: bytes, failure: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (one,) = submissions(tmp_path)
    assert one.files[0].failure.startswith(failure)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    (one,) = submissions(tmp_path)
    assert one.files[0].failure == "unreadable: it is no ordinary file"


def test_what_nobody_may_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a", encoding="utf-8")
    (tmp_path / "a.md").chmod(0)
    (one,) = submissions(tmp_path)
    assert one.files[0].failure == (
        "" if os.geteuid() == 0 else "unreadable: it cannot be read: Permission denied"
    )


def test_a_folder_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    for k in range(21):
        (tmp_path / "ann" / f"{k}.md").write_text("x", encoding="utf-8")
    deep = tmp_path / "bob" / "a" / "b" / "c" / "d" / "e"
    deep.mkdir(parents=True)
    (deep / "x.md").write_text("x", encoding="utf-8")
    found = by_name(tmp_path)
    assert found["ann"].files[0].failure == "unreadable: it has more than 20 files"
    assert found["bob"].files[0].failure.startswith("unreadable: no file .derive")


def test_names_are_made_readable_and_stay_apart(tmp_path: Path) -> None:
    for name in ("a\nb.md", "a\rb.md"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert list(by_name(tmp_path)) == ["a?b", "a?b (2)"]
    assert readable("x" * 500) == "x" * 200


def test_hidden_files_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    with pytest.raises(DeriveError, match="has no submissions") as none:
        submissions(tmp_path)
    assert none.value.diagnostic.code == "D416"
    with pytest.raises(DeriveError, match="cannot be read: No such file"):
        submissions(tmp_path / "nowhere")
