"""Unknown words get a hint and are never guessed; every command has examples that work."""

import json
import shlex
from pathlib import Path

import click
import pytest

from reconciler.cli.examples import EXAMPLES
from reconciler.cli.exits import ExitCode
from reconciler.cli.main import group
from tests.support.projects import Project, example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("plna", 'there is no command "plna": did you mean "plan"?'),
        ("diff", 'there is no command "diff": `reconciler plan` '),
        ("preview", "`reconciler plan` "),
        ("pull", "`reconciler import OBJECT` "),
        ("dump companies", "`reconciler import OBJECT` "),
        ("export", "`reconciler import OBJECT` "),
        ("sync", "`reconciler apply` "),
        ("push", "`reconciler apply` "),
        ("deploy", "`reconciler apply` "),
        ("lint", "`reconciler validate` "),
        ("check", "`reconciler validate` "),
        ("status", "`reconciler drift` "),
        ("refresh", "`reconciler drift` "),
        ("debug", "`reconciler doctor` "),
        ("DIFF", 'there is no command "DIFF": `reconciler plan` '),
        ("Plan", 'did you mean "plan"?'),
        ("destroy", "`reconciler help pruning` "),
        ("xyzzy", "commands are apply, "),
        ("help diff", 'there is no command "diff": `reconciler plan` '),
        ("state pull", "`reconciler state export` "),
        ("state push", "`reconciler state import` "),
        ("completion", "Choose from:\n    bash,\n    zsh,\n    fish"),
        ("state lst", 'there is no command "lst": did you mean "list"?'),
        ("state diff", "commands are adopt-project, "),
        ("apply --dry-run", "there is no option --dry-run: `reconciler plan` "),
        ("apply --yes", "`reconciler apply --auto-approve` "),
        ("apply -y", "there is no option -y: `reconciler apply --auto-approve` "),
        ("apply --force", "`reconciler apply --auto-approve` "),
        ("plan -out plan.json", "there is no option -out: use --out"),
        ("plan -target=companies/a", "there is no option -target: use --target"),
        ("plan --select companies", "there is no option --select: use --target GLOB"),
        ("plan --targt x", 'there is no option --targt: did you mean "--target"?'),
        ("plan --xyzzy", "there is no option --xyzzy: `reconciler plan --help` lists the options"),
    ],
)
def test_unknown_words_get_a_hint(project: Project, words: str, hint: str) -> None:
    done = project.run(*words.split())
    assert done.code == ExitCode.ERROR
    assert hint in done.err


def test_as_json_the_hint_is_in_the_document(project: Project) -> None:
    assert "`reconciler plan`" in json.dumps(project.run("--json", "diff").document)


@pytest.mark.parametrize(
    ("words", "variable", "value", "sentence"),
    [
        ("apply", "RECONCILER_PARALLELISM", "x", "'x' is not a whole number."),
        ("apply", "RECONCILER_PARALLELISM", "0", "0 is not in the range 1<=x<=64."),
        ("plan", "RECONCILER_LOG_FORMAT", "xml", "'xml' is not one of 'text', 'json'."),
        ("state list", "RECONCILER_LOG_FORMAT", "JSON", "'JSON' is not one of 'text', 'json'."),
    ],
)
def test_a_wrong_value_is_blamed_on_the_variable_that_has_it(
    tmp_path: Path, words: str, variable: str, value: str, sentence: str
) -> None:
    done = Project(tmp_path, {variable: value}).run(*words.split(), "--json")

    assert done.code == ExitCode.ERROR
    assert f"Invalid value for {variable}: {sentence}" in done.err
    assert sentence in json.dumps(done.document, ensure_ascii=False)


def test_a_wrong_value_of_an_option_is_blamed_on_the_option(tmp_path: Path) -> None:
    project = Project(tmp_path, {"RECONCILER_PARALLELISM": "5"})

    done = project.run("apply", "--parallelism", "x")

    assert "Invalid value for '--parallelism': 'x' is not a whole number." in done.err


def commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    inner = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return [found for name, each in inner.items() if each for found in commands(each, (*path, name))]


@pytest.mark.parametrize("path", commands(group), ids=" ".join)
def test_every_command_has_examples_that_it_takes(project: Project, path: tuple[str, ...]) -> None:
    examples = EXAMPLES[" ".join(path)]
    shown = project.run(*path, "--help")
    assert shown.code == ExitCode.OK
    for line in examples:
        assert line in shown.out
        code = line.partition("  #")[0].partition(" > ")[0].partition(" | ")[0].strip()
        words = shlex.split(code.removeprefix('eval "$(').removesuffix(')"'))
        assert words[0] == "reconciler"
        command: click.Command = group
        context, rest = None, words[1:]
        while isinstance(command, click.Group):
            context = command.make_context("reconciler", rest, parent=context)
            name, following, rest = command.resolve_command(
                context, [*context._protected_args, *context.args]
            )
            assert following is not None, name
            command = following
        command.make_context("reconciler", rest, parent=context)


def test_no_example_is_for_a_command_that_is_not_there() -> None:
    assert set(EXAMPLES) == {" ".join(path) for path in commands(group)}


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_has_a_short_option(project: Project, option: str) -> None:
    assert project.run(option).out.startswith("reconciler 0.")


@pytest.mark.parametrize(
    ("variables", "options", "is_colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": ""}, [], False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"FORCE_COLOR": "1"}, ["--no-color"], False),
    ],
)
def test_colours_can_be_forced(
    tmp_path: Path, variables: dict[str, str], options: list[str], is_colored: bool
) -> None:
    project = Project(example(tmp_path).folder, variables)
    assert ("\x1b[" in project.run(*options, "plan").out) == is_colored
