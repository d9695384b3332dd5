"""Comparing the values of one live definition with the desired values and with state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from reconciler.errors import Problem
from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import (
    OPTIONS,
    STAGE_NAMES,
    Attribute,
    attribute_of,
    list_of,
    list_text,
    option_of,
    same_text,
)
from reconciler.model.desired_records import Drift
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Reason, ValueChange
from reconciler.plan.definitions.context import DefinitionContext, Holding
from reconciler.plan.definitions.match import DefinitionSides, an, labels_equal
from reconciler.plan.definitions.options import ComparedOptions, compare_options, in_same_order
from reconciler.plan.plan import Held
from reconciler.plan.records.three_way import Verdict, last_applied, verdict_of

Same = Callable[[str | None, str | None], bool]


@dataclass(frozen=True, slots=True)
class StageOrder:
    """The desired and the live order of a pipeline's stages, by the labels that they will have."""

    desired: tuple[str, ...]  # existing and new stages, in the order of the manifest
    live: tuple[str, ...]  # all live stages, in live order

    @property
    def is_in_step(self) -> bool:
        """Whether the order needs no change: HubSpot adds new stages at the end."""
        there = [name for name in self.live if name in self.desired]
        new = [name for name in self.desired if name not in self.live]
        return (*there, *new) == self.desired

    @property
    def after(self) -> tuple[str, ...]:
        """The stages that manifests name, in their order, and then HubSpot's other stages."""
        return (*self.desired, *(name for name in self.live if name not in self.desired))


