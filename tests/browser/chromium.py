"""Drives a headless Chromium over its DevTools pipe, and sees every request that it makes.

The pipe carries JSON messages that end with a zero byte: commands with an id, their replies, and
events. No driver program and no WebSocket are needed. Nothing but loopback can be looked up.
"""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Any

Json = Any  # Any: the DevTools protocol's messages

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 60
"""A loaded machine takes long to start a browser; a working page is there in two seconds."""

FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)

# Chromium wants its pipe at the descriptors 3 and 4.
LAUNCHER = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)


class PageFailed(AssertionError):
    """The browser refused a command, or something awaited on the page never came."""


def find_chromium() -> str | None:
    """Give the path of an installed Chromium; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Browser:
    """One page in one browser; `requests` and `complaints` also hold what its workers did."""

    process: subprocess.Popen[bytes]
    to_browser: int
    from_browser: int
    session: str = ""
    requests: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    _rest: bytes = b""
    _last: int = 0

    def start(self, *, width: int = 1440, height: int = 900) -> None:
        """Open an empty page whose every request, and every worker's, is seen."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.call("Page.enable")
        size: Json = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self._watch(self.session)

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Json:
        """Give the value of a JavaScript expression on the page."""
        told: Json = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        reply = self.call("Runtime.evaluate", **told)
        if "exceptionDetails" in reply:
            raise PageFailed(reply["exceptionDetails"])
        return reply["result"].get("value")

    def wait_for(self, expression: str) -> Json:
        """Ask until an expression is true, and give what it is."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.05)
        message = f"{expression} never came true; the page complained: {self.complaints}"
        raise PageFailed(message)

    def click(self, selector: str) -> None:
        """Click the element of a CSS selector, once it is there."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"!!{found}")
        self.evaluate(f"{found}.click()")

    def picture(self) -> bytes:
        """Give a PNG of what is to be seen."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def call(self, method: str, **params: Json) -> Json:
        """Send a command to the page, before `start` to the browser, and give its result."""
        wanted = self._send(method, self.session, params)
        while True:
            message = self._receive()
            if message.get("id") == wanted:
                break
            self._note(message)
        if "error" in message:
            raise PageFailed(method, message["error"])
        return message["result"]

    def _watch(self, session: str) -> None:
        """Hear of a session's requests and complaints, and of the workers it starts."""
        for domain in ("Network", "Runtime", "Log"):
            self._send(f"{domain}.enable", session, {})
        told = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
        self._send("Target.setAutoAttach", session, told)
        self._send("Runtime.runIfWaitingForDebugger", session, {})

    def _send(self, method: str, session: str, params: Json) -> int:
        self._last += 1
        message: dict[str, Json] = {"id": self._last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        return self._last

    def _receive(self) -> Json:
        while b"\0" not in self._rest:
            ready, _, _ = select([self.from_browser], [], [], PATIENCE_SECONDS)
            chunk = os.read(self.from_browser, 1 << 20) if ready else b""
            if not chunk:
                message = "Chromium ended or hangs."
                raise PageFailed(message)
            self._rest += chunk
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def _note(self, message: Json) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self._note_request(params["request"]["url"])
            case "Target.attachedToTarget":
                self._watch(params["sessionId"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(params["entry"]["text"])
            case "Runtime.consoleAPICalled" if params["type"] == "error":
                self.complaints.append(str([each.get("value") for each in params["args"]]))
            case _:
                pass

    def _note_request(self, url: str) -> None:
        if not url.startswith("data:"):  # the style sheet's own fonts: nobody is asked
            self.requests.append(url)


@contextmanager
def chromium(program: str, profile: Path) -> Generator[Browser]:
    """Run Chromium with an empty profile until the block ends."""
    their_input, our_output = os.pipe()
    our_input, their_output = os.pipe()
    # Beyond 3 and 4, so that moving one there can't overwrite the other.
    theirs = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (their_input, their_output)]
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    arguments = (program, *FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank")
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, *map(str, theirs), *arguments],
        pass_fds=theirs,
        stderr=subprocess.DEVNULL,
    )
    for each in (their_input, their_output, *theirs):
        os.close(each)
    browser = Browser(process, our_output, our_input)
    try:
        browser.start()
        yield browser
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        os.close(our_output)
        os.close(our_input)
