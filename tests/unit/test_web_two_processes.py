"""Two processes with one ledger on PostgreSQL are as polite to a host as one, says the host's own log."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.ledgers import opened
from tests.support.versions import versions

GAP, EACH = 0.2, 6
# Two sources, two threads for each of them, and as many requests as fit.
ASKING = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from tasks.model import Request
from tasks.web import Client, Limits, Manners
from tests.support.ledgers import opened

url, origin = sys.argv[1:]
limits = Limits(user_agent="finews-test/1", min_gap={GAP}, per_host=2, allow_hosts=("127.0.0.1",))
with opened(url) as ledger, Client(limits, records=ledger.hosts) as client, ThreadPoolExecutor(4) as threads:
    sys.stdin.readline()
    ask = lambda n: client.get(Request(url=origin + "/a"), manners=Manners(source=("daily", "wire")[n % 2]))
    print(len(list(threads.map(ask, range({EACH})))))
"""


def test_gap_and_number_hold_over_processes(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    with opened(url), versions() as server:
        server.put("/robots.txt", "text/plain", "")
        server.put("/a", "text/plain", "text")
        server.takes = 0.3
        command = [sys.executable, "-c", ASKING, url, server.origin]
        root = Path(__file__).parents[2]
        running = [
            subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        try:
            told = [process.communicate("go\n", timeout=60)[0] for process in running]
        finally:
            for process in running:
                process.kill()
        assert told == [f"{EACH}\n"] * 2
        hits = sorted(server.hits, key=lambda hit: hit.at)
    texts = [hit for hit in hits if hit.path == "/a"]
    assert len(texts) == 2 * EACH
    assert len({hit.connection for hit in texts}) <= 4  # two in each process, used again and again
    assert max(hit.together for hit in hits) == 2
    assert all(hit.at - hits[0].at > turn * GAP - 0.05 for turn, hit in enumerate(hits))
