"""Make .venv and put the locked packages into it: `install_python.py runtime | dev`.

Uses the standard library alone, as it runs before anything is installed. The packages come from requirements/*.txt,
every file checked against its hash, and the project itself is installed so that edits in src/ count at once.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOCKS = ROOT / "requirements"
HASHED = ("--quiet", "--no-deps", "--require-hashes")
PIP_QUIET = {
    "PIP_NO_PYTHON_VERSION_WARNING": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}


def run(*command: str | Path) -> bool:
    """Run a command with its caches inside the project; whether it succeeded."""
    caches = {"UV_CACHE_DIR": str(TOOLS / "cache" / "uv"), "PIP_CACHE_DIR": str(TOOLS / "cache" / "pip")}
    return subprocess.run(command, env={**os.environ, **PIP_QUIET, **caches}, check=False).returncode == 0


def has_module(python: str | Path, name: str) -> bool:
    """Whether that interpreter can import the module."""
    return subprocess.run((python, "-c", f"import {name}"), stderr=subprocess.DEVNULL, check=False).returncode == 0


def make_venv(python: Path) -> None:
    """Create .venv unless a working one is there; without pip, which uv does not need and which takes seconds."""
    if not (python.exists() and has_module(python, "sys")):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, symlinks=os.name != "nt", prompt="nicu")


def uv() -> Path | None:
    """The locked uv in .tools/uv, put there by pip when missing; None where pip or a wheel of it is missing."""
    lock, home = LOCKS / "uv.txt", TOOLS / "uv"
    program, stamp = home / "bin" / "uv", home / "lock.txt"
    if program.exists() and stamp.exists() and stamp.read_text() == lock.read_text():
        return program
    if not has_module(sys.executable, "pip"):
        return None
    shutil.rmtree(home, ignore_errors=True)
    binary = ("--only-binary", ":all:", "--no-compile", "--target", home)
    if not run(sys.executable, "-m", "pip", "install", *HASHED, *binary, "-r", lock):
        return None
    stamp.write_text(lock.read_text())
    return program


def install_with_uv(program: Path, python: Path, lock: Path) -> bool:
    """Install the lock and the project by uv; False when uv could not, for example behind a private index."""
    install = (program, "pip", "install", "--python", python)
    project = ("--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    return run(*install, *HASHED, "--compile-bytecode", "-r", lock) and run(*install, *project)


def install_with_pip(python: Path, lock: Path) -> bool:
    """Install the lock and the project by pip, from whatever index pip is set up for."""
    if not has_module(python, "pip") and not run(python, "-m", "ensurepip", "--default-pip"):
        print("Python's pip is missing: install it (on Debian: apt-get install python3-venv), then run make again")
        return False
    install = (python, "-m", "pip", "install")
    project = ("--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    return run(*install, *HASHED, "-r", lock) and run(*install, *project)


def main(arguments: Sequence[str]) -> int:
    """Install the named lock; exit code 0 done, 2 could not."""
    if len(arguments) != 1 or arguments[0] not in ("runtime", "dev"):
        print("usage: install_python.py runtime | dev")
        return 2
    python, lock = VENV / "bin" / "python", LOCKS / f"{arguments[0]}.txt"
    make_venv(python)
    program = uv()
    done = program is not None and install_with_uv(program, python, lock)
    return 0 if done or install_with_pip(python, lock) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
