"""``--target`` and ``--exclude``: other records are not read, written or pruned, but guards count them."""

import json
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import Done, Project, Recorder
from tests.support.served import served

SEED = {
    "properties": {
        object_name: [
            {
                "name": "external_id",
                "label": "External id",
                "type": "string",
                "fieldType": "text",
                "groupName": f"{group}information",
                "hasUniqueValue": True,
            }
        ]
        for object_name, group in (("companies", "company"), ("products", "product"))
    }
}


def companies(names: dict[str, str], prune: str = "false") -> str:
    lines = "".join(f"  {key}: {{name: {name}, city: Bonn}}\n" for key, name in names.items())
    return f"object: companies\nkey: external_id\nprune: {prune}\nrecords:\n{lines}"


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    """Yield a project with 250 companies and a product, all applied."""
    manifests = {
        "companies.yaml": companies({f"c{number:03}": "Old" for number in range(250)}),
        "products.yaml": "object: products\nkey: external_id\nrecords:\n  p: {name: Old}\n",
    }
    with served(tmp_path, manifests, SEED) as (project, portal):
        ok(project.run("apply", "--auto-approve"))
        portal.requests.clear()
        yield project, portal


def ok(done: Done) -> Done:
    assert done.code == ExitCode.OK, done.out + done.err
    return done


def change_all(project: Project) -> None:
    for name in ("companies.yaml", "products.yaml"):
        path = project.folder / name
        path.write_text(path.read_text().replace("Old", "New"))


def addresses(done: Done) -> list[str]:
    return [change["address"] for change in done.document["changes"]]


