"""MNIST, from the first place that has it; a report can always say which data it was.

The places, in order: a folder that is named, `$DERIVE_MNIST`, the user's cache folder, and the
genuine subset that ships inside this package. A folder that is named must hold all four files.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from codegen import idx
from codegen.idx import DIGITS, IMAGES, LABELS, PIXELS, Bytes, DataError, Idx, Kind

Floats = NDArray[np.float32]

VARIABLE = "DERIVE_MNIST"
SHIPPED = Path(__file__).parent / "mnist_subset"
TRAIN, TEST = 10_000, 2_000

FULL = "official full set"
SUBSET = "subset"
UNKNOWN = "unknown bytes"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four files, and the SHA-256 of its unpacked bytes: official, and shipped."""

    name: str
    kind: Kind
    official: str
    shipped: str
    kept: int

    def status(self, sha256: str) -> str:
        """What the unpacked bytes are."""
        return {self.official: FULL, self.shipped: SUBSET}.get(sha256, UNKNOWN)


PARTS = (
    Part(
        "train-images-idx3-ubyte",
        IMAGES,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "2889698e6bc3614913e76901316712919d1998fc2b44512451bfe65bc1e668b1",
        TRAIN,
    ),
    Part(
        "train-labels-idx1-ubyte",
        LABELS,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "651e38e2ac0632f5113ec18f1df4977117f953197819034009971a6675a0df78",
        TRAIN,
    ),
    Part(
        "t10k-images-idx3-ubyte",
        IMAGES,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "3f6bd66dee48df299584c67669bceee490faa25f931496bd7473b42106d7daed",
        TEST,
    ),
    Part(
        "t10k-labels-idx1-ubyte",
        LABELS,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        "7b098e5f6a3065807cebeabf36fb1724a8aff19f2673ac08b4923e0e8c715bce",
        TEST,
    ),
)
EXPECTED = ", ".join(part.name for part in PARTS)

CODINGS = {"one-hot": (0.0, 1.0), "signs": (-1.0, 1.0)}
"""The target of a wrong and of the right digit."""

BELOW = ("", "MNIST/raw", "raw")


@dataclass(frozen=True, slots=True)
class Source:
    """A place that has all four files, in the order of `PARTS`."""

    origin: str
    folder: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mnist:
    """Images as `(n, 784)` bytes, labels as `(n,)` bytes, and the sentence that says which."""

    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes
    status: str
    description: str


def cache_folder() -> Path:
    """Where `derive data --fetch` puts the full set."""
    return platformdirs.user_cache_path("derive", appauthor=False) / "mnist"


def load(data_dir: Path | None = None) -> Mnist:
    """The data of the first place that has it."""
    return open_source(find(data_dir))


