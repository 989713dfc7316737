"""The list of all categories, and the pages of each."""

from itertools import groupby

from tasks.catalogue import CategoryList, CategoryPage, Shelf
from tasks.model import Page
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import CATEGORIES, absolute, category_key, category_keys, relative
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.contexts import CategoriesContext, CategoryContext, CategoryTile, Letter, Link
from tasks.outputs.facts import category_title
from tasks.outputs.framing import frame_of
from tasks.outputs.lines import days_of, line, moment, pager
from tasks.outputs.templating import html_page
from tasks.outputs.wording import text


def categories_page(listed: CategoryList, site: SiteFacts) -> tuple[Page, ...]:
    """All categories by the first letter of their slugs."""
    shelves = sorted(listed.shelves, key=lambda shelf: (shelf.category.slug.lower(), shelf.category.slug))
    context = CategoriesContext(
        frame=frame_of(
            site,
            CATEGORIES,
            title=text(site, "categories_title"),
            description=text(site, "categories_description", site=site.title),
        ),
        count=len(shelves),
        letters=tuple(
            Letter(letter=letter, tiles=tuple(_tile(shelf, site) for shelf in found))
            for letter, found in groupby(shelves, lambda shelf: _letter(shelf.category.slug, site))
        ),
    )
    return (html_page(CATEGORIES, context, site, INDEX),)


def category_pages(page: CategoryPage, site: SiteFacts) -> tuple[Page, ...]:
    """A page of a category; the open one of a fixed category stands at two addresses."""
    keys = (category_key(page.category, page.number),) if page.number else category_keys(page.category)
    return tuple(_category_page(page, key, site) for key in keys)


def _category_page(page: CategoryPage, key: str, site: SiteFacts) -> Page:
    title = category_title(page.category)

    def key_of(number: int) -> str:
        return key if number == page.number else category_key(page.category, number)

    context = CategoryContext(
        frame=frame_of(
            site,
            key,
            title=text(site, "page_of_title", title=title, number=page.number) if page.number else title,
            description=_description(title, page.number, site),
            canonical=absolute(site, category_key(page.category, page.number)),
            category=page.category,
        ),
        title=title,
        number=page.number,
        count=page.count,
        days=days_of(page.headlines, key, site, lambda headline: line(headline, key, site)),
        pager=pager(page.number, page.closed, key_of),
        up=Link(href=relative(CATEGORIES, start=key), text=text(site, "categories")),
    )
    return html_page(key, context, site, IMMUTABLE if page.number else INDEX)


def _description(title: str, number: int, site: SiteFacts) -> str:
    if number:
        return text(site, "page_description", site=site.title, title=title, number=number)
    return text(site, "category_description", site=site.title, category=title)


def _tile(shelf: Shelf, site: SiteFacts) -> CategoryTile:
    return CategoryTile(
        href=relative(category_key(shelf.category), start=CATEGORIES),
        title=category_title(shelf.category),
        count=shelf.count,
        newest_at=moment(shelf.newest_at, site, "numeric_date_and_time") if shelf.newest_at else None,
    )


def _letter(slug: str, site: SiteFacts) -> str:
    first = slug[:1].upper()
    return first if "A" <= first <= "Z" else text(site, "digits")
