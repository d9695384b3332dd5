"""The text of ``reconciler.yaml`` in a new project."""

import re

ENVIRONMENT = "production"
VARIABLE = "HUBSPOT_ACCESS_TOKEN"
SQLITE_STATE = "sqlite:///.reconciler/state.db"
GIT_STATE = "git:refs/reconciler"
HAS_GIT_STATE = False
"""Whether this version can keep state in git: the only place that says so."""

_UNNAMED = "crm"
_FOREIGN = re.compile("[^A-Za-z0-9._-]+")

_TEXT = """\
# The project: which portal it is about, and where its records and its state are.
version: 1

project: {project}  # kept in the state: another project cannot use this state

manifests: [manifests]  # folders with *.yaml

# What reconciler remembers: the records that are ours, and the values that we applied last.
{about_state}state: {state}

environments:
  {environment}:
    {portal_id}
    token: ${{{token}}}  # a variable, or a line of the file that RECONCILER_ENV_FILE names
    protected: true  # apply takes a saved plan only: plan --out plan.json, then apply plan.json
    # What people change in HubSpot is shown, and written back only with --take. Write revert here once git
    # is the boss.
    drift: hold
"""
_ABOUT_STATE = {
    GIT_STATE: "# It is in this repository, on a reference of its own, so that all machines share it.\n",
    SQLITE_STATE: "# It lives on this machine only: before others or CI jobs apply, move it elsewhere.\n",
}
_NO_PORTAL_ID = "# portal_id: 1234567  # the number of the account; `reconciler doctor` says which one it is"


def settings_text(project: str, portal_id: int | None, state: str) -> str:
    """Return the text of ``reconciler.yaml`` with one environment."""
    known = f"portal_id: {portal_id}  # the token must belong to it"
    return _TEXT.format(
        project=project,
        about_state=_ABOUT_STATE[state],
        state=state,
        environment=ENVIRONMENT,
        portal_id=_NO_PORTAL_ID if portal_id is None else known,
        token=VARIABLE,
    )


def project_name(folder: str) -> str:
    """Return a name for the project in ``folder``, of the characters that settings allow.

    >>> project_name("Acme CRM (new)"), project_name("…")
    ('Acme-CRM-new', 'crm')
    """
    return _FOREIGN.sub("-", folder).strip("._-")[:100] or _UNNAMED
