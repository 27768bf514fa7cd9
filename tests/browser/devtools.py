"""A headless Chromium over the DevTools protocol: one process for all tests, a tab for each page.

The protocol runs over a pipe (``--remote-debugging-pipe``): messages are JSON, each ended by a null byte.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import select
import subprocess
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
LONGEST_WAIT_S = 60.0
TOOLS = """
const choose = (id, value) => { const s = byId(id); s.value = value; s.dispatchEvent(new Event("change", { bubbles: true })); };
const traces = (id) => (finish(), byId(id + "-plot")).data.map((d) => ({ name: d.name, x: [...d.x], y: [...d.y], xaxis: d.xaxis, dash: d.line && d.line.dash, color: d.line && d.line.color }));
const title = (id) => byId(id + "-title").textContent;
"""  # noqa: E501 - scripts for the browser read better unbroken
SETTLED = """new Promise((done) => {
  const look = (left) => (document.body.dataset.ready === "yes" || left < 0 ? setTimeout(() => done(left), 0) : setTimeout(look, 20, left - 1));
  look(1000);
})"""  # noqa: E501


class Browser:
    """One Chromium process; use as a context."""

    def __init__(self, chromium: str, folder: Path) -> None:
        self.folder = folder
        self.pages: dict[str, Page] = {}
        self._rest = b""
        self._serial = 0
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (to_read, to_write)]

        def take_ends() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        command = [chromium, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        self.process = subprocess.Popen(
            command,
            preexec_fn=take_ends,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (to_read, to_write, *ends):
            os.close(end)

    def close(self) -> None:
        """End the process."""
        try:
            self.command("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        for end in (self._in, self._out):
            os.close(end)

    def command(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Result of one command; events that come before it go to their pages."""
        self._serial += 1
        message = {"id": self._serial, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            answer = self.next()
            if answer.get("id") == self._serial:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    def next(self) -> dict[str, Any]:
        """Next message; an event is given to its page too."""
        while b"\0" not in self._rest:
            if not select.select([self._in], [], [], LONGEST_WAIT_S)[0]:
                raise RuntimeError("the browser says nothing any more")
            part = os.read(self._in, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        message = dict(json.loads(text))
        page = self.pages.get(message.get("sessionId", ""))
        if page and "method" in message:
            page.take(message["method"], message["params"])
        return message

    def open(
        self, text: str, *, width: int = 1280, height: int = 1200, dark: bool = False, fragment: str = ""
    ) -> Page:
        """A page in a tab of its own, drawn to its end."""
        file = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.html"
        if not file.exists():
            file.write_text(text, encoding="utf-8")
        page = Page(self)
        page.emulate(width=width, height=height, dark=dark)
        page.go(file.as_uri() + fragment)
        return page


class Page:
    """One tab.

    Attributes
    ----------
    faults : list of str
        What went wrong so far: exceptions, errors and warnings of the console, broken policy.
    requests : list of str
        Addresses asked for, but for the page's own and data in it.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.is_loaded = False
        self.address = ""
        self._target = browser.command("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.command("Target.attachToTarget", targetId=self._target, flatten=True)
        self.session = attached["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Result of a command to this tab."""
        return self.browser.command(method, self.session, **params)

    def take(self, method: str, params: dict[str, Any]) -> None:
        """Keep what an event says."""
        if method == "Page.loadEventFired":
            self.is_loaded = True
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.faults.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            said = [str(a.get("value", a.get("description", ""))) for a in params["args"]]
            self.faults.append(f"{params['type']}: {' '.join(said)}")
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.faults.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not url.startswith(("data:", "blob:")) and url.split("#")[0] != self.address:
                self.requests.append(url)

    def emulate(self, *, width: int, height: int = 1200, dark: bool = False, media: str = "") -> None:
        """Size of the window, wish for dark colours, and medium (`print`)."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        wish = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[wish])

    def go(self, url: str) -> None:
        """Load an address and wait until it has drawn all."""
        self.address = url.split("#")[0]
        self.is_loaded = False
        self.show()
        self.command("Page.navigate", url=url)
        while not self.is_loaded:
            self.browser.next()
        if self.evaluate(SETTLED) < 0:
            raise AssertionError(f"the page does not get ready: {self.faults}")

    def show(self) -> None:
        """Bring it before the other tabs: one behind another is not painted."""
        self.command("Page.bringToFront")

    def evaluate(self, expression: str) -> Any:
        """Value of an expression; a promise is waited for."""
        answer = self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def run(self, script: str) -> Any:
        """What the body of a function returns, with the tests' tools at hand."""
        return self.evaluate(f"(async () => {{ {TOOLS}\n{script} }})()")

    def press(self, key: str, code: int = 0, text: str = "") -> None:
        """Press and release a key."""
        keys = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **keys)
        self.command("Input.dispatchKeyEvent", type="keyUp", **keys)

    def pdf(self) -> bytes:
        """The page as it prints."""
        found = self.command(
            "Page.printToPDF", preferCSSPageSize=True, printBackground=False, generateTaggedPDF=False
        )
        return base64.b64decode(found["data"])

    def picture(self) -> bytes:
        """What the window shows, PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """Close the tab."""
        self.browser.pages.pop(self.session, None)
        self.browser.command("Target.closeTarget", targetId=self._target)
