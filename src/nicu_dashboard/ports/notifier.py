"""Telling somebody else when nobody came."""

from typing import Protocol

from nicu_dashboard.domain.alarms.alarm import Alarm


class Notifier(Protocol):
    """Carries an escalated alarm to a second recipient; must not block and must not raise."""

    def escalated(self, cot: str, alarm: Alarm) -> None:
        """A high alarm was not acknowledged in time."""
        ...
