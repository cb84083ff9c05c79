"""IDX files, plain or gzip: an array comes out only where every promise of the header is kept.

A file is read in pieces and never further than its header allows, so a file that unpacks to
more than it says (or to more than `LIMIT`) is refused before it fills the memory.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from codegen.refusal import Refusal

Bytes = NDArray[np.uint8]

LIMIT = 1 << 28
"""The most bytes that one file may unpack to; the largest file of MNIST has 47 million."""

CHUNK = 1 << 20
SIDE = 28
PIXELS = SIDE * SIDE
DIGITS = 10


class DataError(Refusal):
    """Data that cannot be had or used; `str` of it is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file holds: its magic number, and the sizes that follow the count."""

    name: str
    magic: int
    rest: tuple[int, ...]

    @property
    def item(self) -> int:
        """Bytes of one image or label."""
        return int(np.prod(self.rest, dtype=int))

    @property
    def header(self) -> int:
        """Bytes of the header: magic, count, and one number for each size."""
        return 8 + 4 * len(self.rest)


IMAGES = Kind("images", 2051, (SIDE, SIDE))
LABELS = Kind("labels", 2049, ())
KINDS = {kind.magic: kind for kind in (IMAGES, LABELS)}


@dataclass(frozen=True, slots=True, eq=False)
class Idx:
    """The contents of one file, one sample a row, and the SHA-256 of its unpacked bytes."""

    array: Bytes
    sha256: str


def read(path: Path, kind: Kind) -> Idx:
    """The file's images as `(n, 784)` or its labels as `(n,)`, or a `DataError` saying why not."""
    with _refusals(path), _open(path) as stream:
        head = _up_to(stream, kind.header)
        count = _count(head, kind, path)
        size = count * kind.item
        body = _up_to(stream, size)
        if len(body) < size:
            raise _cut_short(path, kind, count, len(head) + len(body))
        if stream.read(1):
            raise DataError(
                f"{path} goes on after the {count:,} {kind.name} that its header promises"
            )
    digest = hashlib.sha256(head)
    digest.update(body)
    return Idx(_array(body, kind, path), digest.hexdigest())


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Errors of reading and unpacking, said as one sentence."""
    try:
        yield
    except EOFError:
        raise DataError(f"{path} is cut short: its gzip stream has no end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is a damaged gzip file: {error}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    """The unpacked bytes; the contents decide whether it is gzip, not the name."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=plain) as unpacked:
                yield unpacked  # type: ignore[misc]  # a GzipFile reads as a BinaryIO does
        else:
            yield plain


def _up_to(stream: BinaryIO, size: int) -> bytes:
    """The next `size` bytes, or fewer where the stream ends; memory grows with what arrives."""
    body = bytearray()
    while len(body) < size:
        chunk = stream.read(min(CHUNK, size - len(body)))
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _count(head: bytes, kind: Kind, path: Path) -> int:
    """How many samples a header promises, once its magic and its sizes are right."""
    if len(head) >= 4:
        _check_magic(int.from_bytes(head[:4], "big"), kind, path)
    if len(head) < kind.header:
        raise DataError(
            f"{path} is cut short: {len(head)} bytes, and the header alone has {kind.header}"
        )
    _, count, *rest = struct.unpack(f">{kind.header // 4}I", head)
    if tuple(rest) != kind.rest:
        shape = " × ".join(str(size) for size in rest)
        raise DataError(
            f"{path} holds images of {shape} pixels, those of MNIST have {SIDE} × {SIDE}"
        )
    if not 0 < count <= _most(kind):
        raise DataError(f"{path} promises {count:,} {kind.name}; 1 to {_most(kind):,} can be read")
    return int(count)


def _most(kind: Kind) -> int:
    """The most samples that fit within `LIMIT`."""
    return (LIMIT - kind.header) // kind.item


def _check_magic(magic: int, kind: Kind, path: Path) -> None:
    if magic == kind.magic:
        return
    if magic in KINDS:
        other = KINDS[magic].name
        raise DataError(
            f"{path} holds {other} (magic {magic}) where {kind.name} belong ({kind.magic})"
        )
    raise DataError(f"{path} is not an IDX file of {kind.name}: magic {magic}, not {kind.magic}")


def _cut_short(path: Path, kind: Kind, count: int, found: int) -> DataError:
    promised = kind.header + count * kind.item
    return DataError(
        f"{path} is cut short: {count:,} {kind.name} take {promised:,} bytes, and it has {found:,}"
    )


def header(kind: Kind, count: int) -> bytes:
    """The first bytes of a file of `count` samples."""
    return struct.pack(f">{kind.header // 4}I", kind.magic, count, *kind.rest)


def _array(body: bytes, kind: Kind, path: Path) -> Bytes:
    array = np.frombuffer(body, np.uint8)
    if kind is IMAGES:
        return array.reshape(-1, PIXELS)
    if array.max() >= DIGITS:
        place = int(np.argmax(array >= DIGITS))
        raise DataError(
            f"{path}: label {array[place]} of sample {place} is not a digit from 0 to 9"
        )
    return array
