"""The projects that the reader of a page has before the first step."""

import contextlib
import json
from collections.abc import Callable, Mapping

import reconciler
from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running
from tests.pages.reader import Reader
from tests.support.projects import PORTAL, ROOT, UNHURRIED, applied_example, environment, example

DOCS = ROOT / "docs"
_EMBEDDED = """\
version: 1
project: acme-crm
manifests: [manifests]
environments:
  local: {portal: emulator, seed: portal.json}
"""


def _in_the_example(reader: Reader) -> None:
    reader.folder = example(reader.home).folder


def _after_an_apply(reader: Reader) -> None:
    reader.folder = applied_example(reader.home).folder


def _after_work_in_hubspot(reader: Reader) -> None:
    _after_an_apply(reader)
    moved = "companies/K-10012 city=Füssen country=Austria"
    received = "tickets/RMA-26-0118 hs_pipeline_stage=return_received"
    for edit in (moved, received):
        reader.runs(f"reconciler emulator edit {edit} --as Ada")


def _with_a_sandbox(reader: Reader) -> None:
    folder = example(reader.home).folder.rename(reader.home / "crm")
    settings = folder / "reconciler.yaml"
    embedded = "portal: emulator\n    seed: portal.json"
    text = settings.read_text().replace("token: ${HUBSPOT_SANDBOX_TOKEN}", embedded)
    settings.write_text(f"{text}\nguards: {{update: 50%}}\n")  # few companies: a high share changes


def _with_many_companies(reader: Reader) -> None:
    """Create a project whose portal has 300 companies, with values written by an ERP and by people."""
    key = {"type": "string", "fieldType": "text", "groupName": "companyinformation"}
    properties = [
        {"name": "external_id", "label": "ERP number", "hasUniqueValue": True, **key},
        {"name": "customer_number", "label": "Customer number", **key},
    ]
    companies = [{"id": str(9000 + number), "properties": _company(number)} for number in range(1, 301)]
    contacts = [{"id": "7001", "properties": {"email": "eve@acme.example", "firstname": "Eve"}}]
    owners = [{"id": "71", "email": "ada@acme.example", "firstName": "Ada", "userId": 71}]
    seed = {
        "limits": UNHURRIED,
        "owners": owners,
        "properties": {"companies": properties},
        "records": {"companies": companies, "contacts": contacts},
    }
    (reader.home / "manifests").mkdir()
    (reader.home / "portal.json").write_text(json.dumps(seed))
    (reader.home / "reconciler.yaml").write_text(_EMBEDDED)


def _company(number: int) -> dict[str, str]:
    return {
        "external_id": f"K-{number}",
        "customer_number": "" if number % 25 == 0 else f"C-{number}",
        "domain": "" if number % 100 == 1 else f"company-{number // 2 if number < 4 else number}.example",
        "name": f"Company {number}",
        "city": "Bremen" if number % 2 else "Bonn",
        "country": "Germany",
        "phone": f"+49 30 {number:04}",
        "hubspot_owner_id": "71",
        "lifecyclestage": "customer",
    }


def _in_two_folders_after_work_in_hubspot(reader: Reader) -> None:
    """Apply the example with a second folder, which overrides the first; then edit records as people do."""
    _after_an_apply(reader)
    settings = reader.folder / "reconciler.yaml"
    settings.write_text(settings.read_text().replace("manifests: [.]", "manifests: [., clients]"))
    (reader.folder / "clients").mkdir()
    south = "object: companies\nkey: external_id\nrecords:\n  K-10012:\n    country: Austria\n"
    (reader.folder / "clients" / "south.yaml").write_text(south)
    reader.runs("reconciler apply --auto-approve")
    reader.runs("reconciler emulator edit companies/K-10012 country=Switzerland --as Ada")


def _in_a_clone(reader: Reader) -> None:
    """Apply the example in a clone of a repository."""
    _after_an_apply(reader)
    reader.runs(f"git init -q --bare {reader.home}/remote.git")
    reader.runs(f"git init -q && git remote add origin {reader.home}/remote.git")


def _with_production(reader: Reader) -> None:
    """Serve the example's portal on a port; it is production, the only environment."""
    _in_the_example(reader)
    emulator = reader.closing.enter_context(contextlib.closing(Emulator(None)))
    url = reader.closing.enter_context(running(emulator))
    seed = json.loads((reader.folder / "portal.json").read_text())
    emulator.ensure_portal(PORTAL, {**seed, "limits": UNHURRIED})
    reader.variables["HUBSPOT_ACCESS_TOKEN"] = emulator.token(PORTAL)
    settings = reader.folder / "reconciler.yaml"
    production = f"portal_id: {PORTAL}, token: '${{HUBSPOT_ACCESS_TOKEN}}', base_url: '{url}'"
    lines = settings.read_text().partition("default:")[0]
    settings.write_text(f"{lines}environments:\n  production: {{{production}}}\n")
    for manifest in reader.folder.glob("*.yaml"):
        text = manifest.read_text()
        manifest.write_text(text.replace("environments: [local]", "environments: [production]"))
    with environment(reader.variables):
        reader.names["environment"] = reconciler.Project.open(reader.folder).environment("production")


BEGINNINGS: Mapping[str, Callable[[Reader], None]] = {
    **{f"tutorials/{path.name}": lambda _: None for path in DOCS.glob("tutorials/*.md")},
    "accept.md": _after_work_in_hubspot,
    "explain.md": _in_two_folders_after_work_in_hubspot,
    "fmt.md": _in_the_example,
    "import.md": _with_many_companies,
    "plan-file.md": _in_the_example,
    "python.md": _with_a_sandbox,
    "rehearse.md": _with_production,
    "review.md": _in_the_example,
    "rollback.md": _after_an_apply,
    "state.md": _in_a_clone,
}
"""Pages that are followed from beginning to end, each with the function that prepares its reader."""
