"""Rows for tests and for looking at pages: keyword arguments with sensible defaults, straight into the tables."""

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from callcenter.core.numbers import parse_number
from callcenter.core.roles import Role
from callcenter.services.auth import AuthService
from callcenter.store import customers, users
from callcenter.store.database import Database
from callcenter.store.tables import (
    Call,
    CallEventRow,
    ComplaintCase,
    Customer,
    CustomerVehicle,
    FlagRow,
    LinkGap,
    Recording,
    ServiceOrder,
    User,
    UtteranceRow,
    Vehicle,
)
from callcenter.store.types import now

PASSWORD = "correct horse 1"
_numbers = itertools.count(1)


def make_user(
    auth: AuthService,
    name: str = "lina",
    *,
    full_name: str = "李娜",
    role: Role = Role.AGENT,
    extension: str | None = "8001",
    language: str = "zh-CN",
) -> User:
    """Somebody who can sign in with `PASSWORD`."""
    return auth.create_user(name, full_name, PASSWORD, role, extension=extension, language=language)


def make_customer(
    session: Session,
    name: str = "王建国",
    *,
    number: str = "13812345678",
    tier: str = "VIP",
    gender: str = "m",
    note: str = "",
    tags: str = "",
    plates: tuple[tuple[str, str], ...] = (("粤B12345", "途岳 2.0T"),),
) -> Customer:
    """A customer with a number and cars."""
    customer = Customer(name=name, tier=tier, gender=gender, note=note, tags=tags)
    customers.add(session, customer, parse_number(number))
    for plate, model in plates:
        car = Vehicle(
            plate=plate,
            model=model,
            mileage=42_300,
            warranty_until=date(2027, 5, 1),
            maintenance_due_on=date(2026, 12, 10),
        )
        session.add(car)
        session.flush()
        session.add(CustomerVehicle(customer_id=customer.id or 0, vehicle_id=car.id or 0))
    session.flush()
    return customer


def make_case(
    session: Session, customer: Customer, *, summary: str = "发动机异响，维修三次未解决", severity: int = 4
) -> ComplaintCase:
    """An open complaint."""
    case = ComplaintCase(
        number=f"C{next(_numbers):05d}",
        customer_id=customer.id or 0,
        summary=summary,
        severity=severity,
        opened_at=now() - timedelta(days=3),
        due_at=now() + timedelta(days=1),
    )
    session.add(case)
    session.flush()
    return case


def make_order(
    session: Session, customer: Customer, *, summary: str = "5万公里保养", kind: str = "maintenance", days: int = 40
) -> ServiceOrder:
    """One visit to the workshop."""
    order = ServiceOrder(
        number=f"RO{next(_numbers):05d}",
        customer_id=customer.id or 0,
        kind=kind,
        summary=summary,
        opened_at=now() - timedelta(days=days),
        advisor="陈工",
    )
    session.add(order)
    session.flush()
    return order


def offer(
    extension: str = "8001", outcome: str | None = None, *, ring: float = 4.0, talk: float = 0.0
) -> dict[str, Any]:
    """An entry of `Call.agents`."""
    return {"extension": extension, "outcome": outcome, "ring_seconds": ring, "talk_seconds": talk}


def make_call(session: Session, **values: Any) -> Call:
    """A call; without more it rings at 8001 since three seconds ago."""
    began = values.pop("started_at", now() - timedelta(seconds=3))
    defaults: dict[str, Any] = {
        "call_key": f"key-{next(_numbers)}",
        "direction": "inbound",
        "customer_number": "13812345678",
        "customer_e164": "+8613812345678",
        "dialled_number": "4008001234",
        "queue": "售后服务",
        "wait_seconds": 6.0,
        "started_at": began,
        "agents": [offer()],
        "state": "ringing",
        "last_seq": 3,
    }
    call = Call(**(defaults | values))
    session.add(call)
    session.flush()
    return call


def make_finished_call(
    session: Session, *, minutes_ago: float = 30, talk: float = 185.0, agent: str = "8001", **values: Any
) -> Call:
    """A call that was answered and is over."""
    began = now() - timedelta(minutes=minutes_ago)
    answered = began + timedelta(seconds=12)
    defaults: dict[str, Any] = {
        "started_at": began,
        "answered_at": answered,
        "ended_at": answered + timedelta(seconds=talk),
        "ring_seconds": 12.0,
        "talk_seconds": talk,
        "agents": [offer(agent, "answered", talk=talk)],
        "final_agent": agent,
        "disposition": "answered",
        "hangup_by": "customer",
        "state": "ended",
    }
    return make_call(session, **(defaults | values))


