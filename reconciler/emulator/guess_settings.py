"""The settings for guesses: how the emulator behaves where HubSpot's behaviour is not documented.

Each setting has choices, a text about what it decides, and a text about what is known. ``guesses`` contains
the code that depends on them. A seed sets them for one portal, a file of observations for every portal
(``observations``); ``docs/emulator.md`` lists them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from reconciler.emulator.errors import SeedError

UNPUBLISHED = "nobody has published it"
_PROPERTIES = "developers.hubspot.com/docs/api-reference/crm-properties-v3/guide"
_KALUP = "github.com/scopiousdigital/kalup, HubSpot notes"
_HTML = "HubSpot was seen to remove tags and attributes; there is no published list of them"


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
        about="if one input of a batch is refused and all inputs have a trace id: whether the other inputs "
        "are written",
        source="documented in developers.hubspot.com/docs/api-reference/error-handling; there are few "
        "reports of what HubSpot really does",
    )
    partial_success_2026_09: str = _guess(
        *("207", "200"),
        about="the status of the answer to a batch in which some inputs failed, in API version 2026-09",
        source="the specification of this version does not list 207 any more",
    )
    result_order: str = _guess(
        *("any", "as_asked"),
        about="whether the results of a batch have the order of its inputs, or any order",
        source="HubSpot was seen to change the order; nobody has published in which way",
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
        about="the effect of writing `null` as a property value, in API versions before 2026-09 (the "
        "specification of 2026-09 allows `null`)",
        source="reports disagree: HubSpot ignores it, or refuses it with 400",
    )
    number_text: str = _guess(
        *("as_written", "shortest"),
        about="what HubSpot returns for a number that was written as `17.0`; numbers with exponents are "
        "always refused",
    )
    date_text: str = _guess(
        *("day", "milliseconds"),
        about="what HubSpot returns for a date: `YYYY-MM-DD`, or the milliseconds since 1970",
        source=f"{_PROPERTIES} says `YYYY-MM-DD`; some of its examples show milliseconds",
    )
    html_text: str = _guess(
        *("sanitised", "as_written"),
        about="what HubSpot returns for HTML that contains a script",
        source=_HTML,
    )
    phone_text: str = _guess(
        *("as_written", "digits"),
        about="what HubSpot returns for a phone number that was written as `+49 (30) 123-45`",
    )
    key_case: str = _guess(
        *("different", "same"),
        about="whether two unique values are different if only their case differs; e-mail addresses with "
        "different case are always equal",
    )
    key_blanks: str = _guess(
        *("different", "same"),
        about="whether two unique values are different if only the spaces around them differ",
    )
    lifecycle_step_back: str = _guess(
        *("ignored", "refused", "taken"),
        about="what happens if a contact with a lifecycle stage gets an earlier one",
        source="knowledge.hubspot.com says that the stage must be cleared first, but does not say what "
        "happens if it is not cleared",
    )
    equal_write: str = _guess(
        *("nothing", "date", "date_and_history"),
        about="the effect of writing a value that the property already has",
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
        about="what happens to the old values if a property is created with the name of an archived property",
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
        about="how often batch/read returns a record if the call contains its id twice",
    )
    repeated_trace_ids: str = _guess(
        *("ignored", "counted"),
        about="if inputs of a batch have the same trace id: whether HubSpot ignores all trace ids of the "
        "batch",
    )
    plain_text: str = _guess(
        *("as_written", "trimmed"),
        about="what HubSpot returns for a text with spaces around it; line endings inside the text never "
        "change",
    )
    email_upsert: str = _guess(
        *("writes", "refused"),
        about="what happens if an upsert identifies a contact by e-mail address and sends only some of its "
        "properties",
        source="HubSpot's documentation says that this is not supported; HubSpot was seen to write the "
        "properties",
    )
    retry_after: str = _guess(
        *("absent", "sent"),
        about="whether answers with status 429 have the header `Retry-After`",
    )
    display_properties: str = _guess(
        *("required", "id"),
        about="the display property of a standard object type: one of its required properties, or the "
        "record id",
    )
    plain_association_again: str = _guess(
        *("400", "409"),
        about="the status of the refusal to create a second association type without a label between two "
        "object types (two standard types always have one already)",
    )
    allowance: str = _guess(
        *("quoted", "unlimited"),
        about="the quotas of the tiers Free, Starter, Professional and Enterprise: custom objects (0, 0, 0, "
        "20), custom properties (10, 1000, 1000, 1000), calculated properties (0, 0, 25, 200), pipelines "
        "besides HubSpot's own (0, 1, 14, 100), and association labels between two object types (0, 0, 50, "
        "50)",
        source='people quote these numbers; the page "Track your CRM data usage" of knowledge.hubspot.com '
        "says only which tiers have these features",
    )
    outside_tier: str = _guess(
        *("403", "400"),
        about="the status of the refusal to create a kind of definition that the portal's tier does not "
        "include (for such a kind, the limits endpoint returns limit 0)",
    )
    phantom_stages: str = _guess(
        *("named", "unnamed"),
        about="if a new pipeline has the id of a pipeline of another object type: whether the answer 409 "
        "also names stage ids, although no such stages exist",
    )
    stage_id_twice: str = _guess(
        *("400", "409"),
        about="the status of the refusal to write a pipeline in which two stages have the same id",
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
        about="the error code for a value that breaks a validation rule: a code for this rule, or always "
        "INVALID_VALUE",
        source="in HubSpot, only INVALID_ALPHA was seen; the emulator forms the codes of other rules in the "
        "same way",
    )
    operation_not_offered: str = _guess(
        *("405", "404"),
        about="the status of the answer to an operation that the object type or API version does not offer",
    )
    type_not_activated: str = _guess(
        *("unknown", "forbidden"),
        about="the answer to a call for records of an object type that is not activated in the portal",
    )
    unlisted_association_numbers: str = _guess(
        "1000000",
        about="the number from which the emulator computes `associationTypeId` for HubSpot's own "
        "association types whose ids are not published",
    )
    too_many_associated: str = _guess(
        *("400", "409"),
        about="the status of the refusal to create an association that exceeds a limit set in the portal",
    )
    second_sort: str = _guess(
        *("refused", "ignored"),
        about="the effect of a second sort order in a search",
    )
    query_search: str = _guess(
        *("text", "every_type"),
        about="which properties the `query` of a search looks at",
    )
    unknown_token: str = _guess(
        *("404", "401"),
        about="the status of the answer to a request for information about a token that does not exist",
    )
    same_value_twice: str = _guess(
        *("second_refused", "all_refused"),
        about="if two inputs of one batch/create have the same unique value and all inputs have a trace id: "
        "whether only the second of them is refused, or the whole batch",
    )
    missing_end: str = _guess(
        *("its_input", "whole_call"),
        about="if one input of a batch names an association with a record that does not exist: whether only "
        "this input is refused, or the whole call",
    )
    label_limits: str = _guess(
        *("asked_too", "with_labels"),
        about="if a call of the limits endpoint for association labels names two object types that have no "
        "labels: whether the answer contains an entry for them",
    )
    custom_associations: str = _guess(
        *("USER_DEFINED", "HUBSPOT_DEFINED"),
        about="the category of the association type without a label that is created for a custom object",
    )
    html_kept: str = _guess(
        *("formatting", "text"),
        about="what remains of HTML from which HubSpot removes scripts: also the tags and attributes for "
        "formatting, or only the text",
        source=_HTML,
    )
    ids_in_use: str = _guess(
        *("all", "first"),
        about="if a stage cannot be removed because records are in it: whether the refusal names all such "
        "stages and records, or only the first",
    )
    custom_pipeline_ids: str = _guess(
        *("shared", "own"),
        about="whether a pipeline of a custom object may have the id of a pipeline of deals or tickets",
    )
    stage_taken_in_put: str = _guess(
        *("409", "400"),
        about="the status of the refusal if a PUT of a pipeline contains a stage id of another pipeline: "
        "409, as when a pipeline is created, or 400, as when a single stage is created",
    )


@dataclass(frozen=True, slots=True)
class GuessSetting:
    """The setting for one guess.

    ``others`` are the choices besides the default; if it is empty, any integer may be chosen.
    """

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
            raise SeedError(f"{place}.{name}: there is no such guess; docs/emulator.md lists all guesses")
        if not setting.takes(choice):
            options = f"one of {', '.join((setting.default, *setting.others))}"
            wanted = options if setting.others else "a number as text"
            raise SeedError(f"{place}.{name} must be {wanted}, not {choice!r}")
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
