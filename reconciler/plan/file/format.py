"""The plan as a file: JSON that people can read, tools can pick apart, and apply can trust.

Keys are sorted, and each change is one line, so that a plan of a hundred thousand changes stays
quick to write, to read and to search. Equal plans give equal text.

The digest tells whether what apply would do is still what was planned. It covers the format version,
environment, portal, allowances, rules of pruning, the run that is taken back, whether the plan may be
applied and what speaks against that (problems that are errors, guards that it ran into), what guards take
shares of, whose values are masked, and of each change address, action, record id, origin, operation, values,
what it rests on, protection and former key; besides those the commit of the manifests, and lineage and
serial of the state that it was made against. Reasons, places, people, times and costs may differ between
plans of one digest. It detects damage, not forgery.

Two runs hardly ever plan against one state: what people compare across runs is ``content``, which covers
the same but for commit, lineage and serial.
"""

import hashlib
import json
import re

from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.plan.file.decode import plan_from_document
from reconciler.plan.file.encode import Digests, digested_head, plan_as_document, text_of
from reconciler.plan.file.fields import encode_what_it_does
from reconciler.plan.file.json_values import Json, Wrong, as_object, as_text, part
from reconciler.plan.plan import Plan

FORMAT_VERSION = "2.0"
"""Of the files we write. A newer minor adds keys; a newer major changes the meaning of old ones."""

_DIGESTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def plan_to_text(plan: Plan) -> str:
    """The plan file; ``plan_from_text`` gives an equal plan back."""
    return text_of(plan_as_document(plan, FORMAT_VERSION, digests_of(plan)))


def masked_plan_to_text(masked: Plan, digests: Digests) -> str:
    """The same shape for eyes only: values of ``masked`` are replaced, ``digests`` are the real plan's."""
    return text_of(plan_as_document(masked, FORMAT_VERSION, digests) | {"masked": True})


def plan_from_text(text: str) -> Plan:
    """Read a plan file. Keys that a newer minor version added are ignored.

    Raises:
        UsageError: where ``text`` is no plan that this version can carry out; the message says where.
        PlanRefused: where it is a plan, but not what was planned any more.
    """
    document = _parsed(text)
    try:
        version = part(document, "format_version", as_text)
    except Wrong:
        raise UsageError(
            "this is no plan file: it has no format_version\n    make one with `reconciler plan --out FILE`"
        ) from None
    _check_version(version)
    if document.get("masked"):
        raise UsageError(
            "this plan is masked: it is for reading, and its values are not the real ones\n"
            "    take the file that `reconciler plan --out FILE` writes"
        )
    try:
        plan = plan_from_document(document)
        stated = Digests(part(document, "digest", as_text), part(document, "content", as_text))
    except Wrong as wrong:
        other = " or was written by another version" if version != FORMAT_VERSION else ""
        raise UsageError(
            f"the plan file cannot be used: {wrong}\n    it was damaged{other}: plan again"
        ) from None
    if stated != _digests(plan, version):
        raise PlanRefused(
            Refusal.ALTERED,
            "the plan file was altered: what it would do does not match its digest\n    plan again",
        )
    return plan


def digest_of(plan: Plan) -> str:
    """``sha256:…`` over everything that makes a difference to what apply would do."""
    return digests_of(plan).digest


def digests_of(plan: Plan) -> Digests:
    """The digest, and that of the content alone."""
    return _digests(plan, FORMAT_VERSION)


def _digests(plan: Plan, format_version: str) -> Digests:
    hashed = hashlib.sha256(_DIGESTED.encode(digested_head(plan, format_version)).encode())
    for change in plan.changes:
        hashed.update(b"\n" + _DIGESTED.encode(encode_what_it_does(change)).encode())
    content = f"sha256:{hashed.hexdigest()}"
    made_against = {
        "commit": plan.manifests.git,
        "content": content,
        "lineage": plan.state.lineage,
        "serial": plan.state.serial,
    }
    return Digests(f"sha256:{hashlib.sha256(_DIGESTED.encode(made_against).encode()).hexdigest()}", content)


def _parsed(text: str) -> Json:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        text.encode()
        if re.search(r"\\u[dD][89a-fA-F]", text):  # escaped surrogates: fine in pairs, no text alone
            json.dumps(document, ensure_ascii=False).encode()
        return as_object(document)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"this is no plan file: it is not JSON ({where}: {error.msg})") from None
    except UnicodeEncodeError:
        raise UsageError("this is no plan file: it holds something that is not Unicode text") from None
    except (ValueError, RecursionError):
        raise UsageError("this is no plan file: it is not JSON that can be read") from None
    except Wrong as wrong:
        raise UsageError(f"this is no plan file: {wrong}") from None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _check_version(version: str) -> None:
    if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", version):
        raise UsageError("this is no plan file: its format_version is not a version such as 2.0")
    major, minor = map(int, version.split("."))
    ours, least = map(int, FORMAT_VERSION.split("."))
    if major != ours or minor < least:
        raise UsageError(
            f"the plan file has format {version}, and this version reads {ours}.x from {FORMAT_VERSION} on\n"
            "    apply it with the version that made it, or plan again"
        )
