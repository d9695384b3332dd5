"""A webhook gets one notice for each changed condition, without values, and never changes a run's result."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler.project.server_addresses import is_webhook
from reconciler.project.webhook import send as sending
from tests.support.projects import PORTAL, ROOT, Project
from tests.support.served import served

SETTINGS = """\
version: 1
project: crm
manifests: [.]
notify: ${RECONCILER_NOTIFY_URL}
guards: {archive: 1}
environments: {local: {portal: emulator}}
"""
CANARY = "canary@acme.example"
PAGE = (ROOT / "docs" / "notices.md").read_text()
SECRET = "T0-secret-path"


@dataclass
class Receiver:
    """A local server that receives notices."""

    url: str = ""
    status: int = 200
    answers: bool = True
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def news(self) -> list[str]:
        """Return the texts since the last call."""
        texts = [notice["text"] for notice in self.got]
        self.got.clear()
        return texts


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append(json.loads(body))
            told.headers.append(dict(self.headers))
            if not told.answers:
                told.closing.wait(10)
            self.send_response(told.status)
            self.send_header("Location", f"{told.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}?a=b"
        yield told
        told.closing.set()
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Project:
    made = Project(tmp_path, {"RECONCILER_NOTIFY_URL": receiver.url})
    made.write("reconciler.yaml", SETTINGS)
    records = "".join(f"  {name}{CANARY}: {{firstname: Canary {name}}}\n" for name in "abc")
    made.write("contacts.yaml", f"object: contacts\nkey: email\nprune: true\nrecords:\n{records}")
    return made


def rename(project: Project, name: str) -> None:
    """Edit a contact as a person does in HubSpot."""
    with project.portal() as http:
        url = f"/crm/v3/objects/contacts/a{CANARY}"
        answer = http.patch(url, params={"idProperty": "email"}, json={"properties": {"firstname": name}})
        assert answer.status_code == 200


def test_drift_is_told_when_it_appears_and_when_it_is_gone(project: Project, receiver: Receiver) -> None:
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("drift").code == 0
    assert receiver.news() == []  # no condition was bad before, and none is now
    rename(project, "Canary by hand")
    assert project.run("drift", "--target", "contacts/b*").code == 0
    assert receiver.news() == []  # a partial plan gives no notices
    assert project.run("drift").code == 2
    (notice,) = receiver.got
    assert notice["text"] == f"crm, local (portal {PORTAL}): there is drift: 1 value of 1 record"
    assert notice["facts"] == notice["facts"] | {
        "project": "crm",
        "environment": "local",
        "portal_id": PORTAL,
        "subject": "drift",
        "is_bad": True,
        "values": 1,
        "job": None,
    }
    (documented,) = re.findall(r"^```json\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert json.loads(documented)["facts"].keys() == notice["facts"].keys()
    receiver.news()
    assert project.run("drift").code == 2
    assert receiver.news() == []
    rename(project, "Canary a")
    assert project.run("drift").code == 0
    assert receiver.news() == [f"crm, local (portal {PORTAL}): the drift is gone"]


def test_a_refused_plan_and_an_incomplete_apply_are_told(project: Project, receiver: Receiver) -> None:
    assert project.run("apply", "--auto-approve").code == 0
    text = (project.folder / "contacts.yaml").read_text()
    project.write("contacts.yaml", text.replace(f"  b{CANARY}", "#").replace(f"  c{CANARY}", "#"))
    assert project.run("plan").code == 4
    assert project.run("plan").code == 4
    assert receiver.news() == [
        f"crm, local (portal {PORTAL}): the plan is refused by its guards: archive",
    ]
    project.write("contacts.yaml", text.replace("Canary a", "Canary new"))
    assert project.run("plan", "--out", "plan.json").code == 0
    assert receiver.news() == [f"crm, local (portal {PORTAL}): the plan is not refused any more"]
    rename(project, "Canary by hand")
    assert project.run("apply", "plan.json").code == 3
    (notice,) = receiver.got
    assert notice["text"].endswith("apply ended incomplete: 0 of 1 changes were applied")
    assert (notice["facts"]["planned"], notice["facts"]["stale"]) == (1, 1)
    assert notice["facts"]["run"]
    receiver.news()
    assert project.run("apply", "--auto-approve").code == 0
    assert receiver.news() == [f"crm, local (portal {PORTAL}): apply is complete again"]


def test_few_calls_are_told_and_no_token_is_sent(tmp_path: Path, receiver: Receiver) -> None:
    manifests = {"products.yaml": "object: products\nkey: hs_sku\nrecords: {a: {name: A}}\n"}
    with served(tmp_path, manifests, {"version": 1, "limits": {"daily": 40}}) as (portal, _):
        environ = {**portal.environ, "RECONCILER_NOTIFY_URL": receiver.url, "CI_JOB_URL": "https://ci/1?a&b"}
        project = replace(portal, environ=environ)
        text = (project.folder / "reconciler.yaml").read_text()
        project.write("reconciler.yaml", text + "notify: ${RECONCILER_NOTIFY_URL}\n")
        assert project.run("plan").code == 0
    (notice,) = receiver.got
    assert "few API calls are left today: " in notice["text"]
    assert notice["text"].endswith(" https://ci/1?a&amp;b")
    assert notice["facts"]["job"] == "https://ci/1?a&b"
    assert notice["facts"]["calls_left"] < 40
    sent = json.dumps([receiver.got, receiver.headers])
    assert "Authorization" not in sent
    assert not any(value in sent for name, value in environ.items() if "TOKEN" in name)


def test_no_notice_holds_a_value_or_the_name_of_a_record(project: Project, receiver: Receiver) -> None:
    project.run("apply", "--auto-approve")
    rename(project, "Canary by hand")
    project.run("drift")
    text = (project.folder / "contacts.yaml").read_text()
    project.write("contacts.yaml", text.replace(f"  b{CANARY}", "#").replace(f"  c{CANARY}", "#"))
    project.run("plan")
    assert len(receiver.got) == 2
    assert "canary" not in json.dumps(receiver.got).lower()


@pytest.mark.parametrize("fault", ["status", "redirect", "silence", "dead"])
def test_a_webhook_that_fails_gives_one_warning_and_is_told_later(
    project: Project, receiver: Receiver, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SEND_S", 0.3)
    assert project.run("apply", "--auto-approve").code == 0
    rename(project, "Canary by hand")
    receiver.status = {"status": 500, "redirect": 302}.get(fault, 200)
    receiver.answers = fault != "silence"
    dead = {"RECONCILER_NOTIFY_URL": f"http://127.0.0.1:1/{SECRET}"}
    failing = replace(project, environ=dead) if fault == "dead" else project
    done = failing.run("drift")
    assert done.code == 2
    assert done.err.count("the webhook in RECONCILER_NOTIFY_URL did not take a notice: it ") == 1
    assert SECRET not in done.err + done.out
    assert len(receiver.got) == (fault != "dead")  # a redirect is not followed
    receiver.news()
    receiver.status, receiver.answers = 200, True
    project.run("drift")
    assert len(receiver.news()) == 1


def test_without_the_variable_nobody_is_told(project: Project, receiver: Receiver) -> None:
    silent = replace(project, environ={})
    assert silent.run("apply", "--auto-approve").code == 0
    rename(silent, "Canary by hand")
    done = silent.run("drift")
    assert (done.code, receiver.got) == (2, [])
    assert "webhook" not in done.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"notify: https://hooks.acme.example/{SECRET}", "must not be in a file"),
        ("notify: ${RECONCILER_PLAN_KEY}", "has another purpose"),
        ("notify: ${AWS_SECRET_ACCESS_KEY}", "must not read the variable AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_the_file_names_a_variable_that_it_may_read(project: Project, line: str, message: str) -> None:
    project.replace("reconciler.yaml", "notify: ${RECONCILER_NOTIFY_URL}", line)
    done = project.run("plan")
    assert done.code == 1
    assert message in done.err
    assert SECRET not in done.err


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://hooks.acme.example/services/T0/B0/x", True),
        ("https://hooks.acme.example:8443?key=a&b=c", True),
        ("http://127.0.0.1:9/x", True),
        ("http://localhost/x", True),
        ("http://hooks.acme.example/x", False),
        ("https://ada:word@hooks.acme.example/x", False),
        ("https://hooks.acme.example\\@127.0.0.1/x", False),
        ("https://hooks.acme.example/x y", False),
        ("ftp://hooks.acme.example/x", False),
        ("pat-eu1-0123", False),
    ],
)
def test_notices_go_to_https_alone(url: str, is_one: bool) -> None:
    assert is_webhook(url) is is_one


def test_an_address_that_is_none_is_a_warning(project: Project) -> None:
    odd = replace(project, environ={"RECONCILER_NOTIFY_URL": f"http://hooks.acme.example/{SECRET}"})
    assert odd.run("apply", "--auto-approve").code == 0
    rename(odd, "Canary by hand")
    done = odd.run("drift")
    assert done.code == 2
    assert "https://HOST/PATH" in done.err
    assert SECRET not in done.err
