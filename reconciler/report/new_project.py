"""Formatting the result of ``init``: files, the scopes to select, and the next steps."""

from collections.abc import Iterator, Sequence
from shlex import quote

from reconciler.model.new_project import NewProject
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import BLANK, Line, Piece, Style, line, painted
from reconciler.report.view import View

_KEY_PLACE = (
    "In HubSpot: Development > Keys > Service keys > Create service key (the token of a private app works "
    "too). Tick these scopes and no others; a key that can only read is enough until you apply:"
)
_PORTAL_PLACE = (
    "The next command says to which portal your service key belongs: write the number of that portal into "
    "reconciler.yaml. You also find the number in the address of every page of HubSpot, and in the menu "
    "behind your account's name at the top right."
)
_ENV_FILE = "~/.config/reconciler/env"
_TOKEN_STEPS = (
    "mkdir -p ~/.config/reconciler",
    f"touch {_ENV_FILE} && chmod 600 {_ENV_FILE}",
    f"export RECONCILER_ENV_FILE={_ENV_FILE}",
)
_PLAN_KEY_TEXT = (
    "State, plans and reports are encrypted with a key of your own. Everybody who plans or applies needs the "
    "same key. The jobs need it too, as the secret RECONCILER_PLAN_KEY:"
)
_PLAN_KEY_STEPS = (
    "echo RECONCILER_PLAN_KEY=$(openssl rand -base64 32) \\",
    f"  >> {_ENV_FILE}",
)
_WIDTH_OF_PURPOSE = 14
_SECRETS = {
    "GitHub": (
        ("HUBSPOT_READ_TOKEN", "for the repository: a HubSpot token that can only read"),
        ("RECONCILER_PLAN_KEY", "for the repository: encrypts state and plans"),
        ("HUBSPOT_WRITE_TOKEN", "for the environment hubspot: a token that can write"),
        ("", "(let reviewers approve jobs in this environment)"),
    ),
    "GitLab": (
        ("HUBSPOT_READ_TOKEN", "a HubSpot token that can only read"),
        ("RECONCILER_PLAN_KEY", "encrypts state and plans"),
        ("HUBSPOT_WRITE_TOKEN", "protected, for the environment production:"),
        ("", "a HubSpot token that can write"),
        ("GITLAB_NOTE_TOKEN", "for comments on merge requests and for the drift issue"),
        ("GITLAB_READ_TOKEN", "protected: reads merge requests"),
    ),
}
_WIDTH_OF_SECRET = 21


def render_new_project(made: NewProject, view: View) -> str:
    """Format the new files, the scopes to select for the token, and the next steps."""
    layout = Layout(view.width, view.full, view.where)
    lines = [*_files(made, layout), *_state(made, layout), BLANK]
    lines += _example_steps(made) if made.is_example else _steps(made, layout)
    return painted(lines, color=view.color)


def _files(made: NewProject, layout: Layout) -> Iterator[Line]:
    if made.written:
        yield from layout.paragraph(f"Written: {', '.join(made.written)}.", style=Style.STRONG)
    else:
        yield from layout.paragraph("Everything is there already.", style=Style.STRONG)
    if made.kept:
        yield from layout.paragraph(
            f"These files existed already and were not changed: {', '.join(made.kept)}."
        )


def _state(made: NewProject, layout: Layout) -> Iterator[Line]:
    if made.is_shared:
        text = (
            f"State is kept in the remote repository ({made.state}), encrypted: every clone and every job "
            "shares it."
        )
        yield from layout.paragraph(text)
    elif made.state:
        file = made.state.removeprefix("sqlite:///")
        text = (
            f"State is kept in {file}, on this machine only. Before other people or CI jobs apply, "
            "move it with `reconciler state move` to a place that everybody can reach."
        )
        yield from layout.paragraph(text)


def _steps(made: NewProject, layout: Layout) -> Iterator[Line]:
    yield from _step(1, "Make a key", layout)
    yield from layout.paragraph(_KEY_PLACE, indent=3)
    yield BLANK
    yield from _scopes(made)
    yield BLANK
    yield from _step(2, "Put it into a file of yours, outside this folder", layout)
    yield from _commands(_TOKEN_STEPS)
    yield from layout.paragraph(
        "Open it in an editor and write one line: HUBSPOT_ACCESS_TOKEN= and the key.", indent=3
    )
    if made.is_shared:
        yield from layout.paragraph(_PLAN_KEY_TEXT, indent=3)
        yield from _commands(_PLAN_KEY_STEPS)
    yield BLANK
    yield from _step(3, "See whether everything is in place", layout)
    if made.folder != ".":
        yield from _commands([f"cd {quote(made.folder)}"])
    if made.portal_id is None:
        yield from layout.paragraph(_PORTAL_PLACE, indent=3)
    yield from _commands([f"reconciler doctor --objects {','.join(made.objects)}"])
    yield BLANK
    yield from _step(4, "Take over the existing records: this changes nothing in HubSpot", layout)
    first = made.objects[0] if made.objects else "companies"
    yield from _commands(
        [
            f"reconciler import {first}",
            "reconciler plan --out plan.json",
            "reconciler apply plan.json",
        ]
    )
    if made.hosts:
        yield BLANK
        yield from _step(5, "Let the jobs run", layout)
        yield from _job_steps(made, layout)


def _job_steps(made: NewProject, layout: Layout) -> Iterator[Line]:
    if made.placeholders:
        names = " and ".join(made.placeholders)
        text = f"In the workflows, replace {names} by the repository of reconciler and one of its commits."
        yield from layout.paragraph(text, indent=3)
    for host in made.hosts:
        yield from layout.paragraph(f"On {host}, set these secrets (docs/ci.md has the details):", indent=3)
        for name, meaning in _SECRETS[host]:
            yield line(name.ljust(_WIDTH_OF_SECRET), meaning, indent=5)


def _example_steps(made: NewProject) -> Iterator[Line]:
    folder = "" if made.folder == "." else f" -C {quote(made.folder)}"
    yield from _commands([f"reconciler{folder} plan", f"reconciler{folder} apply"])
    yield line("   README.md in this folder explains the example. No account is needed.")


def _step(number: int, title: str, layout: Layout) -> Iterator[Line]:
    yield from layout.paragraph(f"{number}. {title}", style=Style.STRONG)


def _commands(commands: Sequence[str]) -> Iterator[Line]:
    for command in commands:
        yield line(command, indent=5)


def _scopes(made: NewProject) -> Iterator[Line]:
    scopes = made.scopes
    yield from _purpose("to plan", scopes.plan)
    yield from _purpose("to begin", ("the same",))
    longest = max((len(name) for names in scopes.begin.values() for name in names), default=0)
    for what, names in scopes.begin.items():
        yield from _purpose("", [f"{name.ljust(longest)}  for `{what}`" for name in names])
    yield from _purpose("to apply", ("the same, and", *scopes.apply))


def _purpose(purpose: str, names: Sequence[str]) -> Iterator[Line]:
    for index, name in enumerate(names):
        label = Piece((purpose if index == 0 else "").ljust(_WIDTH_OF_PURPOSE), Style.STRONG)
        yield line(label, name, indent=5)
