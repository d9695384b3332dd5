"""Printing errors: as text, as one JSON document, and as annotations in GitHub Actions."""

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

from reconciler.cli.messages import document, say, say_to_runner, talk
from reconciler.errors import HubSpotError, ManifestError, Problem, ReconcilerError, UsageError


def print_error(error: ReconcilerError, code: int, *, as_json: bool) -> None:
    """Print an error to stderr; with ``--json`` also to stdout, unless a document was printed there."""
    if not isinstance(error, ManifestError):
        say(format_error(error))
        if as_json and not talk().has_answered:
            from reconciler.report.json_report import error_as_json  # noqa: PLC0415 - only on this path

            document(error_as_json(error, format_error(error, is_seen=False), code))
        return
    if error.masked_properties:
        error = _masked(error, as_json=as_json)
    annotate(error.problems)
    if as_json and not talk().has_answered:
        from reconciler.cli.output import masking_for  # noqa: PLC0415 - only on this path
        from reconciler.report.json_report import problems_as_json  # noqa: PLC0415
        from reconciler.report.view import View  # noqa: PLC0415

        document(problems_as_json(error.problems, View(masking_for(None, as_json=True))))
        return
    count = len(error.problems)
    say(f"{format_error(error)}\n\n{count} problem{'s' if count > 1 else ''}")


def _masked(error: ManifestError, *, as_json: bool) -> ManifestError:
    """Mask the values in an error that are personal according to the portal, if the portal has been read."""
    from reconciler.cli.output import masking_for  # noqa: PLC0415 - only on this path
    from reconciler.report.mask import masked_problems  # noqa: PLC0415

    masking = masking_for(None, as_json=as_json)
    return ManifestError(masked_problems(error.problems, masking, error.masked_properties))


def asks_for_json(words: Sequence[str]) -> bool:
    """Return whether the words of a command line ask for JSON; they may be wrong, so they are not parsed."""
    return "--json" in words or "--format=json" in words or ("--format", "json") in pairwise(words)


def tell_in_json(arguments: Sequence[str] | None, message: str, code: int) -> None:
    """Print ``message``, about wrong usage or an interruption, as JSON if ``arguments`` ask for JSON."""
    words = sys.argv[1:] if arguments is None else arguments
    if asks_for_json(words) and not talk().has_answered:
        from reconciler.report.json_report import error_as_json  # noqa: PLC0415 - only on this path

        document(error_as_json(UsageError(message), message, code))


def format_error(error: ReconcilerError, *, is_seen: bool | None = None) -> str:
    """Format an error; mask e-mail addresses from HubSpot or manifests.

    They are not masked if ``is_seen`` is true, or if it is None and stderr is the terminal of a person.
    """
    if is_seen or not isinstance(error, HubSpotError | ManifestError):
        return str(error)
    from reconciler.cli.output import is_before_a_person, masking_for  # noqa: PLC0415 - only on this path

    if is_seen is None and is_before_a_person(sys.stderr):
        return str(error)
    from reconciler.report.mask import masked_text  # noqa: PLC0415

    return masked_text(str(error), masking_for("mask", as_json=False))


def annotate(problems: Sequence[Problem]) -> None:
    """Print problems as annotations in GitHub Actions: it shows them beside the lines of a pull request."""
    if os.environ.get("GITHUB_ACTIONS") == "true" and problems:
        from reconciler.cli.output import masking_for  # noqa: PLC0415 - only on this path
        from reconciler.report.github_annotations import problems_as_annotations  # noqa: PLC0415
        from reconciler.report.mask import masked_problems  # noqa: PLC0415

        shown = masked_problems(problems, masking_for("mask", as_json=False))
        say_to_runner(problems_as_annotations(shown))
