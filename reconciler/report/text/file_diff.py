"""The difference between two texts of a file, as patch(1) and git read it."""

from difflib import unified_diff

from reconciler.model.format_result import FormattedFile

_NO_LINE_END = "\n\\ No newline at end of file\n"


def file_diff(file: FormattedFile) -> str:
    """Return a unified diff of the file before and after; empty if nothing differs."""
    before, after = (text.splitlines(keepends=True) for text in (file.before, file.after))
    lines = unified_diff(before, after, f"a/{file.name}", f"b/{file.name}")
    return "".join(line if line.endswith("\n") else line + _NO_LINE_END for line in lines)
