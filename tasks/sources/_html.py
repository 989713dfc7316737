"""HTML from outside -> the parser's tree."""

from bs4 import BeautifulSoup

from tasks.articles.charset import Decoded, decode_page
from tasks.articles.page import soup_of
from tasks.articles.plain import legal


def html_tree(body: bytes, content_type: str) -> BeautifulSoup:
    """The tree of a page; `ParseError` when its characters cannot be read or it has too many elements.

    A page nested too deep ends where that begins.
    """
    return tree_of(decode_page(body, content_type))


def tree_of(page: Decoded) -> BeautifulSoup:
    """The same of characters that were read already."""
    return soup_of(legal(page.text), start="<!DOCTYPE html>")
