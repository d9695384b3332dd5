"""Random sets of associations, declared on either record, while people add and remove some."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.test_associations import SEED, apply, associate, label, pairs, take_apart
from tests.support.projects import Project, Recorder
from tests.support.served import served

Ends: TypeAlias = tuple[str, str]
"""Keys of a company and a contact that are associated."""

IDS = {"acme": "901", "globex": "902", "ada": "501", "bob": "502"}
KEYS = {record_id: key for key, record_id in IDS.items()}
INVERSE = {"": "", "Billing": "Billing", "Manager": "Employee"}
NUMBERS = {"Billing": 1, "Manager": 3}


@dataclass(frozen=True)
class Act:
    """Edits by people, followed by new manifests; labels are those in the direction from the company."""

    removed: frozenset[Ends]
    added: frozenset[tuple[Ends, str]]
    by_companies: frozenset[tuple[Ends, str]]
    by_contacts: frozenset[tuple[Ends, str]]
    prune: bool

    @property
    def named(self) -> frozenset[tuple[Ends, str]]:
        return self.by_companies | self.by_contacts

    def manifests(self) -> Mapping[str, str]:
        there: dict[str, list[str]] = {"acme": [], "globex": []}
        back: dict[str, list[str]] = {"ada": [], "bob": []}
        for (company, contact), text in sorted(self.by_companies):
            there[company].append(listed(f"{contact}@acme.example", text))
        for (company, contact), text in sorted(self.by_contacts):
            back[contact].append(listed(company, INVERSE[text]))
        head = "prune: true\n" if self.prune else ""
        return {
            "a.yaml": f"object: companies\nkey: external_id\n{head}records:\n"
            + "".join(
                f"  {key}: {{$associations: {{contacts: [{', '.join(of)}]}}}}\n" for key, of in there.items()
            ),
            "b.yaml": f"object: contacts\nkey: email\n{head}records:\n"
            + "".join(
                f"  {key}@acme.example: {{$associations: {{companies: [{', '.join(of)}]}}}}\n"
                for key, of in back.items()
            ),
        }


def listed(key: str, text: str) -> str:
    return f"{{to: {key}, label: {text}}}" if text else key


ends = st.tuples(st.sampled_from(["acme", "globex"]), st.sampled_from(["ada", "bob"]))
some = st.frozensets(st.tuples(ends, st.sampled_from(sorted(INVERSE))), max_size=5)
acts = st.builds(Act, st.frozensets(ends, max_size=2), some, some, some, st.booleans())


def present(portal: Recorder) -> set[tuple[Ends, str]]:
    """Return the associations in the portal, with one entry for each label."""
    return {
        ((KEYS[one], KEYS[other]), text)
        for (one, other), texts in pairs(portal).items()
        for text in ("", *texts)
    }


def created(project: Project) -> set[tuple[Ends, str]]:
    """Return the associations that are "created" in state, even if people removed and restored them."""
    found: set[tuple[Ends, str]] = set()
    for pair in json.loads(project.run("state", "export").out)["pairs"]:
        if pair["origin"] == "created":
            one, other = sorted(
                (KEYS[pair["record_id"]], KEYS[pair["target_id"]]), key=["acme", "globex", "ada", "bob"].index
            )
            text = pair["label"]["text"] if pair["label"] else ""
            found |= {((one, other), ""), ((one, other), "Manager" if text == "Employee" else text)}
    return found


def people_act(act: Act, project: Project, portal: Recorder, theirs: set[tuple[Ends, str]]) -> None:
    """Remove, then add associations as people do, and update ``theirs``.

    ``theirs`` are associations that people added: they did not exist before, and state does not know them as
    created by reconciler.
    """
    ours = created(project)
    for company, contact in sorted(act.removed):
        take_apart(portal, IDS[company], IDS[contact])
        theirs -= {entry for entry in theirs if entry[0] == (company, contact)}
    for (company, contact), text in sorted(act.added):
        before = present(portal)
        if text:
            label(portal, IDS[company], IDS[contact], NUMBERS[text])
        else:
            associate(portal, IDS[company], IDS[contact])
        theirs |= present(portal) - before - ours


@given(st.lists(acts, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_named_associations_exist_earlier_ones_stay_and_the_next_plan_is_empty(story: list[Act]) -> None:
    theirs: set[tuple[Ends, str]] = set()
    touched: set[Ends] = set()  # pairs that people changed; state may call their associations created
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), story[0].manifests(), SEED) as (project, portal),
    ):
        for act in story:
            people_act(act, project, portal, theirs)
            touched |= {ends for ends, _ in act.added}
            for name, text in act.manifests().items():
                project.write(name, text)
            apply(project)  # this also checks that the next plan is empty
            now = present(portal)
            assert act.named <= now
            assert theirs <= now
            if act.prune:
                assert {ends for ends, _ in now} <= {ends for ends, _ in act.named} | touched
