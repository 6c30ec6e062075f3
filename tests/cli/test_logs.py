"""An exception is told with its kinds and places; never with its words or the values around it."""

import io
import json
import logging
import sys

import pytest

from nicu_dashboard.cli import logs


def test_an_exception_in_the_log_names_no_baby(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logs.configure("info")
        _fail()
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    line = written.getvalue()
    (cause, first) = json.loads(line)["exception"]
    assert (cause["kind"], first["kind"]) == ("RuntimeError", "ValueError")
    assert "test_logs.py" in cause["places"][-1]
    assert "Canaryvogel" not in line


def _fail() -> None:
    name = "Canaryvogel"
    try:
        try:
            int(name)
        except ValueError as error:
            raise RuntimeError(f"no number: {name}") from error
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
