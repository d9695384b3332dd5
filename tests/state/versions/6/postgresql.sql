CREATE TABLE meta (
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE states (
    portal_id BIGINT NOT NULL,
    lineage TEXT COLLATE "C" NOT NULL,
    serial BIGINT NOT NULL,
    project TEXT COLLATE "C",
    PRIMARY KEY (portal_id)
);
CREATE TABLE owned (
    portal_id BIGINT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    sent TEXT COLLATE "C" NOT NULL,
    answered TEXT COLLATE "C",
    protected INTEGER NOT NULL,
    serial BIGINT NOT NULL,
    PRIMARY KEY (portal_id, object, by, key)
);
CREATE UNIQUE INDEX owned_by_record_id ON owned (portal_id, object, record_id);
CREATE TABLE pairs (
    portal_id BIGINT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    to_object TEXT COLLATE "C" NOT NULL,
    to_id TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    type_id BIGINT NOT NULL,
    label TEXT COLLATE "C",
    by TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    to_by TEXT COLLATE "C" NOT NULL,
    to_key TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    whole INTEGER NOT NULL,
    serial BIGINT NOT NULL,
    PRIMARY KEY (portal_id, object, record_id, to_object, to_id, category, type_id)
);
CREATE INDEX pairs_by_target ON pairs (portal_id, to_object, to_id);
CREATE TABLE prune_rules (
    portal_id BIGINT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    prune TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (portal_id, object, by)
);
CREATE TABLE runs (
    portal_id BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    serial BIGINT NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    plan_digest TEXT COLLATE "C" NOT NULL,
    tool_version TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    git_commit TEXT COLLATE "C",
    undoes TEXT COLLATE "C",
    personal TEXT COLLATE "C" NOT NULL,
    planned TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    erased_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (portal_id, id)
);
CREATE TABLE batches (
    portal_id BIGINT NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    call TEXT COLLATE "C" NOT NULL,
    id_property TEXT COLLATE "C",
    intended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (portal_id, run_id, number),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX batches_unfinished ON batches (portal_id) WHERE recorded_at IS NULL;
CREATE TABLE changes (
    portal_id BIGINT NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    step INTEGER NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C",
    to_object TEXT COLLATE "C",
    to_by TEXT COLLATE "C",
    to_key TEXT COLLATE "C",
    to_id TEXT COLLATE "C",
    label TEXT COLLATE "C",
    whole INTEGER,
    from_by TEXT COLLATE "C",
    from_key TEXT COLLATE "C",
    replaces TEXT COLLATE "C",
    origin TEXT COLLATE "C",
    protected INTEGER,
    origin_before TEXT COLLATE "C",
    protected_before INTEGER,
    reason TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    call TEXT COLLATE "C",
    id_property TEXT COLLATE "C",
    values TEXT COLLATE "C",
    remembered TEXT COLLATE "C",
    forgotten TEXT COLLATE "C",
    outcome TEXT COLLATE "C",
    answer TEXT COLLATE "C",
    details TEXT COLLATE "C",
    PRIMARY KEY (portal_id, run_id, number),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX changes_created ON changes (portal_id, "object", record_id)
    WHERE kind = 'record' AND action = 'create';
CREATE TABLE intents (
    portal_id BIGINT NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    change INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (portal_id, run_id, change, ordinal),
    FOREIGN KEY(portal_id, run_id) REFERENCES runs (portal_id, id)
);
CREATE INDEX intents_by_batch ON intents (portal_id, run_id, batch);
CREATE TABLE locks (
    portal_id BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    actor TEXT COLLATE "C",
    acquired_at TIMESTAMP WITH TIME ZONE,
    heartbeat_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (portal_id)
);
