"""Bytes to messages: any cut of the stream gives the same, and nothing in a value can pass for a header."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ami.messages import Message
from callcenter.ami.parser import AmiParser, BlockSplitter, event_name, parse_block

REPLAYS = Path(__file__).parent.parent / "replays"
STREAM = (REPLAYS / "queue_answered_after_rna.raw").read_bytes()
WHOLE = AmiParser().feed(STREAM)


def parse_cut(data: bytes, cuts: list[int], parser: AmiParser | None = None) -> list[Message]:
    parser = parser or AmiParser()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [message for begin, end in pairwise(edges) for message in parser.feed(data[begin:end])]


def one(text: str) -> Message:
    (message,) = AmiParser().feed(text.replace("\n", "\r\n").encode() + b"\r\n")
    return message


def test_a_recording_is_read_whole() -> None:
    assert len(WHOLE) == STREAM.count(b"\r\n\r\n")
    assert WHOLE[0].response == "Success"
    assert WHOLE[1].event == "FullyBooted"


@given(st.lists(st.integers(min_value=0), max_size=20))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    assert parse_cut(STREAM, cuts) == WHOLE


def test_byte_by_byte_gives_the_same() -> None:
    parser = AmiParser()
    start = STREAM[:20_000]
    assert [m for i in range(len(start)) for m in parser.feed(start[i : i + 1])] == AmiParser().feed(start)


@given(st.binary(max_size=400), st.lists(st.integers(min_value=0), max_size=8))
def test_any_bytes_are_survived_and_the_next_message_is_whole(noise: bytes, cuts: list[int]) -> None:
    parser = AmiParser()
    parse_cut(noise, cuts, parser)
    assert parser.feed(b"\r\n\r\nEvent: Hangup\r\nCause: 16\r\n\r\n")[-1] == Message({"Event": "Hangup", "Cause": "16"})


@given(st.text(alphabet=st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=60))
def test_a_name_stays_in_its_value(name: str) -> None:
    message = one(f"Event: Newchannel\nCallerIDName: {name}\nUniqueid: 1.2\n")
    assert message.headers == {"Event": "Newchannel", "CallerIDName": name, "Uniqueid": "1.2"}


@pytest.mark.parametrize("trick", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\n", "\r"])
def test_no_other_line_end_counts(trick: str) -> None:
    data = f"Event: Newchannel\r\nCallerIDName: a{trick}Uniqueid: 666\r\nUniqueid: 1.2\r\n\r\n".encode()
    (message,) = AmiParser().feed(data)
    assert message.get("CallerIDName") == f"a{trick}Uniqueid: 666"
    assert message.get("Uniqueid") == "1.2"


def test_a_letter_across_two_reads() -> None:
    data = "Event: Newchannel\r\nCallerIDName: 张伟\r\n\r\n".encode()
    for cut in range(len(data)):
        assert parse_cut(data, [cut])[0].get("CallerIDName") == "张伟"


def test_bytes_that_are_no_utf8() -> None:
    (message,) = AmiParser().feed(b"Event: X\r\nCallerIDName: \xd5\xc5\xce\xb0\r\n\r\n")
    assert message.get("CallerIDName") == "\ufffd\ufffdΰ"


def test_repeated_keys_keep_every_value() -> None:
    message = one("Event: X\nVariable: a=1\nVariable: a=1\nVariable: \nOther: z\n")
    assert message.all("Variable") == ["a=1", "a=1", ""]
    assert message.get("Variable") == "a=1"
    assert message.all("Other") == ["z"]


def test_keys_without_the_blank() -> None:
    message = one("Event:X\nKey:value\nEmpty:\nTime:12:30: ok\n")
    assert message.headers == {"Event": "X", "Key": "value", "Empty": "", "Time": "12:30: ok"}


def test_blanks_of_a_value_are_kept() -> None:
    assert one("Event: X\nA:  two \nLast: kept  \n").headers == {"Event": "X", "A": " two ", "Last": "kept  "}


def test_a_line_with_no_colon_is_kept() -> None:
    assert one("Response: Success\njust words\n").headers == {"Response": "Success", "just words": ""}


@pytest.mark.parametrize("second", ["Event: Hangup", "Event:Hangup"])
def test_two_events_without_a_blank_line(second: str) -> None:
    data = f"Event: Newchannel\r\nUniqueid: 1.1\r\n{second}\r\nUniqueid: 2.2\r\n\r\n".encode()
    assert AmiParser().feed(data) == [
        Message({"Event": "Newchannel", "Uniqueid": "1.1"}),
        Message({"Event": "Hangup", "Uniqueid": "2.2"}),
    ]
    assert len(AmiParser(wanted={b"Hangup": ()}).feed(data)) == 2


def test_a_response_and_an_event_without_a_blank_line() -> None:
    first, second = AmiParser().feed(b"Response: Success\r\nActionID: 7\r\nEvent: Hangup\r\nCause: 16\r\n\r\n")
    assert (first.get("ActionID"), second.event) == ("7", "Hangup")


def test_a_user_event_cannot_forge_another_event() -> None:
    message = one("Event: UserEvent\nUserEvent: note\nEvent: Hangup\nUniqueid: 1.1\n")
    assert message.event == "UserEvent"
    assert message.all("Event") == ["UserEvent", "Hangup"]


def test_originate_response_is_an_event_with_a_response() -> None:
    message = one("Event: OriginateResponse\nResponse: Failure\nReason: 5\n")
    assert (message.event, message.response) == ("OriginateResponse", "Failure")


def test_a_large_event() -> None:
    value = "x" * 300_000
    assert one(f"Event: X\nData: {value}\n").get("Data") == value


@given(st.lists(st.integers(min_value=0), max_size=12))
def test_an_oversized_block_is_dropped_wherever_it_is_cut(cuts: list[int]) -> None:
    fits = b"Event: A\r\nData: " + b"x" * 84
    data = fits + b"\r\n\r\nEvent: B\r\nData: " + b"x" * 85 + b"\r\n\r\nEvent: C\r\n\r\n"
    parser = AmiParser(limit=len(fits))
    assert [m.event for m in parse_cut(data, cuts, parser)] == ["A", "C"]
    assert parser.oversized == 1


def test_memory_is_bounded_without_a_blank_line() -> None:
    splitter = BlockSplitter(limit=1000)
    for _ in range(100):
        assert splitter.feed(b"x" * 500) == []
        assert len(splitter._pending) <= 1003 + 500
    assert splitter.oversized == 1


def test_greeting_and_extra_blank_lines() -> None:
    parser = AmiParser()
    assert parser.feed(b"Asterisk Call Manager/11.0.0\r\n\r\n") == []
    data = b"\r\n\r\n\r\nAsterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n\r\n\r\n"
    assert parser.feed(data) == [Message({"Response": "Success"})]


def test_unwanted_events_are_counted_and_not_parsed() -> None:
    parser = AmiParser(wanted={b"Hangup": (), b"VarSet": (b"MIXMONITOR_FILENAME",)})
    stream = b"".join(
        block + b"\r\n\r\n"
        for block in (
            b"Event: VarSet\r\nVariable: OTHER",
            b"Event: VarSet\r\nVariable: MIXMONITOR_FILENAME",
            b"Event: Newexten\r\nX: 1",
            b"Event:Newexten",
            b"Event: Hangup",
            b"Response: Success",
        )
    )
    assert [m.event or m.response for m in parser.feed(stream)] == ["VarSet", "Hangup", "Success"]
    assert parser.skipped == 3


@pytest.mark.parametrize(
    ("block", "name"),
    [(b"Event: A\r\nB: c", b"A"), (b"Event:A", b"A"), (b"Response: Success", b""), (b"", b"")],
)
def test_event_name(block: bytes, name: bytes) -> None:
    assert event_name(block) == name


@given(st.binary(max_size=300).filter(bool))
def test_one_block_never_raises(block: bytes) -> None:
    for message in parse_block(block):
        assert all("\r\n" not in key + value for key, value in message.headers.items())
