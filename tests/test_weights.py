"""A file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.weights import save_weights


def test_a_failed_write_leaves_the_older_file(tmp_path: Path) -> None:
    file = tmp_path / "w.npz"
    save_weights(file, {"W": np.ones(3, np.float32)}, {})
    before = file.read_bytes()
    with pytest.raises(TypeError):
        save_weights(file, {}, {"not": object()})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        save_weights(file, {"W": np.array([object()])}, {})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.npz", tmp_path / "link.npz"
    link.symlink_to(real)
    save_weights(link, {"W": np.ones(3, np.float32)}, {})
    assert link.is_symlink()
    assert real.is_file()
