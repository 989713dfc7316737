"""What other outlets answer: a feed, a news sitemap, a list page, a JSON list, and the open lists and pages of eastmoney."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

from infra.sample.markup import ORIGIN
from infra.sample.stories import Story

PER_PAGE = 2
"""How many records a page of the list page and of the JSON list has."""

_BEIJING = timezone(timedelta(hours=8))


def page_path(story: Story) -> str:
    """Where the page of an article is: its address tells no code."""
    return f"/outlets/{story.number[8:]}.html"


def feed(stories: Sequence[Story], origin: str) -> str:
    """RSS 2.0 with whole texts, and with the outlet of each item."""
    items = "".join(
        f"<item><title>{escape(story.title)}</title><link>{origin}{page_path(story)}?utm_source=rss</link>"
        f'<guid isPermaLink="false">{story.number[8:]}</guid><pubDate>{format_datetime(_at(story))}</pubDate>'
        f'<source url="{origin}/outlets/feed.xml">{escape(story.media)}</source><description>{escape(story.digest)}</description>'
        f"<content:encoded>{escape(story.text.replace(ORIGIN, origin))}</content:encoded></item>\n"
        for story in stories
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>沿河网</title><link>{origin}/</link><description>示例内容，纯属虚构。</description><ttl>30</ttl>\n"
        f"{items}</channel></rss>\n"
    )


def news_sitemap(stories: Sequence[Story], origin: str) -> str:
    """A news sitemap."""
    urls = "".join(
        f"<url><loc>{origin}{page_path(story)}</loc><news:news><news:publication><news:name>{escape(story.media)}</news:name>"
        f"<news:language>zh-cn</news:language></news:publication><news:publication_date>{_at(story).isoformat()}"
        f"</news:publication_date><news:title>{escape(story.title)}</news:title></news:news></url>\n"
        for story in stories
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n{urls}</urlset>\n'
    )


def list_page(stories: Sequence[Story], number: int) -> str:
    """One page of a list for people, with a link to the next one."""
    shown = _of_page(stories, number)
    items = "".join(
        f'<li><a href="{page_path(story)}">{escape(story.title)}</a> <em>{escape(story.media)}</em>'
        f" <span class='time'>{_at(story):%Y年%m月%d日 %H:%M}</span></li>\n"
        for story in shown
    )
    more = len(stories) > number * PER_PAGE
    pager = f'<a class="next" href="list_{number + 1}.html">下一页</a>' if more else ""
    return _page("沿河网要闻", f'<ul class="news">\n{items}</ul>\n<div class="pager">{pager}</div>')


def json_list(stories: Sequence[Story], number: int) -> str:
    """One page of a list for programs: seconds since 1970, and the path of the next page."""
    items = [
        {
            "id": int(story.number[8:]), "path": page_path(story), "title": story.title, "intro": story.digest,
            "ctime": int(_at(story).timestamp()), "outlet": {"name": story.media},
        }
        for story in _of_page(stories, number)
    ]  # fmt: skip
    more = f"/outlets/list.json?page={number + 1}" if len(stories) > number * PER_PAGE else None
    return json.dumps({"code": 0, "data": {"list": items, "next": more}}, ensure_ascii=False)


def columns(stories: Sequence[Story], callback: str, origin: str) -> str:
    """The answer of getNewsByColumns, as JSONP where a name for the call was given."""
    records = [
        {
            "code": story.number, "showTime": story.time, "title": story.title, "mediaName": story.media,
            "summary": story.digest, "image": "", "url": f"{origin}/a/{story.number}.html",
        }
        for story in stories
    ]  # fmt: skip
    answer = json.dumps({"code": 1, "message": "success", "data": {"list": records}}, ensure_ascii=False)
    return f"{callback}({answer});" if callback.isidentifier() else answer


def article_page(story: Story, origin: str) -> str:
    """The page of an article, as sites of all kinds have it."""
    about = f"<p class='about'>{_at(story):%Y年%m月%d日 %H:%M} 来源：{escape(story.media)}</p>"
    text = f"<div class='text'>{story.text.replace(ORIGIN, origin)}</div>"
    return _page(story.title, f"<article><h1>{escape(story.title)}</h1>\n{about}\n{text}</article>")


def eastmoney_page(story: Story, origin: str) -> str:
    """The page of an article in the present layout of eastmoney, with an advert, the editor and the share box."""
    advert = '<div class="ad_context3"><a class="toplink" href="http://acttg.eastmoney.com/x">开户</a></div>'
    after = (
        '<p class="res-edit">（责任编辑：9）</p><p>打开微信，点击底部的“发现”，使用“扫一扫”即可将网页分享至朋友圈。</p>'
    )
    title, text = escape(story.title), story.text.replace(ORIGIN, origin)
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}_东方财富网</title></head><body>\n'
        f'<div class="topbox"><div class="title">{title}</div><div class="infos">'
        f'<div class="item">{_at(story):%Y年%m月%d日 %H:%M}</div>'
        f'<div class="item">来源：{escape(story.media)}</div></div></div>\n'
        f'<div id="ContentBody" class="txtinfos"><!--文章主体-->{advert}\n{text}\n{after}</div></body></html>\n'
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)} - 沿河网</title></head>\n'
        '<body><nav><a href="/outlets/list.html">要闻</a> <a href="/outlets/feed.xml">订阅</a></nav>\n'
        f"{body}\n<footer>示例内容，纯属虚构。</footer></body></html>\n"
    )


def _of_page(stories: Sequence[Story], number: int) -> Sequence[Story]:
    return stories[(number - 1) * PER_PAGE : number * PER_PAGE]


def _at(story: Story) -> datetime:
    return datetime.strptime(story.time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
