"""Wrap-up codes: what a call was about, as the agent chose. At most fifteen are offered (ui.md §1.1); each fits a
direction. What happened on the line is the disposition, not a code."""

from dataclasses import dataclass

from callcenter.core.call_record import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpCode:
    """One choice. `names` by language tag."""

    code: str
    names: dict[str, str]
    directions: frozenset[Direction]
    opens_case: bool = False

    def name(self, language: str) -> str:
        """The name in `language`, English otherwise."""
        return self.names.get(language, self.names["en"])


_BOTH = frozenset({Direction.INBOUND, Direction.OUTBOUND})
_IN = frozenset({Direction.INBOUND})
_OUT = frozenset({Direction.OUTBOUND})


def _code(
    code: str, zh_cn: str, zh_tw: str, en: str, directions: frozenset[Direction], *, opens_case: bool = False
) -> WrapUpCode:
    names = {"zh-CN": zh_cn, "zh-TW": zh_tw, "en": en}
    return WrapUpCode(code=code, names=names, directions=directions, opens_case=opens_case)


WRAP_UP_CODES: tuple[WrapUpCode, ...] = (
    _code("INFORMATION", "咨询已答复", "諮詢已答覆", "Question answered", _BOTH),
    _code("STATUS", "查询维修进度", "查詢維修進度", "Repair status given", _IN),
    _code("APPOINTMENT", "预约到店", "預約到廠", "Appointment booked", _BOTH),
    _code("SALES_LEAD", "购车意向", "購車意願", "Interested in buying", _BOTH),
    _code("CALLBACK", "约定回电", "約定回電", "Callback agreed", _BOTH),
    _code("TO_COMPLAINT", "转为投诉处理", "轉為客訴處理", "Became a complaint", _BOTH, opens_case=True),
    _code("SATISFIED", "回访满意", "回訪滿意", "Revisit, satisfied", _OUT),
    _code("SUGGESTION", "有建议或小意见", "有建議或小意見", "Suggestion noted", _BOTH),
    _code("NO_ANSWER", "无人接听", "無人接聽", "No answer", _OUT),
    _code("BUSY", "占线", "忙線", "Busy", _OUT),
    _code("WRONG_NUMBER", "号码错误或非本人", "號碼錯誤或非本人", "Wrong number or person", _BOTH),
    _code("DNC", "要求不再致电", "要求勿再來電", "Asks not to be called", _BOTH),
    _code("DROPPED", "中途断线", "中途斷線", "Line dropped", _BOTH),
    _code("OTHER", "其他", "其他", "Other", _BOTH),
)
_BY_CODE = {code.code: code for code in WRAP_UP_CODES}


def wrap_up_code(code: str) -> WrapUpCode | None:
    """The code's definition, or None when there is no such code."""
    return _BY_CODE.get(code)


def codes_for(direction: Direction) -> list[WrapUpCode]:
    """The codes to offer after a call in this direction; an internal call is offered all."""
    return [c for c in WRAP_UP_CODES if direction in c.directions or direction is Direction.INTERNAL]
