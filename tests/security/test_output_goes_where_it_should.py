"""Output replaces files and links to files, but not what the links lead to.

Pipes and devices are written to, except pipes of other users.
"""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.project.files import check_writable, write_encrypted, write_private
from reconciler.project.special_files import is_channel
from tests.support.projects import Project, example

PLAN_FLAGS = ["--out", "--markdown", "--html", "--json-into"]


def read_from(pipe: Path) -> tuple[threading.Thread, list[str]]:
    read: list[str] = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_text()))
    thread.start()
    return thread, read


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


@pytest.mark.parametrize("flag", PLAN_FLAGS)
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_pipe_is_written_through(project: Project, tmp_path: Path, flag: str, is_linked: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    named = tmp_path / "named" if is_linked else pipe
    if is_linked:
        named.symlink_to(pipe)
    thread, read = read_from(pipe)

    done = project.run("plan", flag, str(named))
    thread.join()

    assert done.code == 0, done.err
    assert len(read[0]) > 1000
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert named.is_symlink() == is_linked


@pytest.mark.parametrize("flag", PLAN_FLAGS)
def test_a_device_stays_one(project: Project, tmp_path: Path, flag: str) -> None:
    (tmp_path / "nothing").symlink_to(os.devnull)
    for name in (os.devnull, str(tmp_path / "nothing")):
        assert project.run("plan", flag, name).code == 0
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert (tmp_path / "nothing").is_symlink()


def test_a_report_may_go_to_a_device(project: Project) -> None:
    assert project.run("apply", "--auto-approve", "--report", os.devnull).code == 0
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("is_file", [True, False])
def test_open_files_of_this_process_are_written_through(
    project: Project, tmp_path: Path, name: str, is_file: bool
) -> None:
    command = [sys.executable, "-m", "reconciler", "plan", "--markdown", name]
    code = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    if is_file:
        with (tmp_path / "out").open("w") as out:
            subprocess.run(command, cwd=project.folder, env=code, stdout=out, check=True)
        shown = (tmp_path / "out").read_text()
    else:
        done = subprocess.run(
            command, cwd=project.folder, env=code, capture_output=True, text=True, check=True
        )
        shown = done.stdout

    assert "<!-- reconciler plan local" in shown
    assert "Plan: " in "".join(shown.splitlines()[-2:])  # the other output follows
    assert Path("/dev/stdout").is_symlink()


def test_a_link_to_a_file_is_replaced_and_that_file_stays(tmp_path: Path) -> None:
    (tmp_path / "bashrc").write_text("mine")
    (tmp_path / "plan.json").symlink_to("bashrc")

    write_private(tmp_path / "plan.json", "{}")

    assert (tmp_path / "bashrc").read_text() == "mine"
    assert not (tmp_path / "plan.json").is_symlink()
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a pipe to another user")
def test_a_pipe_that_another_user_put_there_gets_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "plan.json"
    os.mkfifo(pipe, 0o666)
    os.chown(pipe, 12345, -1)
    thread, read = read_from(pipe)

    with pytest.raises(UsageError, match="it is a pipe of another user"):
        write_encrypted(pipe, [b"secret"])
    thread.join()

    assert read == [""]


@pytest.mark.parametrize("name", ["/dev/fd/999999", "/dev/fd/99999999999999999999999999", "/nowhere/x"])
def test_a_closed_descriptor_is_one_sentence(name: str) -> None:
    with pytest.raises(UsageError, match=f"cannot write {name}"):
        write_private(Path(name), "x")


def test_files_and_folders_are_no_channels(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    for path in (
        tmp_path,
        tmp_path / "1",
        tmp_path / "new",
        tmp_path / "loop",
        Path("x\0y"),
        Path("/dev/fd"),
    ):
        assert not is_channel(path)
    check_writable(tmp_path / "new")
