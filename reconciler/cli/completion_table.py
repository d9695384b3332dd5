"""Creating the table of commands and options in ``completion.json``, from which shells complete."""

from collections.abc import Mapping
from typing import Any, Final

import click

from reconciler.model.object_types import standard_names
from reconciler.plan.plan import Guard
from reconciler.project.project import Project

_KINDS: Final[Mapping[str, str]] = {
    "environment": "environments",
    "target": "addresses",
    "exclude": "addresses",
    "take": "addresses",
    "recreate": "addresses",
    "accepted": "addresses",
    "more": "addresses",
    "address": "addresses",
    "addresses": "addresses",
    "allow": "guards",
    "run": "runs",
    "object_type": "objects",
    "topic": "topics",
    "directory": "files",
}
"""Kinds of values, by name of option or argument; click's types give the kinds of the others."""


def completion_table(group: click.Group) -> Mapping[str, Any]:
    """Return the commands of ``group`` and their options, with the kinds of their values."""
    context = click.Context(group, **group.context_settings)  # gives the help option its names
    guards = [str(guard) for guard in Guard]
    return {
        **_command(group, context),
        "guards": guards,
        "objects": list(standard_names()),
        "topics": list(Project.help_topics()),
    }


def _command(command: click.Command, context: click.Context) -> dict[str, Any]:
    parameters = command.get_params(context)
    arguments = [each for each in parameters if isinstance(each, click.Argument)]
    facts: dict[str, Any] = {
        "help": command.get_short_help_str(80).rstrip("."),
        "options": dict(sorted(_options(parameters))),
        "arguments": [_kind(each) for each in arguments],
        "is_repeated": any(each.nargs == -1 for each in arguments),
    }
    if isinstance(command, click.Group):
        inner = {name: command.get_command(context, name) for name in command.list_commands(context)}
        facts["commands"] = {
            name: _command(each, click.Context(each, parent=context)) for name, each in inner.items() if each
        }
    return facts


def _options(parameters: list[click.Parameter]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for each in parameters:
        if isinstance(each, click.Option) and not each.hidden:
            explanation = (each.help or "").partition(". ")[0].rstrip(".")
            facts = {"help": explanation} if each.is_flag else {"help": explanation, "value": _kind(each)}
            found += [(name, facts) for name in (*each.opts, *each.secondary_opts)]
    return found


def _kind(parameter: click.Parameter) -> Any:
    if isinstance(parameter.type, click.Choice):
        return [str(choice) for choice in parameter.type.choices]
    if isinstance(parameter.type, click.Path):
        return "files"
    return _KINDS.get(parameter.name or "", "text")
