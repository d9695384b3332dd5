"""Examples of formatted manifests."""

import pytest

from reconciler.manifest.layout.format_text import format_text

WRITTEN = """\
# Companies of the ERP


object:    companies   # from the ERP
key:       external_id # unique
ownership: {lifecyclestage:  initial,hs_lead_status: observe}
all:


    phone: "007"
    zip:   007   # text
    since: 2026-11-22
    rate:  1e3 # too
records:
    b:   &both
      name:   'B #1'
      lines: [A,B]


      text: |
             one

               two

      # the end of b
    # about a
    a:
      $associations:
        contacts:
        - ada@acme.example     # once
        - {to: bob@acme.example, "label":"Billing"}
        deals: [ D-1,  # by hand
          D-2 ]
    no: *both
---
object: deals
key: k
records: {}


"""
LAID_OUT = """\
# Companies of the ERP

object: companies  # from the ERP
key: external_id   # unique
ownership: {lifecyclestage: initial, hs_lead_status: observe}
all:
  phone: "007"
  zip: 007  # text
  since: 2026-11-22
  rate: 1e3  # too
records:
  b: &both
    name: 'B #1'
    lines: [A, B]

    text: |
      one

        two

    # the end of b
  # about a
  a:
    $associations:
      contacts:
        - ada@acme.example  # once
        - {to: bob@acme.example, "label": "Billing"}
      deals: [
          D-1,  # by hand
          D-2
        ]
  no: *both
---
object: deals
key: k
records: {}
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_blanks_and_line_ends_follow_rules_and_everything_else_stays(line_end: str, mark: str) -> None:
    text = mark + WRITTEN.replace("\n", line_end)
    assert format_text(text.encode(), "a.yaml").data.decode() == LAID_OUT


def test_the_rules_leave_their_own_layout_alone() -> None:
    assert format_text(LAID_OUT.encode(), "a.yaml").data.decode() == LAID_OUT


def test_comments_in_one_column_stay_in_one_column() -> None:
    text = "a: 1     # one\nbcd: 2   # two\ne: 3 # three\n"
    assert format_text(text.encode(), "a.yaml").data == b"a: 1    # one\nbcd: 2  # two\ne: 3  # three\n"


def test_a_text_without_a_line_end_at_the_end_of_the_file_says_the_same() -> None:
    assert format_text(b"a: |\n    x", "a.yaml").data == b"a: |-\n  x\n"


def test_what_the_rules_would_change_stays_with_a_reason() -> None:
    text = b"\n  ---\n"  # a text of three dashes: at the beginning of a line, it would start a new document
    found = format_text(text, "a.yaml")
    assert found.data == text
    (problem,) = found.problems
    assert str(problem.source) == "a.yaml:1:1"
    assert "stays as it is" in str(problem)