def find(data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> Source:
    """The first place that has all four files; a folder that was named must be the one."""
    named = _named(data_dir, environ)
    if named is not None:
        source = _in_folder(*named)
        if source is None:
            raise DataError(_lacking(*named))
        return source
    return _in_folder("the cache folder", cache_folder()) or shipped()


def shipped() -> Source:
    """The genuine subset inside this package."""
    return Source("shipped with derive", SHIPPED, tuple(SHIPPED / f"{p.name}.gz" for p in PARTS))


def _named(data_dir: Path | None, environ: Mapping[str, str]) -> tuple[str, Path] | None:
    """The folder that the user named, and how."""
    if data_dir is not None:
        return "--data", data_dir
    if environ.get(VARIABLE):
        return f"${VARIABLE}", Path(environ[VARIABLE])
    return None


def _in_folder(origin: str, folder: Path) -> Source | None:
    """The four files in `folder`, or in `MNIST/raw` below it, where torchvision puts them."""
    for below in BELOW:
        files = tuple(_file(folder / below, part) for part in PARTS)
        if None not in files:
            return Source(origin, folder / below, tuple(file for file in files if file))
    return None


def _file(folder: Path, part: Part) -> Path | None:
    """The file of a part, plain before packed; its name may have a dot for the first dash."""
    names = (part.name, part.name.replace("-idx", ".idx"))
    files = (folder / f"{name}{end}" for end in ("", ".gz") for name in names)
    return next((file for file in files if os.path.isfile(file)), None)


def _lacking(origin: str, folder: Path) -> str:
    if not folder.is_dir():
        return f"{origin} {folder} is not a folder; it should hold {EXPECTED}, each plain or .gz"
    lacks = ", ".join(part.name for part in PARTS if _file(folder, part) is None)
    return f"{origin} {folder} lacks {lacks} (each plain or .gz, there or in MNIST/raw below it)"


def open_source(source: Source) -> Mnist:
    """The four files read and checked against each other and against the official bytes."""
    found = [idx.read(file, part.kind) for file, part in zip(source.files, PARTS, strict=True)]
    for images, labels in ((0, 1), (2, 3)):
        _check_counts(source, found, images, labels)
    status = _status(found)
    train_images, train_labels, test_images, test_labels = (part.array for part in found)
    return Mnist(
        train_images,
        train_labels,
        test_images,
        test_labels,
        status,
        _description(source, status, len(train_labels), len(test_labels)),
    )


def _check_counts(source: Source, found: list[Idx], images: int, labels: int) -> None:
    pictures, digits = len(found[images].array), len(found[labels].array)
    if pictures != digits:
        raise DataError(
            f"{source.files[images]} holds {pictures:,} images, "
            f"and {source.files[labels].name} holds {digits:,} labels"
        )


def _status(found: list[Idx]) -> str:
    """The status that all four parts share, else unknown."""
    each = {part.status(item.sha256) for part, item in zip(PARTS, found, strict=True)}
    return each.pop() if len(each) == 1 else UNKNOWN


def _description(source: Source, status: str, train: int, test: int) -> str:
    which = {
        FULL: "MNIST, the official full set",
        SUBSET: "a subset of MNIST, the first images of the official files",
        UNKNOWN: "unknown bytes, not the official files of MNIST",
    }[status]
    place = source.origin if source.folder == SHIPPED else f"{source.origin}: {source.folder}"
    return f"{which}: {train:,} training and {test:,} test images ({place})"


def describe(data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Where the data is looked for, what is there, and how to get the full set."""
    source = find(data_dir, environ)
    found = open_source(source)
    lines = [
        "MNIST is looked for in this order:",
        f"  --data DIR      {data_dir or 'not given'}",
        f"  ${VARIABLE}   {environ.get(VARIABLE) or 'not set'}",
        f"  cache folder    {cache_folder()}{_cache_note()}",
        f"  shipped subset  {SHIPPED}",
        f"found: {found.description}",
        *(f"  {file}" for file in source.files),
    ]
    if found.status != FULL:
        lines.append(
            "The full set (70,000 images): `derive data --fetch` downloads 11 MB to the cache "
            f"folder; or put {EXPECTED}, plain or .gz, there or in a folder given with --data."
        )
    return "\n".join(lines)


def _cache_note() -> str:
    folder = cache_folder()
    if _in_folder("", folder) is not None:
        return ""
    there = sum(_file(folder, part) is not None for part in PARTS)
    return f" (incomplete: {there} of {len(PARTS)} files)" if there else " (empty)"


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Images as rows of numbers from 0 to 1, coded targets as rows, and the digits."""

    x: Floats
    y: Floats
    digits: Bytes


def samples(images: Bytes, labels: Bytes, coding: str = "one-hot") -> Samples:
    """The data as float32, for a whole run at once."""
    wrong, right = CODINGS[coding]
    y = np.full((len(labels), DIGITS), wrong, np.float32)
    y[np.arange(len(labels)), labels] = right
    return Samples(np.divide(images, 255, dtype=np.float32), y, labels)


def misfit(sizes: Sequence[int], coding: str = "one-hot") -> str | None:
    """Why a stack cannot be trained on MNIST, in one sentence; None where it can.

    >>> misfit((784, 100, 10))
    >>> misfit((784, 100, 3))
    'MNIST needs 784 inputs (28 × 28 pixels) and 10 outputs (the digits); this stack has 784 and 3'
    """
    if not sizes or (sizes[0], sizes[-1]) != (PIXELS, DIGITS):
        has = f"{sizes[0]} and {sizes[-1]}" if sizes else "none"
        return (
            f"MNIST needs {PIXELS} inputs (28 × 28 pixels) and {DIGITS} outputs (the digits); "
            f"this stack has {has}"
        )
    if coding not in CODINGS:
        return f"the targets of MNIST are {' or '.join(CODINGS)}; this loss wants {coding}"
    return None


def write_subset(source: Source, target: Path) -> None:
    """The first images and labels of a full set, packed the same way each time, into `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for file, part in zip(source.files, PARTS, strict=True):
        items = idx.read(file, part.kind).array[: part.kept]
        packed = gzip.compress(idx.header(part.kind, len(items)) + items.tobytes(), 9, mtime=0)
        (target / f"{part.name}.gz").write_bytes(packed)
