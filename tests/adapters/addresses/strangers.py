"""What may answer at a port instead of a PostgreSQL server in its prime, each as a real listener on loopback."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def listener(answer: Callable[[socket.socket], None], backlog: int = 8) -> Iterator[int]:
    """Yield the port of a listener that treats each connection as told."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = server.accept()
                    threading.Thread(target=_handle, args=(client, answer), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _handle(client: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    with client, contextlib.suppress(OSError):
        answer(client)


def never(client: socket.socket) -> None:
    """Take what comes and say nothing."""
    while client.recv(4_096):
        pass


def web_page(client: socket.socket) -> None:
    """Answer as a web server would."""
    client.recv(4_096)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def hang_up(client: socket.socket) -> None:
    """Break off after the first bytes."""
    client.recv(4_096)


def version(number: str) -> Callable[[socket.socket], None]:
    """Let anybody in, as a PostgreSQL server of that version does (messages R, S, Z of its protocol)."""

    def welcome(client: socket.socket) -> None:
        while (length := struct.unpack("!i", client.recv(4))[0]) == 8:  # asks for TLS first
            client.recv(4)
            client.sendall(b"N")
        client.recv(length - 4)
        client.sendall(_message(b"R", struct.pack("!i", 0)))
        client.sendall(_message(b"S", f"server_version\0{number}\0".encode()))
        client.sendall(_message(b"S", b"client_encoding\0UTF8\0"))
        client.sendall(_message(b"K", struct.pack("!ii", 1, 1)) + _message(b"Z", b"I"))
        client.recv(4_096)

    return welcome


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def asleep_at_first(port: int) -> Callable[[socket.socket], None]:
    """Break the first connection off, pass every later one on to a server on that port."""
    calls = iter(range(1_000_000))

    def doorman(client: socket.socket) -> None:
        if next(calls) == 0:
            return
        with socket.create_connection(("127.0.0.1", port)) as server:
            there = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
            there.start()
            _pass_on(server, client)

    return doorman


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
