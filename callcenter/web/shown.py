"""View models: what templates are given instead of rows. Names are looked up, numbers formatted and masked,
flagged words cut out of their sentence; nothing in a template asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.core.keywords import RuleSet
from callcenter.core.wrap_up import wrap_up_code
from callcenter.store.tables import Call, Customer, FlagRow, UtteranceRow
from callcenter.web import i18n
from callcenter.web.formats import Formats

ALERT_SEVERITY = 2
"""Below it a flag is only marked in its sentence (ui.md §1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One agent's part in a call."""

    extension: str
    name: str
    outcome: str | None
    ring_seconds: float
    talk_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallShown:
    """A call on a page."""

    id: int
    direction: str
    state: str
    number: str
    """For reading, masked where the role wants it; empty when hidden or unknown."""
    number_hidden: bool
    name: str
    """The customer's, else what the caller's telephone said."""
    known: bool
    """Whether `name` is a customer's."""
    tier: str
    queue: str
    dialled: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: float | None
    ring_seconds: float
    talk_seconds: float
    hold_seconds: float
    parties: tuple[Party, ...]
    agent: str
    """Name or extension of the last agent who had it."""
    transfers: tuple[Mapping[str, str], ...]
    disposition: str
    hangup_by: str
    voicemail: bool
    gap: Mapping[str, Any] | None
    severity: int
    listening: "ListeningShown | None"
    wrap_up: str
    wrap_up_code: str
    wrap_up_note: str
    draft: Mapping[str, Any]
    is_wrapped_up: bool
    revision: int
    """Rises with every recorded event."""

    @property
    def is_live(self) -> bool:
        """Whether it is up."""
        return self.ended_at is None

    @property
    def since(self) -> datetime:
        """When the part that the clock counts began: the talk, else the call."""
        return self.answered_at or self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagShown:
    """A flag with its rule's words."""

    id: int
    dom_id: str
    call_id: int
    title: str
    advice: str
    category: str
    severity: int
    matched: str
    why: str
    speaker: str
    at_seconds: float
    verdict: str
    acknowledged: bool
    opens_case: bool
    is_alert: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """One line of a transcript, cut at its flagged words."""

    dom_id: str
    key: int
    """Milliseconds from the call's start: where the line belongs."""
    speaker: str
    start: float
    end: float
    parts: tuple[tuple[str, FlagShown | None], ...]
    interim: bool = False
    corrected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningShown:
    """How well a call is being heard."""

    mode: str
    lag_seconds: float | None
    agent_percent: int | None
    customer_percent: int | None
    degraded: str


def listening_shown(data: Mapping[str, Any] | None) -> ListeningShown | None:
    """From what the listener said last."""
    if not data:
        return None
    coverage = data.get("coverage") or {}
    lag = data.get("lag_seconds")
    return ListeningShown(
        mode=str(data.get("mode") or "off"),
        lag_seconds=float(lag) if lag is not None else None,
        agent_percent=_percent(coverage.get("agent")),
        customer_percent=_percent(coverage.get("customer")),
        degraded=str(data.get("degraded") or ""),
    )


def _percent(share: float | None) -> int | None:
    return None if share is None else round(share * 100)


class Shower:
    """Makes view models for one kind of reader."""

    def __init__(self, formats: Formats, rules: RuleSet | None, *, whole_numbers: bool) -> None:
        self._formats = formats
        self._whole = whole_numbers
        self._titles = {rule.id: rule.title for rule in rules.rules} if rules else {}
        self._categories = rules.categories if rules else {}

    def call(self, call: Call, names: Mapping[str, str], customers: Mapping[int, Customer]) -> CallShown:
        """A call with the names of its people."""
        assert call.id is not None
        customer = customers.get(call.customer_id or 0)
        code = wrap_up_code(call.wrap_up_code or "")
        final = call.final_agent or ""
        number = "" if call.number_hidden else call.customer_e164 or call.customer_number
        return CallShown(
            id=call.id,
            direction=call.direction,
            state=call.state if call.ended_at is None else "ended",
            number=self._formats.phone(number, whole=self._whole),
            number_hidden=call.number_hidden,
            name=customer.name if customer else ("" if call.number_hidden else _said_name(call)),
            known=customer is not None,
            tier=customer.tier if customer else "",
            queue=call.queue or "",
            dialled=call.dialled_number,
            started_at=call.started_at,
            answered_at=call.answered_at,
            ended_at=call.ended_at,
            wait_seconds=call.wait_seconds,
            ring_seconds=call.ring_seconds,
            talk_seconds=call.talk_seconds,
            hold_seconds=call.hold_seconds,
            parties=tuple(_party(agent, names) for agent in call.agents),
            agent=names.get(final, final),
            transfers=tuple(
                {"kind": t["kind"], "from": names.get(t["from"], t["from"]), "to": names.get(t["to"], t["to"])}
                for t in call.transfers
            ),
            disposition=call.disposition or "",
            hangup_by=call.hangup_by,
            voicemail=call.voicemail,
            gap=call.gap,
            severity=call.top_severity,
            listening=listening_shown(call.listening),
            wrap_up=code.name(i18n.language()) if code else call.wrap_up_code or "",
            wrap_up_code=call.wrap_up_code or "",
            wrap_up_note=call.wrap_up_note,
            draft=call.wrap_up_draft or {},
            is_wrapped_up=call.wrapped_up_at is not None,
            revision=call.last_seq,
        )

    def flag(self, flag: FlagRow) -> FlagShown:
        """A flag in the language in use."""
        assert flag.id is not None
        language = i18n.language()
        category = self._categories.get(flag.category)
        return FlagShown(
            id=flag.id,
            dom_id=f"flag-{flag.id}",
            call_id=flag.call_id,
            title=self._titles.get(flag.rule, {}).get(language, flag.rule),
            advice=category.advice.get(language, "") if category else "",
            category=category.title.get(language, flag.category) if category else flag.category,
            severity=flag.severity,
            matched=flag.matched,
            why=flag.why,
            speaker=flag.speaker,
            at_seconds=flag.at_seconds,
            verdict=flag.verdict,
            acknowledged=flag.acknowledged_at is not None,
            opens_case="open_case" in flag.actions,
            is_alert=flag.severity >= ALERT_SEVERITY,
        )

    def lines(self, rows: Sequence[UtteranceRow], flags: Sequence[FlagRow]) -> list[LineShown]:
        """A transcript with its marks."""
        by_row: dict[int, list[FlagRow]] = {}
        for flag in flags:
            by_row.setdefault(flag.utterance_id or 0, []).append(flag)
        return [self.line(row, by_row.get(row.id or 0, ())) for row in rows]

    def line(self, row: UtteranceRow, flags: Sequence[FlagRow]) -> LineShown:
        """One line with its marks."""
        return LineShown(
            dom_id=line_id(row.call_id, row.leg_key or row.speaker, row.seq),
            key=round(row.start_seconds * 1000),
            speaker=row.speaker,
            start=row.start_seconds,
            end=row.end_seconds,
            parts=tuple(self._cut(row.text, flags)),
            corrected=row.revision > 1,
        )

    def _cut(self, text: str, flags: Sequence[FlagRow]) -> list[tuple[str, FlagShown | None]]:
        """The text in pieces, plain and flagged in turn; of two flags on the same words the graver shows."""
        parts: list[tuple[str, FlagShown | None]] = []
        position = 0
        for flag in sorted(flags, key=lambda f: (f.start, -f.severity)):
            if not position <= flag.start < flag.end <= len(text):
                continue
            parts.append((text[position : flag.start], None))
            parts.append((text[flag.start : flag.end], self.flag(flag)))
            position = flag.end
        parts.append((text[position:], None))
        return [part for part in parts if part[0]]


def line_id(call_id: int, leg: str, seq: int) -> str:
    """The id shared by a partial and the utterance that replaces it."""
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in leg)
    return f"u-{call_id}-{safe}-{seq}"


def partial_line(data: Mapping[str, Any]) -> LineShown:
    """The line of words that may still change."""
    start = float(data["start"])
    return LineShown(
        dom_id=line_id(int(data["call_id"]), str(data["leg"]), int(data["seq"])),
        key=round(start * 1000),
        speaker=str(data["speaker"]),
        start=start,
        end=start,
        parts=((str(data["text"]), None),),
        interim=True,
    )


def _said_name(call: Call) -> str:
    """PBXes repeat the number as the name when they know none."""
    return "" if call.customer_name in (call.customer_number, call.customer_e164) else call.customer_name


def _party(agent: Mapping[str, Any], names: Mapping[str, str]) -> Party:
    extension = str(agent["extension"])
    return Party(
        extension=extension,
        name=names.get(extension, extension),
        outcome=agent["outcome"],
        ring_seconds=float(agent["ring_seconds"]),
        talk_seconds=float(agent["talk_seconds"]),
    )
