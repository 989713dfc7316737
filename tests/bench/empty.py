"""A flow that does nothing, in a process that has read nothing of ours: `python -m tests.bench.empty`; its cost as JSON."""

import json
import time


def main() -> None:
    """Run it."""
    started = time.perf_counter()
    from prefect import flow

    before = time.process_time()

    @flow(name="empty")
    def nothing() -> None:
        pass

    nothing()
    used = time.process_time()
    print(json.dumps({"cpu": used - before, "process_cpu": used, "wall": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
