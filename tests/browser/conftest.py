"""A headless Chromium before the api's world."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.api.world import one_world

expect.set_options(timeout=30_000)

ARGS = (
    "--no-sandbox",  # tests may run as root, where Chromium's own sandbox does not
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def world(stack_settings, redis_server):
    """The same processes that the api's tests use."""
    with one_world(stack_settings, redis_server) as made:
        yield made


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium, which talks to nobody but the page's server.

    Ends with its module: while Playwright runs, its event loop counts as this thread's, and no asyncio test can run.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(ARGS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, world):
    """A page of its own; any error of its scripts fails the test."""
    context = chromium.new_context(base_url=world.url(), reduced_motion="reduce")
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    # what the network does is the test's business; what the policy forbids is not
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "Content Security" in m.text else None)
    yield page
    context.close()
    assert not wrong
