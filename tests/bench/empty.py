"""A flow that does nothing, in a process that has read nothing of ours: `python -m tests.bench.empty`; its cost as JSON."""

import json
import resource
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = {"cpu": used - before, "process_cpu": used, "wall": time.perf_counter() - started, "peak_mb": peak}
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
