"""Places for anchors of the audit trail: a file that is only appended to, a syslog."""

import os
import socket
from pathlib import Path

from nicu_dashboard.ports.anchors import AnchorRefused

_WAIT_S = 5.0
_AUTH_INFO = 4 * 8 + 6  # facility auth, severity informational


class FileSink:
    """Appends to a file, best one on another machine's disk or one that can only be appended to (chattr +a)."""

    def __init__(self, path: Path) -> None:
        """Take the file's place; it is made with the first anchor."""
        self._path = path

    def keep(self, line: str) -> None:
        """Append a line and have it on the disk; raises AnchorRefused."""
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                written = f"{line}\n".encode()
                if os.write(handle, written) != len(written):
                    raise OSError(0, "the disk is full")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise AnchorRefused(f"the file of anchors {self._path.name} cannot be written ({reason})") from None


class SyslogSink:
    """Sends to a syslog: a socket of this machine (`/dev/log`), or `tcp://HOST:PORT`, `udp://HOST:PORT`."""

    def __init__(self, place: str) -> None:
        """Take the place; raises AnchorRefused for one that cannot be read."""
        self._place = place
        self._address, self._kind = _address(place)

    def keep(self, line: str) -> None:
        """Send a line; over UDP nobody tells whether it arrived. Raises AnchorRefused."""
        try:
            with self._connected() as connection:
                connection.sendall(f"<{_AUTH_INFO}>nicu: {line}\n".encode())
        except OSError as error:
            reason = (error.strerror or "no answer").lower()
            raise AnchorRefused(f"the syslog of NICU_AUDIT_ANCHOR_SYSLOG cannot be reached ({reason})") from None

    def _connected(self) -> socket.socket:
        if isinstance(self._address, str):
            connection = socket.socket(socket.AF_UNIX, self._kind)
        else:
            family, *_, self_address = socket.getaddrinfo(*self._address, type=self._kind)[0]
            connection = socket.socket(family, self._kind)
        connection.settimeout(_WAIT_S)
        try:
            connection.connect(self._address if isinstance(self._address, str) else self_address)
        except OSError:
            connection.close()
            raise
        return connection


def _address(place: str) -> tuple[str | tuple[str, int], socket.SocketKind]:
    scheme, mark, rest = place.partition("://")
    if not mark:
        return place, socket.SOCK_DGRAM
    host, colon, port = rest.rpartition(":")
    if scheme not in ("tcp", "udp") or not colon or not host or not port.isdigit():
        raise AnchorRefused("NICU_AUDIT_ANCHOR_SYSLOG takes /dev/log, tcp://HOST:PORT or udp://HOST:PORT")
    return (host.strip("[]"), int(port)), socket.SOCK_STREAM if scheme == "tcp" else socket.SOCK_DGRAM
