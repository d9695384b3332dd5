"""The settings of guesses: what each decides, its choices, and what is known about HubSpot's behaviour.

``guesses`` contains the code that depends on them. A seed sets them for one portal, a file of observations
for every portal (``observations``); ``docs/emulator.md`` lists them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from reconciler.emulator.errors import SeedError

UNPUBLISHED = "nobody has published it"
_PROPERTIES = "developers.hubspot.com/docs/api-reference/crm-properties-v3/guide"
_KALUP = "github.com/scopiousdigital/kalup, HubSpot notes"


def _guess(default: str, *others: str, about: str, source: str = UNPUBLISHED) -> Any:
    """Return the field of one guess; ``about`` says what the guess decides.

    ``default`` and ``others`` are the choices. Without ``others``, any integer may be chosen.
    """
    return field(default=default, metadata={"others": others, "about": about, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """The choices for all guesses about undocumented behaviour of HubSpot."""

    trace_ids: str = _guess(
        *("others_written", "nothing_written"),
        about="the effect of a refused input on the others of its batch, if all have a trace id",
        source="developers.hubspot.com/docs/api-reference/error-handling; seen by few",
    )
    partial_success_2026_09: str = _guess(
        *("207", "200"),
        about="the status of a batch with errors in version 2026-09",
        source="its specification does not list 207 any more",
    )
    result_order: str = _guess(
        *("any", "as_asked"),
        about="the order of the results of a batch, compared with its inputs",
        source="seen to differ, not how",
    )
    merged_id: str = _guess(
        *("left_out", "error", "followed"),
        about="the answer of batch/read for the id of a record that was merged into another record",
        source="batch/update leaves it out without an error: github.com/rudderlabs/rudder-transformer, tests",
    )
    archived_unique_values: str = _guess(
        *("free", "held"),
        about="whether an archived record holds its unique values, so that no other record can have them",
    )
    written_null: str = _guess(
        *("refused", "ignored", "clears"),
        about="the effect of `null` as a value before version 2026-09, whose specification allows it",
        source="reports disagree: ignored, or refused with 400",
    )
    number_text: str = _guess(
        *("as_written", "shortest"),
        about="how a number is read that was written as `17.0`; exponents are refused",
    )
    date_text: str = _guess(
        *("day", "milliseconds"),
        about="how a date is read",
        source=f"{_PROPERTIES} says `YYYY-MM-DD`; some of its examples show milliseconds",
    )
    html_text: str = _guess(
        *("sanitised", "as_written"),
        about="how HTML with a script is read",
        source="seen to lose tags and attributes; there is no published list",
    )
    phone_text: str = _guess(
        *("as_written", "digits"),
        about="how a phone number is read that was written as `+49 (30) 123-45`",
    )
    key_case: str = _guess(
        *("different", "same"),
        about="whether unique values are different if only their case differs; e-mail addresses are the same",
    )
    key_blanks: str = _guess(
        *("different", "same"),
        about="whether unique values are different if only blanks around them differ",
    )
    lifecycle_step_back: str = _guess(
        *("ignored", "refused", "taken"),
        about="the effect of a step back of the lifecycle stage of a contact",
        source="knowledge.hubspot.com says that it must be cleared first, but not the effect otherwise",
    )
    equal_write: str = _guess(
        *("nothing", "date", "date_and_history"),
        about="the effect of writing a value that is already there",
    )
    search_lag: str = _guess(
        *("behind", "at_once"),
        about="whether search finds a new record at once, or after `search_lag_ms`",
        source="seen by many: github.com/HubSpot/hubspot-api-nodejs/issues/545",
    )
    limit_headers: str = _guess(
        *("not_of_searches", "everywhere", "nowhere"),
        about="which answers carry headers about limits, if the portal has limits",
        source="developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines",
    )
    created_at: str = _guess(
        *("within_the_call", "before_the_call", "after_the_call"),
        about="the time in the `createdAt` of a new record, compared with the `Date` header of the answers",
    )
    archived_property_name: str = _guess(
        *("values_return", "values_gone", "refused"),
        about="the effect of creating a property under the name of an archived property on its values",
        source=_KALUP,
    )
    stage_ids: str = _guess(
        *("kept", "replaced"),
        about="whether a new stage has the id that the client chose",
        source=_KALUP,
    )
    secondary_email_upsert: str = _guess(
        *("updates", "refused"),
        about="the effect of an upsert by a secondary e-mail address",
        source="seen in an integration: github.com/mitodl/mitxpro/issues/2653",
    )
    missing_inputs: str = _guess(
        *("nothing", "refused"),
        about="the effect of a batch without `inputs`",
        source="seen for upsert: github.com/rudderlabs/rudder-transformer/pull/5147",
    )
    id_read_twice: str = _guess(
        *("once", "twice"),
        about="how often batch/read answers an id that is given twice",
    )
    repeated_trace_ids: str = _guess(
        *("ignored", "counted"),
        about="whether trace ids that repeat count as trace ids",
    )
    plain_text: str = _guess(
        *("as_written", "trimmed"),
        about="how text with blanks around it is read; line endings stay",
    )
    email_upsert: str = _guess(
        *("writes", "refused"),
        about="the effect of an upsert of a contact by e-mail that names few properties",
        source="the documentation does not support it; seen to write the named properties",
    )
    retry_after: str = _guess(
        *("absent", "sent"),
        about="whether a 429 carries Retry-After",
    )
    display_properties: str = _guess(
        *("required", "id"),
        about="the display property of a standard type: one of its required properties, or the id",
    )
    plain_association_again: str = _guess(
        *("400", "409"),
        about="the status of a second unlabelled association of two types, or one of two standard types",
    )
    allowance: str = _guess(
        *("quoted", "unlimited"),
        about="how many custom objects (20 for Enterprise only), custom properties (10 for Free), calculated "
        "properties (0, 0, 25, 200), pipelines beyond HubSpot's own (0, 1, 14, 100) and labels of two types "
        "(0, 0, 50, 50) a tier has",
        source="numbers as people quote them; knowledge.hubspot.com, Track your CRM data usage, says which "
        "tiers have them at all",
    )
    outside_tier: str = _guess(
        *("403", "400"),
        about="the status of a definition that the tier has none of; its limits endpoint says limit 0",
    )
    phantom_stages: str = _guess(
        *("named", "unnamed"),
        about="whether a 409 names stages, which exist nowhere, if another type has the new pipeline's id",
    )
    stage_id_twice: str = _guess(
        *("400", "409"),
        about="the status of a pipeline with two stages of the same id",
    )
    used_by_schema: str = _guess(
        *("in_use", "free"),
        about="whether a property that a custom object displays or requires can be archived",
    )
    capitalized: str = _guess(
        *("every_word", "first_word"),
        about="the effect of CAPITALIZE in the validation rule FORMAT",
    )
    rule_code: str = _guess(
        *("of_rule", "general"),
        about="the code of a value that breaks a validation rule: of the rule, or INVALID_VALUE",
        source="INVALID_ALPHA was seen; the others are made like it",
    )
    operation_not_offered: str = _guess(
        *("405", "404"),
        about="the status of an operation that a type or version does not offer",
    )
    type_not_activated: str = _guess(
        *("unknown", "forbidden"),
        about="how records of a type are refused that the portal has not activated",
    )
    unlisted_association_numbers: str = _guess(
        "1000000",
        about="the first number for default associations with unpublished numbers",
    )
    too_many_associated: str = _guess(
        *("400", "409"),
        about="the status of an association beyond a limit that the portal set",
    )
    second_sort: str = _guess(
        *("refused", "ignored"),
        about="the effect of a second sort on a search",
    )
    query_search: str = _guess(
        *("text", "every_type"),
        about="which properties the `query` of a search looks at",
    )
    unknown_token: str = _guess(
        *("404", "401"),
        about="the status of information about a token that does not exist",
    )
    same_value_twice: str = _guess(
        *("second_refused", "all_refused"),
        about="the effect of two inputs of one create with the same unique value, if all have a trace id",
    )
    missing_end: str = _guess(
        *("its_input", "whole_call"),
        about="the part of a batch that is refused because of an association with a missing record",
    )
    label_limits: str = _guess(
        *("asked_too", "with_labels"),
        about="whether the limits endpoint about association labels answers a direction that is asked for "
        "and has no label",
    )
    custom_associations: str = _guess(
        *("USER_DEFINED", "HUBSPOT_DEFINED"),
        about="the category of the unlabelled association of a custom object",
    )
    html_kept: str = _guess(
        *("formatting", "text"),
        about="the rest of sanitised HTML: tags and attributes that format, or the text alone",
        source="seen to lose tags and attributes; there is no published list",
    )
    ids_in_use: str = _guess(
        *("all", "first"),
        about="the stages and records in a refusal because of records in a stage that would be removed",
    )
    custom_pipeline_ids: str = _guess(
        *("shared", "own"),
        about="whether a pipeline of a custom object may have the id of a pipeline of deals or tickets",
    )
    stage_taken_in_put: str = _guess(
        *("409", "400"),
        about="the status of a PUT of a pipeline with a stage of another one: as for a new pipeline, or as "
        "for a new stage",
    )


@dataclass(frozen=True, slots=True)
class GuessSetting:
    """One setting of a guess. ``others`` are its choices besides the default; empty: any integer."""

    name: str
    default: str
    others: tuple[str, ...]
    about: str
    source: str

    def takes(self, choice: object) -> bool:
        """Return whether ``choice`` is allowed for this setting."""
        if self.others:
            return choice in (self.default, *self.others)
        return isinstance(choice, str) and choice.isascii() and choice.isdigit()


SETTINGS: Mapping[str, GuessSetting] = {
    each.name: GuessSetting(
        each.name,
        str(each.default),
        each.metadata["others"],
        each.metadata["about"],
        each.metadata["source"],
    )
    for each in fields(Guesses)
}
"""Every setting by name."""


def check_choices(given: Mapping[str, object], place: str) -> dict[str, str]:
    """Return the choices in ``given`` if all are allowed. Raises SeedError, which begins with ``place``."""
    for name, choice in given.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise SeedError(f"{place}.{name}: no such guess; docs/emulator.md lists them")
        if not setting.takes(choice):
            wanted = ", ".join((setting.default, *setting.others)) if setting.others else "a number as text"
            raise SeedError(f"{place}.{name}: {wanted}; not {choice!r}")
    return {name: str(choice) for name, choice in given.items()}


@lru_cache(maxsize=64)
def _made(choices: Iterable[tuple[str, str]]) -> Guesses:
    return Guesses(**dict(choices))


def guesses_of(*layers: Mapping[str, str]) -> Guesses:
    """Return the guesses with the choices in ``layers``.

    Choices of later layers replace those of earlier ones.
    """
    chosen = {name: choice for layer in layers for name, choice in layer.items()}
    return _made(tuple(sorted(chosen.items())))
