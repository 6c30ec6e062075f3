"""Deciding what each column becomes, from its declaration and its profile: the first type that holds every value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nicu_dashboard.migration import dates
from nicu_dashboard.migration.catalog import SourceColumn, SourceTable
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.kinds import EXACT_INTEGER, TYPES, Kind
from nicu_dashboard.migration.profile import ColumnProfile, declares_instant, declares_json

FEW = 0.01
"""Up to this share of values of another class the declared type stays, and those rows are rejected by name."""

DECIMAL_WORDS = ("DECIMAL", "NUMERIC", "MONEY", "CURRENCY")
EMPTY = {"INTEGER": "bigint", "REAL": "double", "TEXT": "text", "NUMERIC": "numeric", "BLOB": "text"}
UNSORTED = {"json": "text", "any_json": "any_text"}
"""What stands in where an index needs an order, which json has not."""

TWICE = "instants written in several ways, and unique: kept as it is, for two may be the same; --type … converts it"
REJECTED_BLOBS = "its blobs would be rejected"
BY_CLASS = {"integers": "bigint", "reals": "double", "texts": "text", "blobs": "bytea"}


@dataclass(frozen=True)
class Decision:
    """What a column becomes, a remark for the plan, and how many values that type cannot hold."""

    kind: Kind
    note: str = ""
    misfits: int = 0


def named_kind(name: str) -> Kind:
    """Return the kind of a `--type TABLE.COLUMN=NAME`, a habit after a colon; raises MigrationError."""
    plain, _, habit = name.partition(":")
    aliases = {"double precision": "double", "bool": "boolean", "int8": "bigint"}
    kind = Kind(aliases.get(plain, plain), habit)
    is_instant = kind.name in ("timestamptz", "timestamp")
    if kind.name not in TYPES or (not _known_habit(habit) if is_instant else habit):
        known = ", ".join(sorted(set(TYPES) - {"timestamptz", "timestamp"}))
        raise MigrationError(f"{name!r} is no type.", f"Use one of {known}, timestamptz:epoch_ms, timestamp:julian …")
    return kind


def _known_habit(habit: str) -> bool:
    plain = habit.removeprefix("mixed/")
    return plain in (*dates.FACTORS, "julian", "epoch_s_real") or dates.ISO_WORD.fullmatch(plain) is not None


def decide(table: SourceTable, column: SourceColumn, profile: ColumnProfile, chosen: Kind | None = None) -> Decision:
    """Return what a column becomes; `chosen` overrides the rules."""
    if column.name == table.alias:
        if chosen not in (None, Kind("bigint")):
            raise MigrationError(
                f"{table.name}.{column.name} is the row id: it stays bigint.", "Leave it out of --type."
            )
        return Decision(Kind("bigint"))
    if chosen is not None:
        return Decision(chosen, "chosen by --type")
    decision = _by_declaration(column, profile)
    if decision is not None and decision.kind.habit.startswith("mixed/") and table.is_unique_alone(column.name):
        decision = replace(_by_content(column, profile), note=TWICE)
    decision = decision or _by_content(column, profile)
    decision = replace(decision, note=decision.note.replace("…", f"{table.name}.{column.name}"))
    if decision.kind.name in UNSORTED and column.name.lower() in table.sorted_columns:
        return replace(decision, kind=Kind(UNSORTED[decision.kind.name]))
    return decision


def _by_declaration(column: SourceColumn, profile: ColumnProfile) -> Decision | None:
    upper = column.declared.upper()
    only_integers = profile.values == profile.integers
    if "BOOL" in upper and only_integers and (profile.low is None or (profile.low >= 0 and (profile.high or 0) <= 1)):
        return Decision(Kind("boolean"))
    if declares_json(column) and profile.values == profile.texts and profile.all_json:
        return Decision(Kind("json"))
    if declares_instant(column):
        return _by_habit(upper, profile)
    if any(word in upper for word in DECIMAL_WORDS) and profile.values == profile.integers + profile.reals:
        return Decision(Kind("numeric"))
    if "INT" in upper and ("TEXT" in upper or "CHAR" in upper) and not profile.reals:
        return Decision(Kind("mixed_text"), "declared as both, so that columns pointing at it fit", profile.blobs)
    return None


def _by_habit(upper: str, profile: ColumnProfile) -> Decision | None:
    habits = set(profile.habits)
    if not habits:
        empty = Kind("date") if upper == "DATE" else Kind("timestamptz", "iso: 0!")
        return Decision(empty, "empty: nothing to judge by")
    if "unclear" in habits:
        return None
    if habits == {"iso"}:
        return _by_form(profile)
    if len(habits) == 1:
        return Decision(Kind("timestamptz", habits.pop()))
    zones = {form.zone for form, _ in profile.forms}
    if not zones <= {"", "Z", "+00:00"} or any(not form.separator for form, _ in profile.forms):
        return None
    main = _main_habit(habits, profile)
    read = "; text is read as UTC" if "iso" in habits else ""
    return _of_several(f"mixed/{main}", " and ".join(sorted(dates.HABIT_WORDS[habit] for habit in habits)) + read)


def _of_several(habit: str, what: str) -> Decision:
    return Decision(Kind("timestamptz", habit), f"{what}; the way back writes {dates.way_back_words(habit)}")


def _main_habit(habits: set[str], profile: ColumnProfile) -> str:
    finest = next((habit for habit in ("epoch_us", "epoch_ms", "epoch_s") if habit in habits), None)
    digits = max((form.digits for form, _ in profile.forms), default=0)
    if finest and digits <= {"epoch_s": 0, "epoch_ms": 3, "epoch_us": 6}[finest] and not habits & {"julian"}:
        return finest
    return "iso: 6!Z"


def _by_form(profile: ColumnProfile) -> Decision | None:
    form = dates.common_form(profile.forms)
    if form is None:
        zones = {form.zone for form, _ in profile.forms}
        mixed = zones <= {"", "Z", "+00:00"} and all(form.separator for form, _ in profile.forms)
        if not mixed:
            return None
        digits = max(form.digits for form, _ in profile.forms)
        return _of_several(f"mixed/iso: {digits}!Z", "ISO text written in several ways, read as UTC")
    if not form.separator:
        return Decision(Kind("date"))
    zone = "" if form.zone else ", without a zone"
    return Decision(Kind("timestamptz" if form.zone else "timestamp", form.text()), f"as {form.example()}{zone}")


def _by_content(column: SourceColumn, profile: ColumnProfile) -> Decision:
    present = [name for name in BY_CLASS if getattr(profile, name)]
    if not present:
        return Decision(Kind("bytea" if "BLOB" in column.declared.upper() else EMPTY[column.affinity]), "empty")
    note = _instant_note(profile)
    if len(present) == 1:
        return Decision(Kind(BY_CLASS[present[0]]), note)
    if column.affinity == "BLOB":
        return Decision(Kind("any_json"), f"no declared type, values of several classes: {profile.shown}")
    if column.affinity == "TEXT":
        return Decision(Kind("text"), REJECTED_BLOBS, profile.blobs)
    largest = max(abs(profile.low or 0), abs(profile.high or 0))
    is_exact = not profile.integers or largest <= EXACT_INTEGER
    numbers = "bigint" if not profile.reals else "double" if is_exact else "numeric"
    numbers = "numeric" if any(word in column.declared.upper() for word in DECIMAL_WORDS) else numbers
    strays = profile.texts + profile.blobs
    if strays == 0:
        return Decision(Kind(numbers), note if is_exact else "integers beyond 2^53 beside reals: both stay exact")
    if profile.integers + profile.reals and strays <= FEW * profile.values:
        kept = f"{strays:,} of another class would be rejected; --type …=mixed_text keeps text beside numbers"
        return Decision(Kind(numbers), kept, strays)
    said = [item for item in (note, REJECTED_BLOBS if profile.blobs else "") if item]
    return Decision(Kind("mixed_text"), "; ".join(said), profile.blobs)


def _instant_note(profile: ColumnProfile) -> str:
    if profile.habits and "unclear" in profile.habits and len(profile.habits) > 1:
        known = sorted({dates.HABIT_WORDS[habit] for habit in profile.habits - {"unclear"}})
        return f"not all of it is {' or '.join(known)}: kept as it is"
    if "epoch_ms" in profile.habits:
        return "looks like epoch milliseconds; --type …=timestamptz:epoch_ms converts it"
    return ""
