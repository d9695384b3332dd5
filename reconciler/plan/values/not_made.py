"""Finding definitions that manifests declare but the plan does not create."""

from reconciler.model.addresses import Section
from reconciler.model.definitions import ObjectSchema
from reconciler.model.not_made import NotMade


def not_made_of(schema: ObjectSchema, section: Section, *names: str) -> NotMade | None:
    """Return the definition of this name if manifests declare it but the plan does not create it."""
    return schema.not_made.get(name_of(section, *names))


def name_of(section: Section, *names: str) -> tuple[str, ...]:
    """Return the key of a definition in ``ObjectSchema.not_made``.

    The labels of pipelines and stages are in lower case there, and without outer blanks.
    """
    if section in {Section.PIPELINES, Section.STAGES}:
        names = tuple(name.strip().casefold() for name in names)
    return (section, *names)
