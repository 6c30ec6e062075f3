"""The schema nicu_guard: who was granted which unit, and which baby is whose; policies ask it.

Its functions run with its owner's rights but judge the role that is logged in (or was SET), so what a session may see
never depends on what it writes into nicu.units: that setting narrows a grant, it cannot widen one.
"""

# {schema} is the schema of the dashboard's tables, quoted. Every statement may be run again.
STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS nicu_guard",
    "REVOKE ALL ON SCHEMA nicu_guard FROM PUBLIC",
    "CREATE TABLE IF NOT EXISTS nicu_guard.unit_grants"
    " (grantee name NOT NULL, unit text NOT NULL CHECK (unit ~ '^([0-9]+|[*])$'), PRIMARY KEY (grantee, unit))",
    "CREATE TABLE IF NOT EXISTS nicu_guard.baby_units"
    " (patient_id bigint PRIMARY KEY, unit_id bigint NOT NULL, admitted_at timestamptz NOT NULL)",
    "CREATE INDEX IF NOT EXISTS idx_baby_units_unit ON nicu_guard.baby_units (unit_id)",
    "REVOKE ALL ON nicu_guard.unit_grants, nicu_guard.baby_units FROM PUBLIC",
    # The role of the session, also inside a function that runs with another's rights.
    """CREATE OR REPLACE FUNCTION nicu_guard.speaker() RETURNS name
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END
$$""",
    """CREATE OR REPLACE FUNCTION nicu_guard.units_seen() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT coalesce(array_agg(u.id), '{{}}')
    FROM {schema}.units AS u,
         string_to_array(replace(current_setting('nicu.units', true), ' ', ''), ',') AS asked
    WHERE (asked = '{{*}}' OR u.id::text = ANY (asked)) AND EXISTS (
        SELECT FROM nicu_guard.unit_grants AS g JOIN pg_roles AS r ON r.rolname = g.grantee
        WHERE g.unit IN ('*', u.id::text) AND pg_has_role(nicu_guard.speaker(), r.oid, 'USAGE'))
$$""",
    """CREATE OR REPLACE FUNCTION nicu_guard.sees_a_unit() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT nicu_guard.units_seen() <> '{{}}'
$$""",
    """CREATE OR REPLACE FUNCTION nicu_guard.babies_seen() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT patient_id FROM nicu_guard.baby_units
    WHERE unit_id = ANY ((SELECT nicu_guard.units_seen())::bigint[])
$$""",
    """CREATE OR REPLACE FUNCTION nicu_guard.was_admitted(baby bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM nicu_guard.baby_units WHERE patient_id = baby)
$$""",
    """CREATE OR REPLACE FUNCTION nicu_guard.note_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN
    INSERT INTO nicu_guard.baby_units AS known (patient_id, unit_id, admitted_at)
    SELECT NEW.patient_id, unit_id, NEW.admitted_at FROM {schema}.cots WHERE id = NEW.cot_id
    ON CONFLICT (patient_id) DO UPDATE SET unit_id = excluded.unit_id, admitted_at = excluded.admitted_at
    WHERE known.admitted_at <= excluded.admitted_at;
    RETURN NULL;
END $$""",
    "CREATE OR REPLACE TRIGGER nicu_note_stay AFTER INSERT OR UPDATE ON admissions"
    " FOR EACH ROW EXECUTE FUNCTION nicu_guard.note_stay()",
    "INSERT INTO nicu_guard.baby_units (patient_id, unit_id, admitted_at)"
    " SELECT DISTINCT ON (patient_id) patient_id, unit_id, admitted_at FROM admissions JOIN cots ON cots.id = cot_id"
    " ORDER BY patient_id, admitted_at DESC, admissions.id DESC"
    " ON CONFLICT (patient_id) DO UPDATE SET unit_id = excluded.unit_id, admitted_at = excluded.admitted_at",
)
OBJECTS = (
    "SCHEMA nicu_guard",
    "TABLE nicu_guard.unit_grants",
    "TABLE nicu_guard.baby_units",
    "FUNCTION nicu_guard.speaker()",
    "FUNCTION nicu_guard.units_seen()",
    "FUNCTION nicu_guard.sees_a_unit()",
    "FUNCTION nicu_guard.babies_seen()",
    "FUNCTION nicu_guard.was_admitted(bigint)",
    "FUNCTION nicu_guard.note_stay()",
)
CALLED = ("speaker()", "units_seen()", "sees_a_unit()", "babies_seen()", "was_admitted(bigint)")
