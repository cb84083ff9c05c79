"""The submissions in a folder: a file each, or a folder each. Nothing outside of it is read.

Names and contents are untrusted. A link is not followed, a file that is too large is not read, and
a submission that cannot be read is one with a reason, not one that is left out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from derive.diagnostic import refuse

SUFFIXES = (".derive", ".md", ".tex", ".txt", ".py")
LARGEST = 1_000_000
"""Bytes of a file at most."""

MOST_FILES = 20
"""Files of one submission at most."""

DEEPEST = 4
"""Folders within the folder of a submission, at most."""

LONGEST_NAME = 200
IGNORED = ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class File:
    """The text of one file, and its name within the submission; or why there is none."""

    name: str
    text: str = ""
    failure: str = ""

    @property
    def suffix(self) -> str:
        """How it is read."""
        return Path(self.name).suffix.lower()


@dataclass(frozen=True)
class Submission:
    """One submission: its name, and its files in the order of their names."""

    name: str
    files: tuple[File, ...]


def submissions(folder: Path) -> tuple[Submission, ...]:
    """All submissions in a folder, by name. Raises DeriveError where there are none."""
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError as error:
        raise refuse("D416", f"{folder} cannot be read: {error.strerror}") from None
    kept = [one for one in entries if not _ignored(one.name)]
    if not kept:
        raise refuse(
            "D416", f"{folder} has no submissions: files {', '.join(SUFFIXES)}, or folders"
        )
    stems = [Path(one.name).stem for one in kept]
    made = (_submission(one, alone=stems.count(Path(one.name).stem) == 1) for one in kept)
    return tuple(apart(made))


def apart(found: Iterable[Submission]) -> Iterator[Submission]:
    """The submissions, each with a name of its own: letters that cannot be shown are left out."""
    seen = set[str]()
    for one in found:
        name, count = one.name, 1
        while name in seen:
            count += 1
            name = f"{one.name} ({count})"
        seen.add(name)
        yield replace(one, name=name)


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in IGNORED


def _submission(entry: os.DirEntry[str], *, alone: bool) -> Submission:
    """One entry of the folder; it has its suffix in its name where another has the same stem."""
    name = readable(entry.name)
    if entry.is_dir(follow_symlinks=False):
        return Submission(name, _files(Path(entry.path)))
    return Submission(Path(name).stem if alone else name, (_file(Path(entry.path), name),))


def readable(name: str) -> str:
    """A name of a file as text, on one line and not too long.

    >>> readable("a\\nb")
    'a?b'
    """
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(one if one.isprintable() else "?" for one in text)[:LONGEST_NAME]


def _files(folder: Path) -> tuple[File, ...]:
    """The files of a submission, in the order of their names."""
    paths = []
    for path in _walked(folder, 0):
        paths.append(path)
        if len(paths) > MOST_FILES:
            return (File(".", failure=f"unreadable: it has more than {MOST_FILES} files"),)
    found = tuple(_file(path, readable(str(path.relative_to(folder)))) for path in paths)
    return found or (File(".", failure=f"unreadable: no file {', '.join(SUFFIXES)} is in it"),)


def _walked(folder: Path, depth: int) -> Iterator[Path]:
    """The files that may be read; links are left where they are."""
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError:
        return
    for one in entries:
        if _ignored(one.name):
            continue
        if one.is_dir(follow_symlinks=False):
            if depth < DEEPEST:
                yield from _walked(Path(one.path), depth + 1)
        elif Path(one.name).suffix.lower() in SUFFIXES:
            yield Path(one.path)


def _file(path: Path, name: str) -> File:
    """The text of a file, or why it is not read."""
    if path.suffix.lower() not in SUFFIXES:
        kind = path.suffix.lower() or "a file without a suffix"
        return File(
            name, failure=f"unreadable: {readable(kind)} is not one of {', '.join(SUFFIXES)}"
        )
    try:
        data = _bytes(path)
    except OSError as error:
        linked = path.is_symlink()
        reason = "a link is not followed" if linked else f"it cannot be read: {error.strerror}"
        return File(name, failure=f"unreadable: {reason}")
    if data is None:
        return File(name, failure="unreadable: it is no ordinary file")
    if len(data) > LARGEST:
        return File(name, failure=f"unreadable: it has more than {LARGEST:,} bytes")
    try:
        return File(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return File(name, failure="unreadable: it is not text in UTF-8")


def _bytes(path: Path) -> bytes | None:
    """What a file holds, one byte more than is read at most; None for a pipe or a device."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read(LARGEST + 1)
