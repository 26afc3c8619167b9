"""Every page of the built site, in a real browser (``make docs-test``).

It renders, its console is silent, it asks nothing of any other machine, its formulas are set, and its
sliders walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser import BUILT, SIZE, chromium, complaints, served, traffic
from selenium.webdriver.support.ui import WebDriverWait

PAGES = sorted(
    path.relative_to(BUILT).as_posix() for path in BUILT.rglob("*.html") if "_static" not in path.parts
)
if not PAGES:
    pytest.skip("the site is not built: make docs", allow_module_level=True)
SET = "return ['.math', '.math mjx-container'].map(s => document.querySelectorAll(s).length)"
TYPESET = "const done = arguments[0]; window.MathJax ? MathJax.startup.promise.then(() => done()) : done()"
OFF_THE_PAGE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATIENCE = 60.0  # seconds
MOVE = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"


@pytest.fixture(scope="module")
def browser() -> Iterator[tuple[Any, str]]:
    with served() as address, chromium() as driver:
        yield driver, address


def opened(browser: tuple[Any, str], page: str) -> Any:
    """The driver, with a page open and its formulas set."""
    driver, address = browser
    driver.get(f"{address}/{page}")
    driver.execute_async_script(TYPESET)
    return driver


@pytest.mark.parametrize("page", PAGES)
def test_a_page_renders_and_asks_nobody(browser: tuple[Any, str], page: str) -> None:
    driver = opened(browser, page)
    asked, missing = traffic(driver)
    beyond = [url for url in asked if not url.startswith((browser[1], "data:", "blob:", "chrome:"))]
    assert (complaints(driver), missing, beyond) == ([], [], [])
    assert driver.find_element("tag name", "h1").text or page in ("genindex.html", "search.html")
    formulas, set_ones = driver.execute_script(SET)
    assert formulas == set_ones
    assert not driver.find_elements("css selector", "mjx-merror, .MathJax_Error")
    assert driver.execute_script(OFF_THE_PAGE) <= 1
    broken = "return [...document.images].filter(i => i.loading != 'lazy' && !i.naturalWidth).map(i => i.src)"
    assert driver.execute_script(broken) == []


WALKS = [page for page in PAGES if 'class="hoad-walk"' in (BUILT / page).read_text()]


@pytest.mark.parametrize("page", WALKS)
def test_a_slider_walks_through_the_steps(browser: tuple[Any, str], page: str) -> None:
    driver = opened(browser, page)
    walks = driver.find_elements("css selector", ".hoad-walk")
    assert walks
    for walk in walks:
        slider = walk.find_element("tag name", "input")
        assert slider.is_displayed()
        last = int(slider.get_attribute("max"))
        for step in (0, 1, last // 2, last):
            driver.execute_script(MOVE, slider, step)
            now = {c.get_attribute("data-at") for c in walk.find_elements("css selector", ".now")}
            assert now <= {str(step)}
            cells = walk.find_elements("css selector", "[data-at]")
            for cell in cells:
                hidden = int(cell.get_attribute("data-at")) > step
                assert ("later" in cell.get_attribute("class").split()) == hidden
        assert walk.find_element("css selector", f'p[data-at="{last}"]').is_displayed()


def test_a_slider_is_moved_by_keys_too(browser: tuple[Any, str]) -> None:
    driver = opened(browser, "gallery.html")
    slider = driver.find_element("css selector", ".hoad-walk input")
    before = int(slider.get_attribute("value"))
    slider.send_keys("\ue014")  # the right arrow
    assert int(slider.get_attribute("value")) == before + 1
    assert [c.get_attribute("data-at") for c in driver.find_elements("css selector", ".hoad-walk .now")] == [
        str(before + 1)
    ]


def test_a_solution_is_hidden_until_it_is_asked_for(browser: tuple[Any, str]) -> None:
    page = next(page for page in PAGES if "Show the solution" in (BUILT / page).read_text())
    driver = opened(browser, page)
    solution = driver.find_element("css selector", "details.hide")
    code = solution.find_element("css selector", "pre")
    assert not code.is_displayed()
    solution.find_element("tag name", "summary").click()
    assert WebDriverWait(driver, PATIENCE).until(lambda _: code.is_displayed())  # it unfolds


def test_the_search_finds_a_name(browser: tuple[Any, str]) -> None:
    driver = opened(browser, "search.html?q=hessian")
    found = WebDriverWait(driver, PATIENCE).until(
        lambda d: d.find_elements("css selector", "#search-results li a")
    )
    assert found[0].text


def test_a_telephone_shows_whole_lines(browser: tuple[Any, str]) -> None:
    """What is wider than a small screen scrolls within itself: the page does not."""
    driver = opened(browser, "index.html")
    driver.set_window_size(500, 900)
    try:
        for page in ("index.html", "book/hessians.html", "gallery.html", "coverage.html", "guides/nan.html"):
            assert opened(browser, page).execute_script(OFF_THE_PAGE) <= 1, page
    finally:
        driver.set_window_size(*SIZE)
