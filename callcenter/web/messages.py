"""Sentences that parts below raise and pages show: marked here, so that they are in the catalogues."""

from callcenter.web.i18n import marked as _

MESSAGES = (
    _("sign in first"),
    _("your role does not include this"),
    _("this call is another agent's"),
    _("this call is no longer on your desk"),
    _("there is no such call"),
    _("there is no such recording"),
    _("the recording's file is missing"),
    _("choose one of the customers"),
    _("choose what the call was about"),
    _("a note has at most 4000 characters"),
    _("an alert is confirmed, rejected or just seen"),
    _("a customer needs a name"),
    _("a password needs at least 10 characters"),
    _("a user needs a name of 1 to 60 characters"),
    _("this request came from another site"),
    _("this page is out of date; reload it and try again"),
)
