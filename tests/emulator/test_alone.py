"""``python -m reconciler.emulator serve``: a portal over HTTP without a project."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from reconciler.emulator.__main__ import main


def test_a_seed_is_served_with_what_was_seen_until_interrupted(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(
        json.dumps({"records": {"companies": [{"properties": {"name": "Acme"}}]}})
    )
    seen = {"version": 1, "observations": [{"guess": "operation_not_offered", "seen": "404"}]}
    (tmp_path / "seen.json").write_text(json.dumps(seen))
    command = "serve --seed seed.json --observations seen.json --portal-id 7 --port 0 --fault latency:ms=1"
    process = subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "reconciler.emulator", *command.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        printed = dict(process.stdout.readline().split() for _ in range(3))
        assert printed["portal:"] == "7"
        headers = {"Authorization": f"Bearer {printed['token:']}"}
        with httpx.Client(base_url=printed["url:"], headers=headers, trust_env=False) as client:
            (company,) = client.get("/crm/v3/objects/companies").json()["results"]
            assert company["properties"]["name"] == "Acme"
            assert client.post("/crm/v3/objects/feedback_submissions", json={}).status_code == 404
        process.send_signal(signal.SIGINT)
        _, reported = process.communicate(timeout=30)
        assert (process.returncode, reported) == (0, "")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--seed missing.json", "missing.json cannot be read (No such file or directory)"),
        ("--seed list.json", "list.json is not a seed: a seed is one JSON object"),
        ("--seed text.json", "text.json is not a seed: "),
        ("--seed wrong.json", "recods: a seed has no such key"),
        ("--observations list.json", "list.json is not a file of observations"),
        ("--fault lightning", "kind must be one of latency"),
        ("--file no/portal.db", "no/portal.db cannot be used"),
        ("--host 203.0.113.1", "cannot listen on 203.0.113.1:0"),
    ],
)
def test_what_cannot_be_served_is_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "text.json").write_text("seed")
    (tmp_path / "wrong.json").write_text('{"recods": {}}')
    assert main(["serve", "--port", "0", *arguments.split()]) == 1
    assert says in capsys.readouterr().err
