"""Comparable tools, if they are installed: how long they take to plan the same number of things.

Here, neither tool makes calls: octoDNS reads two folders of YAML, Terraform only its own configuration and an
empty state. Reconciler spends most of the time of a plan on calls, so the comparison favours the other tools.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of
from tests.benchmarks.world import CHANGED_EVERY, companies

_MOST = 10_000
"""Maximum number of records for octoDNS, which takes a minute for a hundred thousand."""
_MOST_TERRAFORM = 1_000
"""Maximum number of resources for Terraform, which takes more than six minutes for ten thousand."""
_OCTODNS = """\
providers:
  source: {class: octodns.provider.yaml.YamlProvider, directory: source}
  target: {class: octodns.provider.yaml.YamlProvider, directory: target}
zones:
  example.com.: {sources: [source], targets: [target]}
"""


def octodns(parent: Path, count: int) -> Cost | str:
    """Measure a plan of two zones that differ in one record of a hundred.

    Return a reason if that is impossible.
    """
    command = shutil.which("octodns-sync")
    if command is None and find_spec("octodns") is None:
        return "skipped: octodns is not installed"
    if count > _MOST or command is None:
        return "skipped: it takes minutes"
    folder = parent / "octodns"
    for side in ("source", "target"):
        (folder / side).mkdir(parents=True)
        (folder / side / "example.com.yaml").write_text(_zone(count, is_source=side == "source"))
    (folder / "config.yaml").write_text(_OCTODNS)
    return cost_of([command, "--config-file=config.yaml", "--force"], folder, {})


def _zone(count: int, *, is_source: bool) -> str:
    lines = []
    for number, company in enumerate(companies(count)):
        value = "moved" if is_source and not number % CHANGED_EVERY else company.record_id
        lines.append(f'{company.key}:\n  ttl: 300\n  type: TXT\n  value: "{value}"\n')
    return "---\n" + "".join(lines)


def terraform(parent: Path, count: int) -> Cost | str:
    """Measure a plan that creates this many built-in resources; return a reason if that is impossible."""
    command = shutil.which("terraform")
    if command is None:
        return "skipped: terraform is not installed"
    if count > _MOST_TERRAFORM:
        return "skipped: it takes minutes"
    folder = parent / "terraform"
    folder.mkdir()
    entries = "".join(f'    "{company.key}" = "{company.record_id}"\n' for company in companies(count))
    (folder / "main.tf").write_text(
        f"locals {{\n  all = {{\n{entries}  }}\n}}\n"
        'resource "terraform_data" "record" {\n  for_each = local.all\n  input    = each.value\n}\n'
    )
    quiet = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    cost_of([command, "init", "-no-color"], folder, quiet)
    return cost_of([command, "plan", "-no-color", "-out=plan"], folder, quiet)
