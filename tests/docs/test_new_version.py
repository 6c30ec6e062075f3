"""A new version is put beside the one that runs: the page's own words, with a program that only says where it lies."""

import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "from-sqlite-to-production.md"
MAKEFILE = "setup:\n\tmkdir .venv .venv/bin && cp nicu .venv/bin/\n"
PROGRAM = """#!/bin/sh
folder=$(cd "$(dirname "$0")/../.." && pwd -P)
echo "$(basename $folder): $1 $2; in service: $(basename $(readlink OPT/nicu))" >> OPT/said
"""
SYSTEMCTL = 'systemctl() { echo "$1 $(basename $(readlink OPT/nicu))" >> OPT/said; }\n'
COMMIT = "git init -q && git add . && git -c user.name=x -c user.email=x@example.org commit -qm x"


def sections() -> list[str]:
    """The page's numbered sections, the first at 1."""
    return re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)


def test_a_new_version_leaves_the_running_one_alone_and_is_switched_to_at_the_end(tmp_path: Path) -> None:
    opt, source, units = tmp_path / "opt", tmp_path / "source", tmp_path / "units"
    for folder in (opt, source / "deploy" / "systemd", units):
        folder.mkdir(parents=True)
    (source / "Makefile").write_text(MAKEFILE)
    (source / "nicu").write_text(PROGRAM.replace("OPT", str(opt)))
    (source / "nicu").chmod(0o755)
    for ending in ("service", "timer"):
        (source / "deploy" / "systemd" / f"nicu-engine.{ending}").touch()
    subprocess.run(["bash", "-c", COMMIT], cwd=source, check=True)
    (tmp_path / "care.env").touch()
    install = "".join(re.findall(r"^(?:git|make|ln) .*\n", sections()[1], re.MULTILINE))
    (renew,) = re.findall(r"^```console\n(.*?)^```", sections()[8], re.MULTILINE | re.DOTALL)
    marked = "touch -d 2020-01-01 /opt/mark\nfind /opt/nicu/ -type f -exec touch -d 2019-01-01 {} +\n"
    words = f"{install}{marked}{renew}find /opt/nicu-1 -type f -newer /opt/mark\n"
    for written, here in {
        "REPOSITORY": str(source), "/opt/": f"{opt}/", "/etc/nicu/": f"{tmp_path}/",
        "/etc/systemd/system/": f"{units}/",
    }.items():  # fmt: skip
        words = words.replace(written, here)
    script = "set -eu\n" + SYSTEMCTL.replace("OPT", str(opt)) + words
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith(str(opt / "nicu-1"))]
    assert (opt / "said").read_text().splitlines() == [
        "nicu-1: db backup; in service: nicu-1",
        "nicu-2: db upgrade; in service: nicu-1",
        "nicu-2: db roles; in service: nicu-1",
        "daemon-reload nicu-2",
        "restart nicu-2",
    ]
    assert (units / "nicu-engine.service").exists()
