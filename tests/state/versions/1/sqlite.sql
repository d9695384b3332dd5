CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE states (
    portal_id INTEGER NOT NULL,
    lineage TEXT NOT NULL,
    serial BIGINT NOT NULL,
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
CREATE TABLE changes (
    portal_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    batch INTEGER,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    record_id TEXT,
    protected INTEGER NOT NULL,
    renamed_from TEXT,
    origin TEXT,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    call TEXT,
    id_property TEXT,
    "values" TEXT,
    in_step TEXT,
    outcome TEXT,
    answer TEXT,
    PRIMARY KEY (portal_id, run_id, number),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX batches_unfinished ON batches (portal_id) WHERE recorded_at IS NULL;
CREATE INDEX changes_by_batch ON changes (portal_id, run_id, batch, number);
