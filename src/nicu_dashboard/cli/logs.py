"""The program's log: to standard error, JSON when no person reads it, never with patient data."""

import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str, quiet: bool = False) -> None:
    """Send our log and that of the libraries to standard error; `quiet` leaves out what is no warning."""
    lowest = max(LEVELS[level], logging.WARNING) if quiet and level != "debug" else LEVELS[level]
    shared: Sequence[Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(lowest)
    # Libraries tell requests and statements, which may name a baby.
    for name in ("uvicorn", "httpx", "sqlalchemy", "nicu_dashboard.adapters.sql", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(max(lowest, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        cache_logger_on_first_use=True,
    )


def _last() -> Sequence[Processor]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if sys.stderr.isatty():
        return remove, _without_values, structlog.dev.ConsoleRenderer()
    return remove, _without_values, structlog.processors.JSONRenderer(ensure_ascii=False)


def _without_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Tell of an exception its kinds and places alone: its words, and the values around it may be a baby's."""
    said = event.pop("exc_info", None)
    error = sys.exception() if said is True else said[1] if isinstance(said, tuple) else said
    told = [] if error is None else list(_told(error))
    return {**event, "exception": told} if told else event


def _told(error: BaseException | None) -> Iterator[dict[str, Any]]:
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        yield {"kind": type(error).__name__, "places": places}
        error = error.__cause__ or error.__context__
