"""``reconciler.yaml``, flags and environment variables become settings, or problems with their place."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ManifestError, Problem, ReconcilerError, UsageError
from reconciler.model.desired_records import Drift
from reconciler.project.settings import Settings, find_project, load_settings

LOCAL = "version: 1\nenvironments:\n  local: {portal: emulator}\n"
FULL = """\
version: 1
manifests: [.]
state: sqlite:///.reconciler/state.db
default: local
environments:
  local:
    portal: emulator
    portal_id: 1000000
    seed: portal.json
  sandbox:
    portal_id: 1234567
    token: ${HUBSPOT_SANDBOX_TOKEN}
    api_version: "2026-03"
    owners: {ada@acme.example: robot@acme.example}
  production:
    portal_id: 7654321
    token: ${HUBSPOT_ACCESS_TOKEN}
    protected: true
    manifests: [catalogue, clients/acme]
    drift: hold
    base_url: https://api.hubapi.com
"""
TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "portal.json").write_text("{}")
    return tmp_path


def load(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, chosen: str | None = None
) -> Settings:
    (folder / "reconciler.yaml").write_text(text)
    return load_settings(folder, environ or {}, chosen)


def refused(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, chosen: str | None = None
) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load(folder, text, environ, chosen)
    assert all(problem.advice for problem in caught.value.problems)
    return [
        f"{problem.source}: {problem.message!s}".removeprefix("reconciler.yaml:")
        for problem in caught.value.problems
    ]


def real(**lines: str) -> str:
    """Return settings with one environment, whose portal is at HubSpot; ``lines`` replace the usual ones."""
    own = {"portal_id": "1234567", "token": "${HUBSPOT_TOKEN}"} | lines
    return "version: 1\nenvironments:\n  prod:\n" + "".join(
        f"    {key}: {value}\n" for key, value in own.items() if value
    )


def test_settings_for_portal_and_state_may_be_missing_if_neither_is_opened(folder: Path) -> None:
    text = real(token="${HUBSPOT_TOKEN}").replace("version: 1\n", "version: 1\nstate: ${RECONCILER_STATE}\n")
    (folder / "reconciler.yaml").write_text(text)

    settings = load_settings(folder, {}, None, offline=True)

    assert (settings.environment.name, settings.environment.token, settings.state_url) == ("prod", None, None)


def test_the_project_is_the_working_directory_or_its_manifests(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/reconciler.yaml").touch()
    assert find_project(tmp_path, None) == tmp_path / "manifests"
    (tmp_path / "reconciler.yaml").touch()
    assert find_project(tmp_path, None) == tmp_path


@pytest.mark.parametrize("chosen", ["other", "deep/other"])
def test_a_chosen_folder_or_its_manifests_is_the_project(tmp_path: Path, chosen: str) -> None:
    (tmp_path / "reconciler.yaml").touch()
    other = tmp_path / chosen
    (other / "manifests").mkdir(parents=True)
    (other / "manifests/reconciler.yaml").touch()
    assert find_project(tmp_path, Path(chosen)) == other / "manifests"
    (other / "reconciler.yaml").touch()
    assert find_project(tmp_path, Path(chosen)) == other
    assert find_project(Path("/"), other) == other


def test_no_project_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").mkdir()
    with pytest.raises(
        UsageError, match=r"no reconciler\.yaml in the working directory or its manifests/\n.*-C DIR"
    ):
        find_project(tmp_path, None)
    with pytest.raises(UsageError, match=r"no reconciler\.yaml in other or other/manifests"):
        find_project(tmp_path, Path("other"))


def test_little_needs_to_be_said(folder: Path) -> None:
    settings = load(folder, LOCAL)
    environment = settings.environment
    assert settings.project == folder
    assert settings.environment_names == ("local",)
    assert settings.manifests == (".",)
    assert settings.state_url == f"sqlite:///{folder}/.reconciler/state.db"
    assert (environment.name, environment.portal_id, environment.token) == ("local", 1000000, None)
    assert (environment.is_emulator, environment.seed, environment.api_version) == (True, None, "v3")
    assert (environment.base_url, environment.is_protected) == ("https://api.hubapi.com", False)
    assert (environment.drift, environment.owners) == (Drift.REVERT, {})


def test_everything_can_be_said(folder: Path) -> None:
    environ = {"HUBSPOT_SANDBOX_TOKEN": "one", "HUBSPOT_ACCESS_TOKEN": " two\n"}
    local = load(folder, FULL, environ).environment
    sandbox = load(folder, FULL, environ, "sandbox")
    production = load(folder, FULL, environ, "production")
    assert local.seed == folder / "portal.json"
    assert sandbox.environment_names == ("local", "production", "sandbox")
    assert (sandbox.environment.portal_id, sandbox.environment.token) == (1234567, "one")
    assert (sandbox.environment.api_version, sandbox.manifests) == ("2026-03", (".",))
    assert sandbox.environment.owners == {"ada@acme.example": "robot@acme.example"}
    assert (production.environment.token, production.environment.is_protected) == ("two", True)
    assert production.manifests == ("catalogue", "clients/acme")
    assert production.environment.drift is Drift.HOLD


def test_drift_is_said_for_the_project_and_an_environment_has_its_own_word(folder: Path) -> None:
    text = (
        "version: 1\ndrift: hold\ndefault: a\nenvironments:\n"
        "  a: {portal: emulator}\n  b: {portal: emulator, portal_id: 2, drift: revert}\n"
    )
    assert load(folder, text, {}).environment.drift is Drift.HOLD
    assert load(folder, text, {}, "b").environment.drift is Drift.REVERT


def test_only_the_variables_of_the_chosen_environment_are_read(folder: Path) -> None:
    assert load(folder, FULL, {"HUBSPOT_ACCESS_TOKEN": "x"}, "production").environment.token == "x"
    assert refused(folder, FULL, {"HUBSPOT_ACCESS_TOKEN": "x"}, "sandbox") == [
        '12:12: the variable HUBSPOT_SANDBOX_TOKEN is not set; the environment "sandbox" needs it'
    ]
    assert refused(folder, FULL, {"HUBSPOT_ACCESS_TOKEN": " "}, "production") == [
        '17:12: the variable HUBSPOT_ACCESS_TOKEN is empty; the environment "production" needs it'
    ]


def test_all_unset_variables_are_told(folder: Path) -> None:
    state = "state: postgresql+psycopg://${RECONCILER_USER}:${RECONCILER_PASSWORD}@db/x\n"
    text = state + real(base_url="${RECONCILER_URL}")
    assert refused(folder, text) == [
        f'{place}: the variable {name} is not set; the environment "prod" needs it'
        for place, name in (
            ("1:8", "RECONCILER_PASSWORD"),
            ("1:8", "RECONCILER_USER"),
            ("6:12", "HUBSPOT_TOKEN"),
            ("7:15", "RECONCILER_URL"),
        )
    ]


@pytest.mark.parametrize(
    ("chosen", "environ", "text", "expected"),
    [
        ("sandbox", {"RECONCILER_ENV": "production"}, FULL, "sandbox"),
        (None, {"RECONCILER_ENV": "production"}, FULL, "production"),
        (None, {"RECONCILER_ENV": ""}, FULL, "local"),
        (None, {}, FULL, "local"),
        (None, {}, LOCAL, "local"),
    ],
)
def test_the_environment_is_chosen_by_flag_variable_or_default(
    folder: Path, chosen: str | None, environ: dict[str, str], text: str, expected: str
) -> None:
    tokens = {"HUBSPOT_SANDBOX_TOKEN": "x", "HUBSPOT_ACCESS_TOKEN": "x"}
    assert load(folder, text, tokens | environ, chosen).environment.name == expected


@pytest.mark.parametrize(
    ("chosen", "environ", "text", "expected"),
    [
        (
            "prod",
            {},
            FULL,
            'unknown environment "prod" (-e)\n    reconciler.yaml has: local, production, sandbox',
        ),
        (None, {"RECONCILER_ENV": "x"}, FULL, 'unknown environment "x" (RECONCILER_ENV)'),
        (
            None,
            {},
            FULL.replace("default: local\n", ""),
            "there are several environments: local, production, sandbox\n    choose one with -e",
        ),
    ],
)
def test_nobody_gets_the_wrong_portal_by_forgetting(
    folder: Path, chosen: str | None, environ: dict[str, str], text: str, expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load(folder, text, environ, chosen)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("none", None),
        ("sqlite:////var/lib/x.db", "sqlite:////var/lib/x.db"),
        ("sqlite:///x.db", "sqlite:///{folder}/x.db"),
        ("postgresql+psycopg://u@db/x?sslmode=require", "postgresql+psycopg://u@db/x?sslmode=require"),
    ],
)
def test_state_starts_at_the_project_folder(folder: Path, url: str, expected: str | None) -> None:
    settings = load(folder, LOCAL + f"state: {url}\n", {"RECONCILER_ALLOW_HOSTS": "db"})
    assert settings.state_url == (expected and expected.format(folder=folder))


def test_state_may_take_its_password_from_a_variable(folder: Path) -> None:
    text = LOCAL + "state: postgresql+psycopg://u:${RECONCILER_PASSWORD}@localhost/x\n"
    settings = load(folder, text, {"RECONCILER_PASSWORD": "hunter2"})
    assert settings.state_url == "postgresql+psycopg://u:hunter2@localhost/x"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:1", "127.8.8.8", "[::1]:80", "LOCALHOST"]
)
def test_plain_http_is_for_this_machine(folder: Path, host: str) -> None:
    environment = load(folder, real(base_url=f"'http://{host}/'"), {"HUBSPOT_TOKEN": "x"}).environment
    assert environment.base_url == f"http://{host}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://api.hubapi.com", "with http://, other people could read the token on the network"),
        ("http://localhost.example.com", "with http://, other people could read the token on the network"),
        ("http://10.0.0.1", "with http://, other people could read the token on the network"),
        ("ftp://localhost", "this is not the address of a server"),
        ("api.hubapi.com", "this is not the address of a server"),
        ("https://", "this is not the address of a server"),
        ("https://[", "this is not the address of a server"),
        ("https://host:port", "this is not the address of a server"),
        ("https://me@host", "this is not the address of a server"),
        ("https://host?x=y", "this is not the address of a server"),
    ],
)
def test_other_addresses_are_refused_wherever_they_come_from(folder: Path, url: str, message: str) -> None:
    assert refused(folder, real(base_url=f"'{url}'")) == [f"6:15: {message}"]
    assert refused(
        folder, real(base_url="${RECONCILER_URL}"), {"RECONCILER_URL": url, "HUBSPOT_TOKEN": "x"}
    ) == [f"6:15: {message}"]


@pytest.mark.parametrize(
    "text",
    [
        FULL.replace("${HUBSPOT_ACCESS_TOKEN}", TOKEN),
        FULL + f"# {TOKEN}\n",
        FULL.replace("drift: hold", f"drift: {TOKEN}"),
        f"{TOKEN}: x\n{TOKEN}: y\n",
    ],
)
def test_a_token_in_the_file_is_told_and_never_repeated(folder: Path, text: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load(folder, text)
    first = text.index(TOKEN)
    line = text.count("\n", 0, first) + 1
    column = first - text.rfind("\n", 0, first)
    assert f"reconciler.yaml:{line}:{column}: there is a token here" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("written", ["hunter2", "$TOKEN", "x${HUBSPOT_TOKEN}", "${HUBSPOT_TOKEN", "pat-1"])
def test_a_token_is_given_by_a_variable_alone(folder: Path, written: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load(folder, real(token=f"'{written}'"), {"HUBSPOT_TOKEN": "secret"})
    assert "reconciler.yaml:5:12: a token must not be in a file" in str(caught.value)
    assert f"{written}\n" not in f"{caught.value}\n".replace("${VARIABLE}", "")


def test_a_token_is_not_in_the_repr(folder: Path) -> None:
    settings = load(folder, real(), {"HUBSPOT_TOKEN": TOKEN})
    assert settings.environment.token == TOKEN
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1: settings must be a mapping"]),
        ("- a\n", ["1:1: settings must be a mapping"]),
        ("version: 1\n---\nversion: 1\n", ["3:1: settings are one document"]),
        (
            "version: 2\nfuture: x\n",
            ["1:10: version 2 of this file is newer than this program can read (up to 1)"],
        ),
        ("version: one\n", ['1:1: "environments" is missing', '1:10: "version" cannot be "one"']),
        ("environments: {local: {portal: emulator}}\n", ['1:1: "version" is missing']),
        (LOCAL + "guards: {updat: 1%}\n", ['4:10: unknown name "updat" in "guards"']),
        (LOCAL + "guards: {update: lots}\n", ['4:18: "guards.update" cannot be "lots"']),
        (LOCAL + "manifest: [a]\n", ['4:1: unknown key "manifest"']),
        (LOCAL + "manifests: a\n", ['4:12: "manifests" must be a list']),
        (LOCAL + "manifests: []\n", ['4:12: "manifests" is empty']),
        (LOCAL + "default: prod\n", ['4:10: unknown environment "prod"']),
        (LOCAL + "default:\n", ['4:9: "default" is empty']),
        (LOCAL + "state: git:reconciler\n", ["4:8: state in git cannot be kept in this place"]),
        (LOCAL + "state: 'sqlite://'\n", ["4:8: this address names no SQLite file"]),
        (LOCAL + "state: 'sqlite:///:memory:'\n", ["4:8: this address names no SQLite file"]),
        (LOCAL + "state: state.db\n", ["4:8: this is not the address of a place for the state"]),
        (LOCAL + "version: 1\n", ['4:1: "version" is declared twice']),
        ("version: 1\nenvironments: {}\n", ["2:15: there are no environments"]),
        ("version: 1\nenvironments: [local]\n", ['2:15: "environments" must be a mapping']),
        ("version: 1\nenvironments:\n  local:\n", ['3:9: the environment "local" must be a mapping']),
        (
            "version: 1\nenvironments: {a b: {portal: emulator}}\n",
            ['2:16: an environment cannot be called "a b"'],
        ),
        (
            "version: 1\nenvironments: {a: {portal: emulator, token: x}}\n",
            ['2:45: an emulator has no "token"'],
        ),
        (
            "version: 1\nenvironments: {a: {portal: emulator, base_url: https://x}}\n",
            ['2:48: an emulator has no "base_url"'],
        ),
        (
            "version: 1\nenvironments: {a: {portal: emulator, seed: no.json}}\n",
            ["2:44: there is no file no.json"],
        ),
        ("version: 1\nenvironments: {a: *x}\n", ["2:19: there is no anchor &x before this alias"]),
        (
            "version: 1\nenvironments: {a: {}}\n",
            [
                '2:19: "portal_id" is missing in the environment "a"',
                '2:19: "token" is missing in the environment "a"',
            ],
        ),
        (real(portal_id="0x1"), ['4:16: "portal_id" cannot be "0x1"']),
        (real(portal_id="007"), ['4:16: "portal_id" cannot be "007"']),
        (real(portal="hubspot"), ['6:13: "portal" cannot be "hubspot"']),
        (real(seed="portal.json"), ["6:11: only an emulator can have a seed"]),
        (real(api_version="v4"), ['6:18: "api_version" cannot be "v4"']),
        (real(protected="yes"), ['6:16: "protected" cannot be "yes"']),
        (real(drift="ignore"), ['6:12: "drift" cannot be "ignore"']),
        (real(owners="[a]"), ['6:13: "owners" must be a mapping']),
        (real(owners="{a: }"), ['6:17: "owners.a" is empty']),
        (real(owners="{a: '${B}'}"), ["6:17: variables are not allowed here"]),
        (real(base_url="https://${B"), ["6:15: this is not a variable"]),
        (real(tokens="x"), ['6:5: unknown key "tokens"']),
    ],
)
def test_a_wrong_file_is_told_with_every_place(folder: Path, text: str, expected: list[str]) -> None:
    assert refused(folder, text) == expected


def test_an_unknown_key_gets_the_nearest_name(folder: Path) -> None:
    with pytest.raises(
        ManifestError,
        match='did you mean "manifests"\\? known here: default, drift, environments, guards, manifests',
    ):
        load(folder, LOCAL + "manifest: [a]\n")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"reconciler\.yaml cannot be read: No such file"):
        load_settings(tmp_path, {}, None)


@given(
    st.one_of(st.binary(max_size=100), st.text("version:1ento{}[]$|&* \n'\"", max_size=60).map(str.encode))
)
def test_no_text_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "reconciler.yaml").write_bytes(data)
    with pytest.raises(ReconcilerError):
        load_settings(folder, {}, None)


KEYS = st.sampled_from(
    [
        "portal",
        "portal_id",
        "token",
        "seed",
        "api_version",
        "base_url",
        "protected",
        "drift",
        "manifests",
        "owners",
        "x",
    ]
)
VALUES = st.sampled_from(
    [
        "emulator",
        "1",
        "${A}",
        "${HUBSPOT_A}",
        "portal.json",
        "v3",
        "https://a",
        "true",
        "hold",
        "[a]",
        "{a: b}",
        "",
        "~",
        "*a",
        "''",
        "[[a]]",
    ]
)


@given(
    st.dictionaries(KEYS, VALUES), st.dictionaries(st.sampled_from(["state", "default", "manifests"]), VALUES)
)
def test_any_mixture_of_keys_and_values_is_settings_or_complaints(
    tmp_path_factory: pytest.TempPathFactory, own: dict[str, str], top: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "portal.json").touch()
    lines = [f"{key}: {value}" for key, value in top.items()]
    inner = ", ".join(f"{key}: {value}" for key, value in own.items())
    text = "\n".join(["version: 1", *lines, f"environments: {{local: {{{inner}}}}}", ""])
    (folder / "reconciler.yaml").write_text(text)
    reported, settings = outcome(folder)
    assert all(problem.source and problem.advice for problem in reported)
    assert bool(reported) == (settings is None)
    assert settings is None or settings.environment.is_emulator == (own.get("portal") == "emulator")


def outcome(folder: Path) -> tuple[tuple[Problem, ...], Settings | None]:
    try:
        return (), load_settings(folder, {"A": "https://x", "HUBSPOT_A": "https://x"}, None)
    except ManifestError as error:
        return error.problems, None
