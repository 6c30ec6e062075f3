"""How a command ends: its exit codes, and the error of a command that cannot do what was asked."""

from nicu_dashboard.domain.errors import Told

DONE, FOUND_WRONG, COULD_NOT_RUN = 0, 1, 2


class CannotRun(Told):
    """The command cannot do what was asked; the message says why and what to do, in one line."""
