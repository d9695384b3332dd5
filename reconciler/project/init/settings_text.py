"""The text of ``reconciler.yaml`` for a new project."""

import re

ENVIRONMENT = "production"
VARIABLE = "HUBSPOT_ACCESS_TOKEN"
SQLITE_STATE = "sqlite:///.reconciler/state.db"
GIT_REF = "refs/reconciler"

_UNNAMED = "crm"
_USUAL_REMOTE = "origin"
_FOREIGN = re.compile("[^A-Za-z0-9._-]+")

_TEXT = """\
# The project: its portal, and where its manifests and its state are.
version: 1

project: {project}  # kept in the state: another project cannot use this state

manifests: [manifests]  # folders with *.yaml

# The state contains the records that reconciler owns, and the values that it applied last.
{about_state}state: {state}

environments:
  {environment}:
    {portal_id}
    token: ${{{token}}}  # a variable, or a line of the file that RECONCILER_ENV_FILE names
    protected: true  # apply takes a saved plan only: plan --out plan.json, then apply plan.json
    # Changes by people in HubSpot are shown, and overwritten only with --take. If the manifests are
    # always right, write revert here.
    drift: hold
"""
_ABOUT_STATE = {
    True: "# The state is in the remote repository, encrypted, in refs of its own: all machines share it.\n",
    False: "# The state is on this machine only: before other people or CI jobs apply, move it elsewhere.\n",
}
_NO_PORTAL_ID = "# portal_id: 1234567  # the number of the account; `reconciler doctor` says which one it is"


def settings_text(project: str, portal_id: int | None, state: str) -> str:
    """Return the text of ``reconciler.yaml`` with one environment."""
    known = f"portal_id: {portal_id}  # the token must belong to it"
    return _TEXT.format(
        project=project,
        about_state=_ABOUT_STATE[is_in_git(state)],
        state=state,
        environment=ENVIRONMENT,
        portal_id=_NO_PORTAL_ID if portal_id is None else known,
        token=VARIABLE,
    )


def git_state(remote: str) -> str:
    """Return the address of a state in the repository of the remote ``remote``."""
    return f"git:{GIT_REF}" if remote == _USUAL_REMOTE else f"git:{remote}:{GIT_REF}"


def is_in_git(state: str) -> bool:
    """Return whether ``state`` is the address of a state in a git repository."""
    return state.startswith("git:")


def project_name(folder: str) -> str:
    """Return a name for the project in ``folder``, made of characters that settings allow.

    >>> project_name("Acme CRM (new)"), project_name("…")
    ('Acme-CRM-new', 'crm')
    """
    return _FOREIGN.sub("-", folder).strip("._-")[:100] or _UNNAMED
