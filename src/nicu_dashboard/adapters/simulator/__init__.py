"""A simulated ward: seeded, physiologically plausible, and marked as simulated in every reading."""

from nicu_dashboard.adapters.simulator.baby import SimulatedBaby
from nicu_dashboard.adapters.simulator.ward import SOURCE, SimulatedWard

__all__ = ["SOURCE", "SimulatedBaby", "SimulatedWard"]
