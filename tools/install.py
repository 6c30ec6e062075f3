"""Make .venv and put locked packages into it: `install.py runtime | dev`, or Node.js into .tools/node: `node`.

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
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
LOCKS = ROOT / "requirements"
HASHED = ("--quiet", "--no-deps", "--require-hashes")
EDITABLE = ("--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)
SETTINGS = {
    "PIP_CACHE_DIR": str(TOOLS / "cache" / "pip"),
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "UV_CACHE_DIR": str(TOOLS / "cache" / "uv"),
    "UV_SYSTEM_CERTS": "1",
}


def run(*command: str | Path) -> bool:
    """Run a command with its caches inside the project; whether it succeeded."""
    return subprocess.run(command, env={**os.environ, **SETTINGS}, check=False).returncode == 0


def works(python: str | Path, module: str) -> bool:
    """Whether that interpreter starts and can import the module."""
    try:
        return subprocess.run((python, "-c", f"import {module}"), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """Create .venv unless a working one is there; without pip, which uv does not need and which takes seconds."""
    if not works(PYTHON, "sys"):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, symlinks=True, prompt="nicu")


def install_uv() -> Path | None:
    """The locked uv in .tools/uv, put there by pip when missing; None where pip, or a wheel of uv, is missing."""
    lock, home = LOCKS / "uv.txt", TOOLS / "uv"
    program, stamp = home / "bin" / "uv", home / "lock.txt"
    if program.exists() and stamp.exists() and stamp.read_text() == lock.read_text():
        return program
    if not works(sys.executable, "pip"):
        return None
    shutil.rmtree(home, ignore_errors=True)
    only_a_program = ("--only-binary", ":all:", "--no-compile", "--target", home)
    if not run(sys.executable, "-m", "pip", "install", *HASHED, *only_a_program, "-r", lock):
        return None
    stamp.write_text(lock.read_text())
    return program


def install_with_uv(lock: Path) -> bool:
    """Install the lock and the project by uv; False when uv could not, for example behind a private index."""
    uv = install_uv()
    if uv is None:
        return False
    install = (uv, "pip", "install", "--python", PYTHON)
    return run(*install, *HASHED, "--compile-bytecode", "-r", lock) and run(*install, *EDITABLE)


def unpack_pip() -> bool:
    """Unpack the pip that Python carries; what it says is for those alone who must look why it could not."""
    unpack = (PYTHON, "-m", "ensurepip", "--default-pip")
    done = subprocess.run(unpack, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode == 0


def give_pip() -> bool:
    """Put pip into .venv; False, with a line on what to do, where Python came without it."""
    if works(PYTHON, "pip") or (works(PYTHON, "ensurepip") and unpack_pip()):
        return True
    print("This Python came without pip: install it (on Debian: apt-get install python3-venv), then run make again")
    return False


def install_with_pip(lock: Path) -> bool:
    """Install the lock and the project by pip, from whatever index pip is set up for."""
    if not give_pip():
        return False
    print("Going on with pip, which takes a little longer")
    install = (PYTHON, "-m", "pip", "install")
    return run(*install, *HASHED, "-r", lock) and run(*install, *EDITABLE)


def install_node() -> bool:
    """Put the locked Node.js, which PyPI carries as a wheel, into .tools/node."""
    target = ("--target", TOOLS / "node", "-r", LOCKS / "node.txt")
    uv = install_uv()
    by_uv = uv is not None and run(uv, "pip", "install", "--python", PYTHON, *HASHED, *target)
    return by_uv or (give_pip() and run(PYTHON, "-m", "pip", "install", "--upgrade", *HASHED, *target))


def main(arguments: Sequence[str]) -> int:
    """Install what is named; exit code 0 done, 2 could not."""
    match arguments:
        case ["runtime" | "dev" as name]:
            lock = LOCKS / f"{name}.txt"
            make_venv()
            return 0 if install_with_uv(lock) or install_with_pip(lock) else 2
        case ["node"]:
            return 0 if install_node() else 2
        case _:
            print("usage: install.py runtime | dev | node")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
