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
    units TEXT DEFAULT '*' NOT NULL,
    external_id TEXT,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name UNIQUE (name),
    CONSTRAINT uq_users_external_id UNIQUE (external_id),
    CONSTRAINT ck_users_role CHECK (role IN ('nurse', 'charge nurse', 'physician', 'clerk', 'engineer', 'researcher', 'administrator'))
);

INSERT INTO users (id, name, display_name, role, password_hash, created_at, disabled_at)
SELECT id, name, display_name, role, password_hash, created_at, disabled_at FROM was_users;

CREATE TABLE sessions (
    token_hash TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    method TEXT DEFAULT 'password' NOT NULL,
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
    scope TEXT DEFAULT 'send readings' NOT NULL,
    expires_at INTEGER,
    CONSTRAINT pk_device_keys PRIMARY KEY (id),
    CONSTRAINT uq_device_keys_name UNIQUE (name),
    CONSTRAINT uq_device_keys_key_hash UNIQUE (key_hash)
);

INSERT INTO device_keys (id, name, key_hash, created_at, disabled_at, last_used_at)
SELECT id, name, key_hash, created_at, disabled_at, last_used_at FROM was_device_keys;

DROP TABLE was_users;

DROP TABLE was_sessions;

DROP TABLE was_device_keys;

CREATE TABLE attempts (
    "key" TEXT NOT NULL,
    count INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    locked_until INTEGER,
    CONSTRAINT pk_attempts PRIMARY KEY ("key")
);

CREATE TABLE kiosks (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    code_hash TEXT,
    code_expires_at INTEGER NOT NULL,
    token_hash TEXT,
    created_at INTEGER NOT NULL,
    paired_at INTEGER,
    last_seen_at INTEGER,
    disabled_at INTEGER,
    CONSTRAINT pk_kiosks PRIMARY KEY (id),
    CONSTRAINT uq_kiosks_name UNIQUE (name),
    CONSTRAINT uq_kiosks_code_hash UNIQUE (code_hash),
    CONSTRAINT uq_kiosks_token_hash UNIQUE (token_hash)
);

CREATE TABLE break_glass (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    session_hash TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    ended_at INTEGER,
    address TEXT,
    verdict TEXT,
    note TEXT,
    reviewed_by TEXT,
    reviewed_at INTEGER,
    CONSTRAINT pk_break_glass PRIMARY KEY (id),
    CONSTRAINT ck_break_glass_verdict CHECK (verdict IN ('justified', 'not justified')),
    CONSTRAINT fk_break_glass_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX idx_break_glass_session ON break_glass (session_hash);

CREATE TABLE login_steps (
    token_hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id INTEGER,
    data TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT pk_login_steps PRIMARY KEY (token_hash),
    CONSTRAINT fk_login_steps_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE recovery_codes (
    code_hash TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (code_hash),
    CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX idx_recovery_codes_user ON recovery_codes (user_id);

CREATE TABLE second_factors (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    secret TEXT NOT NULL,
    credential_id TEXT,
    counter INTEGER DEFAULT 0 NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    removed_at INTEGER,
    CONSTRAINT pk_second_factors PRIMARY KEY (id),
    CONSTRAINT uq_second_factors_credential_id UNIQUE (credential_id),
    CONSTRAINT ck_second_factors_kind CHECK (kind IN ('totp', 'passkey')),
    CONSTRAINT fk_second_factors_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX idx_second_factors_user ON second_factors (user_id);
