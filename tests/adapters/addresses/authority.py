"""Certificates for the tests, made by OpenSSL's program: an authority, and what it signs."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_NAMES = {"localhost": "DNS:localhost,IP:127.0.0.1"}


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder of its own."""

    folder: Path
    name: str = "A ward's authority"

    @property
    def certificate(self) -> Path:
        """The file to trust."""
        return self.folder / "ca.pem"

    def found(self) -> "Authority":
        """Make the authority's own key and certificate."""
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-keyout", self.folder / "ca.key", "-out", self.certificate, "-subj", f"/CN={self.name}")  # fmt: skip
        return self

    def sign(self, name: str, file: str, days: int = 30) -> Certificate:
        """Return a certificate for a name, valid for so many days; expired where they are negative."""
        made = Certificate(self.folder / f"{file}.pem", self.folder / f"{file}.key")
        request, extensions = self.folder / f"{file}.csr", self.folder / f"{file}.ext"
        extensions.write_text(f"subjectAltName={_NAMES.get(name, f'DNS:{name}')}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", made.key, "-out", request, "-subj", f"/CN={name}")  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "ca.key",
                "-CAcreateserial", "-out", made.certificate, "-extfile", extensions, "-days", str(days))  # fmt: skip
        made.key.chmod(0o600)
        return made


def openssl(*arguments: str | Path) -> None:
    """Run OpenSSL's program; without it the test fails, as a skipped one would prove nothing."""
    program = shutil.which("openssl") or pytest.fail("openssl is missing: install it")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
