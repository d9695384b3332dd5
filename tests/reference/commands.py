"""The page of all commands, from the command line itself."""

import inspect
from collections.abc import Iterator, Sequence

import click

from reconciler.cli.examples import EXAMPLES
from reconciler.cli.main import COMMANDS, group
from reconciler.cli.options import common_options

_BEGIN = """\
# All commands and options

This page lists the commands and options of this version; a test compares it with the program.
[Exit codes](exit-codes.md) lists the exit codes. [Completion, editor, help and
colours](command-line.md) has a page of its own.

"""
_COMMON = """
Results go to stdout; progress and messages go to stderr. With `--json`, stdout is one JSON document in UTF-8,
even if the command fails. Some options can also be set by
[environment variables](settings.md#environment-variables).

## Options of every command

You can write these options before or after the name of the command.

"""


def page() -> str:
    """Return the page in Markdown."""
    context = click.Context(group, info_name="reconciler", **group.context_settings)
    common = [each for each in click.Command("", params=_common()).params if isinstance(each, click.Option)]
    parts = [_BEGIN, _overview(), _COMMON, _table(common, context)]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        parts += _sections(command, name, context)
    return "".join(parts)


def _overview() -> str:
    rows = "".join(f"| [`{name}`](#{name}) | {explained} |\n" for name, explained in sorted(COMMANDS.items()))
    return f"| command | does |\n|---|---|\n{rows}"


def _common() -> list[click.Parameter]:
    def nothing() -> None: ...

    return list(reversed(common_options(nothing).__click_params__))  # type: ignore[attr-defined]


def _sections(command: click.Command, path: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=path.rpartition(" ")[2], parent=parent)
    yield f"\n## {path}\n\n{_paragraphs(command)}\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _sections(inner, f"{path} {name}", context)
        return
    usage = " ".join(["reconciler", path, *command.collect_usage_pieces(context)])
    yield f"\n```text\n{usage}\n```\n"
    names = {each.name for each in _common()}
    options = [each for each in command.params if isinstance(each, click.Option) and each.name not in names]
    shown = [each for each in options if not each.hidden]
    if shown:
        yield f"\n{_table(shown, context)}"
    if path in EXAMPLES:
        lines = "\n".join(EXAMPLES[path])
        yield f"\nExamples:\n\n```console\n{lines}\n```\n"


def _paragraphs(command: click.Command) -> str:
    text = inspect.cleandoc(command.help or "").replace("\b\n", "").partition("\f")[0]
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _table(options: Sequence[click.Option], context: click.Context) -> str:
    rows = []
    for each in options:
        found = each.get_help_record(context)
        assert found is not None
        names, explained = (" ".join(text.split()) for text in found)
        rows.append(_row(names, explained) if "|" in names else f"| `{names}` | {explained} |\n")
    return "| option | means |\n|---|---|\n" + "".join(rows)


def _row(names: str, explained: str) -> str:
    """Return the row of an option with choices: a bar inside code would end the cell."""
    name, _, choices = names.partition(" [")
    values = ", ".join(f"`{value}`" for value in choices.rstrip("]").split("|"))
    return f"| `{name}` {values} | {explained} |\n"
