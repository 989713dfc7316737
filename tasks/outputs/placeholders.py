"""What stands at the addresses to which every page links, until a new site's first run has made what belongs there.

Pages of a site lead to each other in circles, so on its first day one of them has to come before what it leads to. These
lead nowhere, or to each other only in the order in which they are written.
"""

from tasks.catalogue import Channel
from tasks.model import Page
from tasks.outputs import OutputKind, SiteFacts, pages_of_index
from tasks.outputs.addresses import ABOUT, ARCHIVE, CATEGORIES, HOME, MISSING, SEARCH
from tasks.outputs.caching import INDEX
from tasks.outputs.contexts import PlaceholderContext
from tasks.outputs.framing import missing_frame
from tasks.outputs.templating import html_page
from tasks.outputs.wording import text


def placeholders(site: SiteFacts, outputs: tuple[OutputKind, ...]) -> tuple[Page, ...]:
    """Pages without a link, then feeds without an entry, in the order in which they are to be written."""
    context = PlaceholderContext(frame=missing_frame(site, title=text(site, "placeholder_title")))
    keys = (HOME, CATEGORIES, ARCHIVE, ABOUT, *([SEARCH] if site.search else []), MISSING)
    pages = tuple(html_page(key, context, site, INDEX) for key in keys)
    return (*pages, *pages_of_index(Channel(category=None, articles=(), archive=""), site, outputs))
