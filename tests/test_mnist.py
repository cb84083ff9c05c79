"""The data is looked for in order, and no report is vague about which data it was."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from codegen import idx, mnist
from codegen.idx import IMAGES, DataError
from codegen.mnist import FULL, PARTS, SUBSET, UNKNOWN
from tests.handmade import little, shipped


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(mnist, "cache_folder", lambda: folder)
    return folder


def write(folder: Path, train: int = 4, test: int = 3, *, end: str = ".gz") -> Path:
    """The first shipped images as four files in `folder`."""
    data = little(train, test)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    for part, array in zip(PARTS, arrays, strict=True):
        content = idx.header(part.kind, len(array)) + array.tobytes()
        (folder / f"{part.name}{end}").write_bytes(gzip.compress(content) if end else content)
    return folder


def test_places_are_tried_in_order(tmp_path: Path, cache: Path) -> None:
    assert mnist.find(None, {}).folder == mnist.SHIPPED
    write(cache)
    assert mnist.find(None, {}).origin == "the cache folder"
    environ = {mnist.VARIABLE: str(write(tmp_path / "variable"))}
    assert mnist.find(None, environ).origin == "$DERIVE_MNIST"
    assert mnist.find(write(tmp_path / "named"), environ).origin == "--data"
    assert mnist.find(None, {mnist.VARIABLE: ""}).origin == "the cache folder"


def test_plain_and_packed_files_and_the_folders_of_torchvision_are_found(tmp_path: Path) -> None:
    for number, (below, end) in enumerate(
        (("", ""), ("", ".gz"), ("MNIST/raw", ""), ("raw", ".gz"))
    ):
        folder = tmp_path / str(number)
        write(folder / below, end=end)
        assert mnist.find(folder, {}).folder == folder / below
        assert len(mnist.load(folder).test_labels) == 3


def test_names_with_a_dot_are_found(tmp_path: Path) -> None:
    write(tmp_path, end="")
    for part in PARTS:
        (tmp_path / part.name).rename(tmp_path / part.name.replace("-idx", ".idx"))
    assert mnist.load(tmp_path).status == UNKNOWN


def test_a_named_folder_that_lacks_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"--data .* lacks t10k-labels-idx1-ubyte .each plain or"):
        mnist.find(tmp_path, {})
    with pytest.raises(DataError, match=r"DERIVE_MNIST .*nowhere is not a folder; it should hold"):
        mnist.find(None, {mnist.VARIABLE: str(tmp_path / "nowhere")})


def test_an_unfinished_cache_is_passed_over_and_said(cache: Path) -> None:
    write(cache)
    (cache / "train-labels-idx1-ubyte.gz").unlink()
    assert mnist.find(None, {}).folder == mnist.SHIPPED
    assert "(incomplete: 3 of 4 files)" in mnist.describe(None, {})


def test_counts_that_differ_are_refused(tmp_path: Path) -> None:
    write(tmp_path, train=4)
    name = "train-labels-idx1-ubyte.gz"
    (tmp_path / name).write_bytes((write(tmp_path / "other", train=5) / name).read_bytes())
    with pytest.raises(DataError, match=r"images-idx3-ubyte.gz holds 4 images, .* 5 labels"):
        mnist.load(tmp_path)


def test_exchanged_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path, end="")
    images, labels = (tmp_path / part.name for part in PARTS[:2])
    images.rename(tmp_path / "kept")
    labels.rename(images)
    (tmp_path / "kept").rename(labels)
    with pytest.raises(DataError, match=r"holds labels .magic 2049. where images belong"):
        mnist.load(tmp_path)


def test_the_shipped_subset_is_small_and_known() -> None:
    data = shipped()
    assert data.status == SUBSET
    assert (len(data.train_images), len(data.test_images)) == (mnist.TRAIN, mnist.TEST)
    assert np.bincount(data.test_labels).tolist() == [
        175,
        234,
        219,
        207,
        217,
        179,
        178,
        205,
        192,
        194,
    ]
    assert data.description == (
        "a subset of MNIST, the first images of the official files: "
        "10,000 training and 2,000 test images (shipped with derive)"
    )
    assert sum(file.stat().st_size for file in mnist.SHIPPED.iterdir()) < 2_500_000
    assert "CC BY-SA 3.0" in (mnist.SHIPPED / "LICENSE").read_text("utf-8")
    for part in PARTS:
        assert part.shipped in (mnist.SHIPPED / "README.md").read_text("utf-8")


def test_bytes_that_are_not_official_are_called_unknown(tmp_path: Path) -> None:
    data = mnist.load(write(tmp_path))
    assert data.status == UNKNOWN
    assert data.description == (
        "unknown bytes, not the official files of MNIST: "
        f"4 training and 3 test images (--data: {tmp_path})"
    )


def test_a_mixture_is_called_unknown(tmp_path: Path) -> None:
    write(tmp_path)
    for part in PARTS[:2]:
        packed = (mnist.SHIPPED / f"{part.name}.gz").read_bytes()
        (tmp_path / f"{part.name}.gz").write_bytes(packed)
    assert mnist.load(tmp_path).status == UNKNOWN


def test_describe_says_where_what_and_how(cache: Path) -> None:
    text = mnist.describe(None, {})
    for piece in (
        "--data DIR      not given",
        "$DERIVE_MNIST   not set",
        f"{cache} (empty)",
        "found: a subset of MNIST",
        "derive data --fetch",
        "t10k-labels-idx1-ubyte",
    ):
        assert piece in text


def test_the_cache_folder_is_that_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert mnist.cache_folder().parts[-2:] == ("derive", "mnist")


def test_samples_are_numbers_from_0_to_1_and_coded_targets() -> None:
    data = little(5)
    for coding, (wrong, right) in mnist.CODINGS.items():
        made = mnist.samples(data.train_images, data.train_labels, coding)
        assert made.x.dtype == np.float32
        assert (made.x.min(), made.x.max()) == (0, 1)
        np.testing.assert_array_equal(made.y.argmax(axis=1), data.train_labels)
        assert sorted(set(made.y.ravel().tolist())) == [wrong, right]


@pytest.mark.parametrize(
    ("sizes", "coding", "sentence"),
    [
        ((784, 100, 10, 10), "one-hot", None),
        ((784, 10), "signs", None),
        ((2, 3), "one-hot", "MNIST needs 784 inputs .* this stack has 2 and 3"),
        ((784, 100), "one-hot", "10 outputs .the digits.; this stack has 784 and 100"),
        ((), "one-hot", "this stack has none"),
        ((784, 10), "real", "the targets of MNIST are one-hot or signs; this loss wants real"),
    ],
)
def test_misfit(sizes: tuple[int, ...], coding: str, sentence: str | None) -> None:
    found = mnist.misfit(sizes, coding)
    assert found is None if sentence is None else found is not None
    if sentence is not None and found is not None:
        assert re.search(sentence, found)


def test_the_subset_can_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {IMAGES: 2, idx.LABELS: 2}
    parts = tuple(mnist.Part(p.name, p.kind, p.official, p.shipped, kept[p.kind]) for p in PARTS)
    monkeypatch.setattr(mnist, "PARTS", parts)
    mnist.write_subset(mnist.find(write(tmp_path / "all"), {}), tmp_path / "some")
    made = mnist.load(tmp_path / "some")
    np.testing.assert_array_equal(made.train_images, shipped().train_images[:2])
    assert made.test_labels.tolist() == shipped().test_labels[:2].tolist()


@pytest.mark.shared(mnist.VARIABLE)
def test_the_full_set_is_official_and_the_subset_is_its_beginning() -> None:
    full = mnist.open_source(mnist.find(None))
    assert full.status == FULL
    assert full.description.startswith("MNIST, the official full set: 60,000 training and 10,000")
    np.testing.assert_array_equal(shipped().train_images, full.train_images[: mnist.TRAIN])
    np.testing.assert_array_equal(shipped().test_images, full.test_images[: mnist.TEST])
    assert "derive data --fetch" not in mnist.describe(None)
