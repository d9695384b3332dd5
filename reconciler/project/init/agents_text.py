"""The lines for ``AGENTS.md``: commands that an agent may run, and commands that only a person may run."""

from typing import Final

HEADING: Final = "## reconciler"

AGENTS_TEXT: Final = f"""{HEADING}

The manifests here describe data of HubSpot as code. `reconciler COMMAND --help` explains a command and
shows examples; `reconciler help` lists the pages of the documentation.

You may run these commands. They change nothing in HubSpot and nothing in the state:

- after every edit of a manifest: `reconciler validate`, `reconciler fmt`, `reconciler plan`
- to find out more: `reconciler rehearse`, `reconciler show`, `reconciler drift` (without `--accept`),
  `reconciler explain`, `reconciler runs`, `reconciler state list`, `reconciler state show`, `reconciler
  keys list`, `reconciler doctor`, `reconciler version`, `reconciler json-schema`, `reconciler
  completion`, `reconciler help`

Only a person runs these commands, or asks you for them explicitly:

- `reconciler apply`, `reconciler rollback`, `reconciler drift --accept`, `reconciler import`, `reconciler
  keys create`, `reconciler unlock`, `reconciler init`, `reconciler emulator`, and every other command of
  `reconciler state`

Besides:

- Show the plan to a person before anything is applied. If a guard refuses it, say so; do not use `--allow`.
- Do not change `guards:`, `protected:`, `portal_id:`, `token:`, `base_url:`, `state:`, `values:` or
  `notify:` in `reconciler.yaml`, nor a workflow, to make a command succeed.
- Do not read or print the values of variables named `HUBSPOT_…` and `RECONCILER_…`, and do not open
  `.reconciler/`.
- Do not show values of people: use `--values mask` where output leaves this machine.
"""
