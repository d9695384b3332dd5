"""Formatting the result of ``keys create``."""

from collections.abc import Iterator

from reconciler.model.new_key import KeyResult


def new_key_lines(result: KeyResult) -> Iterator[str]:
    """Return the lines for a terminal: counts of records by source of the key; then files; then warnings."""
    yield f"{result.object}: {result.records:,} records, key {result.name}"
    counts = [(text, count) for text, count in result.by_source]
    counts += [("filled already", result.filled_already)] if result.filled_already else []
    counts += [("without a value", result.left_out)] if result.left_out else []
    width = max(len(text) for text, _ in counts)
    for text, count in counts:
        yield f"  {text.ljust(width)}  {count:>9,}"
    if result.left_out_file is not None:
        yield f"list of the records without a value: {result.left_out_file}"
    if result.manifest is not None:
        yield f"its definition: {result.manifest}"
    if result.was_archived:
        yield f"HubSpot has an archived property {result.name}: it comes back with its old values"
    for source in result.differs_between_portals:
        yield f"values from {source} differ between portals: a record gets another key in each portal"
