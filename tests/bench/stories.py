"""Made-up news of any number: the n-th story is the same on every machine, whatever was made before.

Three to six kilobytes of Chinese text in paragraphs, two hundred media of which a few are large and most small, a table
or a picture now and then: the sizes that the builders of the comparison were measured with.
"""

import random
from bisect import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2021, 7, 1, tzinfo=ZONE)
STEP = timedelta(minutes=3)
"""Between two stories; a million of them are nearly six years."""

_PLACES = tuple(one + other for one in "青云石白金玉松竹沙清" for other in "桥渡坪滩岭")
_PAPERS = ("日报", "晚报", "商报", "经济网")
_WHO = (
    "市发展和改革部门 当地港口集团 多家农业合作社 高新区管委会 市统计局 一批中小企业 城市商业银行 省交通投资公司 "
    "行业协会 新能源汽车零部件厂商 电网公司 粮食储备单位 跨境电商企业 文旅集团 医药流通企业"
).split()
_DOES = "推进 公布 启动 完成 扩大 调整 通报 签约 优化 提前实施 明确 披露 加快 核准 试点".split()
_WHAT = (
    "冷链物流项目 老旧管网改造 夏粮收购计划 绿色信贷投放 保税仓储业务 光伏发电并网 轨道交通延长线 专利质押融资 "
    "港口集装箱吞吐 职业技能补贴 水价阶梯方案 债券发行安排 制造业技改 公积金新规 旅游消费券"
).split()
_HOW = (
    "同比增长{n}% 总投资约{n}亿元 较上月回落{n}个百分点 惠及{n}万户家庭 预计年内新增{n}个岗位 覆盖{n}个县区 "
    "累计完成{n}万吨 环比上升{n}%"
).split()
_SENTENCES = (
    "据介绍，此次{what}由{who}牵头，{how}。",
    "{who}表示，下一阶段将继续{does}{what}，并按季度向社会公开进度。",
    "数据显示，今年以来{place}{what}{how}，好于市场此前的预期。",
    "业内人士认为，{what}的变化与原材料价格、季节因素有关，短期内仍需观察。",
    "记者从{who}获悉，相关方案已经过论证，{how}。",
    "在{place}，{who}把{what}列入重点任务清单，逐项明确责任单位和完成时限。",
    "与此同时，{who}{does}了配套措施，其中{what}{how}。",
    "受上述消息影响，有关合约盘中一度上涨{n}%，收盘时涨幅收窄。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One story. `at` is aware; `paragraphs` are plain text."""

    number: int
    title: str
    at: datetime
    media: str
    paragraphs: tuple[str, ...]

    @property
    def code(self) -> str:
        """As the Choice lists write it: NW and 18 digits, the first eight of them its day."""
        return f"NW{self.at:%Y%m%d}{self.number:010d}"

    @property
    def html(self) -> str:
        """The text as paragraphs."""
        return "".join(f"<p>{text}</p>" for text in self.paragraphs)


@cache
def media() -> tuple[str, ...]:
    """Two hundred names, the largest first."""
    return tuple(place + paper for paper in _PAPERS for place in _PLACES)


@cache
def _weights() -> tuple[float, ...]:
    return tuple(accumulate(1 / (rank + 1) for rank in range(len(media()))))


def story(number: int) -> Made:
    """The story of that number, from 0; later numbers are newer."""
    chance = random.Random(number)
    at = FIRST + number * STEP
    chosen = media()[bisect(_weights(), chance.random() * _weights()[-1])]
    length = chance.randint(1_000, 2_000)  # characters, three bytes each
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < length:
        sentences = chance.choices(_SENTENCES, k=chance.randint(2, 5))
        paragraphs.append("".join(_filled(sentence, chance) for sentence in sentences))
    title = (
        f"{chance.choice(_PLACES)}{chance.choice(_DOES)}{chance.choice(_WHAT)}：{_filled(chance.choice(_HOW), chance)}"
    )
    return Made(number=number, title=title, at=at, media=chosen, paragraphs=tuple(paragraphs))


def _filled(pattern: str, chance: random.Random) -> str:
    how = chance.choice(_HOW).format(n=chance.randint(1, 99))
    return pattern.format(
        place=chance.choice(_PLACES),
        who=chance.choice(_WHO),
        does=chance.choice(_DOES),
        what=chance.choice(_WHAT),
        how=how,
        n=chance.randint(1, 99),
    )
