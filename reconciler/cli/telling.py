"""How an error reaches the person: as text, as one JSON document, and as annotations in GitHub Actions."""

import os
import sys
from collections.abc import Sequence

import click

from reconciler.errors import HubSpotError, ManifestError, Problem, ReconcilerError


def tell(error: ReconcilerError, *, as_json: bool) -> None:
    """Say what is wrong: problems of manifests with ``--json`` on stdout, everything else on stderr."""
    if not isinstance(error, ManifestError):
        click.echo(told(error), err=True)
        return
    annotate(error.problems)
    if as_json:
        from reconciler.cli.output import masking_for  # noqa: PLC0415 - only on this path
        from reconciler.report.machine import problems_as_json  # noqa: PLC0415

        click.echo(problems_as_json(error.problems, masking_for(None, as_json=True)), nl=False)
        return
    count = len(error.problems)
    click.echo(f"{told(error)}\n\n{count} problem{'s' if count > 1 else ''}", err=True)


def told(error: ReconcilerError) -> str:
    """The sentence, without e-mail addresses where HubSpot or a manifest said it and no terminal shows it."""
    if sys.stderr.isatty() or not isinstance(error, HubSpotError | ManifestError):
        return str(error)
    from reconciler.cli.output import masking_for  # noqa: PLC0415 - only on this path
    from reconciler.report.mask import masked_text  # noqa: PLC0415

    return masked_text(str(error), masking_for("mask", as_json=False))


def annotate(problems: Sequence[Problem]) -> None:
    """In GitHub Actions, put problems beside the lines of the pull request."""
    if os.environ.get("GITHUB_ACTIONS") == "true" and problems:
        from reconciler.cli.output import masking_for  # noqa: PLC0415 - only on this path
        from reconciler.report.annotations import problems_as_annotations  # noqa: PLC0415
        from reconciler.report.mask import masked_problems  # noqa: PLC0415

        shown = masked_problems(problems, masking_for("mask", as_json=False))
        click.echo(problems_as_annotations(shown), nl=False, err=True)
