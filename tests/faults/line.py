"""A network line between two programs on this machine that can be cut, swallow every packet, or hardly carry any."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, Literal

State = Literal["open", "silent", "cut", "slow"]
SLOW_BYTES, SLOW_S = 256, 0.25
_CHUNK = 65_536


class Line:
    """Listens on a port of its own and carries every connection on to `target` while it is open."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.state: State = "open"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(5)

    async def _serve(self) -> None:
        self._loop, self._may_pass, self._over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._may_pass.set()
        server = await asyncio.start_server(self._carry, sock=self._listener)
        self._ready.set()
        await self._over.wait()
        server.close()

    def open(self) -> None:
        """Carry again; what was held back by a silent line arrives now."""
        self._set("open")

    def silence(self) -> None:
        """Take every byte and every new connection, and hand nothing on."""
        self._set("silent")

    def slow_down(self) -> None:
        """Carry 1 KB in a second, each way and on each connection."""
        self._set("slow")

    def cut(self) -> None:
        """Break every connection off and let no new one through."""
        self._set("cut")

    def close(self) -> None:
        """End it."""
        self.cut()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(5)

    def _set(self, state: State) -> None:
        async def change() -> None:
            self.state = state
            (self._may_pass.clear if state == "silent" else self._may_pass.set)()
            if state == "cut":
                for end in list(self._ends):
                    end.transport.abort()

        self._run(change())

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._may_pass.wait()
        if self.state == "cut":
            writer.transport.abort()
            return
        try:
            beyond_reader, beyond_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, beyond_writer), self._pump(beyond_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            while data := await reader.read(_CHUNK):
                await self._may_pass.wait()
                while self.state == "slow" and data:
                    writer.write(data[:SLOW_BYTES])
                    data = data[SLOW_BYTES:]
                    await asyncio.sleep(SLOW_S)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._ends.discard(writer)
            writer.transport.abort()
