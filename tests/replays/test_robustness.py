"""The recordings mistreated: cut at any byte, begun anywhere, ended anywhere, with holes. Nothing may break, and what
does not change the facts may not change the calls."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from callcenter.ami.messages import Received
from callcenter.ami.parser import AmiParser
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.call_json import call_json
from callcenter.core.calls import CallTracker
from callcenter.core.events import CallEnded, CallEvent
from callcenter.services.replay import call_events, read_recording, replay

FOLDER = Path(__file__).parent
RECORDINGS = sorted(FOLDER.glob("*.raw"))
SCHEMA = json.loads(Path(call_json.__code__.co_filename).with_name("call.schema.json").read_text())
MESSAGES = {path.name: list(read_recording(path)) for path in RECORDINGS}

each_recording = pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)


def follow(messages: Iterable[Received]) -> list[CallEvent]:
    return list(call_events(messages, CallTracker()))


def parsed(data: bytes, cuts: Iterable[int]) -> list[dict[str, str]]:
    parser, messages, start = AmiParser(wanted=WANTED), [], 0
    for cut in [*cuts, len(data)]:
        messages += parser.feed(data[start:cut])
        start = cut
    return [message.headers for message in messages]


@each_recording
def test_cut_anywhere(path: Path) -> None:
    data = path.read_bytes()
    whole = parsed(data, [])
    assert parsed(data, range(0, len(data), 61)) == whole
    chance = random.Random(path.name)
    for _ in range(5):
        assert parsed(data, sorted(chance.sample(range(len(data)), 40))) == whole


@each_recording
def test_begun_anywhere(path: Path) -> None:
    messages = MESSAGES[path.name]
    for start in range(1, len(messages)):
        for event in follow(messages[start:]):
            assert event.seq > 0


@each_recording
def test_ended_anywhere(path: Path) -> None:
    messages = MESSAGES[path.name]
    started = {event.call_id for event in follow(messages)}
    for end in range(1, len(messages), 3):
        ended = [event.call_id for event in follow(messages[:end]) if isinstance(event, CallEnded)]
        assert len(ended) == len(set(ended))
        assert set(ended) <= started


@each_recording
def test_the_clock_changes_nothing(path: Path) -> None:
    """Ticks between the messages say the same events earlier, and no others."""
    tracker, translator, ticked = CallTracker(), Translator(), []
    for received in MESSAGES[path.name]:
        ticked += tracker.tick(received.at)
        for channel_event in translator.translate(received):
            ticked += tracker.handle(channel_event)
        ticked += tracker.tick(received.at + 0.0005)
    ticked += tracker.lose_link(MESSAGES[path.name][-1].at)
    wanted = {(event.call_id, event.seq): event for event in follow(MESSAGES[path.name])}
    assert {(event.call_id, event.seq): event for event in ticked} == wanted


@each_recording
def test_seq_counts_from_one_without_holes(path: Path) -> None:
    counted: dict[str, int] = {}
    for event in follow(MESSAGES[path.name]):
        assert event.seq == counted.get(event.call_id, 0) + 1
        counted[event.call_id] = event.seq


@each_recording
def test_output_follows_the_schema(path: Path) -> None:
    validator = Draft202012Validator(SCHEMA)
    for event in follow(MESSAGES[path.name]):
        assert list(validator.iter_errors(json.loads(json.dumps(call_json(event.record))))) == []


@each_recording
def test_without_an_index_the_calls_are_the_same(path: Path, tmp_path: Path) -> None:
    alone = tmp_path / "stream.raw"
    alone.write_bytes(path.read_bytes())
    assert [who(r) for r in map(call_json, replay(alone))] == [who(r) for r in map(call_json, replay(path))]


def who(call: dict[str, Any]) -> tuple[Any, ...]:
    """What does not depend on the time."""
    transfers = [(t["kind"], t["from"], t["to"]) for t in call["transfers"] if t["kind"] != "park"]
    return call["call_id"], call["direction"], call["customer_number"], call["dialled_number"], transfers


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_holes_repetitions_and_disorder(data: st.DataObject) -> None:
    """Two recordings shuffled together locally, with messages lost and doubled: no error, and every call ends."""
    names = data.draw(st.lists(st.sampled_from(sorted(MESSAGES)), min_size=1, max_size=2))
    chance = random.Random(data.draw(st.integers(0, 1 << 30)))
    messages = sorted((m for name in names for m in MESSAGES[name]), key=lambda m: m.message.get("Timestamp"))
    messages = [m for m in messages if chance.random() > 0.1]
    messages += chance.sample(messages, min(10, len(messages)))
    order = sorted(range(len(messages)), key=lambda i: i + chance.randrange(6))
    events = follow(messages[i] for i in order)
    started = {event.call_id for event in events}
    ended = {event.call_id for event in events if isinstance(event, CallEnded)}
    merged = {event.call_id for event in events if type(event).__name__ == "CallMerged"}
    assert started == ended | merged


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_link_lost_anywhere_without_a_snapshot(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(MESSAGES)))
    messages = MESSAGES[name]
    lost = data.draw(st.integers(1, len(messages) - 1))
    back = data.draw(st.integers(lost, len(messages)))
    later = [Received(m.message, m.at, m.connection + 9) for m in messages[back:]]
    for event in follow([*messages[:lost], *later]):
        assert event.record.call_id == event.call_id


def test_nothing_is_left_behind() -> None:
    """After the calls are over the tracker holds none of them, nor their channels and bridges."""
    tracker, translator = CallTracker(), Translator()
    for path in RECORDINGS:
        for received in MESSAGES[path.name]:
            for channel_event in translator.translate(received):
                tracker.handle(channel_event)
    tracker.lose_link(0.0)
    world = tracker._world
    assert (world.channels, world.calls, world.bridges, world.ending, world.listed) == ({}, {}, {}, {}, {})
    assert tracker.open_calls() == []
