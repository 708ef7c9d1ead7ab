"""Getvar: the channel variables and functions that clients ask for."""

from callcenter.sim.switch.model import Channel


def value_of(channel: Channel, variable: str) -> str:
    """Empty for a variable that is not set, as Asterisk answers."""
    answered = f"{channel.answered_at:.6f}" if channel.answered_at is not None else ""
    values = {
        "CDR(answer,u)": answered,
        "CDR(start,u)": f"{channel.created_at:.6f}",
        "CALLERID(num)": channel.caller.number,
        "CALLERID(name)": channel.caller.name,
        "CALLERID(num-pres)": "prohib_not_screened" if channel.hidden else "allowed_not_screened",
        "CHANNEL(linkedid)": channel.linkedid,
        "UNIQUEID": channel.uniqueid,
        "CHANNEL(audioreadformat)": "ulaw",
    }
    return values.get(variable, "")
