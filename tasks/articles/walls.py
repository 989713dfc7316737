"""What outlets say to a reader in the place of an article: phrases of walls, titles, marks of firewalls."""

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


WALLS = {
    "a challenge": _any(
        r"请(?:先|您|输入|完成|进行|点击|拖动|滑动|按住).{0,12}(?:验证|滑块)",
        r"请验证",
        r"完成(?:下方|以下)?(?:安全|人机|滑[块动])?验证",
        r"checking (?:if the site connection is secure|your browser)",
        r"verify(?:ing)? (?:that )?you are (?:a )?(?:human|not a robot)",
        r"are you a (?:human|robot)",
        r"prove (?:that )?you(?:'| a)re (?:a )?human",
        r"complete the (?:captcha|security check)",
        r"unusual (?:traffic|activity) from your",
        r"ddos protection by",
        r"enable cookies and reload",
    ),
    "a login page": _any(
        r"请(?:您)?(?:先)?(?:登[录陆]|注册|订阅)(?:后)?.{0,6}(?:查看|阅读|继续|访问|使用|，|。|！|$)",
        r"(?:登[录陆]|订阅|付费|注册)后(?:可|即可|才能)?(?:继续)?(?:查看|阅读)",
        r"您(?:还|尚)(?:没有|未)登[录陆]",
        r"(?:please )?(?:log|sign) in (?:or \w+ )?to (?:continue|read|view|access)",
        r"subscribe (?:now )?to (?:continue|read|unlock)",
        r"to continue reading,? (?:please )?(?:log|sign|subscribe)",
    ),
    "a page that needs scripts": _any(
        r"(?:开启|启用|打开|允许|支持).{0,12}javascript",
        r"javascript.{0,12}(?:开启|启用|打开|禁用)",
        r"(?:you need to |please )?(?:enable|turn on|activate) (?:javascript|js)\b",
        r"javascript (?:is|has been) (?:disabled|required)",
        r"requires? javascript",
        r"您的浏览器(?:版本过低|不支持)",
        r"your browser (?:is not supported|does not support)",
    ),
    "a cookie wall": _any(
        r"(?:we|this (?:web)?site|our partners).{0,30}uses? cookies",
        r"accept (?:all )?(?:of our )?cookies",
        r"cookie (?:policy|consent|settings)",
        r"(?:接受|同意|使用)(?:所有|全部)?\s?cookies?",
    ),
    "an error page": _any(
        r"[您你](?:要|所|正在)?(?:访问|查看|浏览|请求)的(?:页面|内容|文章|网页|资源).{0,20}(?:不存在|删除|找不到|过期|移除|出错)",
        r"(?:页面|网页|文章|内容)(?:不存在|未找到|找不到了?|走丢了|已下线|已过期|(?:已经?)?被?删除)",
        r"(?:the |this )?page (?:you (?:requested|(?:are|were) looking for) )?(?:was not|could not be|cannot be|can't be) found",
        r"(?:the |this )?page .{0,30}(?:no longer exists|does not exist|doesn't exist)",
        r"you don'?t have permission to access",
        r"(?:系统|服务器|网络)(?:繁忙|错误|异常|开小差).{0,12}请?(?:稍后|重试|刷新)",
        r"请稍后(?:再试|重试)",
        r"the requested url",
        r"internal server error",
        r"bad gateway",
        r"service (?:is )?(?:temporarily )?unavailable",
    ),
}
"""Each kind of wall with what it says to the reader."""

TITLES = _any(
    r"(?:error|错误|http)?\s*[:：]?\s*[45]\d\d",
    r"(?:error|错误|http)?\s*[:：]?\s*[45]\d\d\s*[-:：]?\s*(?:error|错误|(?:page )?not found|forbidden|bad gateway|.*页面.*)",
    r"[45]\d\d\s+(?:internal|service|server|gateway|unauthori[sz]ed)\b.*",
    r"just a moment\W*",
    r"attention required\W.*",
    r"access (?:to this page (?:has been )?)?denied",
    r"forbidden",
    r"(?:page )?not found",
    r"页面(?:不存在|未找到|找不到|出错).{0,8}",
    r"(?:网站|系统|安全|访问|人机|滑块)?(?:验证|防护|拦截)(?:中心|提示|页面?|码)?",
    r"请(?:完成|进行)?(?:安全)?验证",
    r"(?:robot|security) check",
    r"are you a robot\W*",
    r"captcha",
    r"(?:用户|会员|账号)?登[录陆](?:页面?|注册)?",
    r"(?:sign|log) ?in",
    r"出错了",
    r"错误(?:提示|页面)?",
    r"(?:系统)?提示(?:信息)?",
    r"首页|home(?: ?page)?",
    r"untitled(?: document)?|无标题(?:文档)?",
    r"loading\W*|加载中\W*",
)
"""Whole titles that no article has."""

BARRED = ("a challenge", "a login page", "a page that needs scripts")
"""The walls that come with the status of an error, too. What an error page says is no more than the status."""

BARRED_TITLES = _any(
    r"just a moment\W*",
    r"attention required\W.*",
    r"(?:网站|系统|安全|访问|人机|滑块)?验证(?:中心|提示|页面?|码)?",
    r"请(?:完成|进行)?(?:安全)?验证",
    r"(?:robot|security) check",
    r"are you a robot\W*",
    r"captcha",
)
"""Whole titles of challenges."""

MARKS = re.compile(
    rb"/cdn-cgi/challenge-platform/|cf-browser-verification|_Incapsula_Resource|acw_sc__v2|aliyun_waf|geetest"
    rb"|px-captcha|TencentCaptcha|yidun\.js|awswaf|recaptcha/api",
    re.IGNORECASE,
)
"""In answers of firewalls, whatever they say to the reader."""
