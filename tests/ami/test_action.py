"""Actions on their way out: nothing breaks out of its line, and Asterisk takes every line whole."""

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ami import actions
from callcenter.ami.action import MAX_LINE_BYTES, SafeAction
from callcenter.ami.config import EventFilter
from callcenter.ami.errors import AmiUnsafeValue

TAP = UUID("0b8a1f0e-59a3-4f3c-8f5d-3f6f3c1a2b4d")


@pytest.mark.parametrize("bad", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b", "\ud800"])
def test_a_value_cannot_break_out(bad: str) -> None:
    for name, keys, variables in (
        ("Ping", {"ActionID": bad}, {}),
        (bad, {}, {}),
        ("Originate", {}, {"NAME": bad}),
        ("Ping", {bad: "x"}, {}),
    ):
        with pytest.raises(AmiUnsafeValue):
            SafeAction(name, keys, variables)


def test_a_value_set_later_is_checked_when_sent() -> None:
    action = actions.ping()
    action.keys["ActionID"] = "1\r\nAction: Logoff"
    with pytest.raises(AmiUnsafeValue):
        action.encode()


def test_the_longest_line() -> None:
    room = MAX_LINE_BYTES - len("ActionID: ")
    assert SafeAction("Ping", {"ActionID": "x" * room}).encode()
    with pytest.raises(AmiUnsafeValue, match="1023 bytes"):
        SafeAction("Ping", {"ActionID": "x" * (room + 1)})
    with pytest.raises(AmiUnsafeValue):
        SafeAction("Ping", {"ActionID": "张" * (room // 3 + 1)})


def test_too_many_lines() -> None:
    assert SafeAction("X", {f"K{number}": "v" for number in range(127)}).encode()
    with pytest.raises(AmiUnsafeValue, match="128"):
        SafeAction("X", {f"K{number}": "v" for number in range(128)})


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=5))
def test_what_passes_has_exactly_its_lines(keys: dict[str, str]) -> None:
    try:
        data = SafeAction("X", keys).encode()
    except AmiUnsafeValue:
        return
    lines = data.split(b"\r\n")
    assert len(lines) == 1 + len([value for value in keys.values() if value]) + 2
    assert lines[-2:] == [b"", b""]
    assert data.count(b"\n") == len(lines) - 1


@pytest.mark.parametrize("value", ["a,__EVIL=1", 'a"b', "a\\,b"])
def test_a_variable_cannot_set_another(value: str) -> None:
    with pytest.raises(AmiUnsafeValue):
        SafeAction("Originate", variables={"NAME": value})


def test_the_secret_is_not_shown() -> None:
    assert "s3cret" not in repr(actions.login("cc", "s3cret"))
    action = actions.login_md5("cc", "s3cret", "42")
    assert action.keys["Key"] == hashlib.md5(b"42s3cret").hexdigest()
    assert b"s3cret" not in action.encode()


def test_tap() -> None:
    assert actions.originate_tap("PJSIP/1001-0000002a", "10.0.0.5", 9092, TAP).encode().decode() == (
        "Action: Originate\r\n"
        f"Channel: AudioSocket/10.0.0.5:9092/{TAP}\r\n"
        "Application: ChanSpy\r\n"
        "Data: PJSIP/1001-0000002a,qoES\r\n"
        "Async: true\r\n"
        f"ActionID: tap-{TAP}\r\n\r\n"
    )
    assert "[fd00::5]:9092" in actions.originate_tap("PJSIP/1", "fd00::5", 9092, TAP).keys["Channel"]


@pytest.mark.parametrize("channel", ["PJSIP/1001,bqW", "PJSIP/1 2", "", "a&b", "${SHELL(x)}"])
def test_a_tap_takes_plain_channels_only(channel: str) -> None:
    with pytest.raises(AmiUnsafeValue):
        actions.originate_tap(channel, "10.0.0.5", 9092, TAP)


def test_mix_monitor() -> None:
    action = actions.mix_monitor(
        "PJSIP/1001-1", received="cc/2026/a-in.wav", transmitted="cc/2026/a-out.wav", options="S"
    )
    assert action.keys["Options"] == "Sr(cc/2026/a-in.wav)t(cc/2026/a-out.wav)"
    assert "File" not in action.keys


@pytest.mark.parametrize("name", ["../etc/x.wav", "a/../../b.wav", "a b.wav", "a.wav,b", "a|id", "$(id).wav", "a)t(b"])
def test_recording_names_are_ours(name: str) -> None:
    with pytest.raises(AmiUnsafeValue):
        actions.mix_monitor("PJSIP/1001-1", received=name)


def test_click_to_call() -> None:
    action = actions.originate_call(
        "PJSIP/1001",
        "13900139000",
        context="from-internal",
        action_id="c2c-7",
        caller_id=actions.caller_id("张伟", "13900139000"),
        timeout_seconds=20,
        variables={"CC_CASE": "7"},
    )
    text = action.encode().decode()
    assert 'CallerID: "张伟" <13900139000>\r\n' in text
    assert "Timeout: 20000\r\n" in text
    assert text.endswith("Variable: CC_CASE=7\r\n\r\n")


@pytest.mark.parametrize("name", ['a" <1>', "a<b", "a\\"])
def test_caller_id_cannot_end_early(name: str) -> None:
    with pytest.raises(AmiUnsafeValue):
        actions.caller_id(name, "1")


def test_hangup_is_no_pattern() -> None:
    with pytest.raises(AmiUnsafeValue):
        actions.hangup("/.*/")


def test_empty_headers_are_left_out() -> None:
    assert "Reason" not in actions.queue_pause("PJSIP/1001", paused=True).keys
    assert actions.queue_pause("PJSIP/1001", paused=False).keys["Paused"] == "false"


def test_exclude_event_is_the_form_that_works() -> None:
    action = actions.exclude_events(EventFilter(event="Cdr"))
    assert action.keys == {"Operation": "Add", "MatchCriteria": "action(exclude),name(Cdr),method(none)"}
    action = actions.exclude_events(EventFilter(event="VarSet", header="Variable", pattern="^[^M]"))
    assert action.keys["MatchCriteria"] == "action(exclude),name(VarSet),header(Variable),method(regex)"
    assert action.keys["Filter"] == "^[^M]"


def test_getvar_names_its_question() -> None:
    action = actions.getvar("CDR(answer,u)", "PJSIP/trunk-1", "1795294072.5")
    assert action.keys["ActionID"] == "getvar|1795294072.5|CDR(answer,u)"
