"""Downloads the full set of MNIST: a file is in place only after its bytes were checked.

Each file goes to `NAME.part` first. Its unpacked bytes must have the official SHA-256 before it
takes its name, so an interrupted or a tampered download leaves nothing that could be read.
"""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from codegen import idx, mnist
from codegen.idx import DataError
from codegen.mnist import FULL, PARTS, Part

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
LIMIT = 16 << 20
"""The most bytes taken for one packed file; the largest has 9.9 million."""

CHUNK = 1 << 16
TIMEOUT = 20.0


class Reply(Protocol):
    """What an opener gives: bytes by pieces, and the length that was announced."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""

    @property
    def length(self) -> int | None:
        """Bytes to come, where the server said so."""


Opener = Callable[[str], AbstractContextManager[Reply]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one file is: bytes so far, and the bytes to expect where that is known."""

    name: str
    done: int
    total: int | None


Watcher = Callable[[Progress], None]


def open_url(url: str) -> AbstractContextManager[Reply]:
    """The reply of a server, through the proxies that the environment names."""
    request = urllib.request.Request(url, headers={"User-Agent": "derive-backprop"})
    opener = urllib.request.build_opener()
    reply: AbstractContextManager[Reply] = opener.open(request, timeout=TIMEOUT)
    return reply


def fetch(
    target: Path | None = None,
    open_url: Opener = open_url,
    on_progress: Watcher | None = None,
    mirrors: Sequence[str] = MIRRORS,
) -> tuple[Path, ...]:
    """The four packed files of the full set in `target`, the cache folder unless named.

    A file that is already there with the official bytes is kept and not downloaded again.
    """
    folder = mnist.cache_folder() if target is None else target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_get(part, folder, open_url, on_progress, mirrors) for part in PARTS)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from None


def _get(
    part: Part, folder: Path, open_url: Opener, watch: Watcher | None, mirrors: Sequence[str]
) -> Path:
    """One file, from the first mirror that has its genuine bytes."""
    file = folder / f"{part.name}.gz"
    if file.is_file() and _fault(file, part) is None:
        return file
    reasons = []
    for mirror in mirrors:
        reason = _try(mirror, part, file, open_url, watch)
        if reason is None:
            return file
        reasons.append(f"{mirror}: {reason}")
    raise DataError(
        f"{file.name} could not be downloaded ({'; '.join(reasons)}); without a network, put "
        f"{mnist.EXPECTED} (plain or .gz) in {folder} or in a folder given with --data"
    )


def _try(
    mirror: str, part: Part, file: Path, open_url: Opener, watch: Watcher | None
) -> str | None:
    """Downloads, checks and renames; or the reason why this mirror did not serve."""
    waiting = file.with_name(f"{file.name}.part")
    try:
        with waiting.open("wb") as sink:
            reason = _download(f"{mirror}{file.name}", sink, open_url, watch)
        reason = reason or _fault(waiting, part)
        if reason is None:
            os.replace(waiting, file)
        return reason
    finally:
        waiting.unlink(missing_ok=True)


def _download(url: str, sink: BinaryIO, open_url: Opener, watch: Watcher | None) -> str | None:
    """Copies the reply into `sink`; a reason where the network or the server fails."""
    try:
        with open_url(url) as reply:
            return _copy(reply, sink, url.rpartition("/")[2], watch)
    except urllib.error.HTTPError as error:
        error.close()
        return f"the server answers {error.code} {error.reason}"
    except urllib.error.URLError as error:
        return f"no connection, {error.reason}"
    except TimeoutError:
        return f"no answer within {TIMEOUT:.0f} s"
    except http.client.HTTPException as error:
        return f"a broken reply, {type(error).__name__}"
    except OSError as error:
        return f"the connection broke, {error.strerror or error}"


def _copy(reply: Reply, sink: BinaryIO, name: str, watch: Watcher | None) -> str | None:
    """At most `LIMIT` bytes of the reply; a reason where there are more."""
    total, done = reply.length, 0
    while chunk := reply.read(CHUNK):
        done += len(chunk)
        if done > LIMIT:
            return f"more than {LIMIT:,} bytes"
        _write(chunk, sink)
        if watch is not None:
            watch(Progress(name, done, total))
    return None


def _write(chunk: bytes, sink: BinaryIO) -> None:
    try:
        sink.write(chunk)
    except OSError as error:
        raise DataError(f"{sink.name} cannot be written: {error.strerror or error}") from None


def _fault(file: Path, part: Part) -> str | None:
    """Why the file's bytes are not the official ones, if they are not."""
    try:
        status = part.status(idx.read(file, part.kind).sha256)
    except DataError as error:
        return str(error)
    return None if status == FULL else "its bytes are not the official ones"
