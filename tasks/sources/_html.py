"""HTML from outside -> the parser's tree."""

from bs4 import BeautifulSoup

from tasks.articles.charset import decode_page
from tasks.articles.page import soup_of
from tasks.articles.plain import legal


def html_tree(body: bytes, content_type: str) -> BeautifulSoup:
    """The tree of a page; `ParseError` when its characters cannot be read or it has too many elements.

    A page nested too deep ends where that begins.
    """
    text = decode_page(body, content_type).text
    return soup_of(legal(text), start="<!DOCTYPE html>")
