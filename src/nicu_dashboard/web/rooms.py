"""What the routes need, handed in by bootstrap; a route asks for it with Depends(rooms)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.emergencies import Emergencies
from nicu_dashboard.ports.kiosks import Kiosks
from nicu_dashboard.ports.people import People, Role
from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.ports.sight import Sight
from nicu_dashboard.services.accounts import Accounts
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.disclosures import Disclosures
from nicu_dashboard.services.emergencies import BreakGlass
from nicu_dashboard.services.history import History
from nicu_dashboard.services.research import Research
from nicu_dashboard.services.screens import Screens
from nicu_dashboard.services.second_factors import SecondFactors
from nicu_dashboard.services.single_sign_on import SingleSignOn
from nicu_dashboard.services.station import Station


@dataclass(frozen=True, slots=True)
class Doors:
    """How people and screens get in.

    `required`: who in these roles has no second factor does no more than set one up. `hosts`: the names this server
    answers to, empty for any. `contact`: whom to tell of a weakness.
    """

    accounts: Accounts
    second: SecondFactors
    emergencies: BreakGlass
    screens: Screens
    emergency_book: Emergencies
    kiosk_book: Kiosks
    required: frozenset[Role]
    hosts: frozenset[str] = frozenset()
    contact: str | None = None
    sign_on: SingleSignOn | None = None
    public_url: str | None = None


class Compliance(Protocol):
    """The HIPAA checks, made elsewhere; raises StoreUnavailable."""

    def last(self) -> Mapping[str, Any] | None:
        """Return the newest run, None when there is none."""
        ...

    def run(self, actor: Actor) -> Mapping[str, Any]:
        """Run the checks now, keep the run and return it."""
        ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """The running station and the stores behind it; `health` measures, `pages` is the folder of the built front end."""

    station: Station
    accounts: Accounts
    people: People
    roster: Roster
    sight: Sight
    chart: Chart
    history: History
    health: Callable[[], Awaitable[Mapping[str, Any]]]
    pages: Path
    doors: Doors
    disclosures: Disclosures
    research: Research
    compliance: Compliance


def rooms(request: Request) -> Rooms:
    """Return what bootstrap put into the application."""
    found: Rooms = request.app.state.rooms
    return found


InRooms = Annotated[Rooms, Depends(rooms)]
