"""The steps from each version of the tables to the next."""

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlalchemy import Connection, text

from reconciler.state.tables import CREATED_INDEX

_OF_THE_SAME_RECORD = """SELECT 1 FROM owned AS other WHERE other.portal_id = owned.portal_id
    AND other."object" = owned."object" AND other.record_id = owned.record_id"""

_ONE_ROW_FOR_EACH_RECORD = (
    # without this index, each row would be compared with all others
    'CREATE INDEX owned_doubles ON owned (portal_id, "object", record_id)',
    f"UPDATE owned SET origin = 'created' WHERE EXISTS ({_OF_THE_SAME_RECORD} AND other.origin = 'created')",
    f"UPDATE owned SET protected = 1 WHERE EXISTS ({_OF_THE_SAME_RECORD} AND other.protected = 1)",
    f"""DELETE FROM owned WHERE EXISTS ({_OF_THE_SAME_RECORD}
        AND (other.serial, other."by", other."key") > (owned.serial, owned."by", owned."key"))""",
    "DROP INDEX owned_doubles",
    'CREATE UNIQUE INDEX owned_by_record_id ON owned (portal_id, "object", record_id)',
    """UPDATE pairs SET ("by", "key") = (
            SELECT owned."by", owned."key" FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs."object" AND owned.record_id = pairs.record_id)
        WHERE EXISTS (SELECT 1 FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs."object" AND owned.record_id = pairs.record_id)""",
    """UPDATE pairs SET (to_by, to_key) = (
            SELECT owned."by", owned."key" FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs.to_object AND owned.record_id = pairs.to_id)
        WHERE EXISTS (SELECT 1 FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs.to_object AND owned.record_id = pairs.to_id)""",
)
"""Merges rows about one record with several keys into one row, the newest.

The remaining row counts as created by us, or as protected, if one of the rows did. Associations get the
remaining key.
"""


def _split_in_step(connection: Connection) -> None:
    """Split the column that, until version 4, contained both forgotten and remembered values."""
    rows = connection.execute(
        text(
            """SELECT portal_id, run_id, number, remembered FROM changes
            WHERE remembered LIKE '%"unmanaged"%'"""
        )
    ).all()
    for portal_id, run_id, number, told in rows:
        values = json.loads(told)
        forgotten = {name: value for name, value in values.items() if value[2] == "unmanaged"}
        remembered = {name: value for name, value in values.items() if name not in forgotten}
        connection.execute(
            text(
                """UPDATE changes SET remembered = :remembered, forgotten = :forgotten
                WHERE portal_id = :portal_id AND run_id = :run_id AND number = :number"""
            ),
            {
                "remembered": json.dumps(remembered, sort_keys=True, separators=(",", ":")),
                "forgotten": json.dumps(forgotten, sort_keys=True, separators=(",", ":")),
                "portal_id": portal_id,
                "run_id": run_id,
                "number": number,
            },
        )


_ONE_CHANGE_FOR_EVERY_KIND: tuple["UpgradeStep", ...] = (
    "CREATE TABLE changes_before AS SELECT * FROM changes",
    "DROP TABLE changes",
    """CREATE TABLE changes (
        portal_id BIGINT NOT NULL, run_id {TEXT} NOT NULL, number INTEGER NOT NULL,
        kind {TEXT} NOT NULL, action {TEXT} NOT NULL, step INTEGER NOT NULL,
        "object" {TEXT} NOT NULL, "by" {TEXT} NOT NULL, "key" {TEXT} NOT NULL, record_id {TEXT},
        to_object {TEXT}, to_by {TEXT}, to_key {TEXT}, to_id {TEXT}, label {TEXT}, whole INTEGER,
        from_by {TEXT}, from_key {TEXT}, replaces {TEXT},
        origin {TEXT}, protected INTEGER, origin_before {TEXT}, protected_before INTEGER,
        reason {TEXT} NOT NULL, source {TEXT} NOT NULL, call {TEXT}, id_property {TEXT},
        "values" {TEXT}, remembered {TEXT}, forgotten {TEXT}, outcome {TEXT}, answer {TEXT},
        PRIMARY KEY (portal_id, run_id, number),
        FOREIGN KEY (portal_id, run_id) REFERENCES runs (portal_id, id)
    )""",
    """INSERT INTO changes (
        portal_id, run_id, number, kind, action, step, "object", "by", "key", record_id,
        to_object, to_by, to_key, to_id, label, whole, from_by, from_key, replaces,
        origin, protected, origin_before, protected_before,
        reason, source, call, id_property, "values", remembered, forgotten, outcome, answer
    ) SELECT
        portal_id, run_id, number,
        CASE WHEN to_object IS NULL THEN 'record' ELSE 'association' END,
        CASE action WHEN 'associate' THEN 'create' WHEN 'dissociate' THEN 'archive' ELSE action END, 1,
        "object", "by", "key", record_id, to_object, to_by, to_key, to_id,
        CASE
            WHEN association LIKE '[null,%' THEN NULL
            WHEN association LIKE '%,false]' THEN substr(association, 2, length(association) - 8)
            ELSE substr(association, 2, length(association) - 7)
        END,
        CASE WHEN association LIKE '%,true]' THEN 1 WHEN association LIKE '%,false]' THEN 0 END,
        from_by, from_key, replaces,
        CASE
            WHEN action IN ('create', 'associate') THEN coalesce(origin, 'created')
            WHEN action IN ('update', 'adopt') THEN origin
        END,
        CASE WHEN action IN ('create', 'associate', 'update', 'adopt') THEN protected END,
        CASE WHEN action IN ('archive', 'release') THEN origin WHEN action = 'dissociate' THEN 'created' END,
        CASE
            WHEN action IN ('archive', 'release') AND origin IS NOT NULL THEN 0
            WHEN action = 'dissociate' THEN 0
        END,
        reason, source, call, id_property, "values",
        CASE WHEN action = 'release' AND in_step IS NOT NULL THEN '{}' ELSE in_step END,
        CASE WHEN action = 'release' OR in_step IS NULL THEN in_step ELSE '{}' END,
        outcome, answer
    FROM changes_before""",
    """INSERT INTO intents (portal_id, run_id, "change", ordinal, batch, sent_at)
        SELECT portal_id, run_id, number, 1, batch, '1970-01-01 00:00:00.000000' FROM changes_before
        WHERE batch IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM intents WHERE intents.portal_id = changes_before.portal_id
            AND intents.run_id = changes_before.run_id AND intents."change" = changes_before.number)""",
    "DROP TABLE changes_before",
    CREATED_INDEX,
    _split_in_step,
)
"""Upgrade: changes of every kind have rows of one form; only ``intents`` tells which call contains a change.

Before version 4, the time of a call was not stored. No time would mean that a call was never sent. Therefore
the calls get the time 1970, which means that they may have been sent. `apply` can then settle an open batch.
"""

