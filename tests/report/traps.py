"""Texts that would be markup, a mention or a script if a report did not escape them."""

from hypothesis import strategies as st

from tests.support.plans import texts

TRAPS = (
    *(
        "```",
        "~~~~",
        "`",
        "``",
        "````\n",
        "    ```",
        "|",
        "\\|",
        "*b*",
        "_i_",
        "[a](b)",
        "![a](b)",
        "\n\n# b\n",
    ),
    *("</details>", "<img src=x onerror=alert(1)>", "<!--", "-->", "</code>", "</pre>", "&lt;b&gt;"),
    *("@everyone", "@acme/sales", "#123", "GH-1", "acme/shop#1", "mailto:a@b.example", "https://b.example/"),
    *("www.b.example", "> [!NOTE]", "- [ ] b", "1. b", "<script>alert(1)</script>", "\u2028", "{{ 7 * 7 }}"),
)
hostile = st.lists(st.sampled_from(TRAPS) | texts, max_size=4).map("".join)
