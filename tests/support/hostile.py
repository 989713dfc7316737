"""Texts that would do harm if a site carried them as they came: written for these tests, by what they abuse."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

_FILE = "file:" + "/" * 3 + "etc/passwd"
READ = "可读"  # what a reader shall still see of a payload that holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One text. `swallows`: as HTML it takes what comes after it with it, so nothing after it has to stay."""

    family: str
    text: str
    swallows: bool = False


def payloads() -> tuple[Payload, ...]:
    """All of them, each text once, always in the same order."""
    families = {
        "script": _scripts,
        "handler": _handlers,
        "address": _addresses,
        "foreign": _foreign_elements,
        "namespace": _confused_namespaces,
        "document": _document_elements,
        "style": _styles,
        "attribute": _broken_attributes,
        "json and xml": _broken_json_and_xml,
        "front matter": _broken_front_matter,
        "template": _templates_and_markdown,
        "character": _characters,
        "path": _paths,
    }
    found = {text: Payload(family=name, text=text) for name, made in families.items() for text in made()}
    found |= {text: Payload(family="unclosed", text=text, swallows=True) for text in _unclosed()}
    return tuple(found.values())


_CALLS = ("alert(1)", "alert`1`", "window['al'+'ert'](1)", "import('/canary.js')")


def _scripts() -> Iterator[str]:
    for call in _CALLS:
        yield f"<script>{call}</script>{READ}"
        yield f"<ScRiPt >{call}</sCrIpT\n>{READ}"
        yield f"<script/x>{call}</script>{READ}"
        yield f"<script type=module>{call}</script>{READ}"
    yield f'<script src="/canary.js"></script>{READ}'
    yield f"<scr<script>ipt>alert(1)</scr</script>ipt>{READ}"
    yield f"<<script>alert(1)//<</script>{READ}"
    yield f"<script>alert(1)<!--</script>-->{READ}"
    yield f"<noscript><p title='</noscript><script>alert(1)</script>'></noscript>{READ}"
    yield f"<svg><script>alert&#40;1)</script></svg>{READ}"
    yield f"<svg><script href=data:,alert(1) /></svg>{READ}"
    yield f"&lt;script&gt;alert(1)&lt;/script&gt;{READ}"
    yield f"&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;{READ}"


def _handlers() -> Iterator[str]:
    holders = (
        "<img src=x onerror={}>",
        '<img src="x" onerror="{}">',
        "<img/src=x/onerror={}>",
        "<IMG SRC=x OnErRoR={}>",
        "<img src=x\x0conerror={}\x0c>",
        "<img src=x onerror\n=\n{}>",
        "<svg onload={}></svg>",
        "<svg><animate onbegin={} attributeName=x dur=1s></svg>",
        "<iframe onload={}></iframe>",
        "<input autofocus onfocus={}>",
        "<details open ontoggle={}><summary>x</summary></details>",
        "<video><source onerror={}></video>",
        "<audio src=x onerror={}></audio>",
        "<object data=x onerror={}></object>",
        "<style onload={}></style>",
        "<link rel=stylesheet href=data:text/css, onload={}>",
        "<p contenteditable autofocus onfocus={}>",
        "<b tabindex=1 autofocus onfocus={}>",
        "<style>@keyframes k{{}}</style><i style='animation:k 1s' onanimationstart={}>x</i>",
        "<marquee onstart={}>x</marquee>",
        "<picture><source srcset=x><img onerror={}></picture>",
        "<a href=# onclick={} onmouseover={}>x</a>",
    )
    calls = ("alert(1)", "&#97;lert(1)", "alert&lpar;1&rpar;", "fetch('/canary')")
    for holder, call in product(holders, calls):
        yield holder.replace("{}", call).replace("{{", "{").replace("}}", "}") + READ
    yield f"<body onload=alert(1)>{READ}"
    yield f"<body onpageshow=alert(1)>{READ}"
    yield f"<img src=`x`onerror=alert(1)>{READ}"
    yield f"<img src='x'onerror='alert(1)'>{READ}"
    yield f'<img src=x:x onerror="&#x61;&#x6c;&#x65;&#x72;&#x74;(1)">{READ}'
    yield f"<p\x00 onclick=alert(1)>{READ}</p>"


