"""A browser in which nothing from outside may run: it notices whatever does."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, Route

ORIGIN = "http://reader.test"
_AT_ONCE = 40  # pages side by side in one window
_TYPES = {"html": "text/html", "xml": "application/xml", "json": "application/json", "js": "text/javascript"}
_CSP = re.compile(rb'<meta http-equiv="Content-Security-Policy"[^>]*>')
_FRAMES = "frames.html"

# In every frame before anything else: a call is told together with the page on which it happened.
_TELL = """for (const name of ["alert", "confirm", "prompt", "print"])
  Object.defineProperty(window, name, {value: () => console.log(`ran ${name} in ${location.href}`)});"""

# What no page of a site has, but those that hold JSON-LD and the search. Then the content is written anew, as scripts of
# readers do, and looked at once more: what was text must not have become markup.
_INSPECT = """(paths) => {
  const found = [];
  const strange = new Set("iframe frame object embed applet base form math svg animate set portal dialog template".split(" "));
  const look = (doc, path) => {
    const page = path.split("?")[0];
    for (const node of doc.querySelectorAll("*")) {
      const name = node.localName, own = page === "search.html" || page === "404.html";
      if (strange.has(name) && !(own && ["form", "template"].includes(name)))
        found.push(`${path}: element ${name}`);
      if (name === "script" && node.type !== "application/ld+json" && !own) found.push(`${path}: element script`);
      for (const {name: attribute, value} of node.attributes) {
        if (/^on|^srcdoc$|^formaction$|^ping$|^style$|^is$|^popover|^autofocus$|^contenteditable$/i.test(attribute))
          found.push(`${path}: attribute ${attribute}`);
        if (!/^(href|src|action|data|poster|background|xlink:href)$/i.test(attribute)) continue;
        let scheme = "";
        try { scheme = new URL(value, "http://reader.test/").protocol } catch {}
        if (scheme && !["http:", "https:", "mailto:"].includes(scheme)) found.push(`${path}: address ${scheme}`);
      }
    }
  };
  paths.forEach((path, number) => {
    const doc = document.getElementById(`f${number}`).contentDocument;
    if (!doc || !doc.URL.startsWith(`http://reader.test/${path}`)) { found.push(`${path}: went elsewhere`); return; }
    look(doc, path);
    const main = doc.querySelector("main");
    if (main) { main.innerHTML = main.innerHTML; look(doc, path); }
  });
  return found;
}"""


@dataclass(kw_only=True)
class Canary:
    """A window on a site with these files. `signs` is what happened that only a payload can have done, and where.

    It has no slots: Playwright keeps things at the objects whose methods it calls.
    """

    page: Page
    files: Mapping[str, bytes]
    signs: list[str] = field(default_factory=list)
    _shown: str = ""

    def visit(self, paths: Iterable[str], *, inspect: bool = True) -> None:
        """Open these pages, let them do what they would, and look at them."""
        waiting = iter(paths)
        while batch := list(itertools.islice(waiting, _AT_ONCE)):
            frames = "".join(f'<iframe id="f{number}" src="/{path}"></iframe>' for number, path in enumerate(batch))
            self._shown = f"<!doctype html><title>.</title>{frames}"
            self.page.goto(f"{ORIGIN}/{_FRAMES}", wait_until="load")
            # Handlers of failed loads and of focus come a little later.
            self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
            if inspect:
                self.signs += self.page.evaluate(_INSPECT, batch)
                self.page.evaluate("() => new Promise(done => setTimeout(done, 20))")

    def listen(self, context: BrowserContext) -> None:
        """Notice calls, errors of scripts, new windows, and requests that no page of a site makes."""
        context.add_init_script(_TELL)
        context.route("**/*", self._on_request)
        self.page.on("console", lambda message: self._sign(message.text) if message.text.startswith("ran ") else None)
        self.page.on("dialog", self._on_dialog)
        self.page.on("pageerror", lambda error: self._sign(f"a script failed: {error}"[:120]))
        self.page.on("popup", lambda _: self._sign("a window was opened"))

    def _sign(self, sign: str) -> None:
        self.signs.append(sign)

    def _on_dialog(self, dialog: Dialog) -> None:
        self._sign(f"ran a dialog: {dialog.message[:40]}")
        dialog.dismiss()

    def _on_request(self, route: Route, request: Request) -> None:
        host, path = urlsplit(request.url).hostname or "", urlsplit(request.url).path.lstrip("/")
        if "canary" in (host.partition(".")[0], path.partition(".")[0]) and request.resource_type != "image":
            self._sign(f"ran a request: {request.url[:80]} as {request.resource_type}, from {request.frame.url}")
        body = self._shown.encode() if path == _FRAMES else self.files.get(path)
        if body is None or not request.url.startswith(f"{ORIGIN}/"):
            route.abort()
            return
        kind = _TYPES.get(path.rpartition(".")[2], "application/octet-stream")
        # The policy that would forbid every script is taken away: what is tested is that there is none to forbid.
        route.fulfill(body=_CSP.sub(b"", body), content_type=f"{kind}; charset=utf-8")


@contextmanager
def canary(browser: Browser, files: Mapping[str, bytes]) -> Iterator[Canary]:
    """A window on these files. No style sheet: it is not what runs, and takes the most time."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        plain = {path: body for path, body in files.items() if not path.endswith(".css")}
        watched = Canary(page=page, files=plain)
        watched.listen(context)
        yield watched
    finally:
        context.close()
