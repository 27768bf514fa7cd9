"""One browser for all tests of pages; a page is loaded once for each width and wish for dark colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.devtools import Browser, Page
from tests.report import made

AS_OPENED = """
  document.querySelectorAll("details.data[open]").forEach((d) => { d.open = false; });
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  scrollTo(0, 0);
  history.replaceState(null, "", location.pathname);
  restore("#?");
"""
"""Everything as it was when the page opened; a link without choices does most of it."""


@pytest.fixture(scope="session")
def rich():
    """Four runs with prices and money, programmes in one, an alliance in another; not to be changed."""
    return made.four(firms=True)


@pytest.fixture(scope="session")
def page() -> str:
    """Their page."""
    return made.page(firms=True)


@pytest.fixture(scope="session")
def browser(chromium, tmp_path_factory) -> Iterator[Browser]:
    """The browser of the session."""
    found = Browser(chromium, tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def tabs(browser) -> dict[object, Page]:
    """Tabs that are open, by page, width and wish for dark colours."""
    return {}


@pytest.fixture
def look(browser, tabs) -> Callable[..., Page]:
    """Open a page, or take its tab again as it was when it opened.

    What went wrong in it is asserted to be nothing when the test ends.
    """
    used: list[Page] = []

    def open_page(text: str, *, width: int = 1280, dark: bool = False) -> Page:
        key = hash(text), width, dark
        if key in tabs:
            tabs[key].show()
            tabs[key].run(AS_OPENED)
        else:
            tabs[key] = browser.open(text, width=width, dark=dark)
        used.append(tabs[key])
        return tabs[key]

    yield open_page
    for page in used:
        assert page.faults == []
        assert page.requests == []
