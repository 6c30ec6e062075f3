"""What the domain refuses: each error says in plain words what is wrong and which form is expected."""


class Told(Exception):
    """An error whose message is fit to be told in one line: it names the cause and the remedy, never a secret."""


class DomainError(Told, ValueError):
    """A value the domain cannot work with; the message is fit for the person at the screen."""


class AgeError(DomainError):
    """Text that is not a gestational age, or an age no baby has."""


class LimitsError(DomainError):
    """A set of alarm limits that cannot be read or must not be used."""


class CriterionError(DomainError):
    """Text that is not a criterion such as heart_rate<100:4."""


class DefinitionError(DomainError):
    """A definition of A/B/D events that cannot be read."""


class TrendError(DomainError):
    """A trend that cannot be asked for: no time, or no points."""


class LateReading(DomainError):
    """A reading older than what a detector has already seen; its window must be derived again in order."""
