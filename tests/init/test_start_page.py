"""The page for beginners: all its commands run, in order, beginning with an empty home folder."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler import encryption
from tests.support.projects import ROOT, Done, Project

PAGE = (ROOT / "docs" / "start.md").read_text()
PORTAL = 7654321
COMPANIES, DEALS, MOVED, AMOUNTS = 300, 120, 30, 2
FINDING = {"reconciler drift", "reconciler import companies --check"}
"""Commands that exit with 2 because people changed something."""

PLAIN = {"type": "string", "fieldType": "text"}
UNIQUE = {"type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED: dict[str, Any] = {
    "owners": [
        {"id": "71", "email": "ada@acme.example", "firstName": "Ada", "lastName": "Lindner", "userId": 7},
        {"id": "72", "email": "grace@acme.example", "firstName": "Grace", "lastName": "Huber", "userId": 8},
    ],
    "properties": {
        "companies": [UNIQUE | {"name": "external_id", "label": "No.", "groupName": "companyinformation"}],
        "deals": [PLAIN | {"name": "order_no", "label": "Order", "groupName": "dealinformation"}],
    },
    "records": {
        "companies": [
            {
                "properties": {
                    "external_id": f"K-{number:04}",
                    "name": f"Company {number}",
                    "city": "Bremen" if number % 2 else "Ulm",
                    "country": "Germany",
                }
            }
            for number in range(COMPANIES)
        ],
        "deals": [
            {
                "id": str(9000 + number),
                "properties": {
                    "order_no": f"D-{number:03}",
                    "dealname": f"Deal {number}",
                    "amount": str(100 * number),
                    "pipeline": "default",
                    "dealstage": "appointmentscheduled",
                    "hubspot_owner_id": "71",
                },
            }
            for number in range(DEALS)
        ],
        "contacts": [
            {"properties": {"email": "carl@customer.example", "firstname": "Carl", "lastname": "Weber"}},
        ],
        "products": [
            {"properties": {"hs_sku": f"P-{number}", "name": f"Product {number}", "price": "12.5"}}
            for number in range(5)
        ],
    },
}


def commands() -> list[tuple[str, str]]:
    """Return the page's commands, each with the heading of its section."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        title = section.partition("\n")[0]
        for block in re.findall(r"```console\n(.*?)\n *```", section, flags=re.DOTALL):
            found += [(title, line.strip().removeprefix("$ ")) for line in block.strip().splitlines()]
    return found


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Mapping[str, str]]:
    """Serve a portal over HTTP in another process; yield its URL and its token."""
    project = Project(folder)
    environment = f"portal: emulator, portal_id: {PORTAL}, seed: portal.json"
    project.write("reconciler.yaml", f"version: 1\nenvironments: {{portal: {{{environment}}}}}\n")
    project.write("portal.json", json.dumps(SEED))
    command = [sys.executable, "-m", "reconciler", "emulator", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@dataclass
class Newcomer:
    """A person with an empty home folder, who follows the page."""

    home: Path
    portal: Mapping[str, str]
    folder: Path = field(init=False)
    variables: dict[str, str] = field(default_factory=dict)
    has_slept: bool = False  # whether it is the next day, and people have edited records in HubSpot

    def __post_init__(self) -> None:
        self.folder = self.home

    def types(self, command: str) -> Done:
        """Run one line of the page."""
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            return Done(0, "", "")
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.variables[name] = value.replace("~", str(self.home), 1)
            return Done(0, "", "")
        if command.startswith("reconciler "):
            environ = {"HOME": str(self.home), **self.variables}
            return Project(self.folder, environ).run(*shlex.split(command)[1:])
        environ = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def writes_by_hand(self, command: str) -> None:
        """Do what the page asks for in words after a command, such as editing a file."""
        if command.startswith("reconciler init"):
            settings = self.folder / "reconciler.yaml"
            text = settings.read_text()
            line = f"\n    base_url: {self.portal['url']}  # of this test\n    token:"
            settings.write_text(text.replace("\n    token:", line, 1))
        elif command.startswith("chmod 600"):
            file = self.home / ".config" / "reconciler" / "env"
            file.write_text(f"HUBSPOT_ACCESS_TOKEN={self.portal['token']}\n")
        elif command.startswith("git push --set-upstream"):
            self.merges("first-change")

    def merges(self, branch: str) -> None:
        """Review, merge and apply a branch, as the workflows do on GitHub."""
        runner = self.home.parent / "runner"
        checkout = runner / "crm"
        self.types_all(
            f"git clone https://github.com/acme/crm.git {checkout}", f"git -C {checkout} switch {branch}"
        )
        self.runs_in_ci("plan", checkout)
        reviewed = runner / "reviewed.json"
        shutil.move(runner / "reconciler-plan" / "plan.json", reviewed)
        self.types_all("git switch main", f"git merge --no-ff --no-edit {branch}", "git push")
        self.types_all(f"git -C {checkout} switch main", f"git -C {checkout} pull")
        reported = self.runs_in_ci("plan", checkout, reviewed)
        assert "code=0\n" in reported
        assert "appliable=true\n" in reported
        self.runs_in_ci("apply", checkout, runner / "reconciler-plan" / "plan.json")

    def secret(self, name: str) -> str:
        """Return the value of a variable in the person's file, which is also a secret of the repository."""
        lines = (self.home / ".config" / "reconciler" / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)[name]

    def types_all(self, *commands: str) -> None:
        """Run lines that are not on the page."""
        for command in commands:
            done = self.types(command)
            assert done.code == 0, f"{command}\n{done.out}\n{done.err}"

    def follows(self, until: str = "") -> dict[str, Done]:
        """Follow the page to the section whose heading begins with ``until``; every command must succeed."""
        results: dict[str, Done] = {}
        while self._left and not (until and self._left[0][0].startswith(until)):
            _, command = self._left.pop(0)
            done = self.types(command)
            expected = 2 if self.has_slept and command in FINDING else 0
            assert done.code == expected, f"{command}\n{done.out}\n{done.err}"
            self.writes_by_hand(command)
            results[command] = done
        return results

    def runs_in_ci(self, command: str, checkout: Path, plan: Path | None = None) -> str:
        """Run one command as the action of the workflows does; return the outputs of its step."""
        runner = self.home.parent / "runner"
        program = runner / "venv-of-reconciler" / "bin" / "reconciler"
        if not program.exists():
            program.parent.mkdir(parents=True)
            program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m reconciler "$@"\n')
            program.chmod(0o755)
        outputs = runner / f"outputs-{command}"
        environ = {
            "HOME": str(self.home),  # its git configuration leads github.com to a local folder
            "PATH": os.environ["PATH"],
            "CI": "true",
            "COMMAND": command,
            "PLAN": str(plan or ""),
            "PROJECT": ".",
            "RUNNER_TEMP": str(runner),
            "GITHUB_OUTPUT": str(outputs),
            "RECONCILER_PLAN_KEY": self.secret("RECONCILER_PLAN_KEY"),
            "HUBSPOT_ACCESS_TOKEN": self.portal["token"],
        }
        script = ROOT / ".github" / "actions" / "reconcile" / "run.sh"
        done = subprocess.run(
            [script], cwd=checkout, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return outputs.read_text() if outputs.exists() else done.stdout

    _left: list[tuple[str, str]] = field(default_factory=commands)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newcomer]:
    # Deriving a key takes a quarter of a second on purpose, so keys are cached: one process runs all
    # commands.
    monkeypatch.setattr(encryption, "_derive", lru_cache(encryption._derive))
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "portal").mkdir()
    hub = tmp_path / "crm.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", hub], check=True)
    config = f'[url "{hub}"]\n insteadOf = https://github.com/acme/crm.git\n'
    (home / ".gitconfig").write_text(f"{config}[user]\n name = N\n email = n@acme.example\n")
    with serving(tmp_path / "portal") as portal:
        yield Newcomer(home, portal)


