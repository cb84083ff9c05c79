"""The process that judges submissions: it reads the key once, and forks for every submission.

So each is judged by a process of its own, with limits of its own, in the same state whatever came
before. The process that forks runs nothing of a submission: it cannot get stuck with one. It reads
requests as lines of JSON on standard input, and ends when that is closed.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from derive.grading.evidence import Evidence
from derive.grading.judging import evidence
from derive.grading.key import Key, read_key
from derive.grading.task import GRACE, WAIT

MEGABYTE = 2**20
LONGEST_ANSWER = 32 * MEGABYTE
WARM = "claim {name} = 0"


def main() -> None:
    """Answers requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
    seconds, megabytes = float(first["seconds"]), int(first["megabytes"])
    key = read_key(first["key"])
    evidence(key, WARM.format(name=next(iter(key.points)).split()[-1]), ".derive", seconds)
    gc.freeze()  # what is there by now is shared by all, and need not be searched
    _say(answers, {"ready": os.getpid()})
    for line in sys.stdin:
        work = partial(_judged, key, json.loads(line), seconds)
        _say(answers, isolated(work, seconds, megabytes))


def _say(answers: Any, data: dict[str, Any]) -> None:
    answers.write(json.dumps(data) + "\n")
    answers.flush()


def _judged(key: Key, request: dict[str, Any], seconds: float) -> dict[str, Any]:
    return evidence(key, request["text"], request["suffix"], seconds).to_dict()


def isolated(work: Callable[[], dict[str, Any]], seconds: float, megabytes: int) -> dict[str, Any]:
    """What some work returns in a process of its own; a failure where it does not get that far."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(work, writing, seconds, megabytes)
    os.close(writing)
    data = _received(reading, time.monotonic() + WAIT * seconds + GRACE)
    os.close(reading)
    if data is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    try:
        return dict(json.loads(data or b""))
    except ValueError:
        return Evidence(failure=_cause(data is None, status, seconds)).to_dict()


def _child(
    work: Callable[[], dict[str, Any]], writing: int, seconds: float, megabytes: int
) -> None:
    """Does the work under the limits, and ends."""
    code = 1
    try:
        bounded(seconds, megabytes)
        try:
            answer = json.dumps(work())
        except MemoryError:
            failure = f"memory: it takes more than {megabytes} MB"
            answer = json.dumps(Evidence(failure=failure).to_dict())
        except RecursionError:
            answer = json.dumps(Evidence(failure="depth: it is nested too deeply").to_dict())
        with os.fdopen(writing, "wb") as sink:
            sink.write(answer.encode())
        code = 0
    finally:
        os._exit(code)


def bounded(seconds: float, megabytes: int) -> None:
    """Sets the limits of this process: time, memory, no files, no core."""
    _limit(resource.RLIMIT_CPU, int(time.process_time() + seconds) + GRACE)
    _limit(resource.RLIMIT_AS, occupied() + megabytes * MEGABYTE)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def occupied() -> int:
    """Bytes of address space that this process has already; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (most, hard))


def _received(reading: int, until: float) -> bytes | None:
    """All that comes through a pipe; None where it does not end in time."""
    parts, size = list[bytes](), 0
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready or size > LONGEST_ANSWER:
            return None
        part = os.read(reading, MEGABYTE)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)


def _cause(late: bool, status: int, seconds: float) -> str:
    """Why a process gave no answer."""
    ended = os.waitstatus_to_exitcode(status)
    if late or ended == -signal.SIGXCPU:
        return f"time: it takes more than {seconds:g} s"
    if ended == -signal.SIGKILL:
        return "memory: the system ended its process"
    return f"broken: its process ended with {_named(ended)}"


def _named(ended: int) -> str:
    return signal.Signals(-ended).name if ended < 0 else f"code {ended}"
