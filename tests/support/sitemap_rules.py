"""What sitemaps.org 0.9, Google's news sitemaps and RFC 9309 ask of a document."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree.ElementTree import Element

from lxml import etree

from tests.support.rule_forms import is_address, rfc_3339, root_of

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"

_MOST_BYTES, _MOST_ADDRESSES, _LONGEST_ADDRESS, _MOST_NEWS = 52_428_800, 50_000, 2_047, 1_000
_NEWS_AGE = timedelta(hours=48)
_NEWS_LANGUAGE = re.compile(r"zh-cn|zh-tw|(?!zh$)[a-z]{2,3}")


def sitemap_faults(body: bytes, *, host: str = "") -> list[str]:
    """Every rule that a sitemap of pages breaks; all its addresses shall be on `host`, or on one host at least."""
    return _faults(body, "urlset", host)


def sitemap_index_faults(body: bytes, *, host: str = "") -> list[str]:
    """Every rule that a sitemap of sitemaps breaks."""
    return _faults(body, "sitemapindex", host)


def news_sitemap_faults(body: bytes, *, host: str = "", now: datetime | None = None) -> list[str]:
    """Every rule that a news sitemap breaks; with `now` also those of age."""
    faults = _faults(body, "urlset", host)
    root = root_of(body)
    return faults if isinstance(root, str) else [*faults, *_news_faults(root, now)]


def robots_faults(body: bytes, *, sitemap: str, addresses: Iterable[str]) -> list[str]:
    """What is wrong with `robots.txt`: it must name the sitemap and allow every one of the addresses."""
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        return [f"not UTF-8: {error}"]
    faults = [f"not a rule: {x!r}" for x in lines if x and not re.fullmatch(r"(#.*|[A-Za-z-]+:[ \t]*\S.*)", x)]
    rules = RobotFileParser()
    rules.parse(lines)
    if rules.site_maps() != [sitemap]:
        faults.append(f"the sitemaps are {rules.site_maps()}, not {sitemap}")
    return [*faults, *(f"{address} must not be read" for address in addresses if not rules.can_fetch("any", address))]


def _faults(body: bytes, name: str, host: str) -> list[str]:
    if len(body) > _MOST_BYTES:
        return [f"{len(body)} bytes, more than {_MOST_BYTES}"]
    root = root_of(body)
    if isinstance(root, str):
        return [root]
    if root.tag != f"{SITEMAP}{name}":
        return [f"the outermost element is {root.tag}, not {name}"]
    return [*_schema_faults(body), *_address_faults(root, host)]


def _address_faults(root: Element, host: str) -> Iterator[str]:
    addresses = [child.findtext(f"{SITEMAP}loc") or "" for child in root]
    hosts = {host} if host else set[str]()
    if len(root) > _MOST_ADDRESSES:
        yield f"{len(root)} addresses, more than {_MOST_ADDRESSES}"
    for address, count in Counter(addresses).items():
        if not is_address(address) or not address.isascii():
            yield f"{address!r} is not absolute and percent-encoded"
            continue
        hosts.add(urlsplit(address).netloc)
        if len(address) > _LONGEST_ADDRESS:
            yield f"{address[:60]}… has {len(address)} characters, more than {_LONGEST_ADDRESS}"
        if count > 1:
            yield f"{address} stands {count} times"
    if len(hosts) > 1:
        yield f"addresses of several hosts: {', '.join(sorted(hosts))}"
    for child in root:
        text = child.findtext(f"{SITEMAP}lastmod")
        if text is not None and rfc_3339(text) is None:
            yield f"{child.findtext(f'{SITEMAP}loc')}: lastmod {text!r} has no time with zone"


def _news_faults(root: Element, now: datetime | None) -> Iterator[str]:
    if len(root) > _MOST_NEWS:
        yield f"{len(root)} articles, more than {_MOST_NEWS}"
    for url in root:
        where = url.findtext(f"{SITEMAP}loc")
        news = url.findall(f"{NEWS}news")
        if len(news) != 1:
            yield f"{where}: {len(news)} of news:news, not one"
            continue
        for path in ("publication/name", "publication/language", "publication_date", "title"):
            if not (news[0].findtext(f"{NEWS}{path.replace('/', f'/{NEWS}')}") or "").strip():
                yield f"{where}: no {path}"
        language = news[0].findtext(f"{NEWS}publication/{NEWS}language") or ""
        if not _NEWS_LANGUAGE.fullmatch(language):
            yield f"{where}: {language!r} is no code of a news language"
        at = rfc_3339(news[0].findtext(f"{NEWS}publication_date"))
        if at is None:
            yield f"{where}: publication_date has no time with zone"
        elif now is not None and not timedelta(0) <= now - at <= _NEWS_AGE:
            yield f"{where}: published {at}, not within 48 hours before {now}"


def _schema_faults(body: bytes) -> list[str]:
    schema = _schema()
    schema.validate(etree.fromstring(body))
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(__file__).with_name("schemas") / "sitemap.xsd"))
