"""How long work tells how far it is and what it did."""


class Report:
    """Hears of stages, progress and deeds; this one keeps the deeds and shows nothing."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.deeds: list[str] = []

    def stage(self, what: str, total: float | None = None) -> None:
        """A stage begins; `total` is what `at` counts up to, None where that is not known."""

    def stage_of(self, total: float) -> None:
        """The stage's extent became known."""

    def at(self, completed: float) -> None:
        """The stage has come this far."""

    def did(self, line: str) -> None:
        """Something was done, in one line."""
        self.deeds.append(line)
