"""Lists of names in options: ``--objects companies,deals``."""


def names_in(text: str) -> tuple[str, ...]:
    """Split names at commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
