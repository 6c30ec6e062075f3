"""Each deployment file passes the linter of its kind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import program

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TOOLS = Path(sys.executable).parent
YAML = sorted([*DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.yml")])
KUBERNETES = [path for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) if path.stem != "kustomization"]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))


def passes(*command: str | Path, **more: str) -> None:
    """Run a linter; what it says is what the test says."""
    env = {"PATH": f"{TOOLS}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", **more}
    done = subprocess.run([str(part) for part in command], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_yaml_is_laid_out_well(path: Path) -> None:
    passes(TOOLS / "yamllint", "--strict", "-c", DEPLOY / ".yamllint", path)


def test_the_container_file_follows_good_practice() -> None:
    passes(TOOLS / "hadolint", DEPLOY / "container" / "Containerfile")


def test_the_compose_file_fits_its_specification() -> None:
    compose = DEPLOY / "container" / "compose.yaml"
    passes(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", compose)


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_what_goes_to_kubernetes_fits_its_schema(path: Path) -> None:
    passes(TOOLS / "kubernetes-validate", "--strict", "--no-warn", path)


def test_the_web_servers_file_is_understood() -> None:
    caddyfile = DEPLOY / "container" / "Caddyfile"
    passes(program("caddy"), "validate", "--adapter", "caddyfile", "--config", caddyfile, NICU_SITE="nicu.example.org")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound(path: Path) -> None:
    passes(TOOLS / "shellcheck", path)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with the program of this checkout, as systemd looks whether it is there."""
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text().replace("/opt/nicu/.venv/bin/nicu", str(TOOLS / "nicu"))
        (tmp_path / path.name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", [path.name for path in UNITS])
def test_units_are_what_systemd_takes(units: Path, name: str) -> None:
    files = [units / name, *([timer] if (timer := (units / name).with_suffix(".timer")).exists() else [])]
    passes(program("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", *files)


@pytest.mark.parametrize("name", [path.name for path in UNITS])
def test_units_may_do_little_more_than_their_work(units: Path, name: str) -> None:
    """systemd's own judgement of exposure: 0 is sealed off, 10 is wide open; 4 is where it begins to frown."""
    passes(program("systemd-analyze"), "security", "--offline=yes", "--threshold=40", units / name)


@pytest.mark.parametrize("name", ["nicu-engine.service", "nicu-web.service"])
def test_what_a_server_puts_by_lies_where_its_unit_may_write(name: str) -> None:
    said = (DEPLOY / "systemd" / name).read_text().splitlines()
    assert {"StateDirectory=nicu", "Environment=NICU_SPOOL_DIR=/var/lib/nicu/spool", "ProtectSystem=strict"} <= {*said}


def test_what_vercel_reads_names_files_that_are_there() -> None:
    folder = DEPLOY / "serverless" / "vercel"
    config = json.loads((folder / "vercel.json").read_text())
    assert all((folder / path).is_file() for path in config["functions"])
    assert all((folder / f"{each['destination'].lstrip('/')}.py").is_file() for each in config["rewrites"])
