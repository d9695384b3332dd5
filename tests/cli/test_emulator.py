"""``emulator serve`` as a process: its output, its clients, and its warnings."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

SETTINGS = "version: 1\nmanifests: [.]\nenvironments:\n  local:\n    portal: emulator\n    portal_id: 7\n"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    (tmp_path / "reconciler.yaml").write_text(SETTINGS)
    command = [
        "env",
        "--default-signal=INT",  # a shell starts background processes with SIGINT ignored
        sys.executable,
        "-m",
        "reconciler",
        "emulator",
        "serve",
        "--port",
        "0",
        "--allow-host",
        "crm.test",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_it_answers_those_it_should_and_tells_what_it_does_not_imitate(
    serving: "subprocess.Popen[str]",
) -> None:
    assert serving.stdout is not None
    printed = dict(serving.stdout.readline().split() for _ in range(3))
    headers = {"Authorization": f"Bearer {printed['token:']}"}
    with httpx.Client(base_url=printed["url:"], headers=headers, trust_env=False) as client:
        assert client.get("/crm/v3/owners").status_code == 200
        assert client.get("/crm/v3/owners", headers={"Host": "crm.test:80"}).status_code == 200
        assert client.get("/crm/v3/owners", headers={"Host": "other.test"}).status_code == 403
        assert client.get("/crm/v3/imports?token=abc").status_code == 404
        made = client.put("/_emulator/portals/8")
        assert made.status_code == 201
    serving.send_signal(signal.SIGINT)
    _, reported = serving.communicate(timeout=30)
    assert "not imitated: GET /crm/v3/imports\n" in reported
    assert printed["token:"] not in reported
