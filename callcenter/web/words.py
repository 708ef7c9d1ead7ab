"""The words for stored values, in the language in use. One table per kind, so that every page says the same."""

from callcenter.web.i18n import gettext
from callcenter.web.i18n import marked as _

WORDS: dict[str, dict[str, str]] = {
    "state": {
        "idle": _("Ready"),
        "ringing": _("Ringing"),
        "queued": _("In queue"),
        "talking": _("Talking"),
        "held": _("On hold"),
        "ended": _("Ended"),
        "wrap_up": _("Wrap-up"),
        "closed": _("Closed"),
    },
    "direction": {"inbound": _("Inbound"), "outbound": _("Outbound"), "internal": _("Internal")},
    "disposition": {
        "answered": _("Answered"),
        "abandoned": _("Caller gave up"),
        "no_answer": _("Not answered"),
        "busy": _("Busy"),
        "declined": _("Declined"),
        "failed": _("Failed"),
        "lost": _("Lost from sight"),
    },
    "outcome": {
        "answered": _("Answered"),
        "no_answer": _("Not answered"),
        "declined": _("Declined"),
        "busy": _("Busy"),
        "forwarded": _("Forwarded"),
        "answered_elsewhere": _("Answered by a colleague"),
        "cancelled": _("Caller gave up"),
    },
    "transfer": {
        "blind": _("Transferred"),
        "attended": _("Transferred after consultation"),
        "blonde": _("Transferred while ringing"),
        "park": _("Parked"),
    },
    "hangup": {
        "customer": _("Customer"),
        "agent": _("Agent"),
        "system": _("Telephone system"),
        "unknown": _("Unknown"),
    },
    "speaker": {"agent": _("Agent"), "customer": _("Customer"), "unknown": _("Speaker")},
    "severity": {"1": _("Hint"), "2": _("Watch"), "3": _("Complaint"), "4": _("Serious"), "5": _("Critical")},
    "verdict": {"confirmed": _("Correct"), "rejected": _("False alarm"), "": ""},
    "recording": {
        "recording": _("Being recorded"),
        "pending": _("Waiting to be transcribed"),
        "transcribing": _("Being transcribed"),
        "transcribed": _("Transcribed"),
        "failed": _("Transcription failed"),
        "missing": _("File not found"),
    },
    "layout": {
        "stereo": _("Both sides"),
        "agent": _("Agent's side"),
        "customer": _("Customer's side"),
        "mixed": _("Mixed"),
    },
    "listening": {
        "two-pass": _("Listening, corrected at the end of each sentence"),
        "vosk": _("Listening"),
        "whisper": _("Listening"),
        "live": _("Listening"),
        "after_call": _("Will be transcribed after the call"),
        "off": _("Live text is off"),
    },
    "degraded": {
        "no_second_pass": _("Busy: sentences are not corrected"),
        "customer_only": _("Busy: only the customer's words"),
        "after_call": _("Busy: transcribed after the call"),
        "no_audio": _("No sound arrives from the telephone system"),
        "no_model": _("No speech model for this language"),
        "worker_restarted": _("Speech process restarted; some words may be missing"),
    },
    "gender": {"f": _("Ms."), "m": _("Mr."), "u": ""},
    "customer_kind": {"person": _("Person"), "company": _("Company")},
    "vehicle_role": {"owner": _("Owner"), "driver": _("Driver"), "payer": _("Payer"), "contact": _("Contact")},
    "energy": {
        "petrol": _("Petrol"),
        "diesel": _("Diesel"),
        "hybrid": _("Hybrid"),
        "phev": _("Plug-in hybrid"),
        "bev": _("Electric"),
        "electric": _("Electric"),
    },
    "order_kind": {
        "maintenance": _("Maintenance"),
        "repair": _("Repair"),
        "body": _("Body work"),
        "warranty": _("Warranty"),
        "other": _("Other visit"),
    },
    "order_status": {
        "open": _("In the workshop"),
        "waiting_parts": _("Waiting for parts"),
        "ready": _("Ready for pick-up"),
        "closed": _("Done"),
    },
    "role": {
        "agent": _("Agent"),
        "qa": _("Quality reviewer"),
        "supervisor": _("Supervisor"),
        "admin": _("Administrator"),
    },
    "theme": {"auto": _("As the computer"), "light": _("Light"), "dark": _("Dark")},
    "level": {"ok": _("Fine"), "warn": _("Attention"), "bad": _("Trouble"), "off": _("Off")},
    "worker": {"pass one": _("First pass"), "pass two": _("Second pass")},
    "disk": {"data": _("Database and journal"), "recordings": _("Recordings"), "models": _("Speech models")},
    "event": {
        "CallStarted": _("Call began"),
        "CallQueued": _("Entered the queue"),
        "CallOffered": _("Rang at an agent"),
        "OfferEnded": _("Ringing ended"),
        "CallAnswered": _("Answered by an agent"),
        "LegJoined": _("A party joined"),
        "LegLeft": _("A party left"),
        "CallHeld": _("Put on hold"),
        "CallResumed": _("Hold ended"),
        "CallTransferred": _("Transferred"),
        "CallMerged": _("Calls were joined"),
        "DigitPressed": _("A key was pressed"),
        "CallChanged": _("Corrected"),
        "CallEnded": _("Call ended"),
    },
    "estimated": {
        "started_at": _("start"),
        "answered_at": _("time of answer"),
        "ended_at": _("end"),
        "hold_seconds": _("hold"),
        "talk_seconds": _("talk"),
        "ring_seconds": _("ring"),
        "wait_seconds": _("wait"),
        "hangup_by": _("who hung up"),
        "agents": _("agents"),
        "transfers": _("transfers"),
        "disposition": _("outcome"),
    },
}


def word(value: object, kind: str) -> str:
    """`value` in words; a value that is not in the table (a newer part's) is shown as it is."""
    text = "" if value is None else str(value)
    found = WORDS[kind].get(text)
    if found is None:
        return text.replace("_", " ")
    return gettext(found) if found else ""
