"""Who lies in the cots: invented families and the kinds of baby a unit knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from nicu_dashboard.adapters.simulator.physiology import birth_weight

Sex = Literal["female", "male"]
Support = Literal["room air", "low flow", "CPAP", "ventilator"]
DAY_S = 86_400

# Invented people: family name and mother's given name are combined at random.
_FAMILIES = (
    "Lindqvist", "Okonjo", "Haddadi", "Nakashima", "Villareal", "Brennick", "Chaudhari", "Dembele", "Ferreiro",
    "Grzybek", "Halvorsen", "Ivanenko", "Jayasuri", "Kowalczyk", "Laurentin", "Mbatha", "Nguyenh", "Oyelaran",
    "Petrakis", "Quispe", "Rautio", "Siddiquee", "Tamatea", "Ubanwa", "Vasilescu", "Wanjira", "Xiong", "Yilmazer",
    "Zelenka", "Abernathie", "Bergstrand", "Castellan", "Delacour", "Eriksdottir", "Farouki", "Gebremar",
    "Hosseinian", "Iwasawa", "Jankovic", "Kapoori", "Lopresti", "Mahlangu", "Novotna", "Osterhaus", "Papadakos",
    "Raharjo",
)  # fmt: skip
_MOTHERS = (
    "Eva", "Amara", "Leila", "Yuki", "Marisol", "Siobhan", "Priya", "Fatou", "Ines", "Agnieszka", "Solveig", "Oksana",
    "Dilini", "Hanna", "Camille", "Thandi", "Linh", "Folake", "Eleni", "Rosa", "Aino", "Nadia", "Mere", "Chioma",
    "Ioana", "Wambui", "Mei",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of baby: ages as ranges, and how strongly each trait of the simulation is expressed."""

    story: str
    ga_weeks: tuple[float, float]
    age_days: tuple[float, float]
    support: Support
    need: tuple[float, float]  # inspired oxygen (%) that would give SpO2 92 %
    spells: float = 1.0  # times the rate usual at the age
    fragile: float = 1.0  # how far oxygenation wanders
    sags: float = 0.0  # slow desaturations a day that are no spells
    restless: float = 1.0  # movement, hence artefact and loose probes
    heart_shift: float = 0.0
    breath_shift: float = 0.0
    arterial_line: bool = False
    cuff_every_min: int = 60
    feeds_by_mouth: bool = False
    kangaroo: bool = False
    sepsis: bool = False


CASES: Sequence[Case] = (
    Case("extremely preterm, ventilated, arterial line", (23.6, 25.2), (3, 8), "ventilator", (29, 35),
         spells=0.4, fragile=1.1, sags=6, heart_shift=-3, arterial_line=True),
    Case("apnea of prematurity on CPAP and caffeine", (26.5, 28.2), (14, 24), "CPAP", (23, 26),
         spells=2.0, kangaroo=True),
    Case("chronic lung disease, slow desaturations", (24.4, 25.6), (63, 72), "low flow", (28, 33),
         spells=0.9, fragile=1.2, sags=30, cuff_every_min=180, kangaroo=True),
    Case("late preterm who learns to drink", (33.2, 34.4), (6, 13), "room air", (13.5, 15),
         restless=1.3, cuff_every_min=180, feeds_by_mouth=True, kangaroo=True),
    Case("term, observed after a difficult birth, well", (38.5, 40.8), (1, 2), "room air", (11.5, 13),
         spells=0.15, fragile=0.6, heart_shift=-6, cuff_every_min=240, feeds_by_mouth=True),
    Case("stable preterm who falls ill within hours", (27.5, 28.6), (16, 23), "CPAP", (22, 24),
         spells=0.6, kangaroo=True, sepsis=True),
    Case("wet lungs on the first day", (34.8, 35.7), (1, 2), "CPAP", (23, 27),
         spells=0.4, fragile=0.8, breath_shift=7, cuff_every_min=30),
    Case("growing preterm in room air", (29.0, 30.5), (18, 30), "room air", (14, 15.5),
         cuff_every_min=180, kangaroo=True),
    Case("term after an operation, arterial line", (37.2, 39.2), (2, 5), "room air", (12.5, 14),
         spells=0.4, fragile=0.8, heart_shift=10, arterial_line=True),
    Case("term, restless withdrawal from opioids", (37.5, 40.0), (3, 9), "room air", (12, 13.5),
         spells=0.15, fragile=0.8, restless=2.2, heart_shift=12, breath_shift=8, cuff_every_min=240,
         feeds_by_mouth=True),
    Case("very preterm on CPAP", (25.6, 27.8), (9, 20), "CPAP", (24, 29),
         fragile=1.1, sags=6, cuff_every_min=30, kangaroo=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Name and birth of one invented baby; age_s is its age in seconds when the live view begins."""

    mrn: str
    name: str
    sex: Sex
    ga_days: int
    age_s: int
    birth_weight_g: int


def case_of(number: int, rng: Random) -> Case:
    """Return the kind of the ward's nth baby (0 is the first): each kind once, then a mixture; one sepsis."""
    if number < len(CASES):
        return CASES[number]
    return rng.choice([case for case in CASES if not case.sepsis])


def person_of(position: int, seed: int, case: Case, rng: Random) -> Person:
    """Invent the baby in this cot; the name depends on seed and position alone."""
    sex: Sex = rng.choice(("female", "male"))
    ga_days = round(rng.uniform(*case.ga_weeks) * 7)
    age_s = round(rng.uniform(*case.age_days) * DAY_S)
    # 17 and the number of families share no divisor, so names repeat only after all have been used.
    family = _FAMILIES[(seed * 5 + position * 17) % len(_FAMILIES)]
    mother = rng.choice(_MOTHERS)
    name, weight_g = f"{family}, Baby of {mother}", birth_weight(rng, ga_days, sex)
    return Person(f"SIM-{position + 1:04d}", name, sex, ga_days, age_s, weight_g)
