"""Associations between records, which are stored in both directions.

Source of shapes and rules: developers.hubspot.com/docs/api-reference/crm-associations-v4/guide
"""

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.emulator import association_types, guesses, identity, refusals, response_format
from reconciler.emulator.association_types import AssociationType
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import NO_TYPE, Work
from reconciler.emulator.response_format import Json

PAGE = 500


class Pair:
    """The associations from records of one object type to records of another."""

    def __init__(self, work: Work, from_type: ObjectType, to_type: ObjectType) -> None:
        self.work = work
        self.from_type = from_type
        self.to_type = to_type
        self.types = {(t.category, t.type_id): t for t in association_types.between(work, from_type, to_type)}

    def record_id(self, object_type: ObjectType, given: str) -> int:
        """Return the id of a live record; refuse the call if there is no such record."""
        record = identity.find(self.work, object_type, given, None)
        if record is None:
            raise guesses.missing_end(self.work.guesses, object_type.error_name, given)
        return record.id

    @property
    def plain(self) -> AssociationType:
        """The unlabelled type; the call is refused if records of the two types cannot be associated."""
        for known in self.types.values():
            if known.label is None:
                return known
        raise refusals.invalid_request(
            f"{self.from_type.type_id} and {self.to_type.type_id} have no association definition"
        )

    def choose(self, specs: object) -> list[AssociationType]:
        """Return the types that the field ``types`` of a request lists; refuse a type that does not exist."""
        chosen: list[AssociationType] = []
        for spec in response_format.as_list(specs, "types"):
            category, type_id = association_types.spec_key(response_format.as_object(spec, "types"))
            if (category, type_id) not in self.types:
                raise refusals.invalid_request(
                    f"association type {category} {type_id} does not exist between "
                    f"{self.from_type.type_id} and {self.to_type.type_id}"
                )
            chosen.append(self.types[category, type_id])
        return chosen

    def add(self, from_id: int, to_id: int, types: Sequence[AssociationType]) -> None:
        """Associate two records with ``types`` and with the unlabelled type.

        Keep the types that they have already.
        """
        chosen = dict.fromkeys((self.plain, *types))
        self._refuse_too_many(from_id, to_id, chosen)
        for known in chosen:
            if known.primary_of:
                self._drop_primary(from_id, to_id, known)
            for start, start_id, end, end_id, type_id in self._ends(from_id, to_id, known):
                self.work.storage.run(
                    "INSERT OR IGNORE INTO associations VALUES (?, ?, ?, ?, ?, ?, ?)",
                    self.work.portal_id,
                    start,
                    start_id,
                    end,
                    end_id,
                    known.category,
                    type_id,
                )

    def _refuse_too_many(self, from_id: int, to_id: int, chosen: Iterable[AssociationType]) -> None:
        """Refuse types with which one of the two records would exceed a limit of the portal."""
        limits = self.work.stored(association_types.LIMIT, NO_TYPE)
        if not limits:
            return
        back = Pair(self.work, self.to_type, self.from_type)
        for known in chosen:
            ends = (
                ("from", self, from_id, to_id, known.type_id),
                ("to", back, to_id, from_id, known.inverse_id),
            )
            for end, pair, bearer, other, type_id in ends:
                if known.primary_of == end:
                    continue  # a new primary association replaces the old one, so the number stays
                name = association_types.limit_name(pair.from_type, pair.to_type, known.category, type_id)
                limit = limits.get(name)
                if limit is None:
                    continue
                wanted = pair.types[known.category, type_id]
                there = {to for to, types in pair.of(bearer).items() if wanted in types}
                if other not in there and len(there) >= limit["userEnforcedMaxToObjectIds"]:
                    raise guesses.too_many_associated(self.work.guesses, from_id, to_id, bearer)

    def _ends(
        self, from_id: int, to_id: int, known: AssociationType
    ) -> tuple[tuple[str, int, str, int, int], ...]:
        start, end = self.from_type.type_id, self.to_type.type_id
        return (start, from_id, end, to_id, known.type_id), (end, to_id, start, from_id, known.inverse_id)

    def _drop_primary(self, from_id: int, to_id: int, known: AssociationType) -> None:
        """Remove the previous primary association of the record that can have only one."""
        if known.primary_of == "to":
            back = Pair(self.work, self.to_type, self.from_type)
            back._drop_primary(to_id, from_id, back.types[known.category, known.inverse_id])
            return
        for other_id, types in self.of(from_id).items():
            if known in types:
                self.remove(from_id, other_id, [known])

    def remove(self, from_id: int, to_id: int, types: Sequence[AssociationType] | None = None) -> None:
        """Remove ``types``, or all (None); removing the unlabelled type removes all others as well."""
        if types is None or any(known.label is None for known in types):
            types = list(self.types.values())
        for known in types:
            for start, start_id, end, end_id, type_id in self._ends(from_id, to_id, known):
                self.work.storage.run(
                    "DELETE FROM associations WHERE portal_id = ? AND from_type = ? AND from_id = ? "
                    "AND to_type = ? AND to_id = ? AND category = ? AND type_id = ?",
                    self.work.portal_id,
                    start,
                    start_id,
                    end,
                    end_id,
                    known.category,
                    type_id,
                )

    def remove_by_text(
        self, from_text: str, to_text: str, types: Sequence[AssociationType] | None = None
    ) -> None:
        """Remove types between two records, given their ids as text; ignore text that cannot be an id."""
        if identity.is_record_id(from_text) and identity.is_record_id(to_text):
            self.remove(int(from_text), int(to_text), types)

    def of(self, from_id: int) -> dict[int, list[AssociationType]]:
        """Return the ids of associated records, in ascending order, with the types of each association."""
        rows = self.work.storage.rows(
            "SELECT to_id, category, type_id FROM associations "
            "WHERE portal_id = ? AND from_type = ? AND from_id = ? AND to_type = ? "
            "ORDER BY to_id, type_id DESC",
            self.work.portal_id,
            self.from_type.type_id,
            from_id,
            self.to_type.type_id,
        )
        found: dict[int, list[AssociationType]] = {}
        for to_id, category, type_id in rows:
            if (category, type_id) in self.types:
                found.setdefault(to_id, []).append(self.types[category, type_id])
        return found

    def page(self, from_id: int, after: str | None, limit: int = PAGE) -> Json:
        """Return one page of associated records, as ``results`` and ``paging``."""
        found, next_ = self.slice(from_id, after, limit)
        results = [
            {"toObjectId": to_id, "associationTypes": [known.body for known in types]}
            for to_id, types in found
        ]
        return response_format.page_body(self.work, results, next_)

    def slice(
        self, from_id: int, after: str | None, limit: int
    ) -> tuple[list[tuple[int, list[AssociationType]]], str | None]:
        """Return one page of associated records, and the cursor of the next page: the next id, or None."""
        first = identity.cursor(after)
        found = [(to_id, types) for to_id, types in self.of(from_id).items() if to_id >= first]
        return found[:limit], str(found[limit][0]) if len(found) > limit else None


