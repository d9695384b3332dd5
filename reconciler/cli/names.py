"""Lists of names in options: ``--objects companies,deals``."""

from reconciler.errors import UsageError


def names_in(text: str) -> tuple[str, ...]:
    """Split ``text`` at commas into names; an empty text gives no names."""
    names = tuple(name.strip() for name in text.split(",")) if text.strip() else ()
    if not all(names):
        raise UsageError(
            f'a name is missing at a comma in "{text}"\n    separate names like this: companies,deals'
        )
    return names
