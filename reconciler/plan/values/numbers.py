"""Numbers in cells of tables, which may have a decimal comma.

Only the portal's definitions say which columns of a table are numbers. Therefore cells keep their text until
they are resolved, and a comma in a text property stays as it is.
"""

import re

from reconciler.model.tables import Format, TableForm
from reconciler.plan.values.checks import is_plain_number, not_this
from reconciler.sentences import Value, sentence

_WITH_THOUSANDS = re.compile(r"-?\d{1,3}([. \xa0\u202f'\u2019])\d{3}(\1\d{3})*(,\d+)?", re.ASCII)


def number_in_cell(name: str, written: str, form: TableForm) -> str:
    """Return the number in a cell, written with a decimal point as in YAML; ``name`` is the property.

    Raises:
        WrongValue: the cell does not have the decimal separator that ``source:`` declares.
    """
    text = written.strip()
    with_point = text.replace(",", ".", 1)
    if form.has_commas:
        if "." not in text and is_plain_number(with_point):
            return with_point
        raise not_this(name, "a number such as 1200000,50", written, _advice(text))
    if form.format is Format.CSV and "," in text and is_plain_number(with_point):
        advice = "write `decimal: ','` under `source:` if the numbers of this file have a decimal comma"
        raise not_this(name, "a number such as 1200000.50", written, advice)
    return written


def number_as_cell(number: str, form: TableForm) -> str:
    """Return a number as a cell of the table: with a decimal comma if the table has decimal commas."""
    return number.replace(".", ",") if form.has_commas and is_plain_number(number) else number


def _advice(text: str) -> str:
    if _WITH_THOUSANDS.fullmatch(text):
        plain = Value("".join(char for char in text if char.isdigit() or char in "-,"))
        return sentence("remove the thousands separators: {plain}", plain=plain)
    return "write only digits and a decimal comma, without thousands separators, exponents or units"