def make_utterance(
    session: Session,
    call: Call,
    text: str,
    *,
    speaker: str = "customer",
    start: float = 1.0,
    seq: int | None = None,
    source: str = "live",
) -> UtteranceRow:
    """One line of the transcript."""
    row = UtteranceRow(
        call_id=call.id or 0,
        source=source,
        leg_key=f"leg-{speaker}",
        seq=seq or next(_numbers),
        speaker=speaker,
        start_seconds=start,
        end_seconds=start + 3,
        text=text,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    return row


def make_flag(
    session: Session,
    row: UtteranceRow,
    matched: str,
    *,
    rule: str = "comp.return_car",
    category: str = "compensation",
    severity: int = 4,
) -> FlagRow:
    """A flag on words of that line."""
    start = row.text.index(matched)
    flag = FlagRow(
        call_id=row.call_id,
        utterance_id=row.id,
        source=row.source,
        rule=rule,
        category=category,
        severity=severity,
        actions=["alert_agent", "alert_supervisor", "open_case"],
        matched=matched,
        start=start,
        end=start + len(matched),
        speaker=row.speaker,
        why=f"“{matched}” is written in the rule",
        at_seconds=row.start_seconds,
        created_at=now(),
    )
    session.add(flag)
    call = session.get(Call, row.call_id)
    if call is not None:
        call.top_severity = max(call.top_severity, severity)
    session.flush()
    return flag


def make_recording(
    session: Session, call: Call, *, path: str = "2026/11/20/call.wav", seconds: float = 60.0, **values: Any
) -> Recording:
    """A recording's row, with a made-up waveform."""
    points = 800
    wave = [
        [round(abs(math.sin(i / 9 + side)) * abs(math.sin(i / 61 + 2 * side)), 3) for i in range(points)]
        for side in (0, 1)
    ]
    defaults: dict[str, Any] = {
        "call_id": call.id,
        "path": path,
        "duration_seconds": seconds,
        "size_bytes": 1_920_044,
        "status": "transcribed",
        "peaks": {"channels": wave},
    }
    row = Recording(**(defaults | values))
    session.add(row)
    session.flush()
    return row


DIALOGUE = (
    ("agent", 0.4, "您好，这里是华南汽车客服中心，请问有什么可以帮您？"),
    ("customer", 4.2, "我的车修了三次都没修好，发动机还是异响。"),
    ("agent", 9.0, "非常抱歉给您带来不便，请问您的车牌号是多少？"),
    ("customer", 13.1, "粤B12345，再解决不了我就要退车，找消协投诉你们。"),
    ("agent", 20.5, "我理解您的心情，我马上请服务经理给您回电。"),
    ("customer", 26.0, "行，今天之内一定要给我一个说法。"),
)


def seed(database: Database) -> dict[str, int]:
    """A small dealership in the middle of a day: users, customers, calls of every kind. Returns ids by name."""
    auth = AuthService(database)
    make_user(auth)
    make_user(auth, "zhangwei", full_name="张伟", extension="8002", language="zh-CN")
    make_user(auth, "anna", full_name="Anna Lee", extension="8003", language="en")
    make_user(auth, "qa", full_name="周敏", role=Role.QA, extension=None)
    make_user(auth, "boss", full_name="陳美玲", role=Role.SUPERVISOR, extension=None, language="zh-TW")
    make_user(auth, "admin", full_name="Admin", role=Role.ADMIN, extension=None, language="en")
    with database.transaction() as session:
        return _seed_rows(session)


def _seed_rows(session: Session) -> dict[str, int]:
    wang = make_customer(
        session,
        tags="重视时效,曾购续保",
        note="不喜欢被推销，直接说进度。",
        plates=(("粤B12345", "途岳 2.0T"), ("粤BD88888", "ID.4 X")),
    )
    make_case(session, wang)
    make_case(session, wang, summary="交车延误未说明原因", severity=3)
    make_order(session, wang, summary="发动机异响检查", kind="repair", days=12)
    make_order(session, wang, summary="发动机异响，更换正时链条", kind="repair", days=26)
    make_order(session, wang)
    make_customer(session, "刘芳", number="13800001111", tier="A", gender="f", plates=(("粤B66T01", "朗逸 1.5L"),))
    make_customer(session, "刘大伟", number="13800001111", tier="", plates=(("粤B77K02", "帕萨特"),))
    old = make_finished_call(
        session,
        minutes_ago=95,
        customer_id=wang.id,
        wrap_up_code="STATUS",
        wrap_up_note="客户询问维修进度",
        wrapped_up_at=now(),
    )
    lines = [
        make_utterance(session, old, text, speaker=who, start=at, source="recording") for who, at, text in DIALOGUE
    ]
    make_flag(session, lines[3], "退车")
    make_flag(session, lines[3], "消协投诉", rule="legal.consumer_body", category="regulator_legal", severity=5)
    make_flag(session, lines[1], "修了三次都没修好", rule="repeat.count", category="repeat_repair")
    make_recording(session, old, seconds=45.0)
    for seq, (kind, at) in enumerate(
        (("CallStarted", 0), ("CallQueued", 1), ("CallOffered", 3), ("CallAnswered", 12), ("CallEnded", 197)), 1
    ):
        moment = old.started_at + timedelta(seconds=at)
        session.add(CallEventRow(call_id=old.id or 0, seq=seq, kind=kind, at=moment, facts={"extension": "8001"}))
    make_finished_call(
        session,
        minutes_ago=70,
        customer_number="075588886666",
        customer_e164="+8675588886666",
        talk=64,
        wrap_up_code="INFORMATION",
        wrapped_up_at=now(),
    )
    make_call(
        session,
        started_at=now() - timedelta(minutes=50),
        ended_at=now() - timedelta(minutes=49),
        state="ended",
        disposition="abandoned",
        hangup_by="customer",
        agents=[offer("8001", "cancelled")],
        customer_number="13900002222",
        customer_e164="+8613900002222",
    )
    make_finished_call(
        session,
        minutes_ago=44,
        direction="outbound",
        queue=None,
        wait_seconds=None,
        customer_number="13800001111",
        customer_e164="+8613800001111",
        wrap_up_code="CALLBACK",
        wrapped_up_at=now(),
    )
    make_finished_call(
        session,
        minutes_ago=21,
        customer_number="",
        customer_e164="",
        number_hidden=True,
        agent="8002",
        gap={
            "lost_at": (now() - timedelta(minutes=20)).timestamp(),
            "restored_at": (now() - timedelta(minutes=19)).timestamp(),
            "estimated": ["ended_at", "hold_seconds"],
        },
        wrapped_up_at=now(),
        wrap_up_code="OTHER",
    )
    talking = make_call(
        session,
        started_at=now() - timedelta(seconds=95),
        answered_at=now() - timedelta(seconds=83),
        state="talking",
        final_agent="8002",
        agents=[offer("8002", "answered", talk=83)],
        customer_number="13900003333",
        customer_e164="+8613900003333",
        customer_name="陈先生",
        listening={
            "mode": "two-pass",
            "lag_seconds": 0.6,
            "coverage": {"agent": 0.98, "customer": 1.0},
            "degraded": None,
        },
    )
    said = make_utterance(session, talking, "刹车突然踩不动，差点出事，你们到底管不管？", start=31.0)
    make_flag(session, said, "刹车突然踩不动", rule="safety.brakes", category="safety", severity=5)
    session.add(
        LinkGap(
            lost_at=now() - timedelta(minutes=20),
            restored_at=now() - timedelta(minutes=19),
            reason="connection reset by peer",
        )
    )
    return {"wang": wang.id or 0, "finished": old.id or 0, "talking": talking.id or 0}


def ring(
    database: Database,
    *,
    extension: str = "8001",
    number: str = "13812345678",
    customer_id: int | None = None,
    **values: Any,
) -> int:
    """A call that rings now; returns its id. Publishing the notice is the test's."""
    e164 = parse_number(number).e164
    with database.transaction() as session:
        call = make_call(
            session,
            customer_number=number,
            customer_e164=e164,
            customer_id=customer_id,
            agents=[offer(extension)],
            **values,
        )
        return call.id or 0


def change(database: Database, call_id: int, **values: Any) -> None:
    """Set columns of a call."""
    with database.transaction() as session:
        call = session.get(Call, call_id)
        assert call is not None
        call.sqlmodel_update(values)


def answer(database: Database, call_id: int, extension: str = "8001") -> None:
    """The agent picked up."""
    values: dict[str, Any] = {
        "state": "talking",
        "answered_at": datetime.now(UTC),
        "final_agent": extension,
        "agents": [offer(extension, "answered")],
    }
    change(database, call_id, **values)


def hang_up(database: Database, call_id: int) -> None:
    """The call is over."""
    change(
        database,
        call_id,
        state="ended",
        ended_at=datetime.now(UTC),
        disposition="answered",
        talk_seconds=42.0,
        hangup_by="customer",
    )


def change_user(database: Database, name: str, **values: Any) -> None:
    """Set columns of a user."""
    with database.transaction() as session:
        user = users.by_name(session, name)
        assert user is not None
        user.sqlmodel_update(values)
