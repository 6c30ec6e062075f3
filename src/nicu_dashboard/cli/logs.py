"""The program's log: to standard error, JSON when no person reads it, never with patient data."""

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import Processor

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
    for name in ("uvicorn", "httpx", "sqlalchemy", "alembic", "asyncio"):
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
        return remove, structlog.dev.ConsoleRenderer()
    return remove, structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)
