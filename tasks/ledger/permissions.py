"""What publishers allow, as it was when their texts were kept."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from tasks.articles.fingerprint import fingerprint
from tasks.ledger.articles import article_from_row, with_category
from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.generations import forget_versions
from tasks.ledger.opening import Database
from tasks.ledger.pictures import note_uses
from tasks.ledger.places import touch
from tasks.ledger.schema import articles, revisions, sketches
from tasks.model import Article

_BATCH = 200  # articles in one transaction


class Permissions:
    """A source whose publisher takes back what it allowed has its texts cut, those of the past too."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    def settle(self, source: str, *, full: bool, cut: Callable[[Article], Article]) -> int:
        """Keep what a source allows now; how many of its articles had to be cut because they may not be whole any more.

        The pages of those are due. A killed run begins again where it ended, for the permission is kept last.
        """
        name, count, last = f"rights {source}", 0, ""
        with self._database.begin() as db:
            before = fact(db, name)
        if before == ("full" if full else "excerpt"):
            return 0
        while not full:  # a ledger of before there was such a word has them whole
            with self._database.begin() as db:
                here = with_category().where(articles.c.source == source, articles.c.key > last)
                rows = db.execute(here.order_by(articles.c.key).limit(_BATCH)).all()
                for row in rows:
                    whole = article_from_row(row, self._zone)
                    if (shown := cut(whole)) == whole:
                        continue
                    prints = {"fingerprint": fingerprint(shown)}  # the digest of the whole text stays, for the proof
                    kept = {n: getattr(shown, n) for n in ("summary", "quote", "post_body", "html", "content_digest")}
                    touch(db, row, changed_at=row.updated_at)
                    note_uses(db, row.key, shown.html, now=row.updated_at)
                    db.execute(articles.update().where(articles.c.key == row.key).values(**kept, **prints, stale=True))
                    db.execute(revisions.delete().where(revisions.c.article == row.key))
                    db.execute(sketches.delete().where(sketches.c.article == row.key))
                    count += 1
                if count:
                    forget_versions(db)  # nobody may go back to lists with the whole texts
            if len(rows) < _BATCH:
                break
            last = rows[-1].key
        with self._database.begin() as db:
            keep_fact(db, name, "full" if full else "excerpt")
        return count