def labels_body(pair: Pair, from_id: int, to_id: int, types: Sequence[AssociationType]) -> Json:
    """Return the answer to a call that gave labels to the association of two records."""
    return {
        "fromObjectTypeId": pair.from_type.type_id,
        "fromObjectId": from_id,
        "toObjectTypeId": pair.to_type.type_id,
        "toObjectId": to_id,
        "labels": [known.label for known in types if known.label is not None],
    }


def drop_all(work: Work, object_type: ObjectType, record_id: int) -> None:
    """Remove all associations of a record that was deleted."""
    for end in ("from", "to"):
        work.storage.run(
            f"DELETE FROM associations WHERE portal_id = ? AND {end}_type = ? AND {end}_id = ?",
            work.portal_id,
            object_type.type_id,
            record_id,
        )


def associate_new(work: Work, object_type: ObjectType, record: Record, given: Sequence[Any]) -> None:
    """Associate a new record with the records in ``given``.

    ``given`` has the form ``[{to: {id}, types: [...]}]``.
    """
    for item in given:
        spec = response_format.as_object(item, "associations")
        to_id = response_format.as_text(response_format.as_object(spec.get("to"), "to").get("id"), "to.id")
        for type_spec in response_format.as_list(spec.get("types"), "types"):
            type_ = response_format.as_object(type_spec, "types")
            to_type = association_types.target_type(work, object_type, *association_types.spec_key(type_))
            pair = Pair(work, object_type, to_type)
            pair.add(record.id, pair.record_id(to_type, to_id), pair.choose([type_]))
