"""The page opened from disk in a real browser."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from reconciler.model.addresses import RecordAddress
from reconciler.model.facts import Fact, FactKind
from reconciler.plan.change import Change
from reconciler.report.html.plan import render_plan_page
from reconciler.report.mask import SHOW
from reconciler.report.view import SourceLinks, View
from tests.report.chromium import logged
from tests.report.traps import TRAPS
from tests.support.example_plan import CONVERGED, CREATES, EVERYTHING, HELD, PROBLEMS, UPDATES
from tests.support.plans import at, plan_of

Open: TypeAlias = Callable[[str], WebDriver]

MANY = 100_000


class Page:
    """The page in the browser: what a reader sees and does."""

    def __init__(self, browser: WebDriver) -> None:
        self.browser = browser

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script: str) -> Any:
        return self.browser.execute_script(script)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements in one call, because scrolling removes elements between calls."""
        found: list[str] = self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent)", selector
        )
        return found

    @property
    def count(self) -> str:
        return self.one("#count").text

    @property
    def records(self) -> list[str]:
        """Return the shown addresses, from the top, without the names of records."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll('.row .record')].map((cell) => cell.firstChild.textContent)"
        )
        return found

    def search(self, text: str) -> None:
        box = self.one("#search")
        box.clear()
        box.send_keys(text)

    def choose(self, facet: str, option: str) -> None:
        self.option(facet, option).click()

    def option(self, facet: str, option: str) -> WebElement:
        (label,) = (
            label for label in self.all(f"fieldset.{facet} label") if label.text.splitlines()[0] == option
        )
        return label

    def figures(self, facet: str) -> dict[str, str]:
        """Return the options of a facet, each with the number beside it."""
        pairs = (label.text.splitlines() for label in self.all(f"fieldset.{facet} label"))
        return {option: figure for option, figure, *_ in pairs}

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.switch_to.active_element.send_keys(key)

    @property
    def active(self) -> str:
        found: str = self.run(
            "const item = document.getElementById(grid.getAttribute('aria-activedescendant'));"
            "return item.querySelector('.record')?.firstChild.textContent ?? 'a heading'"
        )
        return found


@pytest.fixture
def page(opened: Open) -> Page:
    return Page(opened(render_plan_page(EVERYTHING, View(SHOW))))


@pytest.fixture(scope="module")
def large() -> str:
    return render_plan_page(plan_of(*many_updates()), View(SHOW))


def many_updates() -> Iterator[Change]:
    (value, *_) = UPDATES[0].values
    for number in range(MANY):
        key = RecordAddress("companies", "external_id", f"client-{number:06}")
        values = (replace(value, name=f"property_{number % 50}", after=f"{number}.5"),)
        yield replace(
            UPDATES[0], address=key, values=values, source=at(number + 1, f"part-{number % 7}.yaml")
        )


def test_it_opens_with_everything_counted_and_what_risks_most_first(page: Page) -> None:
    assert page.browser.title == "Plan for production, portal 7654321"
    assert page.count == "342 entries"
    assert page.records[:5] == [
        "companies/wayne#industy",
        "contacts/eve@acme.example#phone",
        "deals/D-0001",
        "companies/acme",
        "companies/globex",
    ]
    assert page.texts(".heading .name")[:4] == [
        "companies: 1 problem the plan cannot be applied with this problem",
        "contacts: 1 problem the plan cannot be applied with this problem",
        "deals: 1 warning the plan can be applied with this warning",
        "companies: 1 to update conflict: the manifests changed, and people changed HubSpot too",
    ]
    assert page.figures("action") == {
        "problem": "2",
        "warning": "1",
        "update": "321",
        "create": "3",
        "adopt": "12",
        "held": "3",
    }


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("globex", ["companies/globex"]),
        ("GLOBEX", ["companies/globex"]),
        ("terms_and", ["companies/globex"]),
        ("within 14 days", ["companies/globex"]),
        ("all/germany", []),
        ("d-0300 closedwon", ["deals/D-0300"]),
        ("initech acme", ["companies/initech"]),
        ("q4.yaml:2000", ["deals/D-0900"]),
        ("no such thing", []),
    ],
)
def test_search_finds_addresses_properties_values_and_places(
    page: Page, text: str, records: list[str]
) -> None:
    page.search(text)

    assert page.records == records
    assert page.count == (f"{len(records)} of 342 entries" if records else "Nothing matches.")


@pytest.mark.parametrize(
    ("facet", "option", "count"),
    [
        ("action", "create", "3"),
        ("reason", "drift", "2"),
        ("object", "contacts", "3"),
        ("property", "Phone number (phone)", "4"),
        ("file", "deals/q4.yaml", "319"),
        ("file", "all/germany.yaml", "1"),
    ],
)
def test_every_facet_filters(page: Page, facet: str, option: str, count: str) -> None:
    assert page.figures(facet)[option] == count

    page.choose(facet, option)

    assert page.count == f"{count} of 342 entries"


def test_options_of_one_facet_add_up_and_facets_narrow_each_other(page: Page) -> None:
    page.choose("action", "create")
    page.choose("action", "held")
    assert page.count == "6 of 342 entries"

    page.choose("object", "contacts")
    assert page.records == ["contacts/bob@acme.example"]
    assert page.figures("action")["update"] == "1"  # number of entries that choosing "update" would add
    assert page.figures("object")["companies"] == "5"

    page.one("#clear").click()
    assert page.count == "342 entries"
    assert not page.all("fieldset :checked")
    assert not page.one("#clear").is_displayed()


def test_the_filter_is_named_first(page: Page) -> None:
    page.choose("property", "Phone number (phone)")

    assert [cell.text.split(")")[0] for cell in page.all(".row .changes")] == ["Phone number (phone"] * 4


def test_the_histogram_shows_how_much_is_set_changed_cleared_and_held(page: Page) -> None:
    bars = page.option("property", "Phone number (phone)").find_elements(By.CSS_SELECTOR, ".stack i")

    assert [float(bar.value_of_css_property("width")[:-2]) > 0 for bar in bars] == [True, True, True, True]
    widest = page.option("property", "Deal stage (dealstage)").find_elements(By.CSS_SELECTOR, ".stack i")
    assert max(bar.size["width"] for bar in widest) == page.one(".stack").size["width"]


def test_it_sorts_by_every_column(page: Page) -> None:
    page.search("companies")
    heads = {head.text.rstrip(" ↕↑↓"): head for head in page.all("[role=columnheader]")}

    heads["Record"].find_element(By.TAG_NAME, "button").click()
    assert page.records == sorted(page.records)
    assert heads["Record"].get_attribute("aria-sort") == "ascending"

    heads["Record"].find_element(By.TAG_NAME, "button").click()
    assert page.records == sorted(page.records, reverse=True)
    assert heads["Record"].get_attribute("aria-sort") == "descending"

    heads["Changes"].find_element(By.TAG_NAME, "button").click()
    assert set(page.records[:2]) == {"companies/acme", "companies/initech"}
    heads["Source"].find_element(By.TAG_NAME, "button").click()
    places = [place.split(":") for place in page.texts(".row .aside")]
    assert places == sorted(places, key=lambda place: (place[0], int(place[1])))
    assert heads["Action"].get_attribute("aria-sort") == "none"


def test_search_finds_the_people_whose_edits_are_overwritten(page: Page) -> None:
    page.search("grace hopper conflict")
    assert len(page.all(".row")) == 1


def test_like_changes_stand_together_until_somebody_asks_for_all(page: Page) -> None:
    page.choose("object", "deals")
    page.choose("action", "update")
    assert page.records == [
        "317 deals",
        "deals/D-0001",
        "deals/D-0002",
        "deals/D-0003",
        "Show all 317",
        "deals/D-0900",
    ]
    assert page.texts(".row .changes")[:2] == [
        "Deal stage (dealstage) Appointment scheduled → Closed (closedwon)",
        "",
    ]

    page.one(".rest").click()
    assert page.records[:5] == ["317 deals", *(f"deals/D-{number:04}" for number in range(1, 5))]
    assert (
        page.one("#grid").get_attribute("aria-rowcount") == "322"
    )  # with columns, heading, group and its end

    page.press(Keys.END, Keys.ARROW_UP)
    assert page.active == "Show only 3"
    page.press(Keys.ENTER)
    assert len(page.records) == 6

    page.search("D-0300")
    assert page.records == ["deals/D-0300"]


def test_like_changes_say_once_what_they_have_in_common(page: Page) -> None:
    page.choose("object", "deals")
    page.choose("action", "update")
    page.all(".row")[0].click()

    assert [cell.text for cell in page.all(".detail td.value")] == [
        "Appointment scheduled → Closed (closedwon)"
    ]
    assert "deals.yaml" not in page.one(".detail").text


def test_records_without_values_stand_together_without_a_line_of_their_own(page: Page) -> None:
    page.choose("action", "adopt")

    assert page.records == [*(f"companies/client-{number}" for number in range(1, 4)), "Show all 12"]


def test_a_heading_folds_what_is_below_it(page: Page) -> None:
    page.choose("action", "adopt")
    page.one(".heading").click()
    assert page.records == []
    assert page.one(".heading").get_attribute("aria-expanded") == "false"

    page.press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert page.active == "companies/client-1"
    page.press(Keys.ARROW_LEFT)
    assert page.active == "a heading"


def test_sorted_by_a_column_every_entry_stands_alone_with_its_reason(page: Page) -> None:
    page.one("[role=columnheader].record button").click()

    assert not page.all(".heading, .rest")
    assert page.texts(".row .action .reason")[0] == "conflict"
    page.one("[role=columnheader].action button").click()
    assert page.all(".heading")


def test_a_record_unfolds_to_its_values_and_their_places(page: Page) -> None:
    page.search("companies/acme conflict")
    row = page.one(".row")
    assert row.get_attribute("aria-expanded") == "false"

    row.click()

    assert page.one(".row").get_attribute("aria-expanded") == "true"
    assert "conflict: the manifests changed, and people changed HubSpot too" in page.one(".detail").text
    assert "record 9001" in page.one(".detail").text
    rows = {line.find_element(By.TAG_NAME, "th").text: line for line in page.all(".detail tr")}
    by_whom = "by Grace Hopper <grace@acme.example>, 2026-11-18 14:05 UTC"
    reported = f"Annual revenue (annualrevenue) 1000000 → 1200000.50\n{by_whom}\n:16"
    assert rows["Annual revenue (annualrevenue)"].text == reported
    assert rows["Phone number (phone)"].text == "Phone number (phone) +49 30 1234 → (cleared) changed :18"
    marks = rows["description"].find_elements(By.TAG_NAME, "mark")
    assert [mark.text for mark in marks] == ["eleven", "twelve"]

    page.one(".row").click()
    assert not page.all(".detail")


def test_places_lead_to_the_repository_where_a_job_knows_it(opened: Open) -> None:
    links = SourceLinks("https://github.com/acme/crm/blob/", "sales & co/")
    page = Page(opened(render_plan_page(EVERYTHING, View(SHOW, links=links))))
    page.search("companies/acme conflict")
    page.one(".row").click()

    commit = EVERYTHING.manifests.git
    line = f"https://github.com/acme/crm/blob/{commit}/sales%20%26%20co/companies.yaml#L"
    found = [link.get_attribute("href") or "" for link in page.all(".detail a")]
    assert [link for link in found if link.startswith(line)] != []
    assert all(link.startswith((line, "https://app-eu1.hubspot.com/")) for link in found)


def test_texts_of_several_lines_are_compared_line_by_line(page: Page) -> None:
    page.search("companies/globex")
    page.one(".row").click()

    lines = page.run(
        "return [...document.querySelectorAll('.lines > *')].map(e => e.dataset.sign + e.textContent)"
    )
    assert lines == [
        "-Payment within 30 days.",
        "+Payment within 14 days.",
        " Delivery ex works.",
        "  ",
        " …",
        " Kassel",
        " Germany",
        "+EU",
    ]


def test_a_held_value_shows_both_sides_and_a_problem_its_advice(page: Page) -> None:
    page.search("umbrella")
    page.one(".row").click()
    assert [side.text for side in page.all(".side")] == [
        "HubSpot+49 30 99",
        "manifest+49 30 98",
        "HubSpot(empty)",
        "manifest34117",
    ]

    page.search("industy")
    page.one(".row").click()
    assert [note.text for note in page.all(".detail .note")] == [
        'companies has no property "industy"',
        'did you mean "industry"?',
    ]


def test_everything_unfolds_and_folds_at_once(page: Page) -> None:
    page.choose("object", "companies")
    page.one("#unfold").click()
    assert len(page.all(".detail")) == len(page.all(".row")) > 0
    assert not page.all(".rest")
    assert page.one("#unfold").text == "Collapse all"

    page.one("#unfold").click()
    assert not page.all(".detail")


def test_it_works_by_keys_alone(page: Page) -> None:
    page.press("/")
    page.press("deals", Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.active == "deals/D-0001"
    page.press(*[Keys.ARROW_DOWN] * 4)
    assert page.active == "deals/D-0002"

    page.press(Keys.ENTER)
    assert page.one(".open .record").text == "deals/D-0002 (Renewal 2)"
    page.press(Keys.ARROW_LEFT)
    assert not page.all(".open")
    page.press(Keys.ARROW_LEFT)
    assert page.active == "317 deals"
    page.press(Keys.END)
    assert page.active == "deals/D-0900"
    page.press(Keys.HOME, Keys.PAGE_DOWN, Keys.PAGE_UP, Keys.ARROW_DOWN)
    assert page.active == "deals/D-0001"

    page.press("/", Keys.BACKSPACE)
    assert page.count == "342 entries"


def test_people_who_do_not_see_it_are_told(page: Page) -> None:
    grid = page.one("#grid")
    assert grid.get_attribute("role") == "treegrid"
    assert grid.get_attribute("aria-rowcount") == "36"  # similar entries are collapsed into one row
    assert page.one(".heading").get_attribute("aria-rowindex") == "2"
    assert page.one(".row").get_attribute("aria-rowindex") == "3"
    assert page.one("#count").get_attribute("aria-live") == "polite"
    nameless = [
        element.get_attribute("outerHTML")
        for element in page.all("input, button, [role=search], [role=treegrid], table, section")
        if element.is_displayed() and not element.accessible_name
    ]
    assert nameless == []


def test_the_order_of_focus_is_the_order_of_reading(page: Page) -> None:
    seen = []
    while "columns" not in seen:
        page.press(Keys.TAB)
        focused = "const found = document.activeElement; return found.closest('[id]')?.id ?? found.tagName"
        seen.append(page.run(focused))

    assert list(dict.fromkeys(seen)) == ["A", "SUMMARY", "search", "facets", "unfold", "grid", "columns"]


def test_values_are_text_whatever_they_say(opened: Open) -> None:
    texts = (
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "\u202eright to left",
        *TRAPS,
    )
    (value, *_) = UPDATES[0].values
    values = tuple(
        replace(value, name=f"{text}{number}", before=text, after=f"{text} and more")
        for number, text in enumerate(texts)
    )
    keys = (RecordAddress("<b>", "external_id", text) for text in texts)
    changes = (replace(UPDATES[0], address=key, values=values, source=at(1, texts[0])) for key in keys)
    held = tuple(replace(HELD[0], live=text, facts=(Fact(FactKind.LABEL, word=text),)) for text in texts)
    problems = tuple(replace(PROBLEMS[0], message=text, advice=text) for text in texts)
    plan = plan_of(*changes, held=held, problems=problems, environment="<img src=x onerror=alert(1)>")

    page = Page(opened(render_plan_page(plan, View(SHOW))))
    page.one("#unfold").click()
    for facet in ("property", "file", "object"):
        for more in page.all(f".{facet} .more"):
            more.click()
    page.run("layOutForPrint()")

    assert page.all("img, iframe, object, embed, link, base") == []
    assert len(page.all("script")) == 2
    assert page.one("h1 b").text == "<img src=x onerror=alert(1)>"
    assert "<img src=x onerror=alert(1)>" in page.one("#rows").text
    assert "\\u202eright to left" in page.texts("#printed")[0]
    assert logged(page.browser, "browser") == []


def test_it_asks_the_network_for_nothing(page: Page) -> None:
    page.search("acme")
    page.one("#unfold").click()

    assert page.run("return performance.getEntriesByType('resource').length") == 0
    messages = [json.loads(entry["message"])["message"] for entry in logged(page.browser, "performance")]
    sent = [message for message in messages if message["method"] == "Network.requestWillBeSent"]
    asked = [message["params"]["request"]["url"] for message in sent]
    assert asked == [page.browser.current_url]
    assert logged(page.browser, "browser") == []


def test_its_policy_stops_what_should_never_happen(page: Page) -> None:
    page.run(
        "window.stopped = [];"
        "addEventListener('securitypolicyviolation', (event) => stopped.push(event.effectiveDirective));"
        "fetch('http://127.0.0.1:9/').catch(() => {});"
        "const image = new Image(); image.src = 'http://127.0.0.1:9/'; document.body.append(image);"
        "const script = document.createElement('div');"
        "try { script.innerHTML = '<b>markup</b>'; } catch (error) { stopped.push(error.name); }"
    )
    WebDriverWait(page.browser, 10).until(lambda _: len(page.run("return stopped")) >= 4)

    assert set(page.run("return stopped")) == {
        "connect-src",
        "img-src",
        "require-trusted-types-for",
        "TypeError",
    }


def test_a_hundred_thousand_changes_are_a_few_rows_at_a_time(opened: Open, large: str) -> None:
    page = Page(opened(large))

    assert page.count == "100,000 entries"
    assert len(page.all(".item")) < 100
    assert page.run("return document.getElementsByTagName('*').length") < 2_000

    page.search("client-09999")
    assert page.count == "10 of 100,000 entries"
    page.search("")
    page.press(Keys.BACKSPACE)
    page.choose("file", "part-3.yaml")
    assert page.count == "14,286 of 100,000 entries"
    page.one("#clear").click()

    page.one("#grid").send_keys(Keys.END)
    assert page.active == "companies/client-099999"
    assert len(page.all(".item")) < 100


def test_everything_unfolds_while_it_is_not_too_much(opened: Open, large: str) -> None:
    page = Page(opened(large))
    assert not page.one("#unfold").is_displayed()
    why = "Filter to 10,000 entries or fewer, and they can be expanded all at once."
    assert page.one("#limit").text == why

    page.search("client-09")
    assert not page.one("#limit").is_displayed()
    page.one("#unfold").click()
    assert page.count == "10,000 of 100,000 entries"
    assert 0 < len(page.all(".detail")) == len(page.all(".row:not(.detail)")) < 100

    page.one("#clear").click()
    assert not page.all(".detail")


def test_scrolling_draws_what_comes_into_the_window(opened: Open, large: str) -> None:
    page = Page(opened(large))

    page.run("grid.scrollTop = 32 * 50000")
    WebDriverWait(page.browser, 10).until(lambda _: "companies/client-050000" in page.records)

    rows = page.all(".row")
    assert not page.all(".heading")  # it is far above
    indexes = [int(row.get_attribute("aria-rowindex") or 0) for row in rows]
    assert indexes == list(range(indexes[0], indexes[0] + len(indexes)))
    assert len(indexes) < 100


def test_many_options_are_offered_when_asked_for(opened: Open, large: str) -> None:
    page = Page(opened(large))
    assert len(page.all(".property label")) == 8

    page.one(".property .more").click()

    assert len(page.all(".property label")) == 50
    assert page.browser.switch_to.active_element == page.all(".property label input")[8]


def test_it_is_dark_where_people_want_it_dark(page: Page) -> None:
    def ground(scheme: str) -> str:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        return page.one("body").value_of_css_property("background-color")

    light, dark = ground("light"), ground("dark")
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert (light, dark) == ("rgba(250, 250, 248, 1)", "rgba(21, 23, 27, 1)")


def test_it_prints_what_is_filtered_unfolded(page: Page) -> None:
    page.choose("object", "contacts")
    page.run("window.print = () => {}; dispatchEvent(new Event('beforeprint'))")

    articles = page.texts("#printed article")
    assert len(articles) == 3
    assert "phone" in articles[1]

    page.run("dispatchEvent(new Event('afterprint'))")
    assert not page.all("#printed article")


def test_a_converged_plan_says_that_there_is_nothing(opened: Open) -> None:
    page = Page(opened(render_plan_page(CONVERGED, View(SHOW))))

    assert page.one(".title p").text == "No changes. 120 in step."
    assert page.count == "Nothing to show: everything is in step."
    assert not page.one("#unfold").is_displayed()


def test_a_record_without_values_unfolds(opened: Open) -> None:
    page = Page(opened(render_plan_page(plan_of(CREATES[1]), View(SHOW))))

    page.one(".row").click()

    assert "missing: HubSpot has no such record" in page.one(".detail").text
