"""A real browser for tests of pages: Chromium without a window, driven through chromedriver."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run")
WIDE, PHONE = (1280, 900), (390, 844)


class Browser:
    """What tests do with a page. A dialog that opens fails whatever is asked of the browser next."""

    def __init__(self, driver: Any, heard: list[str]) -> None:
        self.driver = driver
        self.heard = heard
        """Paths that were asked of `http://example.invalid/`, which is a server here, by whatever frame of a page."""

    def open(self, page: Path, fragment: str = "") -> None:
        """Load a file and wait for it; what was heard before is forgotten."""
        self.driver.get("about:blank")
        self.console(), self.requests(), self.heard.clear()
        self.driver.get(page.as_uri() + fragment)

    def js(self, script: str, *arguments: Any) -> Any:
        """What a script returns, in the page or in the frame that was entered."""
        return self.driver.execute_script(script, *arguments)

    def devtools(self, command: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def console(self) -> list[str]:
        """What the console said since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses that the page tried to load since the last call; what its frames tried may not be among them.

        A figure's `data:` address holds the figure: nobody is asked for it.
        """
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("data:")]

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )

    def media(self, scheme: str = "light", kind: str = "screen") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=kind, features=features)

    def keys(self, *pressed: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*pressed).perform()

    def find(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    @contextmanager
    def frame(self, number: int) -> Iterator[None]:
        """Inside a response of the sample that is shown."""
        self.driver.switch_to.frame(self.find(".sample.current iframe")[number])
        try:
            while not self.js("return document.readyState === 'complete' && document.body.hasAttribute('class')"):
                sleep(0.02)
            yield
        finally:
            self.driver.switch_to.default_content()


@contextmanager
def chromium(profile: Path | None = None) -> Iterator[Browser]:
    """A browser; the test is skipped where there is none.

    Args:
        profile: Folder in which it keeps what pages store; without one it forgets all.
    """
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium: install the extra dev")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("no chromium and chromedriver here: install both to test pages")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for switch in SWITCHES:
        options.add_argument(switch)
    if profile:
        options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with _listener() as (port, heard):
        options.add_argument(f"--host-resolver-rules=MAP example.invalid 127.0.0.1:{port}")
        started = webdriver.Chrome(options=options, service=webdriver.chrome.service.Service(driver))
        try:
            yield Browser(started, heard)
        finally:
            started.quit()


@contextmanager
def _listener() -> Iterator[tuple[int, list[str]]]:
    """A server that writes down which paths it was asked for."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], heard
    finally:
        server.shutdown()
        server.server_close()
