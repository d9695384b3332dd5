"""The plan file: lines of JSON for people, tools and apply.

The first line, the header, contains everything except changes and held differences. Then follows one line for
each change, in the order of the plan, then one line for each held difference. The last line has their counts
and their digest (``lines.py``). Equal plans give equal files.

Two plans with the same digest do the same when they are applied. The digest covers the format version,
environment, portal, allowances, prune rules, the rolled-back run, whether the plan may be applied, its
problems and refusals, the counts for the percentages of guards, the masked properties, and everything
under ``do`` of each change. It also covers the commit of the manifests, and lineage and serial of the state.
It does not cover reasons, places, people, times and costs. It detects damage, not forgery.

Two plans are rarely made with the same state. To compare plans, people use ``content``: the same hash, but
without commit, lineage and serial.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from reconciler.errors import UsageError
from reconciler.json_values import Json, Wrong, as_is, as_text, part
from reconciler.plan.file.decode import plan_from_header
from reconciler.plan.file.encode import (
    Digests,
    digested_header,
    header_as_document,
    held_as_document,
    text_of,
)
from reconciler.plan.file.lines import (
    ChangeLine,
    End,
    HeldLine,
    altered,
    digest_of_json,
    lines_of,
    parsed,
    read_entries,
    read_header,
    split_lines,
)
from reconciler.plan.file.sequences import (
    IN_MEMORY,
    SpooledChanges,
    SpooledHeld,
    Workspace,
    spooled,
)
from reconciler.plan.plan import Plan

FORMAT_VERSION = "2.0"
"""Version of the plan files that we write. A higher minor version only adds keys.

A higher major version changes the meaning of existing keys.
"""


def plan_lines(plan: Plan) -> Iterator[bytes]:
    """Return the lines of the plan file; ``read_plan`` returns an equal plan from them."""
    changes = spooled(plan.changes)
    header = header_as_document(plan, FORMAT_VERSION, changes.written)
    digests = _digests(header, changes)
    end = End(len(changes), len(plan.held), digests.digest, digests.content)
    yield from lines_of(header, changes.lines, map(held_as_document, plan.held), end)


def plan_as_document(
    plan: Plan, digests: Digests | None = None, further: Mapping[str, object] | None = None
) -> str:
    """Return the plan as one JSON document, for programs that only read it.

    If the values of ``plan`` are masked, ``digests`` must be those of the unmasked plan. ``further`` are
    members that a plan file does not have.
    """
    changes = spooled(plan.changes)
    document = header_as_document(plan, FORMAT_VERSION, changes.written)
    of_this = _digests(document, changes) if digests is None else digests
    return text_of(
        document
        | {
            "changes": map(parsed, changes.lines),
            "content": of_this.content,
            "digest": of_this.digest,
            "held": map(held_as_document, plan.held),
        }
        | ({} if digests is None else {"masked": True})
        | dict(further or {})
    )


def read_plan(pieces: Iterable[bytes], workspace: Workspace = IN_MEMORY) -> Plan:
    """Read a plan file from ``pieces`` of its bytes, and keep its lines in ``workspace``.

    Everything except changes is checked now; changes are checked when they are decoded. Keys that a newer
    minor version added are ignored.

    Raises:
        UsageError: this version cannot apply it; the message names the place.
        PlanRefused: it is a complete plan file, but was altered.
    """
    lines = split_lines(pieces)
    header = read_header(lines)
    version = _version_of(header)
    changes, held = SpooledChanges(workspace.lines()), SpooledHeld(workspace.lines())
    end = None
    for entry in read_entries(lines):
        match entry:
            case ChangeLine():
                changes.append_line(entry)
            case HeldLine():
                held.append_line(entry.held)
            case End():
                end = entry
    try:
        plan = plan_from_header(header, changes, held)
        digests = _digests(header, changes)
    except Wrong as wrong:
        other = " or was written by another version" if version != FORMAT_VERSION else ""
        raise UsageError(
            f"the plan file cannot be used: {wrong}\n    it was damaged{other}: plan again"
        ) from None
    if end is None or (end.digest, end.content) != digests:
        raise altered("its changes do not match its digest")
    return plan


def digest_of(plan: Plan) -> str:
    """Return the ``sha256:…`` of everything in the plan that affects what apply does."""
    return digests_of(plan).digest


def digests_of(plan: Plan) -> Digests:
    """Return the digest and the content hash of a plan."""
    changes = spooled(plan.changes)
    return _digests(header_as_document(plan, FORMAT_VERSION, changes.written), changes)


def _digests(header: Json, changes: SpooledChanges) -> Digests:
    content = changes.digest.with_header(digested_header(header))
    made_against = {
        "commit": part(header, "manifests.git", as_is),
        "content": content,
        "lineage": part(header, "state.lineage", as_is),
        "serial": part(header, "state.serial", as_is),
    }
    return Digests(digest_of_json(made_against), content)


def _version_of(header: Json) -> str:
    try:
        version = part(header, "format_version", as_text)
    except Wrong:
        raise UsageError(
            "this is no plan file: it has no format_version\n    make one with `reconciler plan --out FILE`"
        ) from None
    if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", version):
        raise UsageError("this is no plan file: its format_version is not a version such as 2.0")
    major, minor = map(int, version.split("."))
    ours, least = map(int, FORMAT_VERSION.split("."))
    if major != ours or minor < least:
        raise UsageError(
            f"the plan file has format {version}, but the installed version of reconciler reads only formats "
            f"{FORMAT_VERSION} to {ours}.x\n"
            "    apply the file with the version of reconciler that made the file, or plan again"
        )
    return version