def live(portal: Mapping[str, str], object_type: str, **properties: str) -> list[dict[str, Any]]:
    """Return the records of a type with these values, read from the portal."""
    headers = {"Authorization": f"Bearer {portal['token']}"}
    names = ",".join(properties)
    with httpx.Client(base_url=portal["url"], headers=headers) as http:
        found: list[dict[str, Any]] = []
        after = "0"
        while after:
            params = {"limit": "100", "properties": names, "after": after}
            page = http.get(f"/crm/v3/objects/{object_type}", params=params).raise_for_status().json()
            found += page["results"]
            after = page.get("paging", {}).get("next", {}).get("after", "")
    wanted = properties.items()
    return [each for each in found if all(each["properties"][name] == value for name, value in wanted)]


def move_deals(portal: Mapping[str, str]) -> None:
    """Move some deals to another stage as Ada, a person in HubSpot, and change two amounts."""
    ada = {"type": "CRM_UI", "id": "userId:7", "label": "Ada", "userId": 7}
    with httpx.Client(base_url=portal["url"]) as http:
        for number in range(MOVED):
            properties = {"dealstage": "contractsent"} | (
                {"amount": str(777 + number)} if number < AMOUNTS else {}
            )
            edit = {"object": "deals", "id": str(9000 + number), "properties": properties, "source": ada}
            http.post(f"/_emulator/portals/{PORTAL}/edits", json=edit).raise_for_status()
        company = {"properties": {"name": "Young GmbH", "external_id": "K-9000"}}
        headers = {"Authorization": f"Bearer {portal['token']}"}
        http.post("/crm/v3/objects/companies", json=company, headers=headers).raise_for_status()


