"""A download is in place whole and genuine, or not at all; no test leaves this machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from codegen import fetch, idx, mnist
from codegen.idx import IMAGES, DataError
from codegen.mnist import PARTS, Part
from tests.handmade import little

FIRST, SECOND = "http://first/", "http://second/"


def contents() -> dict[str, bytes]:
    """Four small genuine files, unpacked, by name."""
    data = little(4, 3)
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    return {
        part.name: idx.header(part.kind, len(array)) + array.tobytes()
        for part, array in zip(PARTS, arrays, strict=True)
    }


PACKED = {f"{name}.gz": gzip.compress(content) for name, content in contents().items()}
NAMES = list(PACKED)


@pytest.fixture(autouse=True)
def small_is_official(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the small files for the official ones, and no proxy."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents().items()}
    parts = tuple(Part(p.name, p.kind, digests[p.name], p.shipped, p.kept) for p in PARTS)
    monkeypatch.setattr(fetch, "PARTS", parts)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Reply(io.BytesIO):
    """A reply of known length."""

    @property
    def length(self) -> int:
        return len(self.getvalue())


class Net:
    """An opener over a table of replies: bytes, or what is raised; it counts the questions."""

    def __init__(self, table: dict[str, bytes | BaseException]) -> None:
        self.table = table
        self.asked: list[str] = []

    def __call__(self, url: str) -> Reply:
        self.asked.append(url)
        answer = self.table.get(url, urllib.error.URLError("Name or service not known"))
        if isinstance(answer, BaseException):
            raise answer
        return Reply(answer)


def mirror(place: str, **changed: bytes | BaseException) -> dict[str, bytes | BaseException]:
    """All files at a place; `changed` is by the first word of the name."""
    table: dict[str, bytes | BaseException] = {f"{place}{n}": c for n, c in PACKED.items()}
    for word, content in changed.items():
        table.update({url: content for url in table if url.startswith(f"{place}{word}")})
    return table


def get(net: Net, target: Path) -> tuple[Path, ...]:
    return fetch.fetch(target, net, mirrors=(FIRST, SECOND))


def test_files_arrive_and_are_kept(tmp_path: Path) -> None:
    net, seen = Net(mirror(FIRST)), list[fetch.Progress]()
    target = tmp_path / "new" / "folder"
    files = fetch.fetch(target, net, seen.append, (FIRST, SECOND))
    assert [file.name for file in files] == NAMES
    assert sorted(file.name for file in target.iterdir()) == sorted(NAMES)
    assert mnist.load(target).description.endswith(
        f"4 training and 3 test images (--data: {target})"
    )
    assert [(p.name, p.done, p.total) for p in seen] == [
        (n, len(c), len(c)) for n, c in PACKED.items()
    ]
    get(net, target)
    assert len(net.asked) == 4


def test_a_damaged_file_is_downloaded_again(tmp_path: Path) -> None:
    net = Net(mirror(FIRST))
    get(net, tmp_path)
    (tmp_path / NAMES[2]).write_bytes(PACKED[NAMES[2]][:100])
    get(net, tmp_path)
    assert net.asked[4:] == [FIRST + NAMES[2]]
    assert (tmp_path / NAMES[2]).read_bytes() == PACKED[NAMES[2]]


OTHER = gzip.compress(idx.header(IMAGES, 1) + bytes(784))
FAULTS: dict[str, tuple[bytes | BaseException, str]] = {
    "other bytes": (OTHER, "its bytes are not the official ones"),
    "cut short": (PACKED[NAMES[0]][:-30], "is cut short"),
    "a page": (b"<html>captive portal</html>", "is not an IDX file of images"),
    "not found": (
        urllib.error.HTTPError(FIRST, 404, "Not Found", None, io.BytesIO()),  # type: ignore[arg-type]
        "the server answers 404 Not Found",
    ),
    "no network": (urllib.error.URLError("no route to host"), "no connection, no route to host"),
    "silence": (TimeoutError(), "no answer within 20 s"),
    "reset": (ConnectionResetError(104, "Connection reset by peer"), "broke, Connection reset"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_second_mirror_serves_when_the_first_does_not(tmp_path: Path, name: str) -> None:
    answer, reason = FAULTS[name]
    net = Net(mirror(FIRST, train=answer) | mirror(SECOND))
    get(net, tmp_path)
    assert [url for url in net.asked if url.startswith(SECOND)] == [SECOND + n for n in NAMES[:2]]
    broken = Net(mirror(FIRST, train=answer))
    with pytest.raises(DataError, match=reason) as refusal:
        get(broken, tmp_path / "none")
    assert "\n" not in str(refusal.value)
    assert list((tmp_path / "none").iterdir()) == []


def test_no_network_is_one_sentence_that_helps(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be downloaded") as refusal:
        get(Net({}), tmp_path)
    for piece in (FIRST, SECOND, "Name or service not known", *(p.name for p in PARTS), "--data"):
        assert piece in str(refusal.value)


def test_too_many_bytes_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "LIMIT", 1000)
    monkeypatch.setattr(fetch, "CHUNK", 100)
    net = Net(mirror(FIRST, train=bytes(5000)))
    with pytest.raises(DataError, match="first/: more than 1,000 bytes; http://second/: no conn"):
        get(net, tmp_path)


def test_an_interrupted_download_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(progress: fetch.Progress) -> None:
        assert (tmp_path / f"{progress.name}.part").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch.fetch(tmp_path, Net(mirror(FIRST)), interrupt, (FIRST,))
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="file/below cannot be written: Not a directory"):
        get(Net(mirror(FIRST)), tmp_path / "file" / "below")


class Handler(BaseHTTPRequestHandler):
    """Serves the files below `/good/`; below `/short/` it announces more than it sends."""

    def do_GET(self) -> None:
        _, place, name = self.path.split("/")
        if place not in ("good", "short"):
            self.send_error(503)
            return
        self.send_response(200)
        extra = 50 if place == "short" else 0
        self.send_header("Content-Length", str(len(PACKED[name]) + extra))
        self.end_headers()
        self.wfile.write(PACKED[name][: -1 if extra else None])

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@contextmanager
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_real_server_is_asked_and_the_next_mirror_serves(tmp_path: Path) -> None:
    with served() as root:
        mirrors = [f"{root}{place}/" for place in ("busy", "short", "good")]
        files = fetch.fetch(tmp_path, mirrors=mirrors)
        assert [file.read_bytes() for file in files] == list(PACKED.values())
        with pytest.raises(DataError, match=r"busy/: the server answers 503.*short/: .*cut short"):
            fetch.fetch(tmp_path / "none", mirrors=mirrors[:2])
    with pytest.raises(DataError, match=r"no connection, .*[Rr]efused"):
        fetch.fetch(tmp_path / "none", mirrors=mirrors)


def test_the_proxy_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with served() as root, pytest.raises(DataError, match=r"no connection, .*[Rr]efused"):
        fetch.fetch(tmp_path, mirrors=[f"{root}good/"])
