"""Writes files whole or not at all: to `NAME.part` first, and then in place of the old one."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from codegen.refusal import Refusal
from codegen.schedule import Floats

META = "meta"
"""The entry of a weights file that holds its settings and accuracies, as JSON text."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry, so that equal weights give equal bytes."""


class OutputError(Refusal):
    """A file that cannot be written; `str` of it is one clear sentence."""


def check_writable(path: Path) -> None:
    """Refuses a path that could not be written, before any work is done for it."""
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "not an ordinary file"
        raise OutputError(f"{path} cannot be written: it is {what}")
    waiting = _waiting(path)
    with _refusals(path):
        waiting.open("ab").close()
        waiting.unlink()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file `path` when the block ends well."""
    waiting = _waiting(path)
    with _refusals(path):
        try:
            with waiting.open("wb") as sink:
                yield sink
            os.replace(waiting, path.resolve())
        finally:
            waiting.unlink(missing_ok=True)


def save_weights(path: Path, params: Mapping[str, Floats], meta: Mapping[str, Any]) -> None:
    """The weights as an `.npz` file for `numpy.load`; equal contents give equal bytes."""
    arrays = {**params, META: np.array(json.dumps(meta, ensure_ascii=False, sort_keys=True))}
    with replacing(path) as sink, zipfile.ZipFile(sink, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy", EPOCH), "w") as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _waiting(path: Path) -> Path:
    """Beside the file that `path` names, or that its link leads to."""
    end = path.resolve()
    return end.with_name(f"{end.name}.part")


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Errors of the file system, said as one sentence."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None