def test_the_page_leads_from_an_empty_home_to_the_day_after(newcomer: Newcomer) -> None:
    first = newcomer.follows(until="5. ")
    assert first["reconciler doctor --objects companies,deals,products"].out.endswith("All is well.\n")
    assert "external_id" in first["reconciler keys list companies"].out
    (imported,) = (
        done for command, done in first.items() if command.startswith("reconciler import companies")
    )
    assert "300 records will be taken over (state only); nothing is written" in " ".join(
        imported.out.split() + imported.err.split()
    )
    planned = first["reconciler plan --out plan.json"].out  # the last plan: deals and products
    assert planned.startswith("Nothing to write. 125 records will be taken over (state only). 301 in step.")
    assert first["reconciler plan"].out.startswith("No changes. 300 in step.")
    assert "companies" not in first["reconciler drift"].out

    change = newcomer.follows(until="6. ")
    assert "Plan: 0 to create, 1 to update, 0 to archive." in change["reconciler plan"].out
    assert "Bremen → Jena" in change["reconciler plan"].out
    assert len(live(newcomer.portal, "companies", city="Jena")) == 1

    move_deals(newcomer.portal)
    newcomer.has_slept = True
    before = live(newcomer.portal, "deals", dealstage="contractsent")
    assert len(before) == MOVED
    newcomer.types_all("reconciler plan --out plan.json", "reconciler apply plan.json")
    assert live(newcomer.portal, "deals", dealstage="contractsent") == before  # HubSpot is unchanged
    day_after = newcomer.follows(until="7. ")
    drifted, held = day_after["reconciler drift"].out, day_after["reconciler plan"].out
    assert "~ amount  0 → 777" in drifted
    assert "Ada Lindner" in drifted
    assert held.startswith(f"No changes. {MOVED + AMOUNTS} held, ")
    assert "Plan: 0 to create, 0 to update, 0 to archive." in held
    assert "amount: 777" in (newcomer.folder / "manifests" / "deals.yaml").read_text()
    assert len(live(newcomer.portal, "deals", deal_no="D-001", amount="100")) == 1
    assert "Young GmbH" in (newcomer.folder / "manifests" / "companies.yaml").read_text()

    last = newcomer.follows()
    contacts = last["reconciler plan --out plan.json"].out
    assert contacts.startswith(f"Nothing to write. 2 records will be taken over (state only). {MOVED} held, ")
    forgotten = last["reconciler state forget contacts/carl@customer.example"].out
    assert forgotten.startswith("contacts/carl@customer.example was erased from ")
    assert last["reconciler plan"].out.startswith(f"No changes. {MOVED + DEALS} held, ")
    manifest = newcomer.folder / "manifests" / "deals.yaml"
    manifest.write_text(manifest.read_text().replace("  hubspot_owner_id: observe\n", ""))
    refused = newcomer.types("reconciler plan --take 'deals/*#hubspot_owner_id'")
    assert refused.code == 4
    assert f"--allow update={DEALS}" in refused.out + refused.err


def message_parts() -> list[str]:
    """Return the fixed parts of the messages in the page's table."""
    listed = re.findall(r"^\| `([^`]+)` \|", PAGE, flags=re.MULTILINE)
    assert len(listed) > 10
    return [part.strip() for message in listed for part in message.split("…") if len(part.split()) > 1]


@pytest.mark.parametrize("part", message_parts())
def test_messages_on_the_page_are_those_of_the_program(part: str) -> None:
    texts = (path.read_text() for path in (ROOT / "reconciler").rglob("*.py"))
    reported = re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts)).replace('\\"', '"')
    assert part in reported.replace("{FILE_NAME}", "reconciler.yaml")
