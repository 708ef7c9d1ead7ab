import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.audio.audiosocket import (
    SAMPLE_RATES,
    BadFrame,
    Frame,
    FrameParser,
    Kind,
    Stage,
    encode,
    next_stage,
    stream_id,
)

STREAM = uuid.UUID("5c3b5cb8-27f5-4c3b-8f0e-5c3b5cb827f5")


def frames() -> st.SearchStrategy[Frame]:
    audio = st.builds(
        lambda kind, pairs: Frame(kind, pairs * 2), st.sampled_from(list(SAMPLE_RATES)), st.binary(max_size=320)
    )
    return st.one_of(
        audio,
        st.builds(lambda digit: Frame(Kind.DTMF, digit), st.sampled_from([b"0", b"#", b"*"])),
        st.builds(lambda u: Frame(Kind.UUID, u.bytes), st.uuids()),
        st.builds(lambda code: Frame(Kind.ERROR, code), st.binary(max_size=2)),
        st.just(Frame(Kind.HANGUP, b"")),
    )


@given(st.lists(frames(), max_size=12), st.data())
def test_any_split_gives_the_same_frames(sent: list[Frame], data: st.DataObject) -> None:
    wire = b"".join(encode(frame.kind, frame.payload) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    parser = FrameParser()
    got: list[Frame] = []
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        got += parser.feed(wire[start:end])
    assert got == sent
    assert parser.pending == 0


@given(st.binary(max_size=4000), st.integers(1, 50))
def test_noise_is_refused_or_waited_for_but_never_anything_else(noise: bytes, step: int) -> None:
    parser = FrameParser()
    try:
        for start in range(0, len(noise), step):
            list(parser.feed(noise[start : start + step]))
    except BadFrame:
        with pytest.raises(BadFrame):
            list(parser.feed(b"\x00\x00\x00"))
    assert parser.pending <= 0xFFFF + 3 + step


@pytest.mark.parametrize(
    ("wire", "told"),
    [
        (b"\x02\x00\x00", "unknown frame kind 0x02"),
        (b"\x00\x00\x01", "HANGUP carries 0 bytes"),
        (b"\x01\x00\x10"[:2] + b"\x0f", "UUID carries 16 bytes"),
        (b"\x03\x00\x02", "DTMF carries 1 byte"),
        (b"\x10\x01\x41", "pairs of bytes"),
        (b"\x10\xff\xfe", "more than 0.5 s"),
        (b"\xff\xff\xff", "an error frame of 65535"),
        (b"GET / HTTP/1.1\r\n", "unknown frame kind 0x47"),
    ],
)
def test_a_bad_header_is_refused_before_its_payload(wire: bytes, told: str) -> None:
    with pytest.raises(BadFrame, match=told):
        list(FrameParser().feed(wire))


def test_good_frames_before_nonsense_are_given() -> None:
    parser, got = FrameParser(), []
    with pytest.raises(BadFrame):
        for frame in parser.feed(encode(Kind.UUID, STREAM.bytes) + b"\x42" + bytes(8)):
            got.append(frame.kind)
    assert got == [Kind.UUID]


def test_the_stream_id_is_the_uuid_of_the_frame() -> None:
    (frame,) = FrameParser().feed(encode(Kind.UUID, STREAM.bytes))
    assert stream_id(frame) == STREAM


def test_rates_follow_the_kind() -> None:
    (frame,) = FrameParser().feed(encode(Kind.SLIN16, bytes(640)))
    assert frame.rate == 16_000
    assert Frame(Kind.HANGUP, b"").rate == 0


def test_a_stream_is_named_first_and_once() -> None:
    assert next_stage(Stage.UNNAMED, Kind.UUID) is Stage.STREAMING
    assert next_stage(Stage.STREAMING, Kind.SLIN) is Stage.STREAMING
    assert next_stage(Stage.STREAMING, Kind.HANGUP) is Stage.ENDED
    for stage, kind in [
        (Stage.UNNAMED, Kind.SLIN),
        (Stage.UNNAMED, Kind.DTMF),
        (Stage.STREAMING, Kind.UUID),
        (Stage.ENDED, Kind.SLIN),
    ]:
        with pytest.raises(BadFrame):
            next_stage(stage, kind)
