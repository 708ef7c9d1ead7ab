"""The call tracker against what nobody recorded: the traps of other systems, in words."""

import pytest

from callcenter.core import channel_events as ce
from callcenter.core.call_record import AgentOutcome, Direction, Disposition, HangupBy, TransferKind
from callcenter.core.calls import TrackerConfig
from callcenter.core.calls.names import BadExtensionPattern, Namer, number_in_dial_string
from callcenter.core.events import CallAnswered, CallMerged, CallOffered, LegJoined, LegRinging, OfferEnded
from callcenter.core.transcript import Speaker
from tests.core.pbx_stream import START, Pbx


def answered_call(pbx: Pbx) -> tuple[str, str]:
    """A customer and 1001, talking after 2 s of ringing."""
    customer = pbx.incoming()
    agent = pbx.ring(customer, "1001", "1.1")
    pbx.wait(2)
    pbx.talk(customer, agent)
    pbx.wait(3)
    return customer, agent


def outcomes(pbx: Pbx) -> dict[str, AgentOutcome | None]:
    return {agent.extension: agent.outcome for agent in pbx.only_call().agents}


class TestHangup:
    def test_the_button_counts_for_the_leg_it_hangs_up(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        pbx.tell(ce.HangupForced, pbx.facts(agent), 32)
        pbx.leave("b1", customer, agent)
        pbx.hang_up(customer, agent)
        assert pbx.only_call().hangup_by is HangupBy.AGENT

    def test_a_time_limit_is_the_systems(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        pbx.tell(ce.HangupForced, pbx.facts(customer), 8)
        pbx.leave("b1", customer, agent)
        pbx.hang_up(customer, agent)
        assert pbx.only_call().hangup_by is HangupBy.SYSTEM

    def test_a_survey_after_the_agents_hangup_is_no_redirect(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        pbx.ask_hangup(agent)
        pbx.leave("b1", agent, customer)
        pbx.hang_up(agent)
        survey = pbx.ring(customer, "1009", "1.2")
        pbx.wait(1)
        pbx.talk(customer, survey, "b2")
        pbx.wait(1)
        pbx.hang_up_talk(customer, survey, bridge_id="b2")
        assert pbx.only_call().transfers == ()

    def test_stragglers_do_not_revive_a_call(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        pbx.hang_up_talk(customer, agent)
        pbx.tell(ce.ChannelUpdated, pbx.facts(agent))
        assert pbx.only_call().disposition is Disposition.ANSWERED
        assert pbx.tracker.open_calls() == []


class TestRinging:
    def test_everybody_busy(self) -> None:
        pbx = Pbx()
        customer = pbx.incoming()
        for number, id_ in (("1001", "1.1"), ("1002", "1.2")):
            pbx.channel(id_, f"PJSIP/{number}-{id_}", link=customer)
            pbx.tell(ce.DialStarted, pbx.facts(customer), pbx.facts(id_), number)
            pbx.ask_hangup(id_, cause=17)
            pbx.dial_ended(customer, id_, "BUSY")
            pbx.hang_up(id_, cause=17)
        pbx.hang_up(customer, cause=17)
        record = pbx.only_call()
        assert (record.disposition, record.ring_seconds) == (Disposition.BUSY, 0.0)

    def test_the_late_cause_corrects_the_outcome(self) -> None:
        pbx = Pbx()
        customer = pbx.incoming()
        agent = pbx.ring(customer, "1001", "1.1")
        pbx.dial_ended(customer, agent, "NOANSWER")
        pbx.hang_up(agent, cause=21)
        pbx.hang_up(customer)
        assert outcomes(pbx) == {"1001": AgentOutcome.DECLINED}

    def test_cancel_before_the_answer_is_answered_elsewhere_by_cause(self) -> None:
        """The order of a ring group's DialEnds is not fixed (ami.md §D.5)."""
        pbx = Pbx()
        customer = pbx.incoming()
        first, second = pbx.ring(customer, "1001", "1.1"), pbx.ring(customer, "1002", "1.2")
        pbx.dial_ended(customer, first, "CANCEL")
        pbx.dial_ended(customer, second, "ANSWER")
        pbx.hang_up(first, cause=26)
        pbx.bridge("b1", second, customer)
        pbx.hang_up_talk(customer, second)
        assert outcomes(pbx) == {"1001": AgentOutcome.ANSWERED_ELSEWHERE, "1002": AgentOutcome.ANSWERED}

    def test_one_offer_ends_once(self) -> None:
        pbx = Pbx()
        customer = pbx.incoming()
        agent = pbx.ring(customer, "1001", "1.1")
        for status in ("NOANSWER", "CANCEL", "CANCEL"):
            pbx.dial_ended(customer, agent, status)
        pbx.hang_up(agent, customer)
        assert pbx.kinds().count("OfferEnded") == 1

    def test_pbx_answers_itself_after_vain_ringing(self) -> None:
        pbx = Pbx()
        customer = pbx.incoming()
        agent = pbx.ring(customer, "1001", "1.1")
        pbx.wait(4)
        pbx.dial_ended(customer, agent, "NOANSWER")
        pbx.change(customer, state=ce.UP)
        pbx.hang_up(agent)
        pbx.wait(5)
        pbx.ask_hangup(customer)
        pbx.hang_up(customer)
        record = pbx.only_call()
        assert (record.voicemail, record.disposition, record.answered_at) == (True, Disposition.NO_ANSWER, None)


class TestTransfers:
    def test_consultation_without_a_hold_is_inside_the_call(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        second_line = pbx.channel("2.0", "PJSIP/1001-2.0", state=ce.RING, exten="1002")
        asked = pbx.ring(second_line, "1002", "2.1")
        pbx.wait(1)
        pbx.talk(second_line, asked, "b2")
        pbx.wait(1)
        pbx.hang_up_talk(asked, second_line, bridge_id="b2")
        pbx.wait(1)
        pbx.hang_up_talk(customer, agent)
        record = pbx.only_call()
        assert (record.hangup_by, record.final_agent, record.transfers) == (HangupBy.CUSTOMER, "1001", ())
        assert [event.extension for event in pbx.said if isinstance(event, CallAnswered)] == ["1001"]

    def test_blonde_by_the_phone(self) -> None:
        """REFER with Replaces while the colleague's phone rings: no target in the event, Local glue in between."""
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        second_line = pbx.channel("2.0", "PJSIP/1001-2.0", state=ce.RING, exten="1002")
        asked = pbx.ring(second_line, "1002", "2.1")
        pbx.wait(1)
        one = pbx.channel("3.0", "Local/_attended@transfer/m-0;1", link=customer)
        two = pbx.channel("3.1", "Local/_attended@transfer/m-0;2", link=customer)
        pbx.tell(ce.LocalPaired, pbx.facts(one), pbx.facts(two))
        pbx.leave("b1", agent)
        pbx.bridge("b1", one)
        pbx.tell(ce.AttendedTransferred, pbx.facts(agent), pbx.facts(second_line), pbx.facts(customer), None)
        pbx.hang_up(second_line, agent)
        pbx.wait(2)
        pbx.answer(two, asked)
        pbx.bridge("b2", asked, two)
        pbx.wait(3)
        pbx.hang_up_talk(customer, asked)
        pbx.hang_up(one, two)
        record = pbx.only_call()
        assert [(t.kind, t.from_, t.to) for t in record.transfers] == [(TransferKind.BLONDE, "1001", "1002")]
        assert (record.final_agent, record.hangup_by) == ("1002", HangupBy.CUSTOMER)
        assert record.agents[1].ring_seconds == 3

    def test_consultation_of_a_deaf_system_merges_late(self) -> None:
        """The consultation was an internal call of its own until the transfer (bridges were not heard)."""
        pbx = Pbx()
        customer = pbx.incoming()
        agent = pbx.ring(customer, "1001", "1.1")
        pbx.answer(customer, agent)
        second_line = pbx.channel("2.0", "PJSIP/1001-2.0", state=ce.RING, exten="1002")
        asked = pbx.ring(second_line, "1002", "2.1")
        pbx.talk(second_line, asked, "b2")
        assert len(pbx.tracker.open_calls()) == 2
        pbx.tell(
            ce.AttendedTransferred, pbx.facts(agent), pbx.facts(second_line), pbx.facts(customer), pbx.facts(asked)
        )
        pbx.hang_up(second_line, agent)
        pbx.bridge("b2", customer)
        pbx.wait(1)
        pbx.hang_up_talk(customer, asked, bridge_id="b2")
        merged = [event for event in pbx.said if isinstance(event, CallMerged)]
        assert [(event.call_id, event.into) for event in merged] == [("2.0", "1.0")]
        record = pbx.only_call()
        assert [t.to for t in record.transfers] == ["1002"]
        rejoined = [e for e in pbx.said if isinstance(e, LegRinging) and e.leg_id == asked]
        assert [event.call_id for event in rejoined] == ["2.0", "1.0"]


class TestOutbound:
    def test_callback_that_calls_the_customer_first(self) -> None:
        pbx = Pbx()
        customer = pbx.channel("1.0", "PJSIP/trunk-1", number="13900139000")
        pbx.dial(None, customer, "13900139000@trunk")
        pbx.wait(2)
        pbx.answer(None, customer)
        agent = pbx.ring(customer, "1001", "1.1")
        pbx.wait(1)
        pbx.talk(customer, agent)
        pbx.wait(4)
        pbx.hang_up_talk(agent, customer)
        record = pbx.only_call()
        assert (record.direction, record.customer_number) == (Direction.OUTBOUND, "13900139000")
        assert (record.final_agent, record.hangup_by) == ("1001", HangupBy.AGENT)

    def test_second_trunk_after_the_first_failed(self) -> None:
        pbx = Pbx()
        agent = pbx.channel("1.0", "PJSIP/1001-1", state=ce.RING, exten="013900139000")
        first = pbx.channel("1.1", "PJSIP/trunk-1", link=agent)
        pbx.dial(agent, first, "13900139000@trunk")
        pbx.dial_ended(agent, first, "CONGESTION")
        pbx.hang_up(first, cause=34)
        second = pbx.channel("1.2", "PJSIP/backup-1", link=agent)
        pbx.dial(agent, second, "13900139000@backup")
        pbx.wait(2)
        pbx.talk(agent, second)
        pbx.wait(3)
        pbx.hang_up_talk(second, agent)
        record = pbx.only_call()
        assert (record.disposition, record.ring_seconds, record.talk_seconds) == (Disposition.ANSWERED, 2, 3)
        assert record.hangup_by is HangupBy.CUSTOMER

    def test_a_number_no_route_leads_to_is_a_failed_call(self) -> None:
        pbx = Pbx()
        agent = pbx.channel("1.0", "PJSIP/1001-1", state=ce.RING, exten="013900139000")
        pbx.hang_up(agent)
        record = pbx.only_call()
        assert (record.direction, record.disposition) == (Direction.OUTBOUND, Disposition.FAILED)
        assert (record.dialled_number, record.final_agent) == ("013900139000", "1001")

    def test_a_feature_code_is_no_call(self) -> None:
        pbx = Pbx()
        pbx.hang_up(pbx.channel("1.0", "PJSIP/1001-1", state=ce.RING, exten="*97"))
        assert pbx.ended() == []


class TestParties:
    def test_a_listening_supervisor_is_no_call(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        spy = pbx.channel("5.0", "PJSIP/1005-5", state=ce.RING, exten="*222")
        pbx.tell(ce.SpyStarted, pbx.facts(spy), pbx.facts(agent))
        pbx.ask_hangup(spy)
        pbx.hang_up_talk(customer, agent)
        pbx.hang_up(spy)
        record = pbx.only_call()
        assert ([a.extension for a in record.agents], record.hangup_by) == (["1001"], HangupBy.CUSTOMER)

    def test_privacy_is_asked_for_and_respected(self) -> None:
        pbx = Pbx()
        customer = pbx.incoming()
        (wanted,) = pbx.tracker.take_wanted()
        assert (wanted.channel_id, wanted.variable) == (customer, "CALLERID(num-pres)")
        pbx.tell(ce.VariableKnown, customer, wanted.variable, "prohib_not_screened")
        assert "CallChanged" in pbx.kinds()
        pbx.hang_up(customer)
        record = pbx.only_call()
        assert (record.customer_number, record.customer_name, record.number_hidden) == ("", "", True)

    def test_speakers_of_the_legs(self) -> None:
        pbx = Pbx()
        customer, agent = answered_call(pbx)
        joined = {event.leg_id: (event.speaker, event.extension) for event in pbx.said if isinstance(event, LegJoined)}
        assert joined == {customer: (Speaker.CUSTOMER, None), agent: (Speaker.AGENT, "1001")}

    def test_taps_are_nobody(self) -> None:
        pbx = Pbx()
        pbx.channel("9.0", "AudioSocket/127.0.0.1:9-u")
        pbx.channel("9.1", "Snoop/9.1-0")
        assert (pbx.said, pbx.tracker.open_calls()) == ([], [])

    def test_an_id_is_never_used_twice(self) -> None:
        pbx = Pbx()
        pbx.hang_up(pbx.incoming("1.0"))
        pbx.ended()
        pbx.channel("1.7", "PJSIP/trunk-7", link="1.0", state=ce.RING)
        pbx.hang_up("1.7")
        assert [record.call_id for record in pbx.ended()] == ["1.0", "1.7"]


class TestGap:
    def down_for(self, pbx: Pbx, seconds: float) -> None:
        lost = pbx.at
        pbx.wait(seconds)
        pbx.said += pbx.tracker.handle(ce.LinkLost(lost, pbx.at))
        pbx.tell(ce.LinkRestored)

    def listed(self, pbx: Pbx, id_: str, bridge: str = "", age: float = 10, application: str = "Dial") -> None:
        pbx.tell(ce.ChannelListed, pbx.facts(id_), bridge, age, application, "4001")

    def test_ended_unseen(self) -> None:
        pbx = Pbx()
        answered_call(pbx)
        self.down_for(pbx, 8)
        pbx.tell(ce.ChannelListComplete)
        record = pbx.only_call()
        assert (record.disposition, record.hangup_by, record.ended_at) == (
            Disposition.ANSWERED, HangupBy.UNKNOWN, START + 2 + 3 + 4
        )  # fmt: skip
        assert record.gap is not None
        assert {"ended_at", "hangup_by", "talk_seconds"} <= set(record.gap.estimated)

    def test_ringing_and_gone_is_lost(self) -> None:
        pbx = Pbx()
        pbx.ring(pbx.incoming(), "1001", "1.1")
        self.down_for(pbx, 8)
        pbx.tell(ce.ChannelListComplete)
        assert pbx.only_call().disposition is Disposition.LOST

    def test_answered_unseen_and_the_exact_time_asked_for(self) -> None:
        pbx = Pbx()
        customer = pbx.incoming()
        agent = pbx.ring(customer, "1001", "1.1")
        pbx.tracker.take_wanted()
        self.down_for(pbx, 6)
        for id_ in (customer, agent):
            pbx._facts[id_] = pbx.facts(id_)._replace(state=ce.UP)
            self.listed(pbx, id_, "b1")
        pbx.tell(ce.ChannelListComplete)
        assert [w.variable for w in pbx.tracker.take_wanted()] == ["CDR(start,u)", "CDR(answer,u)"]
        pbx.tell(ce.VariableKnown, customer, "CDR(answer,u)", "1003.25")
        pbx.wait(1)
        pbx.hang_up_talk(agent, customer)
        record = pbx.only_call()
        assert (record.answered_at, record.ring_seconds, record.agents[0].ring_seconds) == (1003.25, 3.25, 3.25)
        assert record.gap is not None
        assert "answered_at" not in record.gap.estimated

    def test_begun_unseen(self) -> None:
        pbx = Pbx()
        self.down_for(pbx, 1)
        pbx.wait(100)
        self.down_for(pbx, 10)
        pbx._facts["1.0"] = ce.ChannelFacts("1.0", "1.0", "PJSIP/trunk-1", ce.UP, "13800138000", "", "", "4001")
        pbx._facts["1.1"] = ce.ChannelFacts("1.1", "1.0", "PJSIP/1001-1", ce.UP, "1001", "", "", "")
        self.listed(pbx, "1.1", "b1", 6, "AppDial")
        self.listed(pbx, "1.0", "b1", 8)
        pbx.tell(ce.ChannelListComplete)
        pbx.wait(2)
        pbx.hang_up_talk("1.0", "1.1")
        record = pbx.only_call()
        assert (record.direction, record.customer_number) == (Direction.INBOUND, "13800138000")
        assert (record.started_at, record.final_agent, record.disposition) == (
            START + 111 - 8, "1001", Disposition.ANSWERED
        )  # fmt: skip

    def test_two_parked_calls_stay_two(self) -> None:
        pbx = Pbx()
        parked = [pbx.incoming("1.0"), pbx.incoming("2.0", number="13900139000")]
        self.down_for(pbx, 8)
        for id_ in parked:
            self.listed(pbx, id_, "parking-bridge", application="Park")
        pbx.tell(ce.ChannelListComplete)
        assert len(pbx.tracker.open_calls()) == 2

    def test_restart_of_the_pbx_ends_everything(self) -> None:
        pbx = Pbx()
        answered_call(pbx)
        self.down_for(pbx, 8)
        pbx.tell(ce.PbxBooted, pbx.at - 2)
        record = pbx.only_call()
        assert (record.hangup_by, record.ended_at) == (HangupBy.SYSTEM, START + 5 + 3)

    def test_a_mere_link_loss_ends_nothing(self) -> None:
        pbx = Pbx()
        answered_call(pbx)
        self.down_for(pbx, 8)
        pbx.tell(ce.PbxBooted, START - 5000)
        assert len(pbx.tracker.open_calls()) == 1

    def test_a_call_that_came_while_the_list_was_told_stays(self) -> None:
        pbx = Pbx()
        self.down_for(pbx, 1)
        pbx.incoming()
        pbx.tell(ce.ChannelListComplete)
        assert len(pbx.tracker.open_calls()) == 1


def test_offered_and_ended_offers_pair_up() -> None:
    pbx = Pbx()
    customer, agent = answered_call(pbx)
    pbx.hang_up_talk(customer, agent)
    offered = [event.extension for event in pbx.said if isinstance(event, CallOffered)]
    assert offered == [event.extension for event in pbx.said if isinstance(event, OfferEnded)]


@pytest.mark.parametrize(
    ("dial_string", "number"),
    [
        ("13900139000@trunk", "13900139000"),
        ("trunk/sip:+8613900139000@10.0.0.1:5060", "+8613900139000"),
        ("trunk/13900139000", "13900139000"),
        ("4000/13900139000", "13900139000"),
        ("g0/02188880000", "02188880000"),
        ("13900139000@trunk,60,tT", "13900139000"),
        ("trunk", ""),
    ],
)
def test_number_in_dial_string(dial_string: str, number: str) -> None:
    assert number_in_dial_string(dial_string) == number


@pytest.mark.parametrize(
    ("name", "kind", "extension"),
    [
        ("PJSIP/1001-0000002a", "phone", "1001"),
        ("PJSIP/trunk-0000002a", "trunk", None),
        ("PJSIP/trunk-sh-2-0000002a", "trunk", None),
        ("PJSIP/4000-0000002a", "trunk", None),
        ("SIP/1001-0000002a<ZOMBIE>", "phone", "1001"),
        ("Local/1001@fm-00000004;1", "local", None),
        ("DAHDI/12-1", "trunk", None),
        ("AudioSocket/127.0.0.1:9192-x", "tap", None),
        ("", "tap", None),
    ],
)
def test_names(name: str, kind: str, extension: str | None) -> None:
    identity = Namer(TrackerConfig(trunks=frozenset({"4000"}))).identify(name)
    assert (str(identity.kind), identity.extension) == (kind, extension)


def test_extension_in_a_longer_endpoint() -> None:
    namer = Namer(TrackerConfig(extension_pattern=r"(?:90)?(?P<ext>\d{4})"))
    assert namer.identify("PJSIP/901001-01").extension == "1001"


def test_bad_pattern_names_itself() -> None:
    with pytest.raises(BadExtensionPattern, match=r"\(\("):
        Namer(TrackerConfig(extension_pattern="(("))
