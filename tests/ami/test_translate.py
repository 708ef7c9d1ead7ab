"""Manager messages to channel events."""

from callcenter.ami.messages import Message, Received
from callcenter.ami.parser import is_wanted, parse_block
from callcenter.ami.translate import RULES, WANTED, Translator
from callcenter.core import channel_events as ce

CHANNEL = {
    "Channel": "PJSIP/trunk-00000008",
    "ChannelState": "4",
    "CallerIDNum": "13800138000",
    "CallerIDName": "Zhang San",
    "ConnectedLineNum": "<unknown>",
    "Exten": "4001",
    "Uniqueid": "1.8",
    "Linkedid": "1.8",
}


def translate(*messages: dict[str, str], connections: tuple[int, ...] = ()) -> list[ce.ChannelEvent]:
    """The events of the messages, a second apart; without the first link's `LinkRestored`."""
    translator = Translator()
    found: list[ce.ChannelEvent] = []
    for number, headers in enumerate(messages):
        connection = connections[number] if connections else 1
        found += translator.translate(Received(Message(headers), 100.0 + number, connection))
    assert isinstance(found[0], ce.LinkRestored)
    return found[1:]


def test_a_channel() -> None:
    (event,) = translate({"Event": "Newchannel", **CHANNEL})
    facts = ce.ChannelFacts("1.8", "1.8", "PJSIP/trunk-00000008", 4, "13800138000", "Zhang San", "", "4001")
    assert event == ce.ChannelCreated(100.0, 100.0, facts)


def test_the_events_own_time_wins() -> None:
    (event,) = translate({"Event": "Newchannel", "Timestamp": "99.25", **CHANNEL})
    assert (event.at, event.received_at) == (99.25, 100.0)


def test_strange_values_are_neutral() -> None:
    odd = {"Event": "Hangup", "Timestamp": "soon", "Cause": "nan", "Uniqueid": "1.8", "ChannelState": "-7"}
    (event,) = translate(odd)
    assert isinstance(event, ce.ChannelHungUp)
    assert (event.at, event.cause, event.channel.state) == (100.0, 0, 0)


def test_every_rule_survives_an_empty_event() -> None:
    for name in RULES:
        translate({"Event": name})


def test_originates_dial_has_no_source() -> None:
    dest = {f"Dest{key}": value for key, value in CHANNEL.items()}
    (event,) = translate({"Event": "DialBegin", "DialString": "1001", **dest})
    assert isinstance(event, ce.DialStarted)
    assert (event.channel, event.dest.id) == (None, "1.8")


def test_a_name_loses_the_escapes_of_sip() -> None:
    (event,) = translate({"Event": "Newchannel", **CHANNEL, "CallerIDName": "O\\'Neil \\\\ Co"})
    assert isinstance(event, ce.ChannelCreated)
    assert event.channel.caller_name == "O'Neil \\ Co"


def test_prohibited_presentation() -> None:
    hidden = {"Event": "NewCallerid", "CID-CallingPres": "35 (Presentation Prohibited, Network Number)"}
    shown = {"Event": "NewCallerid", "CID-CallingPres": "0 (Presentation Allowed, Not Screened)"}
    events = translate({**hidden, **CHANNEL}, {**shown, **CHANNEL})
    assert [event.number_hidden for event in events if isinstance(event, ce.ChannelUpdated)] == [True, False]


def test_parking_is_a_waiting_room() -> None:
    (event,) = translate({"Event": "BridgeEnter", "BridgeTechnology": "holding_bridge", **CHANNEL})
    assert isinstance(event, ce.BridgeEntered)
    assert event.waiting_room


def test_recording_names() -> None:
    events = translate(
        {"Event": "VarSet", "Variable": "MIXMONITOR_FILENAME", "Value": "/a.wav", **CHANNEL},
        {"Event": "VarSet", "Variable": "DIALSTATUS", "Value": "ANSWER", **CHANNEL},
        {"Event": "Hangup", "ChanVariable": "MIXMONITOR_FILENAME=/b=c.wav", **CHANNEL},
        {"Event": "Hangup", "ChanVariable": "MIXMONITOR_FILENAME=/dev/null.wav", **CHANNEL},
    )
    assert [event.filename for event in events if isinstance(event, ce.RecordingNamed)] == ["/a.wav", "/b=c.wav"]
    assert isinstance(events[1], ce.RecordingNamed), "a recording is named before its channel goes"


def test_a_new_connection_is_a_gap() -> None:
    events = translate({"Event": "X"}, {"Event": "X"}, {"Event": "X"}, connections=(4, 4, 5))
    assert events == [ce.LinkLost(101.0, 102.0), ce.LinkRestored(102.0, 102.0)]


def test_a_second_login_on_one_connection_is_a_gap() -> None:
    events = translate({"Event": "FullyBooted", "Uptime": "50"}, {"Event": "FullyBooted", "Uptime": "1"})
    assert [type(event).__name__ for event in events] == ["PbxBooted", "LinkLost", "LinkRestored", "PbxBooted"]
    assert events[-1] == ce.PbxBooted(101.0, 101.0, 100.0)


def test_a_list_tells_the_age_either_way() -> None:
    events = translate(
        {"Event": "CoreShowChannel", "Duration": "01:02:03", "BridgeId": "b", "Application": "Dial", **CHANNEL},
        {"Event": "Status", "Seconds": "7", "BridgeID": "b", "DNID": "4001", **CHANNEL},
    )
    listed = [event for event in events if isinstance(event, ce.ChannelListed)]
    assert [(e.age_seconds, e.bridge_id, e.dialled_number) for e in listed] == [(3723, "b", ""), (7, "b", "4001")]


def test_answers_to_our_questions() -> None:
    answer = {"Response": "Success", "ActionID": "getvar|1.8|CDR(answer,u)", "Value": "99.5"}
    refused = {"Response": "Error", "ActionID": "getvar|1.9|CDR(answer,u)"}
    stranger = {"Response": "Success", "ActionID": "getvar", "Value": "x"}
    assert translate(answer, refused, stranger) == [ce.VariableKnown(100.0, 100.0, "1.8", "CDR(answer,u)", "99.5")]


def test_what_the_parser_may_skip() -> None:
    wanted = b"Event: VarSet\r\nVariable: MIXMONITOR_FILENAME\r\nValue: /a.wav"
    unwanted = (
        b"Event: VarSet\r\nVariable: DIALSTATUS",
        b"Event: RTCPSent\r\nX: 1",
        b"Event: Newexten\r\nApplication: Dial\r\n",
    )
    assert is_wanted(wanted, WANTED)
    assert not any(is_wanted(block, WANTED) for block in unwanted)
    assert parse_block(wanted)[0].event in RULES
