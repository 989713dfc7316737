"""Two processes with one ledger on PostgreSQL are as polite to a host as one, says the host's own log."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.ledgers import opened
from tests.support.versions import versions

GAP, EACH = 0.2, 5
# Two sources, two threads for each of them: first what is answered at once, then what takes longer than the gap.
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
    ask = lambda path, n: client.get(Request(url=origin + path), manners=Manners(source=("daily", "wire")[n % 2]))
    for path in ("/quick", "/slow"):
        print(path, len(list(threads.map(ask, [path] * {EACH}, range({EACH})))))
"""


def test_gap_and_number_hold_over_processes(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    with opened(url), versions() as server:
        server.put("/robots.txt", "text/plain", "")
        for path in ("/quick", "/slow"):
            server.put(path, "text/plain", "text")
        server.takes["/slow"] = 0.6
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
        assert told == [f"/quick {EACH}\n/slow {EACH}\n"] * 2
    texts = [hit for hit in server.hits if hit.path != "/robots.txt"]
    assert len(texts) == 4 * EACH
    assert max(hit.together for hit in server.hits) == 2
    assert len({hit.connection for hit in texts}) <= 4  # two in each process, used again and again
    quick = [hit.at for hit in texts if hit.path == "/quick"]
    assert max(quick) - min(quick) > 0.8 * GAP * (len(quick) - 1)  # the first one may come late to its turn
