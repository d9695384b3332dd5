CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE states (
    portal_id INTEGER NOT NULL,
    lineage TEXT NOT NULL,
    serial BIGINT NOT NULL,
    project TEXT,
    PRIMARY KEY (portal_id)
);
CREATE TABLE owned (
    portal_id INTEGER NOT NULL,
    object TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    record_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    sent TEXT NOT NULL,
    answered TEXT,
    protected INTEGER NOT NULL,
    serial BIGINT NOT NULL,
    PRIMARY KEY (portal_id, object, "by", "key")
)
 WITHOUT ROWID;
CREATE UNIQUE INDEX owned_by_record_id ON owned (portal_id, object, record_id);
CREATE TABLE pairs (
    portal_id INTEGER NOT NULL,
    object TEXT NOT NULL,
    record_id TEXT NOT NULL,
    to_object TEXT NOT NULL,
    to_id TEXT NOT NULL,
    category TEXT NOT NULL,
    type_id BIGINT NOT NULL,
    label TEXT,
    "by" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    to_by TEXT NOT NULL,
    to_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    whole INTEGER NOT NULL,
    serial BIGINT NOT NULL,
    PRIMARY KEY (portal_id, object, record_id, to_object, to_id, category, type_id)
);
CREATE INDEX pairs_by_target ON pairs (portal_id, to_object, to_id);
CREATE TABLE prune_rules (
    portal_id INTEGER NOT NULL,
    object TEXT NOT NULL,
    "by" TEXT NOT NULL,
    prune TEXT NOT NULL,
    PRIMARY KEY (portal_id, object, "by")
)
 WITHOUT ROWID;
CREATE TABLE runs (
    portal_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    serial BIGINT NOT NULL,
    environment TEXT NOT NULL,
    plan_digest TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    actor TEXT NOT NULL,
    git_commit TEXT,
    undoes TEXT,
    personal TEXT NOT NULL,
    planned TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME,
    erased_at DATETIME,
    PRIMARY KEY (portal_id, id)
);
CREATE TABLE locks (
    portal_id INTEGER NOT NULL,
    fence BIGINT NOT NULL,
    actor TEXT,
    acquired_at DATETIME,
    heartbeat_at DATETIME,
    expires_at DATETIME,
    PRIMARY KEY (portal_id)
);
CREATE TABLE batches (
    portal_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    object TEXT NOT NULL,
    call TEXT NOT NULL,
    id_property TEXT,
    intended_at DATETIME NOT NULL,
    recorded_at DATETIME,
    PRIMARY KEY (portal_id, run_id, number),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX batches_unfinished ON batches (portal_id) WHERE recorded_at IS NULL;
CREATE TABLE changes (
    portal_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    step INTEGER NOT NULL,
    object TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    record_id TEXT,
    to_object TEXT,
    to_by TEXT,
    to_key TEXT,
    to_id TEXT,
    label TEXT,
    whole INTEGER,
    from_by TEXT,
    from_key TEXT,
    replaces TEXT,
    origin TEXT,
    protected INTEGER,
    origin_before TEXT,
    protected_before INTEGER,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    call TEXT,
    id_property TEXT,
    "values" TEXT,
    remembered TEXT,
    forgotten TEXT,
    outcome TEXT,
    answer TEXT,
    details TEXT,
    PRIMARY KEY (portal_id, run_id, number),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX changes_created ON changes (portal_id, "object", record_id)
    WHERE kind = 'record' AND action = 'create';
CREATE TABLE intents (
    portal_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    change INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    sent_at DATETIME,
    PRIMARY KEY (portal_id, run_id, change, ordinal),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX intents_by_batch ON intents (portal_id, run_id, batch);
