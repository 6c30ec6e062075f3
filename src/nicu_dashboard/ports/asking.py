"""For whom the store is asked: said at the door of a request, heard by the store where the database judges rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from nicu_dashboard.ports.people import EVERY_UNIT, Units


@dataclass(slots=True)
class _Asking:
    """What one request may see; shared by its threads, as each of them has a copy of the context."""

    units: Units = EVERY_UNIT


_ASKING: ContextVar[_Asking | None] = ContextVar("asking", default=None)


@contextmanager
def asking() -> Iterator[None]:
    """Begin a request: from ask_for() on the store is asked for somebody."""
    token = _ASKING.set(_Asking())
    try:
        yield
    finally:
        _ASKING.reset(token)


def ask_for(units: Units) -> None:
    """Say whose units the store is asked for in the rest of this request; without effect outside of one."""
    now = _ASKING.get()
    if now is not None:
        now.units = units


def asked_for() -> Units:
    """Return the units that are asked for, None for whatever the program itself may see."""
    now = _ASKING.get()
    return EVERY_UNIT if now is None else now.units


@contextmanager
def beyond_units() -> Iterator[None]:
    """Ask as the program itself: where it must know more than the person may see in order to judge or to act."""
    token = _ASKING.set(None)
    try:
        yield
    finally:
        _ASKING.reset(token)
