"""The whole case path and the console as processes on real engines, once for a module of tests.

Not for the session: Playwright keeps an event loop running in this thread, and the workers want
the machine, as long as they stand.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from infra.embedded import StackAddresses
    from tests.support.console_site import Site

Visit = Callable[..., "AbstractContextManager[Page]"]


@pytest.fixture(scope="package")
def site(stack: "StackAddresses", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Site]":
    """A console with the workers behind it."""
    from tests.support.console_site import a_site

    with a_site(stack, tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(scope="package")
def browser() -> "Iterator[Browser]":
    """Chromium, installed by the project where that is ours to do."""
    from tests.support.browser import a_browser

    with a_browser() as started:
        yield started


@pytest.fixture
def visit(site: "Site", browser: "Browser") -> Iterator[Visit]:
    """Opens a page: ``with visit("zh", clerk="clerk-101", size=NARROW) as page``.

    A visit fails when a page breaks, opens a dialog, or asks for anything off this machine.
    """
    from tests.support.console_site import a_clean_visit

    with ExitStack():
        yield lambda *wishes, **more: a_clean_visit(browser, site, *wishes, **more)
