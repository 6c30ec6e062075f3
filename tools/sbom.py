"""Write the bills of materials (CycloneDX): dist/python.cdx.json of what runs, dist/screens.cdx.json of the screens."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "dist"


def python_bill(to: Path) -> None:
    """Write the bill of the runtime lock, with the hashes it pins."""
    command = (str(ROOT / ".venv/bin/cyclonedx-py"), "requirements", "requirements/runtime.txt")
    more = ("--pyproject", "pyproject.toml", "--output-reproducible", "--of", "JSON", "-o", str(to))
    subprocess.run((*command, *more), cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def screens_bill(to: Path) -> None:
    """Write the bill of what the bundle is built from and with."""
    command = (str(ROOT / "tools/npm"), "sbom", "--sbom-format", "cyclonedx", "--package-lock-only")
    done = subprocess.run(command, cwd=ROOT / "frontend", check=True, capture_output=True, text=True)
    to.write_text(done.stdout)


def main() -> int:
    """Write both; exit code 0 done, 2 could not."""
    OUT.mkdir(exist_ok=True)
    for write, name in ((python_bill, "python.cdx.json"), (screens_bill, "screens.cdx.json")):
        try:
            write(OUT / name)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{name} could not be written: {type(error).__name__}", file=sys.stderr)
            return 2
        parts = len(json.loads((OUT / name).read_text())["components"])
        print(f"dist/{name}: {parts} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
