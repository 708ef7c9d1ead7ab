"""The parts of the web that live as long as the application does."""

from starlette.requests import Request

from callcenter.web import i18n
from callcenter.web.assets import Assets
from callcenter.web.context import WebContext
from callcenter.web.formats import Formats
from callcenter.web.live.present import Presenter
from callcenter.web.render import Renderer

LANGUAGE_COOKIE = "language"


class Site:
    """Context, templates, static files and the presenter of live notices."""

    def __init__(self, context: WebContext) -> None:
        self.context = context
        self.assets = Assets()
        self.formats = Formats(context.timezone, context.region)
        self.render = Renderer(self.assets, self.formats, context.site_name)
        self.presenter = Presenter(context, self.render)
        # The prefix makes browsers refuse the cookie over plain HTTP and from sub-domains.
        self.cookie = "__Host-callcenter" if context.secure_cookies else "callcenter"

    def language_of(self, request: Request) -> str:
        """For somebody not signed in: the cookie, else what the browser asks for, else the site's."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        if chosen in i18n.LANGUAGES:
            return chosen
        return i18n.negotiate(request.headers.get("accept-language", ""), self.context.default_language)
