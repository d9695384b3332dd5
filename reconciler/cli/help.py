"""``reconciler help``."""

import json
from typing import Final

import click

from reconciler.cli.hints import foreign_command
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import common_options, said
from reconciler.cli.output import color, is_terminal, width
from reconciler.errors import UsageError
from reconciler.project.project import Project

_COMMANDS_TOO: Final = "`reconciler help COMMAND` shows the help of a command."


@click.command()
@click.argument("topic", required=False)
@common_options
@click.pass_context
def command(ctx: click.Context, topic: str | None) -> None:
    """Show the page about TOPIC, or the help of a command; without TOPIC, list the topics.

    On a terminal, a page is formatted. Elsewhere it is printed as Markdown.
    """
    common = said(ctx)
    if topic is None:
        _list_topics(as_json=common.as_json)
        return
    try:
        page = Project.help_page(topic)
    except UsageError:
        explained = _help_of_command(ctx, topic)
        if explained is None and (hint := foreign_command(topic)):
            raise UsageError(f'there is no command "{topic}": {hint}') from None
        if explained is None:
            raise
        if common.as_json:
            document(json.dumps({"command": topic, "help": explained}, ensure_ascii=False), nl=True)
        else:
            show_text(f"{explained}\n")
        return
    if common.as_json:
        document(json.dumps({"topic": topic, "markdown": page}, ensure_ascii=False), nl=True)
    elif is_terminal():
        from reconciler.cli.page_layout import laid_out  # noqa: PLC0415 - 60 ms, and only terminals need it

        show_text(laid_out(page, columns=width(), is_colored=color(common)))
    else:
        document(page)


def _list_topics(*, as_json: bool) -> None:
    topics = Project.help_topics()
    if as_json:
        document(json.dumps({"topics": dict(topics)}, ensure_ascii=False), nl=True)
        return
    longest = max(map(len, topics))
    rows = (f"  {topic:{longest}}  {subject}" for topic, subject in topics.items())
    lines = ("Topics of `reconciler help TOPIC`:", "", *rows, "", _COMMANDS_TOO)
    show_text("".join(f"{line}\n" for line in lines))


def _help_of_command(ctx: click.Context, name: str) -> str | None:
    root = ctx.find_root()
    group = root.command
    if not isinstance(group, click.Group) or name not in group.list_commands(root):
        return None
    command = group.get_command(root, name)
    return command.get_help(click.Context(command, info_name=name, parent=root)) if command else None
