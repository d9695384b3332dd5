"""Masking: only this module decides which values a report shows.

Renderers get a plan, a run or problems in which every personal value is already replaced by a pseudonym.
Equal values have equal pseudonyms, so changed values and groups stay recognisable. Pseudonyms depend on a
secret key, so that nobody can find a phone number by trying all numbers. If the key is discarded, nobody can
unmask the report.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reconciler.errors import Problem
from reconciler.model.acceptance import Acceptance
from reconciler.model.associations import OwnedAssociation
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation
from reconciler.model.imports import ImportResult, UnnamedRecords
from reconciler.model.names import NO_NAMES, Names
from reconciler.model.runs import RunDetail, RunHeader
from reconciler.plan.plan import Plan
from reconciler.report.masker import Masker, OwnedT
from reconciler.report.value_mask import MaskedProperties


@dataclass(frozen=True, slots=True)
class Masking:
    """Whether personal values are shown, and if not, the key of their pseudonyms.

    ``shows_manifests`` is for readers who can read the manifests of the reported commit in the repository.
    """

    key: bytes | None = field(default=None, repr=False)  # secret; None: show personal values
    shows_manifests: bool = False  # whether to show the values in these manifests

    @property
    def is_on(self) -> bool:
        """Whether personal values are replaced."""
        return self.key is not None


SHOW = Masking()
"""The setting that shows all values unmasked."""


def masked_plan(plan: Plan, masking: Masking) -> Plan:
    """Return the plan with all personal values and keys masked, also where messages repeat them."""
    if masking.key is None:
        return plan
    mask = _of_plan(masking.key, plan, masking)
    return replace(
        mask.about(plan),
        changes=tuple(map(mask.change, plan.changes)),
        held=tuple(map(mask.held, plan.held)),
        problems=tuple(map(mask.problem, plan.problems)),
        review=plan.review and mask.review(plan.review),
    )


def masked_drift(found: DriftFound, masking: Masking) -> DriftFound:
    """Mask drift; the authors of changes stay visible."""
    if masking.key is None:
        return found
    mask = Masker(masking.key, found.masked_properties, names=found.names)
    return replace(
        found,
        names=mask.names(),
        state=found.state.brief,
        values=tuple(map(mask.drifted, found.values)),
        lost=tuple(map(mask.lost, found.lost)),
        pairs=tuple(map(mask.lost_pair, found.pairs)),
    )


def masked_acceptance(acceptance: Acceptance, masking: Masking) -> Acceptance:
    """Mask accepted drift."""
    if masking.key is None:
        return acceptance
    mask = Masker(masking.key, acceptance.masked_properties, names=acceptance.names)
    return replace(
        acceptance,
        names=mask.names(),
        edits=tuple(map(mask.edit, acceptance.edits)),
        agreed=tuple(map(mask.edit, acceptance.agreed)),
        problems=tuple(mask.problem(problem) for problem in acceptance.problems),
    )


def masked_explanation(explained: Explanation, masking: Masking) -> Explanation:
    """Mask an explanation."""
    if masking.key is None:
        return explained
    shows = masking.shows_manifests and explained.is_of_commit
    mask = Masker(masking.key, explained.masked_properties, names=explained.names, shows_manifests=shows)
    is_named = any(map(mask.is_said, explained.declared))
    return replace(
        explained,
        names=mask.names(),
        display_name=mask.display_name(explained.key.object_of_values, explained.display_name),
        key=explained.key if is_named else mask.record(explained.key),
        moves_from=explained.moves_from and mask.record(explained.moves_from),
        step=mask.step(explained.key, "", explained.step),
        properties=tuple(mask.explained(explained.key, of) for of in explained.properties),
        pairs=tuple(replace(pair, target=mask.other(pair.target)) for pair in explained.pairs),
        problems=tuple(mask.problem(problem) for problem in explained.problems),
    )


def masked_run(detail: RunDetail, masking: Masking) -> RunDetail:
    """Mask a run."""
    mask = mask_of_run(masking, detail.header)
    if mask is None:
        return detail
    state = detail.header.state
    header = replace(detail.header, state=state and state.brief, names=mask.names())
    return replace(detail, header=header, rows=tuple(map(mask.row, detail.rows)))


def masked_owned(
    record: OwnedT,
    pairs: Iterable[OwnedAssociation],
    masking: Masking,
    masked_properties: MaskedProperties,
) -> tuple[OwnedT, tuple[OwnedAssociation, ...]]:
    """Mask an owned record or definition and its associations."""
    if masking.key is None:
        return record, tuple(pairs)
    mask = Masker(masking.key, masked_properties)
    return mask.owned(record), tuple(map(mask.owned_pair, pairs))


def masked_import(result: ImportResult, masking: Masking) -> ImportResult:
    """Mask the only key in the result of an import: the address of the first difference."""
    if masking.key is None or result.proof is None or result.proof.first is None:
        return result
    mask = Masker(masking.key, result.masked_properties)
    return replace(result, proof=replace(result.proof, first=mask.address(result.proof.first)))


def masked_unnamed(found: UnnamedRecords, masking: Masking) -> UnnamedRecords:
    """Mask keys and names of records that no manifest names; their creators stay visible."""
    if masking.key is None:
        return found
    mask = Masker(masking.key, found.masked_properties)
    is_personal = any(mask.is_personal(found.object, name) for name in found.display)
    return replace(
        found,
        records=tuple(
            replace(
                record,
                key=mask.value(found.object, found.key, record.key),
                name=mask.pseudonym(record.name) if is_personal and record.name else record.name,
            )
            for record in found.records
        ),
    )


def masked_problems(
    problems: Iterable[Problem], masking: Masking, masked_properties: MaskedProperties = ()
) -> tuple[Problem, ...]:
    """Mask problems; without ``masked_properties``, only e-mail addresses are recognised."""
    if masking.key is None:
        return tuple(problems)
    mask = Masker(masking.key, masked_properties)
    return tuple(mask.problem(problem) for problem in problems)


def masked_text(text: str, masking: Masking) -> str:
    """Mask a text that belongs to no record: only e-mail addresses are recognised."""
    return text if masking.key is None else Masker(masking.key, ()).text(text, [])


def mask_of(masking: Masking, masked_properties: MaskedProperties, names: Names = NO_NAMES) -> Masker | None:
    """Return the mask for the entries of a report; None if everything is shown."""
    return None if masking.key is None else Masker(masking.key, masked_properties, names=names)


def mask_of_run(masking: Masking, header: RunHeader) -> Masker | None:
    """Return the mask for the rows of a run; None if everything is shown."""
    if masking.key is None:
        return None
    shows = masking.shows_manifests
    return Masker(masking.key, header.masked_properties, names=header.names, shows_manifests=shows)


def mask_of_plan(masking: Masking, plan: Plan) -> Masker | None:
    """Return the mask for the entries of a plan; None if everything is shown."""
    return None if masking.key is None else _of_plan(masking.key, plan, masking)


def _of_plan(key: bytes, plan: Plan, masking: Masking) -> Masker:
    """Build the mask of a plan.

    Keys of an object type stay visible if changes or held values have a key property that is not personal.
    """
    properties = {change.thing.key_property for change in plan.changes}
    properties |= {held.key.key_property for held in plan.held}
    plain = (of for of, _ in properties.difference(plan.masked_properties))
    shows = masking.shows_manifests and is_of_commit(plan)
    return Masker(key, plan.masked_properties, plain, plan.names, shows_manifests=shows)


def is_of_commit(plan: Plan) -> bool:
    """Return whether the plan was made from exactly the manifests of a commit; a rollback was not."""
    return plan.rolls_back is None and plan.manifests.commit is not None
