"""The gate: what passes, when it opens and ends, that no sample is lost or doubled."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.audio.gate import FRAME_SECONDS, GateConfig, SpeechChunk, SpeechEnd, SpeechGate

approx: Any = pytest.approx


def frame(speech: bool, number: int = 0) -> bytes:
    """A frame that says whether it is speech in its first byte and which it is in the next two."""
    return bytes([int(speech)]) + number.to_bytes(2, "little") + bytes(317)


def gate(**changes: float) -> SpeechGate:
    return SpeechGate(GateConfig(**changes), is_speech=lambda data, rate: bool(data[0]))  # type: ignore[arg-type]


def run(pattern: list[bool], subject: SpeechGate | None = None) -> list[SpeechChunk | SpeechEnd]:
    subject = subject or gate()
    events: list[SpeechChunk | SpeechEnd] = []
    for number, speech in enumerate(pattern):
        events += subject.feed(frame(speech, number), number * FRAME_SECONDS)
    return events + subject.flush()


def numbers(events: list[SpeechChunk | SpeechEnd]) -> list[int]:
    pcm = b"".join(event.pcm for event in events if isinstance(event, SpeechChunk))
    return [int.from_bytes(pcm[at + 1 : at + 3], "little") for at in range(0, len(pcm), 320)]


def test_opens_at_three_of_five_with_preroll_and_ends_after_the_hangover() -> None:
    events = run([False] * 50 + [True] * 50 + [False] * 50)
    chunks = [event for event in events if isinstance(event, SpeechChunk)]
    assert numbers(events) == list(range(52 - 14, 100 + 20))
    assert chunks[0].start == pytest.approx(38 * FRAME_SECONDS)
    assert events[-1] == SpeechEnd(end=approx(2.0))


def test_a_click_does_not_open_it() -> None:
    assert run([False] * 20 + [True, True] + [False] * 20) == []


def test_a_pause_shorter_than_the_hangover_stays_inside() -> None:
    events = run([True] * 50 + [False] * 18 + [True] * 50 + [False] * 30)
    assert [event for event in events if isinstance(event, SpeechEnd)] == [SpeechEnd(end=approx(2.36))]


def test_long_speech_is_cut_and_nothing_is_lost() -> None:
    events = run([True] * 2000)
    ends = [event for event in events if isinstance(event, SpeechEnd)]
    assert [end.forced for end in ends] == [True, True, False]
    assert ends[0].end == pytest.approx(15.0)
    assert numbers(events) == list(range(2000))


def test_a_long_utterance_ends_at_a_short_pause() -> None:
    events = run([True] * 550 + [False] * 7 + [True] * 100)
    assert [event.forced for event in events if isinstance(event, SpeechEnd)] == [False, False]


def test_a_jump_in_time_ends_the_utterance() -> None:
    subject = gate()
    events = [event for n in range(50) for event in subject.feed(frame(True, n), n * FRAME_SECONDS)]
    after = subject.feed(frame(True), 10.0)
    assert not any(isinstance(event, SpeechEnd) for event in events)
    assert SpeechEnd(end=approx(1.0)) in after


@given(st.lists(st.booleans(), max_size=400))
def test_frames_pass_in_order_once_and_chunks_carry_their_time(pattern: list[bool]) -> None:
    events = run(pattern)
    passed = numbers(events)
    assert passed == sorted(set(passed))
    for event in events:
        if isinstance(event, SpeechChunk):
            first = int.from_bytes(event.pcm[1:3], "little")
            assert event.start == pytest.approx(first * FRAME_SECONDS)
    if passed:
        assert isinstance(events[-1], SpeechEnd)


@pytest.mark.parametrize("size", [0, 1, 319, 321, 640])
def test_a_frame_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="320 bytes"):
        gate().feed(bytes(size), 0.0)


def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="8000 or 16000"):
        SpeechGate(GateConfig(rate=44100))
