"""Merging the definitions of folders: later folders override earlier ones, attribute by attribute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.errors import Problem
from reconciler.manifest.definitions.assemble import assembled
from reconciler.manifest.definitions.check import cross_problems
from reconciler.manifest.definitions.declared import DeclaredDefinition, DeclaredOption
from reconciler.manifest.definitions.directives import merged
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.source import SourceFiles


def merge_definitions(
    layers: Iterable[Iterable[DeclaredDefinition]], files: SourceFiles
) -> tuple[tuple[DesiredDefinition, ...], tuple[Problem, ...]]:
    """Merge the definitions of all folders; a later folder overrides an earlier folder.

    Returns:
        the definitions, sorted by address, and all problems found in comparing them.
    """
    known: dict[DefinitionAddress, DeclaredDefinition] = {}
    problems: list[Problem] = []
    for layer in layers:
        here: dict[DefinitionAddress, DeclaredDefinition] = {}
        twice: set[DefinitionAddress] = set()
        for declared in layer:
            first = here.get(declared.address)
            if first is None:
                here[declared.address] = _override(known.get(declared.address), declared)
            elif _outer(declared.address) not in twice:
                twice.add(declared.address)
                problems.append(_twice(first, declared, files))
        known |= here
    standing = _without_lost_stages(known)
    definitions = assembled(standing)
    return definitions, (*problems, *cross_problems(definitions, files))


def _override(earlier: DeclaredDefinition | None, later: DeclaredDefinition) -> DeclaredDefinition:
    if earlier is None:
        return later
    special = merged(earlier.special, later.special)
    if special.is_absent:
        return replace(later, special=special)
    return DeclaredDefinition(
        later.address,
        later.place,
        {**earlier.values, **later.values},
        special,
        options=_options(earlier, later),
        has_all_options=later.has_all_options or earlier.has_all_options,
        stages=_stages(earlier.stages, later.stages),
        inner_place=later.inner_place if later.inner_place is not None else earlier.inner_place,
    )


def _options(earlier: DeclaredDefinition, later: DeclaredDefinition) -> tuple[DeclaredOption, ...]:
    """Return the later folder's ``options:``, else the earlier options merged with ``options_include:``."""
    if later.has_all_options:
        return later.options
    options = {option.name: option for option in earlier.options}
    for option in later.options:
        known = options.get(option.name)
        if known is None:
            options[option.name] = option
            continue
        special = merged(known.special, option.special)
        values = {} if special.is_absent else {**known.values, **option.values}
        options[option.name] = replace(option, values=values, special=special)
    return tuple(options.values())


def _stages(earlier: Sequence[str], later: Sequence[str]) -> tuple[str, ...]:
    """Merge two orders of stages: ``later`` if it has all stages, else ``earlier``, then the new stages."""
    if set(earlier) <= set(later):
        return tuple(later)
    return (*earlier, *(name for name in later if name not in earlier))


def _without_lost_stages(
    known: Mapping[DefinitionAddress, DeclaredDefinition],
) -> tuple[DeclaredDefinition, ...]:
    """Return all definitions except stages whose pipeline is ``$absent`` in the merged manifests."""
    return tuple(
        declared
        for address, declared in known.items()
        if _outer(address) == address or not known[_outer(address)].special.is_absent
    )


def _outer(address: DefinitionAddress) -> DefinitionAddress:
    """Return the address of the pipeline of a stage; for other definitions, ``address`` itself."""
    if address.section is not Section.STAGES:
        return address
    return definition_address(address.object, Section.PIPELINES, address.names[0])


def _twice(first: DeclaredDefinition, second: DeclaredDefinition, files: SourceFiles) -> Problem:
    where = files.ref(first.place)
    message = f"{second.address.text} is declared twice in this folder: also in {where}"
    advice = "keep one, or move one to a folder that overrides this folder"
    return Problem(message, advice, files.ref(second.place), second.address.text)