def test_untargeted_records_are_not_read(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    change_all(project)
    ok(project.run("plan", "--target", "companies/c0[0-4]*", "--exclude", "companies/c00*"))
    ((_, body),) = portal.asked("/batch/read")
    assert [row["id"] for row in body["inputs"]] == [f"c{number:03}" for number in range(10, 50)]
    assert not any("products" in request.path for request in portal.requests)


def test_calls_shrink_to_what_is_selected(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    ok(project.run("plan"))
    whole = len(portal.asked("/batch/read"))
    portal.requests.clear()
    ok(project.run("plan", "--target", "companies/c00[0-9]", "--target", "companies/c24*"))
    assert (whole, len(portal.asked("/batch/read"))) == (4, 1)


def test_only_what_is_selected_is_written(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    change_all(project)
    ok(project.run("apply", "--auto-approve", "--target", "companies/c00*", "--exclude", "companies/c005"))
    ((_, body),) = portal.asked("/batch/update")
    assert len(body["inputs"]) == 9
    rest = project.run("plan", "--json", "--allow", "update=300")
    assert len(addresses(rest)) == 250 - 9 + 1


def test_single_properties_can_be_targeted_and_excluded(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    change_all(project)
    project.replace("companies.yaml", "  c007: {name: New, city: Bonn}", "  c007: {name: New, city: Köln}")
    ok(project.run("apply", "--auto-approve", "--target", "companies/c007#city"))
    ok(project.run("apply", "--auto-approve", "--target", "companies/c008", "--exclude", "*#name"))
    written = [row["properties"] for _, body in portal.asked("/batch/update") for row in body["inputs"]]
    assert written == [{"city": "Köln"}]
    planned = project.run("plan", "--json", "--target", "companies/c00[78]")
    assert [list(change["properties"]) for change in planned.document["changes"]] == [["name"], ["name"]]


def test_single_properties_create_nothing(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    project.write("new.yaml", companies({"new": "New"}))
    planned = ok(project.run("plan", "--target", "companies/new#name"))
    assert planned.out.startswith("No changes. 1 held.")
    assert "--target companies/new selects the whole record" in planned.out
    ok(project.run("apply", "--auto-approve", "--target", "companies/new", "--exclude", "*#city"))
    ((_, body),) = portal.asked("/batch/upsert")
    assert [row["properties"] for row in body["inputs"]] == [{"name": "New"}]


@pytest.mark.parametrize(
    ("arguments", "archived"),
    [
        ((), ["companies/c000", "companies/c001"]),
        (("--target", "companies/c000"), ["companies/c000"]),
        (("--exclude", "companies/c000"), ["companies/c001"]),
        (("--target", "companies/c00*#name"), []),
        (("--target", "companies/c002"), []),
        (("--target", "products/*"), []),
    ],
)
def test_nothing_is_pruned_outside_the_selection(
    wire: tuple[Project, Recorder], arguments: tuple[str, ...], archived: list[str]
) -> None:
    project, _ = wire
    names = {f"c{number:03}": "Old" for number in range(2, 250)}
    project.write("companies.yaml", companies(names, "true"))
    planned = project.run("plan", "--json", *arguments)
    assert addresses(planned) == archived
    learnt = planned.document["prune_rules"]
    assert bool(learnt) is not bool(arguments), "what a partial plan saw is no rule for everything"


def test_guards_take_their_shares_of_everything_that_is_named(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire
    change_all(project)
    assert project.run("plan").code == ExitCode.GUARDED
    ok(project.run("plan", "--target", "companies/c0[0-6]*"))  # 70 of 250
    refused = project.run("plan", "--target", "companies/c0*")  # 100 of 250
    assert refused.code == ExitCode.GUARDED
    assert "100 of 250 companies would be updated (40 %, limit 30 %)" in refused.out


def test_a_partial_plan_says_so_wherever_it_is_read(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire
    flags = ("--target", "companies/c0*", "--exclude", "*#city")
    ok(project.run("plan", "--out", "plan.json", *flags))
    reported = "selected by --target 'companies/c0*' --exclude '*#city'"
    assert f"Partial plan: only what is {reported} was compared." in " ".join(
        ok(project.run("show", "plan.json")).out.split()
    )
    document = json.loads(ok(project.run("show", "plan.json", "--json")).out)
    assert document["selection"] == {"exclude": ["*#city"], "target": ["companies/c0*"]}
    for form in ("markdown", "html"):
        assert "Partial plan" in ok(project.run("show", "plan.json", "--format", form)).out
    assert "Partial" not in ok(project.run("plan")).out


def test_a_glob_that_matches_nothing_is_an_error_whatever_it_was_for(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire
    for flag in ("--target", "--exclude", "--take", "--recreate"):
        done = project.run("plan", flag, "companies/x*", flag, "companies/c000")
        assert done.code == ExitCode.ERROR
        assert done.err.startswith(f"{flag} 'companies/x*' matches nothing\n"), done.err
        assert done.out == ""
    for glob in ("companies", "companies/c000#phone", ""):
        assert project.run("plan", "--target", glob).code == ExitCode.ERROR


@pytest.mark.parametrize("flag", ["--take", "--recreate"])
@pytest.mark.parametrize(
    ("glob", "selection"),
    [
        ("companies/c000", ["--target", "companies/c001"]),
        ("companies/c00*", ["--target", "companies/c1*"]),
        ("companies/c00*", ["--exclude", "companies/c0*"]),
        ("companies/c000#city", ["--target", "companies/c000#name"]),
        ("companies/c000#city", ["--exclude", "*#city"]),
    ],
)
def test_an_exception_for_what_is_not_selected_is_an_error(
    wire: tuple[Project, Recorder], flag: str, glob: str, selection: list[str]
) -> None:
    project, _ = wire

    done = project.run("plan", flag, glob, flag, "companies/x", *selection)

    assert (done.code, done.out) == (ExitCode.ERROR, "")
    first, *_, last, advice = done.err.splitlines()
    assert first == f"{flag} companies/x matches nothing"
    assert last == f"{flag} {quote(glob)} matches only what --target or --exclude leaves out"
    assert advice == f"    change --target or --exclude, or leave out this {flag}"


@pytest.mark.parametrize("flag", ["--take", "--recreate"])
@pytest.mark.parametrize(
    ("glob", "selection"),
    [
        ("companies/c0*", ["--target", "companies/c001"]),
        ("companies/c0*", ["--target", "companies/c001#city"]),
        ("companies/c001", ["--exclude", "*#name"]),
        ("*#city", ["--target", "companies/c001#city"]),
    ],
)
def test_an_exception_for_some_of_what_is_selected_is_planned(
    wire: tuple[Project, Recorder], flag: str, glob: str, selection: list[str]
) -> None:
    ok(wire[0].run("plan", flag, glob, *selection))


def test_a_saved_plan_takes_no_options_that_shape_plans(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    change_all(project)
    ok(project.run("plan", "--out", "plan.json", "--target", "companies/c00*"))
    for option in (("--target", "companies/c001"), ("--skip-invalid",), ("--allow", "update=3")):
        done = project.run("apply", "plan.json", *option)
        assert done.code == ExitCode.ERROR
        assert "a saved plan is applied as it is" in done.err
    assert portal.asked("/batch/update") == []
