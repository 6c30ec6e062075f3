CREATE TABLE audit_log (
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    patient_id INTEGER,
    detail TEXT NOT NULL,
    address TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (seq)
);

CREATE INDEX idx_audit_log_at ON audit_log (at);

CREATE INDEX idx_audit_log_patient ON audit_log (patient_id, seq);

CREATE TABLE counters (
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    CONSTRAINT pk_counters PRIMARY KEY (name)
);

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

CREATE TABLE patients (
    id INTEGER NOT NULL,
    mrn TEXT NOT NULL,
    name TEXT,
    sex TEXT,
    born_at INTEGER,
    ga_days INTEGER,
    birth_weight_g INTEGER,
    synthetic BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_patients PRIMARY KEY (id),
    CONSTRAINT uq_patients_mrn UNIQUE (mrn),
    CONSTRAINT ck_patients_sex CHECK (sex IN ('female', 'male', 'unknown'))
);

CREATE TABLE quarantine (
    id INTEGER NOT NULL,
    source TEXT NOT NULL,
    cot TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    raw TEXT NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (id),
    CONSTRAINT uq_quarantine_source_cot_reason UNIQUE (source, cot, reason)
);

CREATE TABLE sources (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    interval_s REAL NOT NULL,
    last_received_at INTEGER,
    CONSTRAINT pk_sources PRIMARY KEY (id),
    CONSTRAINT uq_sources_name_origin UNIQUE (name, origin),
    CONSTRAINT ck_sources_origin CHECK (origin IN ('device', 'simulated', 'replayed', 'import', 'manual'))
);

CREATE TABLE units (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_units PRIMARY KEY (id),
    CONSTRAINT uq_units_name UNIQUE (name)
);

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

CREATE TABLE annotations (
    id INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    CONSTRAINT pk_annotations PRIMARY KEY (id),
    CONSTRAINT fk_annotations_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);

CREATE INDEX idx_annotations_patient ON annotations (patient_id, at);

CREATE TABLE cots (
    id INTEGER NOT NULL,
    unit_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_cots PRIMARY KEY (id),
    CONSTRAINT uq_cots_label UNIQUE (label),
    CONSTRAINT uq_cots_unit_id_position UNIQUE (unit_id, position),
    CONSTRAINT fk_cots_unit_id FOREIGN KEY(unit_id) REFERENCES units (id)
);

CREATE TABLE lease (
    unit_id INTEGER NOT NULL,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT pk_lease PRIMARY KEY (unit_id),
    CONSTRAINT fk_lease_unit_id FOREIGN KEY(unit_id) REFERENCES units (id)
);

CREATE TABLE limit_versions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    profile TEXT NOT NULL,
    profile_version INTEGER NOT NULL,
    limits TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT,
    CONSTRAINT uq_limit_versions_patient_id_version UNIQUE (patient_id, version),
    CONSTRAINT fk_limit_versions_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);

CREATE TABLE live_snapshot (
    unit_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    payload BLOB NOT NULL,
    CONSTRAINT pk_live_snapshot PRIMARY KEY (unit_id),
    CONSTRAINT fk_live_snapshot_unit_id FOREIGN KEY(unit_id) REFERENCES units (id)
);

CREATE TABLE rescans (
    id INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    CONSTRAINT pk_rescans PRIMARY KEY (id),
    CONSTRAINT fk_rescans_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);

CREATE INDEX idx_rescans_patient ON rescans (patient_id);

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

CREATE INDEX idx_sessions_user ON sessions (user_id);

CREATE TABLE vitals (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    heart_rate REAL,
    pulse_rate REAL,
    spo2 REAL,
    spo2_pre REAL,
    spo2_post REAL,
    resp_rate REAL,
    apnea_duration REAL,
    temperature REAL,
    temp_core REAL,
    temp_skin REAL,
    temp_axillary REAL,
    nibp_systolic REAL,
    nibp_diastolic REAL,
    nibp_mean REAL,
    abp_systolic REAL,
    abp_diastolic REAL,
    abp_mean REAL,
    fio2 REAL,
    etco2 REAL,
    tcpco2 REAL,
    tcpo2 REAL,
    perfusion_index REAL,
    cvp_mean REAL,
    weight REAL,
    no_value TEXT,
    CONSTRAINT uq_vitals_patient_id_recorded_at_source_id UNIQUE (patient_id, recorded_at, source_id),
    CONSTRAINT fk_vitals_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id),
    CONSTRAINT fk_vitals_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);

