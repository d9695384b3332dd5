"""The process is killed at every step of a run; the next one opens the state and continues."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import Locked
from reconciler.state.run_types import RunStatus
from reconciler.state.store import Store
from tests.support.journals import BOB, applied, create, key, owned, ownership, writer

GROUP = ("companies", "external_id")

RUN = """
import os, signal, sys
from pathlib import Path
from reconciler.state.run_types import RunStatus
from tests.support.states import open_state
from tests.support.journals import UPSERT, applied, create, owned, ownership, start, writer

url, project, last_step = sys.argv[1:]

def step(name):
    print(name, flush=True)
    if name == last_step:
        os.kill(os.getpid(), signal.SIGKILL)

store = open_state(url, Path(project), 7654321)
pen = writer(store)
step("locked")
run_id = pen.begin_run(start(2))
step("begun")
pen.intend(run_id, 0, "companies", UPSERT, [(0, create("acme")), (1, create("globex"))])
step("intended")
OUTCOMES = {0: applied("9001"), 1: applied("9002")}

def records():
    yield owned("acme")
    step("half recorded")
    yield owned("globex", "9002")

pen.record(run_id, 0, OUTCOMES, ownership(records()))
step("recorded")
pen.finish_run(run_id, RunStatus.FINISHED)
step("finished")
"""


def killed_after(step: str, url: str, project: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", RUN, url, str(project), step], check=False, stdout=subprocess.PIPE, cwd=root
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.decode().splitlines()[-1] == step


@pytest.mark.parametrize(
    ("step", "unfinished", "outcomes", "owned_keys", "status"),
    [
        ("locked", 0, None, [], None),
        ("begun", 0, [], [], "running"),
        ("intended", 1, [None, None], [], "running"),
        ("half recorded", 1, [None, None], [], "running"),
        ("recorded", 0, ["applied", "applied"], ["acme", "globex"], "running"),
        ("finished", 0, ["applied", "applied"], ["acme", "globex"], "finished"),
    ],
)
def test_only_committed_data_is_there(
    url: str,
    tmp_path: Path,
    reopened: Callable[[], Store],
    step: str,
    unfinished: int,
    outcomes: list[str | None] | None,
    owned_keys: list[str],
    status: str | None,
) -> None:
    killed_after(step, url, tmp_path)

    store = reopened()

    assert len(store.unfinished()) == unfinished
    assert sorted(store.owned(*GROUP, ["acme", "globex"])) == owned_keys
    if outcomes is None:
        assert store.runs() == ()
    else:
        (header,) = store.runs()
        assert header.status == status
        assert [row.outcome for row in store.run(header.id).rows] == outcomes


def test_the_next_run_settles_what_a_killed_one_left(
    url: str, tmp_path: Path, reopened: Callable[[], Store]
) -> None:
    killed_after("intended", url, tmp_path)
    store = reopened()

    with pytest.raises(Locked, match="locked by ada on build-7"):
        writer(store, actor=BOB)
    store.unlock()
    (batch,) = store.unfinished()
    with writer(store, actor=BOB) as pen:
        pen.record(
            batch.run_id,
            batch.number,
            {0: applied("9001"), 1: applied("9002")},
            ownership([owned("acme", "9001")]),
        )
        pen.finish_run(batch.run_id, RunStatus.INTERRUPTED)

    assert batch.entries == ((0, create("acme")), (1, create("globex")))
    assert store.unfinished() == ()
    assert store.owned(*GROUP, ["acme"])["acme"].key == key("acme")
    assert store.run(batch.run_id).accounting()["applied"] == 2
