"""``reconciler json-schema``."""

import json
from pathlib import Path
from typing import Literal

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import document, tell_done
from reconciler.cli.names import names_in
from reconciler.cli.options import common_options, said
from reconciler.errors import UsageError
from reconciler.project.files import write_file
from reconciler.project.project import Project

_KINDS = ("manifests", "settings")


@click.command()
@click.argument("what", type=click.Choice(_KINDS), default=_KINDS[0])
@click.option(
    "--objects",
    metavar="a,b",
    default="",
    help=("With -e: only these object types, instead of the object types of the manifests."),
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the schema to this file.")
@common_options
@click.pass_context
def command(
    ctx: click.Context, what: Literal["manifests", "settings"], objects: str, out: Path | None
) -> None:
    """Print the JSON schema of manifests, or of reconciler.yaml (settings), for editors.

    With -e ENV, it has the definitions of that portal: properties, options, owners, pipelines, stages.
    """
    is_live = said(ctx).environment is not None
    if is_live and what != _KINDS[0]:
        raise UsageError("the schema of reconciler.yaml is the same for all portals\n    leave out -e")
    if objects and not is_live:
        raise UsageError(
            "--objects reads the definitions of a portal, so it needs an environment\n"
            "    choose an environment with -e ENV"
        )
    if is_live:
        schema = open_environment(ctx).environment.json_schema(objects=names_in(objects))
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    else:
        text = Project.json_schema(what)
    if out is None:
        document(text)
        return
    write_file(out, [text.encode()])
    tell_done(ctx, f"{out} written", {"written": str(out)})
