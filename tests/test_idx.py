"""Every broken promise of an IDX file is one sentence, and none costs memory."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen import idx
from codegen.idx import IMAGES, LABELS, DataError

PICTURES = np.arange(3 * 784, dtype=np.uint8).reshape(3, 784)
DIGITS = np.array([7, 0, 9], np.uint8)
GOOD = {
    IMAGES: idx.header(IMAGES, 3) + PICTURES.tobytes(),
    LABELS: idx.header(LABELS, 3) + DIGITS.tobytes(),
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress}


@pytest.mark.parametrize("packing", PACKINGS)
def test_good_files_are_read(tmp_path: Path, packing: str) -> None:
    for kind, wanted in ((IMAGES, PICTURES), (LABELS, DIGITS)):
        file = tmp_path / kind.name
        file.write_bytes(PACKINGS[packing](GOOD[kind]))
        found = idx.read(file, kind)
        np.testing.assert_array_equal(found.array, wanted, strict=True)
        assert found.sha256 == hashlib.sha256(GOOD[kind]).hexdigest()
        assert not found.array.flags.writeable


def number(value: int) -> bytes:
    return value.to_bytes(4, "big")


BROKEN = {
    "labels for images": (IMAGES, GOOD[LABELS], r"holds labels \(magic 2049\) where images"),
    "images for labels": (LABELS, GOOD[IMAGES], r"holds images \(magic 2051\) where labels"),
    "no magic": (IMAGES, b"P5 28 28 255 ...", "is not an IDX file of images: magic"),
    "empty": (IMAGES, b"", "is cut short: 0 bytes, and the header alone has 16"),
    "half a header": (
        LABELS,
        GOOD[LABELS][:6],
        "is cut short: 6 bytes, and the header alone has 8",
    ),
    "cut images": (IMAGES, GOOD[IMAGES][:-1], "3 images take 2,368 bytes, and it has 2,367"),
    "cut labels": (LABELS, GOOD[LABELS][:-2], "3 labels take 11 bytes, and it has 9"),
    "too long": (LABELS, GOOD[LABELS] + b"\0", "goes on after the 3 labels that its header"),
    "other sizes": (
        IMAGES,
        number(2051) + number(1) + number(32) + number(30) + bytes(960),
        "holds images of 32 × 30 pixels, those of MNIST have 28 × 28",
    ),
    "no images": (IMAGES, idx.header(IMAGES, 0), "promises 0 images; 1 to 342,392 can be read"),
    "huge promise": (IMAGES, idx.header(IMAGES, 2**32 - 1), "promises 4,294,967,295 images; 1 to"),
    "label 10": (LABELS, idx.header(LABELS, 2) + b"\3\12", "label 10 of sample 1 is not a digit"),
}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_in_a_sentence(tmp_path: Path, name: str, packing: str) -> None:
    kind, content, message = BROKEN[name]
    file = tmp_path / "file"
    file.write_bytes(PACKINGS[packing](content))
    with pytest.raises(DataError, match=message) as refusal:
        idx.read(file, kind)
    assert str(file) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(GOOD[LABELS]))
    packed[-6] ^= 1  # in the check sum at the end
    (tmp_path / "sum").write_bytes(packed)
    with pytest.raises(DataError, match="is a damaged gzip file: CRC check failed"):
        idx.read(tmp_path / "sum", LABELS)
    (tmp_path / "cut").write_bytes(gzip.compress(GOOD[IMAGES])[:-200])
    with pytest.raises(DataError, match="is cut short: its gzip stream has no end"):
        idx.read(tmp_path / "cut", IMAGES)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="cannot be read: "):
            idx.read(place, IMAGES)


@pytest.mark.parametrize("count", [2, 300_000])
def test_a_bomb_is_not_unpacked(tmp_path: Path, count: int) -> None:
    """64 MB of zeros in 64 kB: refused for going on, or for ending early; never held twice."""
    bomb = tmp_path / "bomb"
    bomb.write_bytes(gzip.compress(idx.header(LABELS, count) + bytes(64 << 20), 1))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=f"goes on after the {count:,} labels"):
            idx.read(bomb, LABELS)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kind=st.sampled_from([IMAGES, LABELS]),
    packing=st.sampled_from(list(PACKINGS)),
    place=st.integers(0, 60),
    value=st.integers(0, 255),
    keep=st.integers(0, 4000),
)
def test_any_damage_is_a_sentence_or_still_digits(
    tmp_path: Path, kind: idx.Kind, packing: str, place: int, value: int, keep: int
) -> None:
    content = bytearray(PACKINGS[packing](GOOD[kind]))
    content[place % len(content)] = value
    file = tmp_path / "file"
    file.write_bytes(content[:keep])
    try:
        found = idx.read(file, kind).array
    except DataError:
        return
    assert len(found) == 3
    assert kind is IMAGES or found.max() <= 9
