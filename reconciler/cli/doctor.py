"""``reconciler doctor``."""

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.messages import document, show_text
from reconciler.cli.names import names_in
from reconciler.cli.options import common_options, said
from reconciler.cli.output import color, width
from reconciler.model.diagnosis import CheckResult
from reconciler.project.project import Project
from reconciler.report.diagnosis import diagnosis_as_document, render_check, render_diagnosis_end
from reconciler.report.mask import SHOW
from reconciler.report.view import View


@click.command()
@click.option(
    "--objects",
    metavar="a,b",
    default="",
    help="Check these object types too, besides those that the manifests name.",
)
@click.option(
    "--token-variable",
    metavar="NAME",
    help="The variable that contains the token, in place of the one in reconciler.yaml.",
)
@common_options
@click.pass_context
def command(ctx: click.Context, objects: str, token_variable: str | None) -> int:
    """Check project, token, portal and state, and say what to do. Changes nothing anywhere.

    The command works before the project is complete. Given only a token, the command shows
    the portal of this token.
    """
    common = said(ctx)
    view = View(SHOW, where=str, color=color(common), width=width())

    def tell(result: CheckResult) -> None:
        if not common.as_json:
            show_text(render_check(result, view))

    diagnosis = Project.doctor(
        common.directory,
        common.environment,
        objects=names_in(objects),
        token_variable=token_variable,
        tell=tell,
    )
    if common.as_json:
        document(diagnosis_as_document(diagnosis))
    else:
        show_text(render_diagnosis_end(diagnosis, view))
    return ExitCode.OK if diagnosis.is_healthy else ExitCode.ERROR
