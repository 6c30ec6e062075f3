"""Cots and who lies in them: `nicu cot`, `nicu admit`, `nicu transfer`, `nicu discharge`.

They write to the record; a running server follows within a second.
"""

from typing import Annotated, Literal

import typer

from nicu_dashboard.bootstrap import Store
from nicu_dashboard.cli.common import (
    OfUnit,
    baby,
    checked,
    instant,
    now,
    opened,
    operator,
    print_json,
    short_instant,
    show,
    table,
    unit_of,
    words,
)
from nicu_dashboard.domain.patients import GestationalAge, Patient, check_birth
from nicu_dashboard.ports.roster import NewPatient, NotFound, RosterConflict

Mrn = Annotated[str, typer.Option(help="The baby's medical record number.")]
Cot = Annotated[str, typer.Option(help="Label of the cot, such as NICU-01.")]
LABEL_LENGTH, MRN_LENGTH, NAME_LENGTH = 40, 64, 120

cots = typer.Typer(no_args_is_help=True, help="The cots of the unit.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(cots, name="cot")
    app.command("admit")(admit)
    app.command("transfer")(transfer)
    app.command("discharge")(discharge)


@cots.command("add")
def add(
    labels: Annotated[list[str], typer.Argument(metavar="LABEL…", help="Labels, in the order of the wall.")],
    unit: OfUnit = None,
) -> None:
    """Add cots at the end of the wall.

    Example: nicu cot add NICU-01 NICU-02 NICU-03
    """
    wanted = [checked(label, "a cot's label", LABEL_LENGTH) for label in labels]
    with opened() as store:
        there_in = unit_of(store, unit)
        there = {cot.label for cot in store.roster.cots()}
        taken = [label for place, label in enumerate(wanted) if label in there or label in wanted[:place]]
        if taken:
            raise RosterConflict(f"there is a cot {taken[0]} already, nothing was added; see: nicu cot list")
        for label in wanted:
            store.roster.add_cot(label, operator().entry(now(), "cot.add", f"cot {label}"), there_in.id)
            words.print(f"Added {label}")


@cots.command("list")
def list_(
    unit: Annotated[str | None, typer.Option(help="Name or number of a unit. [every unit]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the cots in their order, with who lies there.

    Example: nicu cot list
    """
    with opened() as store:
        only = None if unit is None else store.roster.unit(unit).id
        names = {one.id: one.name for one in store.roster.units()}
        lying = {stay.cot.id: stay for stay in store.roster.stays(only)}
        rows = [(cot, lying.get(cot.id)) for cot in store.roster.cots(only)]
    if json:
        print_json(
            [
                {"id": cot.id, "label": cot.label, "unit": names[cot.unit_id], "mrn": stay and stay.patient.mrn}
                for cot, stay in rows
            ]
        )
        return
    if not rows:
        words.print("There are no cots yet; next: nicu cot add NICU-01")
        return
    several = len(names) > 1
    shown = table("cot", *(["unit"] if several else []), "MRN", "since (UTC)")
    for cot, stay in rows:
        where = [cot.label, *([names[cot.unit_id]] if several else [])]
        shown.add_row(*where, stay.patient.mrn if stay else "free", short_instant(stay.began_at) if stay else "")
    show(shown)


def admit(
    mrn: Mrn,
    cot: Cot,
    name: Annotated[str | None, typer.Option(help="Name as FAMILY, GIVEN or FAMILY, Baby of MOTHER.")] = None,
    born: Annotated[str | None, typer.Option(help="Birth, ISO 8601 with zone: 2024-01-01T08:30Z")] = None,
    ga: Annotated[str | None, typer.Option(help="Gestational age at birth, weeks+days: 28+3")] = None,
    sex: Annotated[Literal["female", "male", "unknown"] | None, typer.Option(help="Sex.")] = None,
    weight_g: Annotated[int | None, typer.Option(min=200, max=15_000, help="Birth weight in grams.")] = None,
) -> None:
    """Put a baby into a free cot; a known MRN is the same baby come back.

    Example: nicu admit --mrn 1234567 --cot NICU-01 --name "Lindqvist, Baby of Eva" --ga 28+3
    """
    born_at = instant(born)
    if born_at is not None:
        check_birth(born_at, now())
    new = NewPatient(
        checked(mrn, "an MRN", MRN_LENGTH),
        None if name is None else checked(name, "a name", NAME_LENGTH),
        sex,
        born_at,
        None if ga is None else GestationalAge.parse(ga).days,
        weight_g,
    )
    with opened() as store:
        _require_free(store, cot)
        patient = _find_or_add(store, new)
        entry = operator().entry(now(), "admission.admit", f"cot {cot}", patient.id)
        stay = store.roster.admit(patient.id, cot, now(), entry)
    words.print(f"Admitted to {stay.cot.label}")


def _require_free(store: Store, cot: str) -> None:
    """Fail before the baby is made when it cannot be laid there."""
    if cot not in {known.label for known in store.roster.cots()}:
        raise NotFound(f"there is no cot {cot[:LABEL_LENGTH]!r}; add it with: nicu cot add {cot[:LABEL_LENGTH]}")
    if cot in {stay.cot.label for stay in store.roster.stays()}:
        raise RosterConflict(f"cot {cot} is taken; transfer or discharge the baby in it first")


def _find_or_add(store: Store, new: NewPatient) -> Patient:
    try:
        known = store.roster.patient_by_mrn(new.mrn)
    except NotFound:
        return store.roster.add_patient(new, operator().entry(now(), "patient.create", "patient"))
    if new.born_at is not None and known.born_at is not None and new.born_at != known.born_at:
        raise RosterConflict("this MRN belongs to a baby born at another time; check MRN and birth")
    return known


def transfer(mrn: Mrn, cot: Cot) -> None:
    """Move a baby to another free cot; its history, limits and events go with it.

    Example: nicu transfer --mrn 1234567 --cot NICU-02
    """
    with opened() as store:
        patient = baby(store, mrn)
        entry = operator().entry(now(), "admission.transfer", f"cot {cot}", patient.id)
        stay = store.roster.transfer(patient.id, cot, now(), entry)
    words.print(f"Moved to {stay.cot.label}")


def discharge(mrn: Mrn) -> None:
    """End a baby's stay; its record is kept.

    Example: nicu discharge --mrn 1234567
    """
    with opened() as store:
        patient = baby(store, mrn)
        entry = operator().entry(now(), "admission.discharge", f"patient {patient.id}", patient.id)
        store.roster.discharge(patient.id, now(), entry)
    words.print("Discharged")
