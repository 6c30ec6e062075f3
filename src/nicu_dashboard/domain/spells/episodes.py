"""Episodes and spells: what the detector finds, and how episodes of different kinds belong together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from nicu_dashboard.domain.instants import SECOND_MS

EpisodeKind = Literal["A", "B", "D"]
SpellKind = Literal["A", "B", "D", "AB", "AD", "BD", "ABD"]
_SPELL_KINDS: Mapping[frozenset[EpisodeKind], SpellKind] = {
    frozenset({"A"}): "A",
    frozenset({"B"}): "B",
    frozenset({"D"}): "D",
    frozenset({"A", "B"}): "AB",
    frozenset({"A", "D"}): "AD",
    frozenset({"B", "D"}): "BD",
    frozenset({"A", "B", "D"}): "ABD",
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One apnea (A), bradycardia (B) or desaturation (D) in epoch ms; extreme is its nadir, for A its seconds."""

    kind: EpisodeKind
    started_at: int
    ended_at: int
    parameter: str
    extreme: float


@dataclass(frozen=True, slots=True)
class Spell:
    """What the review list shows as one event, and the definition and averaging time it was found with."""

    kind: SpellKind
    started_at: int
    ended_at: int
    nadirs: Mapping[str, float]
    apnea_s: float | None
    definition: str
    definition_version: int
    averaging_s: float | None
    episodes: tuple[Episode, ...]

    @property
    def duration_s(self) -> float:
        """Return how long it lasted from the first episode's start to the last one's end, in seconds."""
        return (self.ended_at - self.started_at) / SECOND_MS

    @property
    def definition_label(self) -> str:
        """Return name and version of the definition: `uva v1`."""
        return f"{self.definition} v{self.definition_version}"


def related(one: Episode, other: Episode, window_ms: int) -> bool:
    """Return whether two episodes belong to one spell: they overlap, or differ in kind and start within the window."""
    first, second = (one, other) if one.started_at <= other.started_at else (other, one)
    if second.started_at < first.ended_at:
        return True
    return first.kind != second.kind and second.started_at - first.started_at <= window_ms


def groups(episodes: Iterable[Episode], window_ms: int) -> Iterator[list[Episode]]:
    """Yield the connected groups of related episodes, whatever order they are given in, each sorted by start."""
    rest = sorted(episodes, key=_order)
    while rest:
        group = [rest.pop(0)]
        for member in group:  # grows while it is walked
            near = [episode for episode in rest if related(member, episode, window_ms)]
            rest = [episode for episode in rest if not related(member, episode, window_ms)]
            group += near
        yield sorted(group, key=_order)


def spell_kind(episodes: Iterable[Episode]) -> SpellKind:
    """Return the kinds present, in the order A, B, D; raises KeyError when there is no episode."""
    return _SPELL_KINDS[frozenset(episode.kind for episode in episodes)]


def nadirs(episodes: Iterable[Episode]) -> dict[str, float]:
    """Return the lowest value per parameter; apneas have none."""
    lowest: dict[str, float] = {}
    for episode in episodes:
        if episode.kind != "A":
            lowest[episode.parameter] = min(episode.extreme, lowest.get(episode.parameter, episode.extreme))
    return lowest


def pauses_merged(group: list[Episode]) -> list[Episode]:
    """Return the group with overlapping pauses as one: it was heard of twice, or its counter was late."""
    merged: list[Episode] = []
    for pause in (episode for episode in group if episode.kind == "A"):
        if merged and pause.started_at < merged[-1].ended_at:
            earlier = merged.pop()
            ended_at = max(earlier.ended_at, pause.ended_at)
            seconds = (ended_at - earlier.started_at) / SECOND_MS
            merged.append(Episode("A", earlier.started_at, ended_at, pause.parameter, seconds))
        else:
            merged.append(pause)
    return sorted(merged + [episode for episode in group if episode.kind != "A"], key=_order)


def _order(episode: Episode) -> tuple[int, str, int]:
    return episode.started_at, episode.kind, episode.ended_at
