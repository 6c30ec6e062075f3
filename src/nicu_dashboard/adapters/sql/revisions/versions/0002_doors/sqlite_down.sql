DROP TABLE break_glass;

DROP TABLE kiosks;

DROP TABLE attempts;

DROP TABLE login_steps;

DROP TABLE recovery_codes;

DROP TABLE second_factors;

CREATE TEMPORARY TABLE was_users AS SELECT * FROM users;

CREATE TEMPORARY TABLE was_sessions AS SELECT * FROM sessions;

CREATE TEMPORARY TABLE was_device_keys AS SELECT * FROM device_keys;

DROP TABLE sessions;

DROP TABLE users;

DROP TABLE device_keys;

CREATE TABLE users (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name UNIQUE (name),
    CONSTRAINT ck_users_role CHECK (role IN ('nurse', 'charge nurse', 'physician', 'administrator'))
);

INSERT INTO users (id, name, display_name, role, password_hash, created_at, disabled_at)
SELECT id, name, display_name, CASE WHEN role IN ('nurse', 'charge nurse', 'physician', 'administrator') THEN role ELSE 'nurse' END, password_hash, created_at,
    CASE WHEN role IN ('nurse', 'charge nurse', 'physician', 'administrator') THEN disabled_at ELSE coalesce(disabled_at, created_at) END FROM was_users;

CREATE TABLE sessions (
    token_hash TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    CONSTRAINT pk_sessions PRIMARY KEY (token_hash),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, ended_at)
SELECT token_hash, user_id, created_at, last_seen_at, expires_at, ended_at FROM was_sessions;

CREATE INDEX idx_sessions_user ON sessions (user_id);

CREATE TABLE device_keys (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    last_used_at INTEGER,
    CONSTRAINT pk_device_keys PRIMARY KEY (id),
    CONSTRAINT uq_device_keys_name UNIQUE (name),
    CONSTRAINT uq_device_keys_key_hash UNIQUE (key_hash)
);

INSERT INTO device_keys (id, name, key_hash, created_at, disabled_at, last_used_at)
SELECT id, name, key_hash, created_at, disabled_at, last_used_at FROM was_device_keys;

DROP TABLE was_users;

DROP TABLE was_sessions;

DROP TABLE was_device_keys;
