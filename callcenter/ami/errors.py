"""What can go wrong between us and the PBX, by whose fault it is."""

from callcenter.ami.messages import Message
from callcenter.core.errors import BadInput, Conflict, NotAllowed, Unavailable


class AmiLinkLost(Unavailable):
    """The PBX could not be reached, or the manager connection ended."""


class AmiProtocolError(AmiLinkLost):
    """What answers is not an Asterisk manager, or its certificate is not the expected one."""


class AmiOverrun(AmiLinkLost):
    """We read more slowly than the PBX sent; the link was closed rather than lose messages unseen."""


class AmiLoginRefused(NotAllowed):
    """The PBX refused the user name or secret."""


class AmiActionTimeout(Unavailable):
    """The PBX did not answer an action in time. It may have carried it out all the same."""


class AmiActionRefused(NotAllowed):
    """The PBX answered an action with an error."""

    def __init__(self, action: str, response: Message) -> None:
        super().__init__(f"The PBX refused {action}: {response.get('Message') or 'no reason given'}.")
        self.action = action
        self.response = response


class AmiActionInFlight(Conflict):
    """An action with this ActionID still waits for its answer."""


class AmiUnsafeValue(BadInput):
    """A value that would break out of its header line, or that Asterisk would cut."""
