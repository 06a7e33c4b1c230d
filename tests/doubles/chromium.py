"""A headless Chromium that a test looks at pages with, over its debugging pipe: nothing to install but the browser."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_S = 60
# The browser reads from 3 and writes to 4. Copies come first, for the pipes may have these very numbers.
_NUMBERED = """
import os, sys
os.dup2(int(sys.argv[1]), 113), os.dup2(int(sys.argv[2]), 114)
os.dup2(113, 3), os.dup2(114, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    "--remote-debugging-pipe",
)


class Chromium:
    """One browser with one page. Everything that the page asked for and complained of is kept."""

    def __init__(self, program: str, profile: Path) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._in, self._out = ours_in, ours_out
        self._left = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

        self._process = subprocess.Popen(
            [sys.executable, "-c", _NUMBERED, str(theirs_in), str(theirs_out), program, *_OPTIONS,
             f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out),
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Security"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser for something, and wait for the answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            received = self._receive()
            if received.get("id") == self._number:
                if "error" in received:
                    raise RuntimeError(f"{method}: {received['error']}")
                return received["result"]
            self.events.append(received)

    def look(self, url: str, *, width: int = 1280, dark: bool = False, media: str = "") -> None:
        """Open a page at this width, in light or dark."""
        self.events.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + _PATIENCE_S
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} does not load")
            self.events.append(self._receive())
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def evaluate(self, script: str) -> Any:
        """The value of an expression on the page; a promise is awaited."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["text"])
        return found["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def requests(self) -> list[str]:
        """What the page tried to ask for, itself and what it holds within excepted."""
        urls = [event["params"]["request"]["url"] for event in self._network("requestWillBeSent")]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def blocked(self) -> list[str]:
        """Those of the requests that were never sent, because the page's policy forbids them."""
        asked = [event["params"] for event in self._network("requestWillBeSent")]
        sent = {each["requestId"]: each["request"]["url"] for each in asked}
        failed = [event["params"] for event in self._network("loadingFailed")]
        return [sent[each["requestId"]] for each in failed if each.get("blockedReason") == "csp"]

    def _network(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("method") == f"Network.{name}"]

    def complaints(self) -> list[str]:
        """What stands in the console, and what the policy forbade."""
        kinds = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
        return [json.dumps(event["params"]) for event in self.events if event.get("method") in kinds]

    def close(self) -> None:
        """End the browser and wait for it."""
        self._session = None
        with contextlib.suppress(OSError, EOFError):
            self.call("Browser.close")
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise TimeoutError("the browser says nothing")
            received = os.read(self._in, 1 << 20)
            if not received:
                raise EOFError("the browser has ended")
            self._left += received
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)