CREATE INDEX idx_vitals_dashboard ON vitals (patient_id, recorded_at DESC, heart_rate, spo2, resp_rate, temperature);

CREATE INDEX idx_vitals_no_value ON vitals (patient_id, recorded_at) WHERE no_value IS NOT NULL;

CREATE TABLE vitals_hour (
    patient_id INTEGER NOT NULL,
    parameter TEXT NOT NULL,
    bucket_at INTEGER NOT NULL,
    min REAL,
    max REAL,
    sum REAL NOT NULL,
    n_valid INTEGER NOT NULL,
    n_expected INTEGER NOT NULL,
    CONSTRAINT pk_vitals_hour PRIMARY KEY (patient_id, bucket_at, parameter),
    CONSTRAINT fk_vitals_hour_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
)
 WITHOUT ROWID;

CREATE TABLE vitals_minute (
    patient_id INTEGER NOT NULL,
    parameter TEXT NOT NULL,
    bucket_at INTEGER NOT NULL,
    min REAL,
    max REAL,
    sum REAL NOT NULL,
    n_valid INTEGER NOT NULL,
    n_expected INTEGER NOT NULL,
    CONSTRAINT pk_vitals_minute PRIMARY KEY (patient_id, bucket_at, parameter),
    CONSTRAINT fk_vitals_minute_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
)
 WITHOUT ROWID;

CREATE TABLE vitals_superseded (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vitals_id INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    superseded_at INTEGER NOT NULL,
    heart_rate REAL,
    pulse_rate REAL,
    spo2 REAL,
    spo2_pre REAL,
    spo2_post REAL,
    resp_rate REAL,
    apnea_duration REAL,
    temperature REAL,
    temp_core REAL,
    temp_skin REAL,
    temp_axillary REAL,
    nibp_systolic REAL,
    nibp_diastolic REAL,
    nibp_mean REAL,
    abp_systolic REAL,
    abp_diastolic REAL,
    abp_mean REAL,
    fio2 REAL,
    etco2 REAL,
    tcpco2 REAL,
    tcpo2 REAL,
    perfusion_index REAL,
    cvp_mean REAL,
    weight REAL,
    no_value TEXT,
    CONSTRAINT fk_vitals_superseded_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id),
    CONSTRAINT fk_vitals_superseded_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);

CREATE INDEX idx_vitals_superseded_patient ON vitals_superseded (patient_id, recorded_at);

CREATE TABLE admissions (
    id INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    cot_id INTEGER NOT NULL,
    admitted_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    CONSTRAINT pk_admissions PRIMARY KEY (id),
    CONSTRAINT ck_admissions_ended_by CHECK (ended_by IN ('transfer', 'discharge')),
    CONSTRAINT fk_admissions_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id),
    CONSTRAINT fk_admissions_cot_id FOREIGN KEY(cot_id) REFERENCES cots (id)
);

CREATE INDEX idx_admissions_cot ON admissions (cot_id, admitted_at);

