"""Lines that stand in a text and are no part of it: about the article, about other articles, or offers of the publisher.

Each says so by its own words, in the languages of the outlets that publishers' habits are known of; what only looks odd stays.
"""

import re

_LONGEST_NOTE = 60  # characters
_LONGEST_NOTICE = 250
_LONGEST_POINTER = 400
_LONGEST_HEADING = 40
_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}")
# Lines about the article that stand at its beginning or end.
_NOTE = re.compile(
    r"[\s（(【\[]*(?:(?:责任|責任|本文|值班|执行|见习)?(?:编辑|編輯|责编|責編|编审|校对|审核|监制)|原标题|原標題|来源|來源|文章来源|稿源|作者|字号|"
    r"相关阅读|相關閱讀|相关新闻|相關新聞|延伸阅读|延伸閱讀|推荐阅读|更多精彩|分享到|打印|关键字|关键词|關鍵字|标签|扫一扫|打开微信"
    r"|举报|纠错)[】\]）)]?\s*(?:[：:/|（(].*|$)",
    re.DOTALL,
)
# What a site says of its rights, its liability and its channels, behind a text.
_NOTICE = re.compile(
    r"(?:未[经經].{0,12}(?:授[权權]|[许許]可|同意)|不得|[请請]勿|禁止|[谢謝][绝絕]).{0,12}[转轉][载載]"
    r"|^[\s【（(]*(?:(?:免[责責]|[郑鄭]重|特[别別]|[风風][险險]|版[权權])?(?:[声聲]明|提示|提醒))[】）)\s]*[：:]"
    r"|(?:不代表|[与與])(?:本[网網站报報刊台]|.{2,12}[网網]站?).{0,4}(?:[观觀][点點]|立[场場]|[无無][关關])"
    r"|[仅僅]提供信息存[储儲]|投[资資]有[风風][险險]|[请請][读讀]者[仅僅]作[参參]考"
    r"|(?:[扫掃][码碼描]|[扫掃]一[扫掃]|[长長]按|[关關][注註]).{0,30}(?:公[众眾][号號]|二[维維][码碼])|按此\s*(?:Like|[赞讚])"
)
# What stands before a link to another article.
_POINTER = re.compile(
    r"[\s»>*•–—(\[]*(?:(?:(?:also|please|you may also) read|read (?:more|also|next)|more (?:from|on|about)|see also|also on"
    r"|related|don.t miss|lesen sie|lest auch|mehr (?:zum|zu|dazu)|zum artikel|auch interessant|das könnte sie|lire aussi"
    r"|[àa] lire|voir aussi|sur le même|lea también|leer también|lee también|más información|te puede|leia (?:também|mais)"
    r"|veja (?:também|mais)|saiba mais|leggi anche|les også|læs også|läs (?:också|även|mer)|lue myös|lees ook"
    r"|czytaj (?:też|także|więcej|również)|zobacz (?:też|także)|čtěte|přečtěte|citește și|читайте (?:также|ещё)"
    r"|читать также|baca juga)\b"
    r"|(?:相关|推荐|延伸)(?:阅读|新闻|报道)|(?:相關|推薦|延伸)(?:閱讀|新聞|報導)|更多新聞|関連記事|あわせて読みたい|관련기사)",
    re.IGNORECASE,
)
_OFFER = re.compile(r"newsletter|nieuwsbrief|nyhetsbrev|uutiskirje", re.IGNORECASE)
_TAKE_IT = re.compile(
    r"sign[ -]?up|subscri|deliver|in(?:to)? your inbox|anmeld|abonn|registrier|inscri|suscr|iscriv|assine|prenumer|zapisz"
    r"|odběr|meld je",
    re.IGNORECASE,
)


def is_note(text: str) -> bool:
    """Whether this line is about the article: who edited it, where it is from, what else to read."""
    return len(text) <= _LONGEST_NOTE and bool(_NOTE.fullmatch(text))


def is_dateline(text: str) -> bool:
    """Whether this line tells when the article appeared."""
    return len(text) <= _LONGEST_NOTE and bool(_DATE.search(text)) and not re.search(r"[。！？]|[.!?]$", text)


def is_notice(text: str) -> bool:
    """Whether the site speaks here, of copying, of liability, or of where to follow it; to be asked at the end of a text."""
    return len(text) <= _LONGEST_NOTICE and bool(_NOTICE.search(text))


def points_elsewhere(text: str) -> bool:
    """Whether this is the heading of a part with links to other articles."""
    return len(text) <= _LONGEST_HEADING and bool(_POINTER.match(text)) and not re.search(r"[.!?。！？]$", text)


def is_aside(text: str, *, linked: float) -> bool:
    """Whether this block, of which the share `linked` is a link, sends the reader elsewhere: to an article or a newsletter."""
    if not linked or len(text) > _LONGEST_POINTER:
        return False
    return bool((linked >= 0.3 and _POINTER.match(text)) or (_OFFER.search(text) and _TAKE_IT.search(text)))
