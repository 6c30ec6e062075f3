"""What `make setup` does on a computer whose Python came without pip, as Debian's does."""

import venv
from pathlib import Path

import pytest

from tools import install


def test_pip_is_unpacked_from_what_python_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    venv.create(tmp_path, symlinks=True)
    python = tmp_path / "bin" / "python"
    monkeypatch.setattr(install, "PYTHON", python)
    assert not install.works(python, "pip")
    assert install.give_pip()
    assert install.works(python, "pip")
    assert capfd.readouterr().out == ""