CREATE UNIQUE INDEX idx_admissions_open_cot_id ON admissions (cot_id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX idx_admissions_open_patient_id ON admissions (patient_id) WHERE ended_at IS NULL;

CREATE INDEX idx_admissions_patient ON admissions (patient_id, admitted_at);

CREATE TABLE alarms (
    id INTEGER NOT NULL,
    unit_id INTEGER NOT NULL,
    cot_id INTEGER,
    patient_id INTEGER,
    "key" TEXT NOT NULL,
    kind TEXT NOT NULL,
    priority TEXT NOT NULL,
    presence TEXT NOT NULL,
    status TEXT NOT NULL,
    text TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    triggered_at INTEGER NOT NULL,
    announced_at INTEGER NOT NULL,
    parameter TEXT,
    comparison TEXT,
    value REAL,
    limit_value REAL,
    delay_s REAL NOT NULL,
    profile TEXT,
    profile_version INTEGER,
    extreme REAL,
    held BOOLEAN DEFAULT false NOT NULL,
    escalated_at INTEGER,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    ended_at INTEGER,
    CONSTRAINT pk_alarms PRIMARY KEY (id),
    CONSTRAINT ck_alarms_kind CHECK (kind IN ('limit', 'technical', 'device')),
    CONSTRAINT ck_alarms_priority CHECK (priority IN ('low', 'medium', 'high')),
    CONSTRAINT ck_alarms_presence CHECK (presence IN ('off', 'on', 'latched', 'ack')),
    CONSTRAINT ck_alarms_status CHECK (status IN ('active', 'acknowledged', 'latched', 'ended')),
    CONSTRAINT fk_alarms_unit_id FOREIGN KEY(unit_id) REFERENCES units (id),
    CONSTRAINT fk_alarms_cot_id FOREIGN KEY(cot_id) REFERENCES cots (id),
    CONSTRAINT fk_alarms_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);

CREATE INDEX idx_alarms_active ON alarms (patient_id, triggered_at) WHERE status = 'active';

CREATE INDEX idx_alarms_cot ON alarms (cot_id, triggered_at);

CREATE INDEX idx_alarms_open ON alarms (unit_id) WHERE status <> 'ended';

CREATE INDEX idx_alarms_patient ON alarms (patient_id, triggered_at);

CREATE TABLE events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL,
    cot_id INTEGER,
    kind TEXT NOT NULL,
    found_kind TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    definition TEXT NOT NULL,
    definition_version INTEGER NOT NULL,
    averaging_s REAL,
    apnea_s REAL,
    nadirs TEXT NOT NULL,
    episodes TEXT NOT NULL,
    review TEXT NOT NULL,
    state TEXT,
    note TEXT,
    reviewed_by TEXT,
    reviewed_at INTEGER,
    CONSTRAINT uq_events_patient_id_definition_definition_version_started_at UNIQUE (patient_id, definition, definition_version, started_at),
    CONSTRAINT ck_events_kind CHECK (kind IN ('A', 'B', 'D', 'AB', 'AD', 'BD', 'ABD')),
    CONSTRAINT ck_events_review CHECK (review IN ('unreviewed', 'confirmed', 'rejected')),
    CONSTRAINT fk_events_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id),
    CONSTRAINT fk_events_cot_id FOREIGN KEY(cot_id) REFERENCES cots (id)
);

CREATE INDEX idx_events_patient ON events (patient_id, started_at);

CREATE TABLE suspensions (
    id INTEGER NOT NULL,
    cot_id INTEGER NOT NULL,
    patient_id INTEGER,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    until_at INTEGER,
    reason TEXT,
    actor TEXT NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    CONSTRAINT pk_suspensions PRIMARY KEY (id),
    CONSTRAINT uq_suspensions_cot_id_kind_scope_began_at UNIQUE (cot_id, kind, scope, began_at),
    CONSTRAINT ck_suspensions_kind CHECK (kind IN ('audio_pause', 'alarm_pause', 'off')),
    CONSTRAINT fk_suspensions_cot_id FOREIGN KEY(cot_id) REFERENCES cots (id),
    CONSTRAINT fk_suspensions_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);

CREATE TABLE alarm_transitions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    alarm_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    from_presence TEXT NOT NULL,
    to_presence TEXT NOT NULL,
    cause TEXT NOT NULL,
    priority TEXT NOT NULL,
    value REAL,
    actor TEXT,
    note TEXT,
    CONSTRAINT uq_alarm_transitions_alarm_id_at_from_presence_to_presence_cause_priority UNIQUE (alarm_id, at, from_presence, to_presence, cause, priority),
    CONSTRAINT ck_alarm_transitions_from_presence CHECK (from_presence IN ('off', 'on', 'latched', 'ack')),
    CONSTRAINT ck_alarm_transitions_to_presence CHECK (to_presence IN ('off', 'on', 'latched', 'ack')),
    CONSTRAINT ck_alarm_transitions_priority CHECK (priority IN ('low', 'medium', 'high')),
    CONSTRAINT fk_alarm_transitions_alarm_id FOREIGN KEY(alarm_id) REFERENCES alarms (id)
);