def _addresses() -> Iterator[str]:
    schemes = (
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        " \x01javascript:alert(1)",
        "&#106;avascript:alert(1)",
        "&#x6A&#x61vascript&colon;alert(1)",
        "javascript&Tab;:alert(1)",
        "java&NewLine;script:alert(1)",
        "\xa0javascript:alert(1)",
        "javascript://%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "vbscript:msgbox(1)",
        "blob:null/1",
        "view-source:javascript:alert(1)",
        "mailto:javascript:alert(1)",
    )
    holders = (
        '<a href="{}">可读</a>',
        '<iframe src="{}"></iframe>可读',
        '<object data="{}"></object><embed src="{}">可读',
        '<form action="{}"><button formaction="{}">x</button></form>可读',
        '<img src="{}" srcset="{} 2x" data-src="{}" alt="x">可读',
    )
    for holder, scheme in product(holders, schemes):
        yield holder.replace("{}", scheme)
    yield "<a href=javascript:alert(1)>可读</a>"
    yield '<a ping="/canary" href="http://h.example/" target=_top>可读</a>'
    yield '<a href="http://h.example/" href="javascript:alert(1)">可读</a>'
    yield "<map name=m><area href=javascript:alert(1) shape=default></map><img usemap=#m src=x>可读"


def _foreign_elements() -> Iterator[str]:
    for start, end in (("<svg>", "</svg>"), ("<math>", "</math>"), ("<svg><desc>", "</desc></svg>")):
        yield f"{start}<a xlink:href=javascript:alert(1)><text y=20>x</text></a>{end}{READ}"
        yield f"{start}<set attributeName=onmouseover to=alert(1) />{end}{READ}"
        yield f"{start}<animate attributeName=href values=javascript:alert(1) /><a id=x><text>x</text></a>{end}{READ}"
        yield f"{start}<foreignObject><iframe onload=alert(1)></iframe></foreignObject>{end}{READ}"
        yield f"{start}<use href='data:image/svg+xml,<svg id=x><image href=1 onerror=alert(1) /></svg>#x' />{end}{READ}"
        yield f"{start}<image href=x onerror=alert(1) />{end}{READ}"
        yield f"{start}<style><img src=x onerror=alert(1)></style>{end}{READ}"
        yield f"{start}<title><img src=x onerror=alert(1)></title>{end}{READ}"
    yield f"<math href=javascript:alert(1)>x</math>{READ}"
    yield f"<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>{READ}"
    yield f"<svg><script>alert(1)//{READ}</script></svg>{READ}"
    yield f"<svg/onload=alert(1)>{READ}</svg>{READ}"


def _confused_namespaces() -> Iterator[str]:
    image = "<img src=x onerror=alert(1)>"
    for outer, inner in product(
        ("math", "svg"), ("style", "title", "noscript", "textarea", "xmp", "noembed", "noframes")
    ):
        yield f"<{outer}><mtext><{inner}><!--</{inner}>{image}--></mtext></{outer}>{READ}"
        yield f'<{outer}><{inner}><a title="</{inner}>{image}"></a></{inner}></{outer}>{READ}'
    yield f"<form><math><mtext></form><form><mglyph><style></math>{image}</style></mglyph></form></mtext></math>{READ}"
    yield f"<math><mtext><table><mglyph><style><!--</style>{image}--></style></mglyph></table></mtext></math>{READ}"
    yield f"<svg></p><style><a title='</style>{image}'></style></svg>{READ}"
    yield f"<svg><desc><![CDATA[</desc>{image}]]></svg>{READ}"
    yield f"<template><script>alert(1)</script>{image}</template>{READ}"
    yield f"<template><template>{image}</template></template>{READ}"
    yield f"<div><template shadowrootmode=open>{image}</template></div>{READ}"
    yield f"<table><td><svg><td>{image}</svg></table>{READ}"
    yield f"<select><option><style></option></select>{image}</style></select>{READ}"
    yield f"<p><svg><p></p>{image}</svg></p>{READ}"
    yield f"<a><b><a>{image}</b></a>{READ}</a>"
    yield f"<![CDATA[{image}]]>{READ}"
    yield f"<!doctype html><html><head><title>{image}</title></head><body>{READ}</body></html>"
    yield f"<?php echo 1 ?>{image}<% alert(1) %>{READ}"


