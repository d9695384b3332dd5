"""Control routes: creating portals, switching faults, editing as other people.

They are not part of HubSpot's API. Their paths begin with ``/_emulator/``. Only the process itself and
clients on the same machine may use them. ``docs/emulator.md`` lists them.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from reconciler.emulator import edits, faults, refusals, response_format
from reconciler.emulator.calls import Reply, Request
from reconciler.emulator.errors import EmulatorError, SeedError, UnknownPortal
from reconciler.emulator.faults import Switchboard
from reconciler.emulator.portals import Portals
from reconciler.emulator.request_context import Source, Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.settings import SETTINGS, settings_from
from reconciler.emulator.versions import VERSIONS

PREFIX = "/_emulator"


@dataclass(frozen=True, slots=True)
class Control:
    """The control routes of one emulator."""

    portals: Portals
    switchboard: Switchboard

    def reply(self, request: Request, body: Any) -> Reply:
        """Carry out a control request; answer an invalid request with an error status and one sentence."""
        if not request.is_local or "origin" in request.headers:  # browsers add Origin for web pages
            return Reply(403, {"message": "the control routes are for this machine only"})
        parts = [part for part in request.path.removeprefix(PREFIX).split("/") if part]
        try:
            if not request.is_in_process:
                self._check_token(request, parts, body)
            return self._dispatch(request.method, parts, body)
        except UnknownPortal as error:
            return Reply(404, {"message": str(error)})
        except EmulatorError as error:
            return Reply(400, {"message": str(error)})
        except refusals.Refusal as refusal:
            return Reply(refusal.status, {"message": refusal.message})

    def _check_token(self, request: Request, parts: list[str], body: Any) -> None:
        """Refuse a request that needs the portal's token and does not have it.

        To create a portal, the token of any portal is enough.
        """
        match (request.method, *parts):
            case ("PUT" | "DELETE", "portals", portal) | ("POST", "portals", portal, "tokens"):
                portal_id = _number(portal)
            case ("POST", "portals", portal, "edits") if _deletes(body):
                portal_id = _number(portal)
            case _:
                return
        actor = self.portals.bearer(request)
        others = set(self.portals.ids()) - ({actor.portal_id} if actor else set())
        if actor is None or actor.scopes is not None or portal_id in others:
            raise refusals.Refusal(
                401,
                "this control route hands out tokens or deletes, so it takes the portal's token with all "
                "scopes, as `reconciler emulator serve` prints it: Authorization: Bearer TOKEN",
            )

    def _dispatch(self, method: str, parts: list[str], body: Any) -> Reply:
        match (method, *parts):
            case ("GET",):
                return Reply(200, {"portals": self.portals.ids(), "faults": self.switchboard.listing()})
            case ("GET", "faults"):
                return Reply(200, {"results": self.switchboard.listing()})
            case ("POST", "faults"):
                fault = faults.parse(body) if isinstance(body, str) else faults.from_json(body)
                return Reply(201, {"id": self.switchboard.add(fault), **fault.body()})
            case ("DELETE", "faults"):
                self.switchboard.clear()
                return Reply(204)
            case ("DELETE", "faults", number):
                self.switchboard.clear(_number(number))
                return Reply(204)
            case (_, "portals", portal, *rest):
                return self._portal(method, _number(portal), rest, body)
            case _:
                raise _no_route(method, parts)

    def _portal(self, method: str, portal_id: int, parts: list[str], body: Any) -> Reply:
        match (method, *parts):
            case ("PUT",):
                created = self.portals.ensure(portal_id, _object(body or {}))
                token = self.portals.token(portal_id, None)
                return Reply(201 if created else 200, {"created": created, "token": token})
            case ("DELETE",):
                self.portals.reset(portal_id)
                return Reply(204)
            case ("POST", "tokens"):
                scopes = _object(body or {}).get("scopes")
                chosen = None if scopes is None else response_format.as_names(scopes, "scopes")
                return Reply(201, {"token": self.portals.token(portal_id, chosen)})
            case ("GET", "settings"):
                with self._open(portal_id, Source("API"), write=False) as work:
                    return Reply(200, _settings(work))
            case ("PATCH", "settings"):
                with self._open(portal_id, Source("API"), write=True) as work:
                    work.save_settings(_changed_settings(body))
                    return Reply(200, _settings(work))
            case ("POST", "edits"):
                given = _object(body)
                with self._open(portal_id, edits.source_of(given.get("source")), write=True) as work:
                    return Reply(200, edits.edit(work, given))
            case _:
                raise _no_route(method, ["portals", str(portal_id), *parts])

    def _open(self, portal_id: int, source: Source, *, write: bool) -> AbstractContextManager[Work]:
        return self.portals.open(portal_id, VERSIONS["v3"], source, write=write)


def _deletes(body: Any) -> bool:
    return isinstance(body, dict) and bool(body.get("archive") or body.get("purge"))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise refusals.not_found(f"{text} is not a number")
    return int(text)


def _no_route(method: str, parts: list[str]) -> refusals.Refusal:
    return refusals.not_found(f"there is no control route {method} {PREFIX}/{'/'.join(parts)}")


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise SeedError("a JSON object is expected")
    return body


def _changed_settings(body: Any) -> dict[str, Any]:
    given = _object(body)
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise SeedError(f"{unknown[0]}: no such setting; there are {', '.join(SETTINGS)}")
    return settings_from(given)


def _settings(work: Work) -> Json:
    return {key: work.settings[key] for key in SETTINGS}
