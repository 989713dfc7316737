"""Upstream markup -> blocks of a page: paragraphs, figures, tables, lists. One walk over the tree, written out as it goes.

Whatever the upstream nested, the result is valid: a paragraph holds text and nothing else, a picture stands in a figure
of its own, text that only line breaks part becomes paragraphs. No visible text is lost, however odd its tags are.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from html import escape

from bs4 import Tag

from tasks.articles.nodes import absolute, attribute, children, is_text, text_within
from tasks.articles.pictures import Picture, read_picture
from tasks.articles.plain import legal
from tasks.articles.tables import loose_content, only_cell, table_html

_UNSEEN = frozenset(
    {"script", "style", "iframe", "noscript", "template", "svg", "math", "object", "audio", "video", "canvas"}
    | {"head", "title", "meta", "link", "base", "select", "datalist"}
)
_IN_LINE = frozenset({"strong", "b", "em", "i", "u", "s", "sub", "sup", "code"})
_PLAIN = frozenset(
    {
        "span",
        "font",
        "label",
        "small",
        "big",
        "tt",
        "ins",
        "del",
        "mark",
        "abbr",
        "acronym",
        "cite",
        "q",
        "time",
        "data",
    }
    | {"ruby", "rt", "rb", "rp", "bdi", "bdo", "dfn", "kbd", "samp", "var", "strike", "nobr", "wbr", "button"}
    | {"picture", "source", "embed"}  # the parser takes what comes after these for their content
)
_HOLDERS = frozenset({"li", "td", "th", "caption"})
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6"}  # a page has one h1: its title
# Links that the upstream's annotator puts on words, some of them inside words (C-PPI-B), and on charts of quotes.
_KEYWORD = frozenset({"keytip", "infokey", "EmImageRemark"})
_MAIL = re.compile(r"mailto:[^\s\"'<>\\]+@[^\s\"'<>\\]+", re.IGNORECASE)
# Not `font-size:0`: publishers put it around pictures, and around text that has a size of its own.
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_CAPTION_CLASS = re.compile(
    r"caption|(?:img|image|pic|photo)[-_]?(?:desc?|des|info|txt|text|note|title)\b", re.IGNORECASE
)
_CAPTION = re.compile(r"[▲△▼]|[（(]?(?:资料图|图片来源|图源|图/|图[：:]|图为|图注|配图)|摄影?[：:/]")
_LONGEST_CAPTION = 80
_CENTRED_CAPTION = 40
_BLANK = re.compile(r"[\s\u200b\u200e\u200f\u2060\ufeff]*")
_NEW_PARAGRAPH = re.compile(r"\s*(?:\u3000|\u2003|\xa0\xa0)")
_DEPTH = 100
_FIGURE = "<figure "


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What differs between sources. `https_hosts` are asked by https, with all hosts below them."""

    base_url: str
    keep_keyword_links: bool
    keep_pictures: bool
    https_hosts: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block; `inner` is what a paragraph holds, empty for all others.

    `caption`: it says what the picture before it shows; `picture`: it is one, without a caption yet.
    """

    html: str
    inner: str = ""
    text: str = ""
    caption: bool = False
    picture: bool = False


class Blocks:
    """Takes nodes in their order; `html` is what they make. Elements deeper than 100 give their text and pictures alone."""

    def __init__(self, rules: Rules, depth: int = 0) -> None:
        self._rules = rules
        self._depth = depth
        self._done: list[Block] = []
        self._parts: list[str] = []
        self._text: list[str] = []
        self._breaks = 0
        self._open: list[tuple[str, str]] = []  # in-line elements around the current place: start and end tag
        self._centred = 0
        self._caption = 0

    def take(self, nodes: Iterable[object]) -> None:
        """Add these nodes."""
        for node in nodes:
            if isinstance(node, Tag):
                self._take_tag(node)
            elif is_text(node):
                self._say(str(node))

    def blocks(self) -> list[Block]:
        """All blocks, pictures with their captions, or without both where pictures are not to be kept."""
        found = self._with_captions()
        return found if self._rules.keep_pictures else [block for block in found if not block.html.startswith(_FIGURE)]

    def _with_captions(self) -> list[Block]:
        self._end_paragraph()
        found: list[Block] = []
        for block in self._done:
            if block.caption and found and found[-1].picture:
                found[-1] = _with_caption(found[-1], block)
            else:
                found.append(block)
        return found

    def html(self) -> str:
        """A block a line."""
        return "\n".join(block.html for block in self.blocks())

    def compact(self) -> tuple[str, str]:
        """HTML and text for a cell or an item, where a paragraph that stands alone needs no tag."""
        blocks = self.blocks()
        text = " ".join(block.text for block in blocks if block.text)
        alone = [block for block in blocks if block.inner] == blocks[:1]
        return "".join((alone and block.inner) or block.html for block in blocks), text

    # --- elements -------------------------------------------------------------------------------

    def _take_tag(self, tag: Tag) -> None:
        name = tag.name
        if name in _UNSEEN or _is_hidden(tag):
            return
        if self._depth >= _DEPTH:
            self._take_flat(tag)
            return
        self._depth += 1
        if name in _IN_LINE:
            self._within(tag, f"<{name}>", f"</{name}>")
        elif name == "a":
            self._take_link(tag)
        elif name in _PLAIN:
            self.take(tag.children)
        elif name == "br":
            self._breaks += 1
        elif name == "img":
            self._take_picture(self._read_picture(tag))
        else:
            self._take_block(tag)
        self._depth -= 1

    def _take_flat(self, tag: Tag) -> None:
        """Text and pictures of an element that lies too deep for a walk."""
        for node in tag.descendants:
            if is_text(node):
                self._say(str(node))
            elif isinstance(node, Tag) and node.name == "img":
                self._take_picture(self._read_picture(node))

    def _take_block(self, tag: Tag) -> None:
        self._end_paragraph()
        match tag.name:
            case "table":
                self._take_table(tag)
            case "ul" | "ol":
                items = "".join(f"<li>{html}</li>" for item in tag.children if (html := self._inside(item)[0]))
                self._add(f"<{tag.name}>{items}</{tag.name}>" if items else "", tag.get_text(" ", strip=True))
            case "blockquote":
                html = self._apart(tag.children).html()
                self._add(f"<blockquote>{html}</blockquote>" if html else "")
            case "pre" | "xmp" | "listing":
                text = text_within(tag).strip("\n")
                self._add(f"<pre>{escape(text, quote=False)}</pre>" if text.strip() else "", text)
            case "hr":
                self._add("<hr>")
            case "figure":
                self._take_figure(tag)
            case name if name in _HEADINGS:
                self._take_heading(tag, _HEADINGS[name])
            case _:
                self._take_container(tag)

    def _take_container(self, tag: Tag) -> None:
        centred, caption = _is_centred(tag), _is_caption(tag)
        self._centred += centred
        self._caption += caption
        self.take(tag.children)
        self._end_paragraph()
        self._centred -= centred
        self._caption -= caption

    def _take_link(self, tag: Tag) -> None:
        keyword = _KEYWORD.intersection(tag.get_attribute_list("class")) and not self._rules.keep_keyword_links
        given = attribute(tag, "href").strip()
        href = given if _MAIL.fullmatch(given) else absolute(self._rules.base_url, given)
        if keyword or not href or self._link:
            self.take(tag.children)
            return
        title = attribute(tag, "title")
        said = f' title="{escape(title)}"' if title else ""
        self._within(tag, f'<a href="{escape(href)}"{said}>', "</a>")

    @property
    def _link(self) -> tuple[str, str] | None:
        """Start and end tag of the link around the current place."""
        return next((opened for opened in self._open if opened[0].startswith("<a ")), None)

    def _read_picture(self, tag: Tag) -> Picture | None:
        return read_picture(tag, base_url=self._rules.base_url, https_hosts=self._rules.https_hosts)

    def _take_picture(self, picture: Picture | None) -> None:
        if picture is None or picture.beacon:
            return
        if picture.in_line and not self._rules.keep_pictures:
            return
        if picture.in_line:
            self._before_content("")
            self._parts.append(picture.html())
            self._text.append(picture.alt or "\ufffc")
            return
        self._end_paragraph()
        name = "kline" if picture.kline else "picture"
        # A link is called by what its picture says; one that says nothing would be a link without a name.
        start, end = (self._link if picture.alt else None) or ("", "")
        self._done.append(Block(html=f'<figure class="{name}">{start}{picture.html()}{end}</figure>', picture=True))

    def _take_figure(self, tag: Tag) -> None:
        """Its caption may stand before the picture."""
        blocks = self._apart(tag.children)._with_captions()
        pictures = [block for block in blocks if block.picture]
        captions = [block for block in blocks if block.caption]
        if len(pictures) == 1 and len(blocks) == len(pictures) + len(captions):
            blocks = [_with_caption(pictures[0], *captions)]
        shown = blocks if self._rules.keep_pictures else [block for block in blocks if not block.caption]
        self._done += [replace(block, caption=False) for block in shown]

    def _take_heading(self, tag: Tag, name: str) -> None:
        for block in self._apart(tag.children).blocks():
            self._add(f"<{name}>{block.inner}</{name}>" if block.inner else block.html, block.text)

    def _take_table(self, tag: Tag) -> None:
        caption = children(tag, "caption")[:1]
        if (cell := only_cell(tag)) is not None:
            self.take([*caption, cell])
            return
        self.take(loose_content(tag))
        self._end_paragraph()
        html = table_html(tag, self._inside)
        if not html:
            self.take(caption)
        self._add(html, tag.get_text(" ", strip=True))

    # --- paragraphs -----------------------------------------------------------------------------

    def _within(self, tag: Tag, start: str, end: str) -> None:
        """The content of an in-line element; a paragraph that ends within it closes it, the next one opens it again."""
        mark = len(self._parts)
        said = len(self._text)
        self._open.append((start, end))
        count = len(self._done)
        self._parts.append(start)
        self.take(tag.children)
        self._open.pop()
        if len(self._done) == count and len(self._text) == said:
            del self._parts[mark:]  # nothing in it
        elif not self._text:
            self._parts = [opened for opened, _ in self._open]  # nothing in it since the last paragraph
        else:
            self._parts.append(end)

    def _say(self, text: str) -> None:
        text = legal(text)
        if _BLANK.fullmatch(text):
            if self._text and not self._breaks:
                self._parts.append(" ")
            return
        self._before_content(text)
        text = text if self._text else text.lstrip()
        self._text.append(text)
        self._parts.append(escape(text, quote=False))

    def _before_content(self, text: str) -> None:
        """Line breaks count only between two texts: two of them, or one before an indent, part paragraphs."""
        breaks, self._breaks = self._breaks, 0
        if not self._text or not breaks:
            return
        if breaks > 1 or _NEW_PARAGRAPH.match(text):
            self._end_paragraph()
        else:
            self._parts.append("<br>")

    def _end_paragraph(self) -> None:
        text = "".join(self._text).strip()
        if text:
            opened = list(self._open)
            while self._parts[-1].isspace() or (opened and self._parts[-1] == opened[-1][0]):
                if not self._parts.pop().isspace():
                    opened.pop()  # nothing of it stands in this paragraph
            html = "".join((*self._parts, *(end for _, end in reversed(opened)))).strip()
            self._done.append(Block(html=f"<p>{html}</p>", inner=html, text=text, caption=self._explains(text, html)))
        self._parts = [start for start, _ in self._open]
        self._text = []
        self._breaks = 0

    def _explains(self, text: str, html: str) -> bool:
        """Whether this paragraph is the caption of a picture that stands right before it; doubtful ones are none."""
        if self._caption:
            return True
        if len(text) <= _LONGEST_CAPTION and _CAPTION.match(text) and "<br>" not in html:
            return True
        bold = html.startswith(("<strong>", "<b>"))
        return bool(self._centred) and len(text) <= _CENTRED_CAPTION and not bold and text[-1] not in "。！？"

    def _add(self, html: str, text: str = "") -> None:
        if html:
            self._done.append(Block(html=html, text=text))

    def _apart(self, nodes: Iterable[object]) -> "Blocks":
        """What these nodes make by themselves."""
        inner = Blocks(self._rules, self._depth)
        inner.take(nodes)
        return inner

    def _inside(self, node: object) -> tuple[str, str]:
        """HTML and text of a cell, a caption or an item; a stray child of a list counts as one."""
        nodes = node.children if isinstance(node, Tag) and node.name in _HOLDERS else [node]
        return self._apart(nodes).compact()


def _with_caption(picture: Block, *captions: Block) -> Block:
    if not captions:
        return picture
    said = "<br>".join(caption.inner for caption in captions)
    html = f"{picture.html.removesuffix('</figure>')}<figcaption>{said}</figcaption></figure>"
    return replace(picture, html=html, text=captions[-1].text, picture=False)


def _is_hidden(tag: Tag) -> bool:
    return tag.has_attr("hidden") or bool(_HIDDEN.search(attribute(tag, "style")))


def _is_centred(tag: Tag) -> bool:
    aligned = attribute(tag, "align").lower() == "center"
    return tag.name == "center" or aligned or bool(_CENTRED.search(attribute(tag, "style")))


def _is_caption(tag: Tag) -> bool:
    names = " ".join(str(name) for name in tag.get_attribute_list("class") if name)
    return tag.name == "figcaption" or bool(names and _CAPTION_CLASS.search(names))
