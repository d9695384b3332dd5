"""Finding definitions that manifests declare and the plan does not make."""

from reconciler.model.addresses import Section
from reconciler.model.definitions import ObjectSchema
from reconciler.model.not_made import NotMade


def not_made_of(schema: ObjectSchema, section: Section, *names: str) -> NotMade | None:
    """Return the definition of this name if manifests declare it and the plan does not make it."""
    return schema.not_made.get(name_of(section, *names))


def name_of(section: Section, *names: str) -> tuple[str, ...]:
    """Return the name that finds a definition; capital letters and outer blanks of labels do not count."""
    if section in {Section.PIPELINES, Section.STAGES}:
        names = tuple(name.strip().casefold() for name in names)
    return (section, *names)