UpgradeStep: TypeAlias = str | Callable[[Connection], None]
"""One step of an upgrade: SQL for both databases, or a function if no SQL works in both."""

UPGRADES: Mapping[int, tuple[UpgradeStep, ...]] = {
    2: ("ALTER TABLE runs ADD COLUMN git_commit {TEXT}", "ALTER TABLE runs ADD COLUMN undoes {TEXT}"),
    3: (
        """CREATE TABLE pairs (
            portal_id BIGINT NOT NULL, "object" {TEXT} NOT NULL, record_id {TEXT} NOT NULL,
            to_object {TEXT} NOT NULL, to_id {TEXT} NOT NULL,
            category {TEXT} NOT NULL, type_id BIGINT NOT NULL, label {TEXT},
            "by" {TEXT} NOT NULL, "key" {TEXT} NOT NULL, to_by {TEXT} NOT NULL, to_key {TEXT} NOT NULL,
            origin {TEXT} NOT NULL, whole INTEGER NOT NULL, serial BIGINT NOT NULL,
            PRIMARY KEY (portal_id, "object", record_id, to_object, to_id, category, type_id)
        )""",
        "CREATE INDEX pairs_by_target ON pairs (portal_id, to_object, to_id)",
        "ALTER TABLE changes ADD COLUMN to_object {TEXT}",
        "ALTER TABLE changes ADD COLUMN to_by {TEXT}",
        "ALTER TABLE changes ADD COLUMN to_key {TEXT}",
        "ALTER TABLE changes ADD COLUMN to_id {TEXT}",
        "ALTER TABLE changes ADD COLUMN association {TEXT}",
    ),
    4: (
        "ALTER TABLE states ADD COLUMN project {TEXT}",
        """CREATE TABLE intents (
            portal_id BIGINT NOT NULL, run_id {TEXT} NOT NULL, "change" INTEGER NOT NULL,
            ordinal INTEGER NOT NULL, batch INTEGER NOT NULL, sent_at TIMESTAMP WITH TIME ZONE,
            PRIMARY KEY (portal_id, run_id, "change", ordinal),
            FOREIGN KEY (portal_id, run_id) REFERENCES runs (portal_id, id)
        )""",
        "CREATE INDEX intents_by_batch ON intents (portal_id, run_id, batch)",
        *_ONE_ROW_FOR_EACH_RECORD,
        "ALTER TABLE changes RENAME COLUMN renamed_from TO from_key",
        "ALTER TABLE changes ADD COLUMN from_by {TEXT}",
        'UPDATE changes SET from_by = "by" WHERE from_key IS NOT NULL',
        "ALTER TABLE changes ADD COLUMN replaces {TEXT}",
        "CREATE INDEX changes_created ON changes (portal_id, \"object\", record_id) WHERE action = 'create'",
    ),
    5: _ONE_CHANGE_FOR_EVERY_KIND,
    6: ("ALTER TABLE changes ADD COLUMN details {TEXT}",),
    7: ("ALTER TABLE runs ADD COLUMN names {TEXT}", "ALTER TABLE changes ADD COLUMN display_names {TEXT}"),
}
"""For each version, the steps that upgrade the previous version to it, in SQLite and PostgreSQL.

``{TEXT}`` is the type of names and keys; in PostgreSQL it sorts by code point.
"""
