"""What counts as an apnea, a bradycardia, a desaturation: named, versioned data that differs between units."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from nicu_dashboard.domain.errors import CriterionError, DefinitionError
from nicu_dashboard.domain.spells.criteria import OPERATORS, Criterion, parse_criterion
from nicu_dashboard.domain.spells.episodes import EpisodeKind

# A baby watched by a pulse oximeter alone has no heart_rate; one with two probes may have no plain spo2.
STAND_INS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"heart_rate": ("pulse_rate",), "spo2": ("spo2_pre", "spo2_post")}
)


@dataclass(frozen=True, slots=True)
class ApneaRule:
    """A pause counts when it lasts `seconds` or more and, where companions are named, any or all go with it."""

    seconds: float
    comparison: Literal[">", ">="] = ">="
    companions: tuple[EpisodeKind, ...] = ()
    together: Literal["any", "all"] = "any"

    def counts(self, seconds: float, kinds: frozenset[EpisodeKind]) -> bool:
        """Return whether a pause of this many seconds, amid episodes of these kinds, is an apnea."""
        return self.long_enough(seconds) and (not self.companions or self._accompanied(kinds))

    def long_enough(self, seconds: float) -> bool:
        """Return whether a pause of this many seconds could be an apnea in the right company."""
        return OPERATORS[self.comparison](seconds, self.seconds)

    def _accompanied(self, kinds: frozenset[EpisodeKind]) -> bool:
        present = [companion in kinds for companion in self.companions]
        return all(present) if self.together == "all" else any(present)


@dataclass(frozen=True, slots=True)
class Definition:
    """How one unit counts A/B/D events; `alone` names the kinds reported without an apnea."""

    name: str
    version: int
    bradycardia: Criterion | None
    desaturation: Criterion | None
    apnea: tuple[ApneaRule, ...]
    alone: tuple[EpisodeKind, ...] = ("B", "D")
    join_s: float = 10.0
    gap_s: float = 10.0
    # Assumed: no source says how far apart the parts of one spell may begin.
    window_s: float = 60.0
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: STAND_INS)
    source: str = ""

    @property
    def label(self) -> str:
        """Return name and version: `uva v1`."""
        return f"{self.name} v{self.version}"


DEFAULT_DEFINITION = "uva"
DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        "uva": Definition(
            "uva",
            1,
            Criterion("heart_rate", "<", 100, 4),
            Criterion("spo2", "<", 80, 10),
            (ApneaRule(20),),
            source="PMC6851471",
        ),
        "pmc4285412": Definition(
            "pmc4285412",
            1,
            Criterion("heart_rate", "<", 80),
            Criterion("spo2", "<", 85),
            (ApneaRule(20, ">"), ApneaRule(15, ">", ("B", "D"))),
            source="PMC4285412",
        ),
        # It counts an apnea only with B and D, which are assumed to be those of `uva` without a least duration.
        "pmc5321050": Definition(
            "pmc5321050",
            1,
            Criterion("heart_rate", "<", 100),
            Criterion("spo2", "<", 80),
            (ApneaRule(10, ">", ("B", "D"), "all"),),
            alone=(),
            source="PMC5321050",
        ),
    }
)


def definition_to_json(definition: Definition) -> str:
    """Return the definition as JSON text, criteria in their written form."""
    return json.dumps(
        {
            "name": definition.name,
            "version": definition.version,
            "bradycardia": definition.bradycardia and definition.bradycardia.text,
            "desaturation": definition.desaturation and definition.desaturation.text,
            "apnea": [
                {
                    "seconds": rule.seconds,
                    "comparison": rule.comparison,
                    "companions": rule.companions,
                    "together": rule.together,
                }
                for rule in definition.apnea
            ],
            "alone": definition.alone,
            "join_s": definition.join_s,
            "gap_s": definition.gap_s,
            "window_s": definition.window_s,
            "stand_ins": dict(definition.stand_ins),
            "source": definition.source,
        }
    )


def definition_from_json(text: str) -> Definition:
    """Return the definition of JSON text; raises DefinitionError saying which part cannot be read."""
    try:
        return _read(json.loads(text))
    except CriterionError as error:
        raise DefinitionError(str(error)) from None
    except KeyError as error:
        raise DefinitionError(f"the definition lacks {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise DefinitionError(f"the definition cannot be read: {error}") from None


def _read(data: Mapping[str, Any]) -> Definition:
    defaults = Definition("", 1, None, None, ())
    definition = Definition(
        str(data["name"]),
        int(data["version"]),
        _criterion(data.get("bradycardia")),
        _criterion(data.get("desaturation")),
        tuple(_rule(rule) for rule in data["apnea"]),
        _kinds(data.get("alone", defaults.alone)),
        _seconds(data, "join_s", defaults.join_s),
        _seconds(data, "gap_s", defaults.gap_s),
        _seconds(data, "window_s", defaults.window_s),
        {str(name): tuple(others) for name, others in data.get("stand_ins", defaults.stand_ins).items()},
        str(data.get("source", "")),
    )
    if not definition.name or definition.version < 1:
        raise ValueError("it needs a name, and a version from 1")
    return definition


def _criterion(text: str | None) -> Criterion | None:
    return None if text is None else parse_criterion(text)


def _rule(data: Mapping[str, Any]) -> ApneaRule:
    comparison, together = data.get("comparison", ">="), data.get("together", "any")
    if comparison not in (">", ">=") or together not in ("any", "all"):
        raise ValueError("an apnea rule compares with > or >=, and takes any or all of its companions")
    return ApneaRule(float(data["seconds"]), comparison, _kinds(data.get("companions", ())), together)


def _kinds(names: Iterable[EpisodeKind]) -> tuple[EpisodeKind, ...]:
    kinds = tuple(names)
    if not {"A", "B", "D"}.issuperset(kinds):
        raise ValueError("kinds are A, B and D")
    return kinds


def _seconds(data: Mapping[str, Any], name: str, default: float) -> float:
    seconds = float(data.get(name, default))
    if not 0 <= seconds <= 3_600:
        raise ValueError(f"{name} must be between 0 and 3600 s")
    return seconds
