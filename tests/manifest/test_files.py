"""Finding manifest files, and files that only look like manifests."""

import os
from pathlib import Path

from reconciler.errors import Problem
from reconciler.manifest.files import find_files
from tests.manifest.reading import project


def names(folder: Path, *folders: str) -> list[str]:
    files, problems = find_files(folder, folders or (".",))
    assert problems == ()
    return [file.name for file in files]


def problems(folder: Path, *folders: str) -> list[Problem]:
    return list(find_files(folder, folders or (".",))[1])


def test_folders_are_searched_recursively_and_files_sorted(tmp_path: Path) -> None:
    project(tmp_path, {"b/z.yaml": "", "b.yaml": "", "a/c/d.yaml": "", "a.yaml": "", "B.yaml": ""})
    assert names(tmp_path) == ["B.yaml", "a.yaml", "a/c/d.yaml", "b.yaml", "b/z.yaml"]


def test_settings_hidden_names_and_other_files_are_no_manifests(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "reconciler.yaml": "",
            "sub/reconciler.yaml": "",
            ".hidden.yaml": "",
            ".reconciler/x.yaml": "",
            ".git/y.yml": "",
            "portal.json": "",
            "README.md": "",
            "a.yaml.bak": "",
            "companies.csv": "",
            "a.yaml": "",
        },
    )
    assert names(tmp_path) == ["a.yaml"]


def test_other_endings_of_yaml_are_refused_with_the_right_one(tmp_path: Path) -> None:
    project(tmp_path, {"a.yml": "", "B.YAML": ""})
    message = "the name of a manifest ends in .yaml"
    assert [(str(problem.source), problem.message, problem.advice) for problem in problems(tmp_path)] == [
        ("B.YAML:1:1", message, "rename it to B.yaml"),
        ("a.yml:1:1", message, "rename it to a.yaml"),
    ]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "nowhere")
    assert problem.message == 'the folder "nowhere" does not exist'


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (problem,) = problems(project(tmp_path, {"a.yaml": ""}), "a.yaml")
    assert problem.message == '"a.yaml" is not a folder'


def test_a_link_that_leads_back_is_told_once(tmp_path: Path) -> None:
    project(tmp_path, {"a/b/c.yaml": ""})
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (problem,) = problems(tmp_path, ".", "a")
    assert problem.message == "a/b/up is a symbolic link to a folder that contains it"


def test_a_link_that_leads_nowhere_is_told_if_it_should_be_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("missing")
    (tmp_path / "b.yaml").symlink_to("b.yaml")
    (tmp_path / "README.md").symlink_to("missing")
    assert [str(problem.source) for problem in problems(tmp_path)] == ["a.yaml:1:1", "b.yaml:1:1"]


def test_only_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (problem,) = problems(tmp_path)
    assert problem.message == "this is not a readable file"


def test_a_folder_may_be_called_like_a_manifest(tmp_path: Path) -> None:
    assert names(project(tmp_path, {"a.yaml/b.yaml": ""})) == ["a.yaml/b.yaml"]


def test_a_file_name_that_cannot_be_shown_is_told(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/sub/\xff.yaml")).touch()
    (tmp_path / "sub/a\nb.yaml").touch()
    assert [problem.message for problem in problems(tmp_path)] == [
        r"the file name 'sub/a\nb.yaml' cannot be shown",
        r"the file name 'sub/\udcff.yaml' cannot be shown",
    ]


def test_linked_files_and_folders_are_read_once(tmp_path: Path) -> None:
    project(tmp_path, {"a/x.yaml": "", "z.yaml": ""})
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "y.yaml").symlink_to("z.yaml")
    assert names(tmp_path) == ["a/x.yaml", "y.yaml"]


def test_a_file_in_two_folders_belongs_to_the_later_one(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": "", "sub/b.yaml": ""})
    files, _ = find_files(tmp_path, [".", "sub"])
    assert [(file.name, file.folder) for file in files] == [("a.yaml", 0), ("sub/b.yaml", 1)]
