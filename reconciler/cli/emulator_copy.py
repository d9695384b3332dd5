"""``reconciler emulator copy``."""

import re
from typing import NamedTuple

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import tell_done
from reconciler.cli.names import names_in
from reconciler.cli.options import common_options, said
from reconciler.cli.progress import progress
from reconciler.model.copies import DOES_NOT_TRAVEL, Copied, CopyResult
from reconciler.sentences import counted

_LOCAL = "local"
_SAMPLE = re.compile(r"sample=([1-9][0-9]{0,8})")


class _Records(NamedTuple):
    chosen: Copied
    sample: int = 0


def _records(_ctx: click.Context, _param: click.Parameter, value: str) -> _Records:
    """Parse the value of ``--records``: ``named``, ``owned``, ``all`` or ``sample=500``."""
    if found := _SAMPLE.fullmatch(value):
        return _Records(Copied.SAMPLE, int(found[1]))
    if value in {"named", "owned", "all"}:
        return _Records(Copied(value))
    raise click.BadParameter(f"{value!r} must be named, owned, all, or sample=NUMBER, such as sample=500")


@click.command()
@click.option("--from", "source", required=True, metavar="ENV", help="Environment whose portal is copied.")
@click.option(
    "--records",
    default="named",
    show_default=True,
    callback=_records,
    metavar="WHICH",
    help=(
        "Records to copy: named (those in manifests), owned (those in manifests or state), all, or "
        "sample=500 (the named records, and 500 of each type)."
    ),
)
@click.option("--objects", metavar="A,B", default="", help="Only these object types.")
@click.option(
    "--values",
    type=click.Choice(["mask", "show"]),
    default="mask",
    show_default=True,
    help="Replace personal values by pseudonyms, or copy them as they are.",
)
@common_options
@click.pass_context
def copy(ctx: click.Context, *, source: str, records: _Records, objects: str, values: str) -> None:
    """Copy the portal of ENV into the emulator of -e (default: local); continue an interrupted copy."""
    to = said(ctx).environment or _LOCAL
    invocation = open_environment(ctx, named=(source, "--from"))
    with progress("copying", quiet=invocation.said.quiet) as report:
        result = invocation.environment.copy(
            to,
            records=records.chosen,
            sample=records.sample,
            objects=names_in(objects),
            masked=values == "mask",
            progress=report,
        )
    tell_done(ctx, "\n".join(_lines(result)), _document(result))


def _lines(result: CopyResult) -> list[str]:
    lines = [f"{result.environment} is a copy of portal {result.portal_id}"]
    lines += [f"  {name}: {counted(count, 'record')}" for name, count in sorted(result.records.items())]
    lines.append(f"  {counted(result.associations, 'association')}, {counted(result.owned, 'row')} of state")
    if result.masked:
        lines.append(f"pseudonyms instead of values: {', '.join(result.masked)}")
    lines += [f"not imitated: {text}" for text in result.untold]
    lines += [f"not copied: {text}" for text in DOES_NOT_TRAVEL]
    went_on = "; an interrupted copy was continued" if result.is_resumed else ""
    lines.append(f"{counted(result.calls, 'call')} read the portal, and nothing was written there{went_on}")
    if result.written is not None:
        lines.append(f"{result.written} now has the environment {result.environment}")
    return lines


def _document(result: CopyResult) -> dict[str, object]:
    return {
        "associations": result.associations,
        "calls": result.calls,
        "environment": result.environment,
        "masked": list(result.masked),
        "not_imitated": list(result.untold),
        "owned": result.owned,
        "portal": result.portal_id,
        "records": dict(result.records),
        "resumed": result.is_resumed,
        "written": result.written,
    }
