"""A look through the public address: do readers get what was written?"""

from flows.run import Run
from tasks.errors import FetchError
from tasks.model import ActionKind, Outcome, Request, Result, Stage
from tasks.web import Manners

SAMPLE = 5
_OWN = Manners(robots="ignore")  # our robots.txt keeps search engines from what is a page for nobody


def check_public(run: Run) -> bool:
    """Read a sample of the objects that this run created or changed from the public address, when the site names one.

    What differs is a problem of the run and undoes nothing: a cache may need a while, a wrong address a person. Whether
    nothing differed.
    """
    base = run.site.publish.public_url
    if not base or run.recorder.dry_run:
        return True
    sample, sound = run.recorder.changed(limit=SAMPLE), True
    for receipt in sample:
        address = f"{base}/{receipt.key}"
        try:
            request = Request(url=address, headers=(("Cache-Control", "no-cache"),))
            answer = run.client.get(request, manners=_OWN)
            there = run.store.read(receipt.key)
            same = there is not None and answer.body == there.body
            reason = "" if same else f"{address}: {len(answer.body)} bytes that are not those in the store"
        except FetchError as error:
            reason = str(error)
        sound = sound and not reason
        new = "new" if receipt.kind is ActionKind.CREATE else "changed"
        run.recorder.outcome(
            Outcome(
                subject=f"public address, {new} {receipt.key}",
                stage=Stage.VERIFY,
                result=Result.FAILED if reason else Result.DONE,
                reason=reason,
            )
        )
    return sound