def _document_elements() -> Iterator[str]:
    yield f'<meta http-equiv=refresh content="0;url=/canary">{READ}'
    yield f'<meta http-equiv="refresh" content="0;url=javascript:alert(1)">{READ}'
    yield f'<meta http-equiv="Set-Cookie" content="a=1">{READ}'
    yield f'<meta charset="utf-7">+ADw-script+AD4-alert(1)+ADw-/script+AD4-{READ}'
    yield f'<base href="//canary.example/">{READ}'
    yield f'<base target="_top" href="javascript:alert(1)//">{READ}'
    yield f'<link rel=import href="/canary">{READ}'
    yield f'<link rel=stylesheet href="/canary.css">{READ}'
    yield f'<link rel=prefetch href="/canary"><link rel=preload as=script href="/canary.js">{READ}'
    yield f"<iframe srcdoc='<script>alert(1)</script>'></iframe>{READ}"
    yield f'<iframe srcdoc="&lt;script&gt;parent.alert(1)&lt;/script&gt;"></iframe>{READ}'
    yield f"<iframe src=/canary></iframe>{READ}"
    yield f"<object type=text/html data=/canary></object>{READ}"
    yield f"<embed src=/canary>{READ}"
    yield f"<applet code=x archive=/canary></applet>{READ}"
    yield f"<form id=document><input name=body></form>{READ}"
    yield f"<form action=/canary><input type=image src=x><input type=submit></form>{READ}"
    yield f"<img name=getElementById><img id=createElement name=cookie>{READ}"
    yield f"<audio autoplay src=/canary></audio><video poster=/canary></video>{READ}"
    yield f"<dialog open>x</dialog><button popovertarget=q>x</button><div popover id=q onbeforetoggle=alert(1)>x</div>{READ}"
    yield f"<isindex type=image src=1 onerror=alert(1)>{READ}"
    yield f"<portal src=/canary></portal><fencedframe src=/canary></fencedframe>{READ}"
    yield f"<x-y is=x>{READ}</x-y><slot name=s>{READ}</slot>"


def _styles() -> Iterator[str]:
    yield f"<style>@import '/canary.css';body{{display:none}}</style>{READ}"
    yield f"<style>*{{background:url(/canary)}}</style>{READ}"
    yield f"<b style='background:url(/canary)'>{READ}</b>"
    yield f"<b style='background:\\75rl(/canary)'>{READ}</b>"
    yield f"<b style='width:expression(alert(1))'>{READ}</b>"
    yield f"<b style='-moz-binding:url(/canary#x)'>{READ}</b>"
    yield f"<b style='behavior:url(/canary)'>{READ}</b>"
    yield f"<p style='position:fixed;inset:0;z-index:9;background:red'>{READ}</p>"
    yield f"<p style='list-style:url(\"/canary\")'>{READ}</p>"
    yield f"<font color='red;background:url(/canary)' face=\"x\"x onclick=alert(1)>{READ}</font>"
    yield f"<table background=/canary><tr><td background=/canary>{READ}</td></tr></table>"
    yield f"<img style='content:url(/canary)' src=http://h.example/p.png>{READ}"


def _broken_attributes() -> Iterator[str]:
    for quote in ('"', "'", "`", "&quot;", "&#34;", '\\"', '">', "'>", "-->", "]]>"):
        yield f"{quote}><script>alert(1)</script>{READ}"
        yield f"{quote} onerror=alert(1) x={quote}{READ}"
    yield f'" autofocus onfocus=alert(1) tabindex=1 "{READ}'
    yield f'x" onload="alert(1)" y="{READ}'
    yield f"<a title=\"x' onmouseover='alert(1)\" href='\"><img src=x onerror=alert(1)>'>{READ}</a>"
    yield f"<img alt='\"><img src=x onerror=alert(1)>' src=http://h.example/p.png>{READ}"
    yield f"<td colspan='1\" onclick=\"alert(1)' scope='\"><script>alert(1)</script>'>{READ}"


def _broken_json_and_xml() -> Iterator[str]:
    yield f"</script><script>alert(1)</script>{READ}"
    yield f"</ScRiPt ><img src=x onerror=alert(1)>{READ}"
    yield f"<!--<script>{READ}--></script>"
    yield f"\\u003c/script>\\u003cscript>alert(1)//{READ}"
    yield f'","x":"y","headline":"{READ}'
    yield f'\\","@type":"Thing{READ}'
    yield f"\u2028alert(1)\u2029{READ}"
    yield f"]]&gt;]]>{READ}<![CDATA["
    yield f"<!DOCTYPE x [<!ENTITY y SYSTEM '{_FILE}'>]>&y;{READ}"
    yield f"&undefined; &#0; &#x1F; &#xFFFE; &#55296;{READ}"
    yield f"<xhtml:script xmlns:xhtml='http://www.w3.org/1999/xhtml'>alert(1)</xhtml:script>{READ}"
    yield f"<?xml-stylesheet href='/canary.xsl' type='text/xsl'?>{READ}"
    yield f"<entry><title>x</title></entry></feed>{READ}"
    yield f"</item></channel></rss>{READ}"
    yield f"</urlset><loc>http://canary.example/</loc>{READ}"
    yield "".join(map(chr, range(1, 32))) + READ
    yield "".join(map(chr, range(0x7F, 0xA0))) + READ
    yield f"\ufffe\uffff\ufdd0\U0001fffe{READ}"


