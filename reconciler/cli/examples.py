"""Examples at the end of the help of each command. A test reads each of them as the command line does."""

from collections.abc import Mapping, Sequence
from typing import Final

import click

EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "apply": (
        "reconciler apply                          # plan, show, ask, apply",
        "reconciler apply plan.json --verify       # apply the reviewed plan, then plan again",
    ),
    "completion": (
        'eval "$(reconciler completion bash)"       # in ~/.bashrc',
        'eval "$(reconciler completion zsh)"        # in ~/.zshrc, after compinit',
        "reconciler completion fish | source        # in ~/.config/fish/config.fish",
    ),
    "doctor": ("reconciler doctor", "reconciler doctor -e sandbox --objects companies,deals"),
    "drift": (
        "reconciler drift",
        "reconciler drift --accept 'companies/acme#phone'   # write the edit into the manifest",
    ),
    "emulator copy": ("reconciler emulator copy --from production --records sample=500",),
    "emulator edit": ("reconciler emulator edit companies/acme phone='+49 30 1'   # as a person would",),
    "emulator reset": ("reconciler emulator reset -e local",),
    "emulator seed": ("reconciler emulator seed -e local",),
    "emulator serve": ("reconciler emulator serve --port 8080",),
    "emulator verify": ("reconciler emulator verify -e sandbox   # a test account, with its token",),
    "explain": ("reconciler explain companies/acme", "reconciler explain 'companies/acme#phone' --full"),
    "fmt": ("reconciler fmt", "reconciler fmt --check --diff crm"),
    "help": ("reconciler help", "reconciler help state"),
    "import": (
        "reconciler import companies --key external_id",
        "reconciler import deals --filter 'amount>1000' --out deals.csv",
        "reconciler import companies --check       # records that no manifest names",
    ),
    "init": ("reconciler init --example", "reconciler init crm --portal-id 7654321 --github"),
    "json-schema": (
        "reconciler json-schema settings --out settings.schema.json",
        "reconciler json-schema -e sandbox --out manifest.schema.json   # with the portal's properties",
    ),
    "keys create": (
        "reconciler keys create companies crm_key --from domain --from record_id --out plan.json",
    ),
    "keys list": ("reconciler keys list companies --properties domain",),
    "plan": (
        "reconciler plan",
        "reconciler plan --target 'companies/a*' --out plan.json",
        "reconciler plan --allow archive=41        # raise the limit of one guard",
    ),
    "rehearse": (
        "reconciler rehearse                       # plan, and try it on a copy",
        "reconciler rehearse plan.json             # a saved plan, before it is applied",
    ),
    "rollback": (
        "reconciler runs list                      # which run?",
        "reconciler rollback 20261201T120000-ab12 --out plan.json",
    ),
    "runs list": ("reconciler runs list",),
    "runs show": ("reconciler runs show 20261201T120000-ab12 --full",),
    "show": ("reconciler show plan.json --full", "reconciler show plan.json --format markdown"),
    "state adopt-project": ("reconciler state adopt-project",),
    "state export": ("reconciler state export > state.jsonl",),
    "state forget": ("reconciler state forget contacts/ada@acme.example",),
    "state import": ("reconciler state import state.jsonl",),
    "state list": ("reconciler state list",),
    "state move": ("reconciler state move --to git:refs/reconciler",),
    "state rekey": ("reconciler state rekey",),
    "state rm": ("reconciler state rm 'companies/a*'         # own them no longer; they stay in HubSpot",),
    "state show": ("reconciler state show companies/acme",),
    "state upgrade": ("reconciler state upgrade",),
    "unlock": ("reconciler unlock",),
    "validate": ("reconciler validate", "reconciler validate --online -e sandbox"),
    "version": ("reconciler version",),
}
"""Examples by command; text after ``#`` is a comment."""


def add_examples(command: click.Command, path: str) -> None:
    """Add examples to the end of the help of ``command``, called ``path``, and of its subcommands."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            add_examples(inner, f"{path} {name}")
    lines = EXAMPLES.get(path, ())
    if lines:
        command.epilog = "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
