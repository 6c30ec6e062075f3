"""Choose the newest releases that pyproject.toml allows and write them, with hashes, to requirements/*.txt.

One answer for Python 3.11 and later on Linux and macOS. The files name no index: pip and uv use the one they are set
up for.
"""

import subprocess
import sys

from tools.install import LOCKS, ROOT, TOOLS, install_uv

FORMAT = ("--quiet", "--upgrade", "--universal", "--python-version", "3.11")
CONTENT = ("--generate-hashes", "--no-emit-index-url", "--no-header")
PROJECT = ("pyproject.toml", "--group", "build")
LOCKED = {
    "uv": ("requirements/uv.in",),
    "node": ("--group", "pyproject.toml:node"),
    "runtime": PROJECT,
    "dev": (*PROJECT, "--group", "dev", "--extra", "fast-migration", "-c", "requirements/runtime.txt"),
}


def main() -> int:
    """Write every lock; exit code 0 done, 2 could not."""
    uv = install_uv()
    if uv is None:
        print("uv could not be installed, and only uv can write the locks")
        return 2
    cache = ("--cache-dir", str(TOOLS / "cache" / "uv"))
    for name, source in LOCKED.items():
        command = (str(uv), "pip", "compile", *FORMAT, *CONTENT, *cache, *source, "-o", str(LOCKS / f"{name}.txt"))
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            return 2
        print(f"requirements/{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
