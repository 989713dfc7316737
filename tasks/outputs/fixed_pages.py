"""Pages and files that show no article: about, the page for unknown addresses, the style sheet and its like."""

from collections.abc import Callable

from tasks.catalogue import Fixed
from tasks.model import Page
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import ABOUT, ARCHIVE, CATEGORIES, MISSING, SEARCH, is_http, relative, rooted
from tasks.outputs.caching import INDEX
from tasks.outputs.contexts import AboutContext, Link, MissingContext
from tasks.outputs.framing import frame_of, missing_frame
from tasks.outputs.front_matter import one_line
from tasks.outputs.style import other_files, style_sheet
from tasks.outputs.templating import html_page
from tasks.outputs.wording import text


def fixed_pages(_: Fixed, site: SiteFacts) -> tuple[Page, ...]:
    """All of them."""
    pages = (style_sheet(site.theme), *other_files(site.theme), _about_page(site), _missing_page(site))
    return (*pages, _indexnow_page(site)) if site.indexnow_key else pages


def _about_page(site: SiteFacts) -> Page:
    contact = one_line(site.contact)
    context = AboutContext(
        frame=frame_of(
            site,
            ABOUT,
            title=text(site, "about_title", site=site.title),
            description=text(site, "about_description", site=site.title),
        ),
        sources=tuple(dict.fromkeys(one_line(source.title) for _, source in sorted(site.sources.items()))),
        update_minutes=site.update_minutes,
        contact=contact if is_http(contact) or contact.lower().startswith("mailto:") else "",
        finding=_finding(site, lambda key: relative(key, start=ABOUT)),
    )
    return html_page(ABOUT, context, site, INDEX)


def _finding(site: SiteFacts, link: Callable[[str], str]) -> tuple[Link, ...]:
    return tuple(
        Link(href=link(key), text=text(site, name))
        for key, name in ((CATEGORIES, "categories_title"), (ARCHIVE, "archive_title"))
    )


def _missing_page(site: SiteFacts) -> Page:
    context = MissingContext(
        frame=missing_frame(site, title=text(site, "missing_title")),
        search=rooted(site, SEARCH) if site.search else "",
        finding=_finding(site, lambda key: rooted(site, key)),
    )
    return html_page(MISSING, context, site, INDEX)


def _indexnow_page(site: SiteFacts) -> Page:
    """Proves to search engines that who holds the key holds the site."""
    body = f"{site.indexnow_key}\n".encode()
    return Page(
        key=f"{site.indexnow_key}.txt", body=body, content_type="text/plain; charset=utf-8", cache_control=INDEX
    )