@dataclass(slots=True)
class ComparedDefinition:
    """The results of comparing all values of one definition: changes, held differences, problems."""

    sides: DefinitionSides
    live: LiveDefinition
    context: DefinitionContext
    owned: OwnedDefinition | None  # None if state has no entry for the live definition
    stages: "StageOrder | None" = None  # order of a pipeline's stages; None for other definitions
    written: list[ValueChange] = field(default_factory=list)
    remembered: list[ValueChange] = field(default_factory=list)
    forgotten: list[ValueChange] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    options: ComparedOptions | None = None  # for a property with named options

    def compare(self) -> None:
        """Compare all managed values."""
        wanted, section = self.sides.wanted, self.sides.address.section
        if wanted.options or (OPTIONS in wanted.paths and self.live.values.get(OPTIONS)):
            self.options = compare_options(wanted, self.live, self.owned, self._drift(OPTIONS))
            self._compare_options(self.options)
        for path in wanted.paths:
            attribute = attribute_of(section, path)
            if attribute is None or path == OPTIONS:
                continue
            if path == STAGE_NAMES and section is Section.PIPELINES:
                if self.stages is not None:
                    self._compare_stages(self.stages)
            elif option_of(path) is None or self._has_live_option(path):
                self._compare_value(path, attribute)
        if self.context.policy.forgets_unmanaged and self.context.is_whole(self.sides.address):
            self._let_go()
        for values in (self.written, self.remembered, self.forgotten):
            values.sort(key=lambda value: value.name)

    def _compare_value(self, path: str, attribute: Attribute) -> None:
        live, desired = self.live.values.get(path), self.sides.wanted.value(path)
        is_same = partial(same_text, attribute)
        if not is_same(live, desired) and self._cannot_change(path, attribute):
            self._refuse_change(path, live)
            return
        self._decide(path, is_same, live, desired)

    def _compare_options(self, options: ComparedOptions) -> None:
        """Decide whether to write the list of options or store it in state, and which differences are held.

        If the list is written, also write the attributes of new options.
        """
        before, after = list_text(options.live), list_text(options.after)
        for difference in options.held:
            is_there = option_of(f"{difference.path}/label") in options.live
            self._hold(
                difference.path,
                difference.reason,
                "there" if is_there else None,
                None if is_there else "there",
            )
        if options.removed and not self.live.can_change_options:
            self._refuse_hubspots_own(OPTIONS)
        if options.removed and {each.name for each in options.removed}.issuperset(options.after):
            advice = "keep one of them, or remove the whole property: `$absent: true`"
            problem = self.context.problem(
                self.sides.wanted, "a property with options needs at least one option", advice, OPTIONS
            )
            self.problems.append(problem)
        if options.is_learned:
            self.remembered.append(self._change(OPTIONS, before, before, Reason.IN_STEP))
        if not options.is_written:
            return
        if self._is_settling(OPTIONS, before):
            self._hold(OPTIONS, Reason.SETTLING, before, after)
            return
        self._write(OPTIONS, options.reason, before, after)
        for path in self.sides.wanted.paths if self.live.can_change_options else ():
            if option_of(path) in options.added:
                self.written.append(self._change(path, None, self.sides.wanted.value(path), options.reason))

    def _compare_stages(self, stages: "StageOrder") -> None:
        """Compare the order of stages; the numbers (``displayOrder``) themselves do not count."""
        last = last_applied(self.owned, STAGE_NAMES)
        known = list_of(last.sent) if last else ()
        live, after = list_text(stages.live), list_text(stages.after)
        if stages.is_in_step:
            if known != stages.desired:
                desired = list_text(stages.desired)
                self.remembered.append(self._change(STAGE_NAMES, live, desired, Reason.IN_STEP))
            return
        if last is None:
            reason = Reason.ADOPT
        elif in_same_order(known, stages.live):
            reason = Reason.CHANGED
        else:
            reason = Reason.DRIFT if in_same_order(known, stages.desired) else Reason.CONFLICT
        is_written = reason is Reason.CHANGED or self._drift(STAGE_NAMES) is Drift.REVERT
        self._settle(STAGE_NAMES, Verdict(reason, is_written), live, after)

    def _decide(self, path: str, is_same: Same, live: str | None, desired: str | None) -> None:
        last = last_applied(self.owned, path)
        verdict = verdict_of(is_same, last, live, desired, self._drift(path))
        old = self.sides.wanted.special.renamed_from
        is_renamed = path == "label" and labels_equal(live, old)
        if is_renamed and verdict.reason in {Reason.CHANGED, Reason.ADOPT}:
            verdict = Verdict(Reason.RENAMED, is_written=True)
        self._settle(path, verdict, live, desired)

    def _settle(self, path: str, verdict: Verdict, live: str | None, desired: str | None) -> None:
        """Add the value to ``remembered``, ``written`` or ``held``, as its verdict says."""
        if verdict.is_learned:
            self.remembered.append(self._change(path, live, desired, verdict.reason))
        elif verdict.reason in {Reason.DRIFT, Reason.CONFLICT} and self._is_settling(path, live):
            self._hold(path, Reason.SETTLING, live, desired)
        elif verdict.is_written:
            self._write(path, verdict.reason, live, desired)
        elif verdict.reason is not Reason.IN_STEP:
            self._hold(path, verdict.reason, live, desired)

    def _write(self, path: str, reason: Reason, live: str | None, desired: str | None) -> None:
        is_option = path == OPTIONS or option_of(path) is not None
        if self.live.can_change_options if is_option else self.live.can_change:
            self.written.append(self._change(path, live, desired, reason))
            return
        self._refuse_hubspots_own(path)

    def _refuse_hubspots_own(self, path: str) -> None:
        what = "the options" if path.startswith(OPTIONS) else path
        message = f"HubSpot does not let anybody change {what} of its own definitions"
        advice = "remove the line, or write what HubSpot has"
        self.problems.append(self.context.problem(self.sides.wanted, message, advice, path))

    def _is_settling(self, path: str, live: str | None) -> bool:
        """Return whether ``live`` is the value at ``path`` before our own write a few minutes ago.

        HubSpot may still show this old value.
        """
        ours = self.context.recent.get(self.sides.address)
        before = [value.before for value in ours.values if value.name == path] if ours else []
        return bool(before) and before[0] == live

    def _cannot_change(self, path: str, attribute: Attribute) -> bool:
        """Return whether HubSpot refuses to change this value.

        HubSpot never changes a fixed attribute. It changes the type of a property only if no record has a
        value in this property.
        """
        if path == "type":
            of = self.sides.address
            return self.context.holders.get(Holding(of.object, of.name), 0) > 0
        return attribute.is_fixed

    def _refuse_change(self, path: str, live: str | None) -> None:
        what = f"{path} of {an(self.sides.address.section)}"
        message = f"HubSpot cannot change {what}; in HubSpot, it is {live or 'empty'}"
        if path == "type":
            message = f"the type cannot change while records have values: it is {live} in HubSpot"
        advice = "create a new property with another name, and remove this one with `$absent`"
        if path == "hasUniqueValue":
            advice += "; `reconciler keys create` makes a key and fills it"
        elif path == "type":
            advice += " and `$moves_to`"
        self.problems.append(self.context.problem(self.sides.wanted, message, advice, path))

    def _let_go(self) -> None:
        """Remove values from state that no manifest line names any more, so that they are left to people."""
        if self.owned is None:
            return
        source = self.context.ref(self.sides.wanted.place)
        kept = set(self.sides.wanted.paths)
        if self.options is not None and not self.sides.wanted.has_all_options:
            kept.discard(OPTIONS)
        for path in self.owned.sent.keys() - kept:
            known = self.owned.expected_live(path), self.owned.sent[path]
            self.forgotten.append(ValueChange(path, *known, Reason.UNMANAGED, source))

    def _has_live_option(self, path: str) -> bool:
        return self.options is not None and option_of(path) in self.options.live

    def _drift(self, path: str) -> Drift:
        return self.context.policy.drift_at(self.sides.address, path)

    def _change(self, path: str, before: str | None, after: str | None, reason: Reason) -> ValueChange:
        place = self.context.ref(self.sides.wanted.place_of(path))
        return ValueChange(path, before, after, reason, place)

    def _hold(self, path: str, reason: Reason, live: str | None, desired: str | None) -> None:
        place = self.context.ref(self.sides.wanted.place_of(path))
        self.held.append(Held(self.sides.address, path, reason, live, desired, place))
