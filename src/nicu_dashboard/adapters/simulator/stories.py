"""The opening: a few scripted scenes of the first two minutes, so that a viewer sees what the screen can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicu_dashboard.adapters.simulator.baby import SimulatedBaby


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happens to the baby at a position (0 is the first baby) so many seconds after the start."""

    after_s: int
    position: int
    begin: Callable[[SimulatedBaby], None]


SCENES: Sequence[Scene] = (
    Scene(1, 2, lambda baby: baby.begin_sag(spo2=82.5, seconds=150)),  # slow fall below the yellow limit
    Scene(4, 1, lambda baby: baby.begin_spell(apnea_s=25, depth=0.85)),  # apnea, bradycardia, desaturation: red
    Scene(20, 3, lambda baby: baby.probe_off(55)),
    Scene(60, 0, lambda baby: baby.handle(240)),
    Scene(80, 4, lambda baby: baby.leads_off(40)),
    Scene(100, 5, lambda baby: baby.begin_spell(apnea_s=16, depth=0.75)),  # shorter: it ends by itself
)


class Opening:
    """Plays the scenes for the babies there are, each at its second."""

    def __init__(self, starts_s: int, babies: Sequence[SimulatedBaby], scenes: Sequence[Scene] = SCENES) -> None:
        self._due: dict[int, list[Scene]] = {}
        for scene in scenes:
            if scene.position < len(babies):
                self._due.setdefault(starts_s + scene.after_s, []).append(scene)
        self._babies = babies

    def play(self, second: int) -> None:
        """Begin the scenes of this second (epoch seconds)."""
        for scene in self._due.get(second, ()):
            scene.begin(self._babies[scene.position])
