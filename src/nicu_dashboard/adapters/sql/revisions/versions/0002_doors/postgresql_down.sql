DROP TABLE break_glass;

DROP TABLE kiosks;

DROP TABLE attempts;

DROP TABLE login_steps;

DROP TABLE recovery_codes;

DROP TABLE second_factors;

ALTER TABLE device_keys DROP COLUMN scope, DROP COLUMN expires_at;

ALTER TABLE sessions DROP COLUMN method;

UPDATE users SET role = 'nurse', disabled_at = coalesce(disabled_at, created_at)
WHERE role IN ('clerk', 'engineer', 'researcher');

ALTER TABLE users
    DROP COLUMN units,
    DROP COLUMN external_id,
    DROP CONSTRAINT ck_users_role,
    ADD CONSTRAINT ck_users_role CHECK (role IN ('nurse', 'charge nurse', 'physician', 'administrator'));
