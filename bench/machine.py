"""What is measured on: the settings of a process, versions, the kernel that BLAS chose."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
FIXED = {"JAX_PLATFORMS": "cpu", "KMP_BLOCKTIME": "10"}
"""Everything runs on the processor; idle threads of Intel's OpenMP stop spinning after 10 ms, or
they would run on into the turn of the next contender."""

PACKAGES = ("numpy", "sympy", "torch", "jax", "autograd")


def settings(threads: int, given: Mapping[str, str]) -> dict[str, str]:
    """The environment to measure in: nothing that tunes OpenBLAS, and so many threads."""
    kept = {name: text for name, text in given.items() if not name.startswith("OPENBLAS_")}
    return kept | FIXED | dict.fromkeys(THREADS, str(threads))


def restart(threads: int = 1) -> None:
    """Starts the process again in that environment, unless it has it: BLAS reads it once only."""
    wanted = settings(threads, os.environ)
    if wanted != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)


def about(threads: int) -> dict[str, Any]:
    """What has to be known beside any figure."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "blas": blas(),
        "threads": threads,
        "clock": "processor time" if threads == 1 else "wall clock",
    }


def version(package: str) -> str:
    """The version of a package, or that it is missing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def processor() -> str:
    """The name that the processor gives itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def blas() -> str:
    """NumPy's BLAS, and the kernel that it took for this processor."""
    import numpy as np

    if find_spec("threadpoolctl") is None:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        name = f"{built.get('name', 'BLAS')} {built.get('version', '')}".strip()
        return f"{name}, kernel not known (threadpoolctl is missing)"
    import threadpoolctl

    pools = [one for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"]
    return "; ".join(
        f"{one['internal_api']} {one['version']}, kernel {one.get('architecture', 'not known')}"
        for one in pools
    )


def lines(known: Mapping[str, Any]) -> list[str]:
    """What `about` found, to be printed."""
    packages = ", ".join(f"{name} {number}" for name, number in known["packages"].items())
    return [
        f"{known['processor']}, {known['cores']} cores; Python {known['python']}",
        packages,
        f"BLAS of NumPy: {known['blas']}",
        f"threads: {known['threads']}; seconds by {known['clock']}",
    ]
