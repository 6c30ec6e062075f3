"""Several processes as one service: whichever answers `/metrics` or `/api/health` asks the others and tells of all.

They talk over sockets in a folder that the supervisor made for them and that nobody else may enter.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nicu_dashboard.web.health import asks_whether_alive, reported

Question = Literal["metrics", "health"]
# Who does not answer in this time hangs, and is said to.
ANSWER_S = 2.0
SILENT = "silent"
_PATHS: Mapping[str, Question] = {"/metrics": "metrics", "/api/health": "health"}


@dataclass(frozen=True, slots=True)
class Family:
    """The processes of one service by name, this one among them, and the folder of their sockets."""

    folder: Path
    names: Sequence[str]
    mine: str

    def socket(self, name: str) -> Path:
        """Return where a process is asked."""
        return self.folder / str(self.names.index(name))


class Siblings:
    """Plain ASGI around an application."""

    def __init__(self, app: FastAPI, family: Family) -> None:
        self._app, self._family = app, family

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; from start to end of the application the others are answered too."""
        if scope["type"] == "lifespan":
            server = await self._open()
            try:
                await self._app(scope, receive, send)
            finally:
                if server is not None:
                    server.close()
            return
        question = _PATHS.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if question is None or asks_whether_alive(Request(scope)):
            await self._app(scope, receive, send)
        else:
            answer = await (self._metrics() if question == "metrics" else self._health())
            await answer(scope, receive, send)

    async def _open(self) -> asyncio.Server | None:
        """Return what the others ask, None where there can be none: a full or cleared /tmp ends nobody's work."""
        try:
            return await asyncio.start_unix_server(self._tell, self._family.socket(self._family.mine))
        except OSError as error:
            structlog.get_logger("nicu.serve").warning(
                "the other processes cannot ask this one how it is", process=self._family.mine, cause=error.strerror
            )
            return None

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a sibling with what this process alone knows."""
        with suppress(OSError, asyncio.IncompleteReadError):
            asked = (await reader.readline()).decode("ascii", "replace").strip()
            if asked in _PATHS.values():
                writer.write(await self._mine("metrics" if asked == "metrics" else "health"))
                await writer.drain()
        writer.close()

    async def _mine(self, question: Question) -> bytes:
        if question == "metrics":
            return generate_latest(self._app.state.metrics)
        return msgspec.json.encode(dict(await self._app.state.rooms.health()))

    async def _all(self, question: Question) -> dict[str, bytes]:
        """Return what each process says, nothing of those that are silent."""
        names = self._family.names
        answers = await asyncio.gather(*(self._ask(name, question) for name in names))
        return {name: answer for name, answer in zip(names, answers, strict=True) if answer}

    async def _ask(self, name: str, question: Question) -> bytes:
        if name == self._family.mine:
            return await self._mine(question)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await asyncio.open_unix_connection(self._family.socket(name))
                try:
                    writer.write(f"{question}\n".encode())
                    return await reader.read(-1)
                finally:
                    writer.close()
        return b""

    async def _metrics(self) -> Response:
        told = _Told(self._family.names, await self._all("metrics"))
        registry = CollectorRegistry()
        registry.register(told)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def _health(self) -> Response:
        told = await self._all("health")
        report: dict[str, Any] = msgspec.json.decode(told[self._family.mine])
        states = {
            name: msgspec.json.decode(told[name])["status"] if name in told else SILENT for name in self._family.names
        }
        report |= {"status": whole(report["status"], states), "process": self._family.mine, "processes": states}
        return reported(report)


def whole(mine: str, states: Mapping[str, str]) -> str:
    """Return the status of all processes, as one of them says it that is `mine` itself.

    One web worker that begins again must not have the others called unfit: the whole starts only with its engine.
    """
    if mine == "unhealthy":
        return mine
    if "starting" in {mine, states.get("engine")}:
        return "starting"
    return "healthy" if set(states.values()) == {"healthy"} else "degraded"


class _Told(Collector):
    """The figures of all processes, each with the label `process`."""

    def __init__(self, names: Sequence[str], told: Mapping[str, bytes]) -> None:
        self._names, self._told = names, told

    def collect(self) -> Iterator[Metric]:
        """Yield each figure once, with the samples of all processes."""
        up = GaugeMetricFamily("nicu_process_up", "1 where a process of this service answers", labels=["process"])
        whole: dict[str, Metric] = {}
        for name in self._names:
            up.add_metric([name], int(name in self._told))
            for family in text_string_to_metric_families(self._told.get(name, b"").decode()):
                known = whole.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    known.add_sample(sample.name, {**sample.labels, "process": name}, sample.value)
        yield up
        yield from whole.values()
