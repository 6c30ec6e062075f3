DROP TABLE lease;

CREATE TABLE lease (
    unit_id INTEGER NOT NULL,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address TEXT DEFAULT '' NOT NULL,
    token TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_lease PRIMARY KEY (unit_id),
    CONSTRAINT fk_lease_unit_id FOREIGN KEY(unit_id) REFERENCES units (id)
);
