"""The example of the page on rollback works as described."""

import re
import subprocess
from pathlib import Path

from tests.support.projects import ROOT, example

PAGE = (ROOT / "docs" / "rollback.md").read_text()


def alike(text: str) -> str:
    """Text without what differs from run to run: ids, times, who runs it."""
    text = re.sub(r"\d{8}T\d{6}Z", "TIME", text)
    text = re.sub(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d to \d\d:\d\d:\d\d UTC, .*\n(?:(?!takes).+\n)?", "WHEN\n", text
    )
    return text.strip()


def test_the_example_goes_as_it_is_told(tmp_path: Path) -> None:
    (session,) = re.findall(r"<!-- example -->\n```console\n(.*?)```", PAGE, flags=re.DOTALL)
    project = example(tmp_path)
    assert project.run("apply", "--auto-approve").code == 0
    for step in session.removeprefix("$ ").split("\n$ "):
        command, _, reported = step.partition("\n")
        name, *arguments = command.split(" ")
        if name == "reconciler":
            done = project.run(*arguments)
            assert alike(done.out + done.err) == alike(reported)
        else:
            subprocess.run(command, cwd=project.folder, shell=True, check=True)