def _broken_front_matter() -> Iterator[str]:
    yield f'"\nlayout: evil\n---\n{READ}'
    yield f"---\n{READ}\n---\n"
    yield f"...\n--- !ruby/object:Gem::Installer\n{READ}"
    yield f"a: b{READ}"
    yield f"{READ} # comment"
    yield f"!!python/object/apply:os.system ['true']{READ}"
    yield f"&anchor *alias {READ}"
    yield f"[{READ}, {{a: b}}]"
    yield f"\\{READ}\\"
    yield f"\\x41\\u0041\\N{READ}"
    yield f"{READ}\r\npermalink: /canary"
    yield f"{READ}\x85tags: x\u2028layout: y"
    yield f"%TAG ! {READ}"
    yield f"| {READ}"
    yield f"> {READ}"
    yield f"? {READ} : x"
    yield f"'{READ}'': '"
    yield f"null{READ}~"


def _templates_and_markdown() -> Iterator[str]:
    yield "{{ 7 | times: 191 }}" + READ
    yield "{% include canary %}" + READ
    yield "{%- raw -%}" + READ + "{% endraw %}{{ site }}"
    yield "{% raw %}" + READ
    yield "{{{{ 'x' }}}}" + READ
    yield "{&#123; site &#125;}" + READ
    yield "${alert(1)} #{alert(1)} <%= alert(1) %>" + READ
    yield f"[{READ}](javascript:alert(1))"
    yield f"![{READ}](/canary)"
    yield f"[{READ}]: javascript:alert(1)"
    yield f"<javascript:alert(1)>{READ}"
    yield f"`<script>alert(1)</script>`{READ}"
    yield f"    <script>alert(1)</script>{READ}"
    yield f"{READ}\n===\n# x\n* y\n1. z"
    yield f"{{:onclick='alert(1)'}} {READ}"
    yield f"*{READ}*{{: style='background:url(/canary)'}}"
    yield f"{{::options parse_block_html='true' /}}{READ}"
    yield f"$$\\href{{javascript:alert(1)}}{{x}}$${READ}"


def _characters() -> Iterator[str]:
    yield f"\u202e{READ}\u202d\u2066\u2067\u2069"
    yield f"\u200b\u200c\u200d\u2060\ufeff{READ}"
    yield f"\u0430l\u0435rt {READ} \uff1cscript\uff1ealert(1)\uff1c/script\uff1e"
    yield f"\u226cscript\u226dalert(1) {READ} \u02b9\u02ba"
    yield f"\x00<scr\x00ipt>alert(1)</scr\x00ipt>{READ}"
    yield f"<img src=x one\x00rror=alert(1)>{READ}"
    yield f"<\x0bimg src=x onerror=alert(1)>{READ}"
    yield f"\x1b[31m{READ}\x1b]0;x\x07"
    yield f"{READ}\r\nSet-Cookie: a=1\r\n\r\n<script>alert(1)</script>"
    yield f"%0d%0aLocation: /canary {READ}"
    yield f"{READ}" + "长" * 5_000
    yield "<b>" * 500 + READ
    yield "<div>" * 2_000 + READ
    yield f"{READ}" + "&" * 3_000
    yield "e" + "\u0301" * 500 + READ
    yield f"+ADw-script+AD4-alert(1)+ADw-/script+AD4-{READ}"
    yield f"\u001b$B<script>alert(1)</script>\u001b(B{READ}"


def _paths() -> Iterator[str]:
    for path in (
        "../../../etc/passwd",
        "..\\..\\canary",
        "/etc/passwd",
        "....//....//x",
        "%2e%2e/%2e%2e/x",
        "C:\\x",
        "~/x",
    ):
        yield f"{path}{READ}"
    for name in (
        "con",
        "index.html",
        "_posts",
        "_finews",
        ".htaccess",
        "feed.xml?x#y",
        "a/b",
        "a//b",
        ".",
        "..",
        "-rf",
    ):
        yield f"{READ} {name}"
    yield f"$(touch canary);`id`|x&{READ}"
    yield f"'; DROP TABLE articles; --{READ}"
    yield f"{_FILE} {READ}"
    yield f"http://127.0.0.1/canary {READ}"


def _unclosed() -> Iterator[str]:
    yield f"{READ}<!--"
    yield f"{READ}<script>alert(1)"
    yield f"{READ}<style>"
    yield f"{READ}<textarea>"
    yield f"{READ}<plaintext>"
    yield f"{READ}<title>"
    yield f"{READ}<iframe>"
    yield f"{READ}<xmp>"
    yield f"{READ}<svg>"
    yield f"{READ}<math><mi>"
    yield f"{READ}<template>"
    yield f"{READ}<noscript>"
    yield f"{READ}<select>"
    yield f"{READ}<p hidden>"
    yield f"{READ}<img src=x onerror=alert(1) "
    yield f'{READ}<img src="'
    yield f"{READ}<a title='"
    yield f"{READ}<![CDATA["
    yield f"{READ}<"
    yield f"]]><script>alert(1)</script><![CDATA[{READ}"
