"""Telling others what was published: WebSub hubs, IndexNow, and a webhook that purges a cache.

Nothing here raises: each call gives the reason why it did not work, or an empty text. Addresses may hold a token, so of
them only the host is ever told.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests

INDEXNOW_MOST = 10_000  # addresses in one request, says indexnow.org/documentation
_SECONDS = (5.0, 15.0)  # to connect, to answer


def ping_hub(hub: str, topics: Sequence[str], *, user_agent: str) -> str:
    """Tell a WebSub hub that these feeds have changed (W3C WebSub, 7: the form is what hubs agree on), one by one."""
    for topic in topics:
        if reason := _post(hub, user_agent, data={"hub.mode": "publish", "hub.url": topic}):
            return f"{topic}: {reason}"
    return ""


def index_now(endpoint: str, *, base_url: str, key: str, addresses: Sequence[str], user_agent: str) -> str:
    """Tell search engines that these pages are new or changed; `<key>.txt` below `base_url` holds the key."""
    for start in range(0, len(addresses), INDEXNOW_MOST):
        told = {
            "host": urlsplit(base_url).netloc,
            "key": key,
            "keyLocation": f"{base_url}/{key}.txt",
            "urlList": list(addresses[start : start + INDEXNOW_MOST]),
        }
        if reason := _post(endpoint, user_agent, json=told):
            return reason
    return ""


def purge(webhook: str, *, base_url: str, paths: Sequence[str], user_agent: str) -> str:
    """Ask a service to forget these paths: JSON with `base_url` and `paths`, each beginning with a slash."""
    return _post(webhook, user_agent, json={"base_url": base_url, "paths": list(paths)})


def _post(address: str, user_agent: str, **body: Any) -> str:
    host = urlsplit(address).hostname or "?"
    headers = {"User-Agent": user_agent}
    try:
        with requests.post(
            address, headers=headers, timeout=_SECONDS, allow_redirects=False, stream=True, **body
        ) as answer:
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        return f"{host}: no answer ({type(error).__name__})"
    return "" if 200 <= status < 300 else f"{host}: status {status}"
