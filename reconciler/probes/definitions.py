"""Probes of definitions: names of archived properties, and stage ids chosen by the client, not by HubSpot."""

from reconciler.probes.made_list import Made
from reconciler.probes.portal import COMPANIES, DEALS, PREFIX, ProbedPortal
from reconciler.probes.probe import Seen, refused

_TEXT = {"type": "string", "fieldType": "text"}


def archived_property_name(portal: ProbedPortal) -> Seen:
    """Archive a property with a value, and create it again."""
    name = f"{PREFIX}_archived"
    portal.define(name, **_TEXT)
    company = portal.created(COMPANIES, portal.name("property"), **{name: "kept"})
    gone = portal.send("DELETE", portal.paths.property_definition(COMPANIES, name))
    if not gone.is_success:
        raise refused(gone.status)
    if not portal.create_property(name, **_TEXT).is_success:
        return Seen("refused")
    read = portal.value(COMPANIES, company, name)
    known = {"kept": "values_return", None: "values_gone"}
    return Seen(known[read]) if read in known else Seen(None, f"read as {read}")


def stage_ids(portal: ProbedPortal) -> Seen:
    """Find out whether HubSpot keeps the stage id that a request to create a pipeline contains."""
    label, chosen = portal.name("pipeline"), portal.name("stage")
    stage = {"stageId": chosen, "label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}}
    body = {"label": label, "displayOrder": 99, "stages": [stage]}
    reply = portal.make([Made("pipeline", DEALS, label)], portal.paths.pipelines(DEALS), body)
    if not reply.is_success:
        raise refused(reply.status)
    read = portal.send("GET", portal.paths.pipeline(DEALS, str(reply.body["id"])))
    if not read.is_success:
        raise refused(read.status)
    ids = [stage.get("id") for stage in read.body.get("stages", ())]
    return Seen("kept" if ids == [chosen] else "replaced")
