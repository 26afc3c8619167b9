"""``hoad play`` in a real browser (``make docs-test``): type, move the point, look at every tab."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("selenium")
pytest.importorskip("marimo")

from browser import chromium, complaints, traffic
from selenium.webdriver.common.keys import Keys

PATIENCE = 60.0  # seconds
# The parts of the page are web components: what is within them is not in the document.
ALL = """const found = [];
(function walk(root, selector) { for (const e of root.querySelectorAll('*')) {
  if (e.matches(selector)) found.push(e);
  if (e.shadowRoot) walk(e.shadowRoot, selector);
} })(document, arguments[0]);
return found;"""
TEXT = """const walk = node => node.nodeType === 3 ? node.data
  : node.nodeType === 1 && ['STYLE', 'SCRIPT'].includes(node.tagName) ? ''
  : (node.shadowRoot ? walk(node.shadowRoot) : '') + [...node.childNodes].map(walk).join('');
return walk(document.body);"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def until(found: Callable[[], Any]) -> Any:
    """What is found, as soon as it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    raise AssertionError(f"this did not appear in time: {found()!r}")


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    port = free_port()
    line = [
        sys.executable,
        "-m",
        "hoad",
        "play",
        "sin(x)*x",
        "--at",
        "1",
        "--no-browser",
        "--port",
        str(port),
    ]
    with subprocess.Popen(line, env={**os.environ, "MPLBACKEND": "Agg"}) as server, chromium() as driver:
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/health"))
            driver.get(f"http://127.0.0.1:{port}/")
            until(lambda: "0.841470984808" in text(driver))
            yield driver
        finally:
            server.terminate()


def all_of(driver: Any, selector: str) -> list[Any]:
    found: list[Any] = driver.execute_script(ALL, selector)
    return found


def text(driver: Any) -> str:
    return str(driver.execute_script(TEXT))


def show(driver: Any, tab: str) -> None:
    (found,) = [t for t in all_of(driver, "[role=tab]") if t.text == tab]
    found.click()


def test_it_shows_derivatives_and_asks_nobody(page: Any) -> None:
    assert "1.38177329068" in text(page), "the derivative of sin(x)*x at 1"
    asked, missing = traffic(page)
    beyond = [u for u in asked if not u.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))]
    assert [u for u in beyond if not u.startswith("chrome")] == [] and missing == []
    assert [said for said in complaints(page) if "SEVERE" in said] == []
    assert all_of(page, "img"), "the curves"


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("Dual numbers", "f(1 + ε₁ + ε₂) = 0.841471 + 1.38177ε₁ + 1.38177ε₂"),
        ("Graph", "0.841471"),
        ("Derivatives", "1.38177329068"),
    ],
)
def test_tabs(page: Any, tab: str, said: str) -> None:
    show(page, tab)
    until(lambda: said in text(page))


def test_steps_walk(page: Any) -> None:
    show(page, "Steps")
    frame = until(lambda: all_of(page, "iframe"))[0]
    page.switch_to.frame(frame)
    try:
        until(lambda: page.execute_script("return document.querySelectorAll('.hoad-walk .now').length"))
        page.execute_script(
            "const s = document.querySelector('input[type=range]'); s.value = s.max; "
            "s.dispatchEvent(new Event('input'))"
        )
        assert page.execute_script("return document.querySelectorAll('.hoad-walk .later').length") == 0
        assert "x̄ = 1.38177" in page.execute_script("return document.body.innerText")
    finally:
        page.switch_to.default_content()
    show(page, "Derivatives")


def test_the_point_moves(page: Any) -> None:
    knob = all_of(page, "[role=slider]")[-1]
    knob.send_keys(Keys.HOME)
    until(lambda: "x = -3" in text(page))


def type_in(page: Any, expression: str) -> None:
    box = all_of(page, "input[type=text]")[0]
    box.send_keys(Keys.END + Keys.BACKSPACE * len(box.get_attribute("value")) + expression + Keys.ENTER)


def test_what_is_typed_is_parsed_and_never_evaluated(page: Any) -> None:
    type_in(page, "__import__('os').getcwd()")
    until(lambda: "is not allowed in an expression" in text(page))
    type_in(page, "x**3")
    until(lambda: "is not allowed" not in text(page) and "-27" in text(page))
