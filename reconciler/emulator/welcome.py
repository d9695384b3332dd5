"""The page at the root for browsers: it says that this is not HubSpot, and where to read more."""

from reconciler.emulator.calls import Reply

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>reconciler: emulated HubSpot</title>
<body style="font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 3rem auto">
<h1>An emulated HubSpot</h1>
<p>This is the portal that comes with reconciler. It speaks HubSpot's CRM API and has no pages of its own.</p>
<p>A program is pointed at this address instead of <code>https://api.hubapi.com</code>, and sends the token
that <code>reconciler emulator serve</code> prints: <code>Authorization: Bearer …</code></p>
<p><a href="/_emulator/">/_emulator/</a> lists the portals and the faults that are switched on.
The page <code>docs/emulator.md</code> says what is imitated, and what is not.</p>
</body></html>
"""


def reply() -> Reply:
    """Return the page; it contains no token and no data of a portal, because every program can read it."""
    return Reply(200, _PAGE.encode(), {"Content-Type": "text/html; charset=utf-8"})
