"""Adding records to a manifest: new lines below the last record; everything else stays as it is."""

from collections.abc import Sequence

from reconciler.errors import UsageError
from reconciler.manifest.definitions.read import SECTIONS
from reconciler.manifest.edit.patches import AnyKey, Patcher, Unsafe
from reconciler.manifest.layout.format_text import laid_out_as_before
from reconciler.manifest.write import WrittenRecord, record_lines
from reconciler.manifest.yaml.content import content_of
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.source import SourceFiles


def add_records(data: bytes, file: str, document: int, records: Sequence[WrittenRecord]) -> bytes:
    """Add ``records`` to document number ``document`` of the manifest ``data``; return the new manifest.

    Args:
        data: text of the manifest.
        file: name of the manifest, for messages.
        document: number of the document, from 0.
        records: records that this document does not name yet.

    Raises:
        UsageError: the text cannot be edited safely.
    """
    files = SourceFiles((file,))
    before = read_nodes(data, files, 0, whole=SECTIONS)
    patcher = Patcher(data, AnyKey())
    try:
        patch = patcher.appended_records(document, lambda indent: record_lines(records, indent))
    except Unsafe as unsafe:
        raise UsageError(f"cannot add records to {file}: {unsafe}\n    {unsafe.problem.advice}") from None
    text, _ = patcher.patched({None: patch})
    after = read_nodes(text.encode(), files, 0, whole=SECTIONS)
    meant = list(content_of(before))
    wanted = meant[document]
    listed = wanted["records"] if isinstance(wanted, dict) else None
    if isinstance(listed, dict):
        listed |= {record.key: record.content for record in records}
    if after.problems or list(content_of(after)) != meant:
        raise UsageError(
            f"cannot add records to {file}: the edited file would not have exactly the intended contents\n"
            "    name another file with --out"
        )
    return laid_out_as_before(data, text.encode(), file)
