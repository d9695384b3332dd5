"""Telling a webhook about conditions that have changed. If this fails, the run goes on.

A condition that is good and was never sent is not sent. If the webhook does not accept a notice, there is one
warning, and the next run tries again.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler import __version__
from reconciler.errors import UsageError
from reconciler.project.ci_job import ci_run_url
from reconciler.project.notices import Notice
from reconciler.project.server_addresses import is_webhook
from reconciler.project.session import Session
from reconciler.project.settings import Webhook
from reconciler.project.webhook.conditions import Condition
from reconciler.project.webhook.last_sent import last_sent_path, read_last_sent, write_last_sent
from reconciler.state.database_files import PRIVATE_FOLDER


def tell_webhook(session: Session, conditions: Callable[[], Iterable[Condition]]) -> None:
    """Send the conditions that have changed to the webhook; do nothing if there is no webhook.

    Args:
        session: the environment.
        conditions: returns the conditions; called only if there is a webhook.
    """
    webhook = session.settings.webhook
    if webhook is None:
        return
    known = read_last_sent(
        last_sent_path(session.settings.project / PRIVATE_FOLDER, session.environment.name)
    )
    sent = dict(known)
    news = [each for each in conditions() if each.is_bad != sent.get(each.subject, False)]
    fault = None
    for each in news:
        fault = _send(webhook, _notice(session, each))
        if fault is not None:
            break
        sent[each.subject] = each.is_bad
    if fault is not None:
        session.notify(Notice(f"the webhook in {webhook.variable} did not take a notice: {fault}"))
    if sent != known:
        _remember(session, sent)


def _send(webhook: Webhook, notice: Mapping[str, Any]) -> str | None:
    if not is_webhook(webhook.url):
        return "its address must be https://HOST/PATH, or http:// on this machine"
    from reconciler.project.webhook.send import send  # noqa: PLC0415 - httpx costs 0.1 s

    return send(webhook.url, notice)


def _notice(session: Session, condition: Condition) -> Mapping[str, Any]:
    """Return the notice as JSON: ``text`` for people, as Slack shows it, and facts for programs."""
    environment, project = session.environment, session.settings.name
    place = f"{environment.name} (portal {environment.portal_id})"
    job = ci_run_url(os.environ)
    text = f"{f'{project}, ' if project else ''}{place}: {condition.text}{f' {job}' if job else ''}"
    return {
        "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "facts": {
            "project": project,
            "environment": environment.name,
            "portal_id": environment.portal_id,
            "subject": str(condition.subject),
            "is_bad": condition.is_bad,
            **condition.facts,
            "job": job,
            "tool_version": __version__,
        },
    }


def _remember(session: Session, sent: Mapping[str, bool]) -> None:
    try:
        write_last_sent(last_sent_path(session.folder, session.environment.name), sent)
    except UsageError as error:
        session.notify(Notice(f"{error}\n    the webhook may get the same notice again"))
