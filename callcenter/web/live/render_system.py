"""What every page shows of a notice: the telephone link's chip, and that one's own telephone rings."""

from callcenter.live.notices import Notice
from callcenter.web.live import frames
from callcenter.web.live.views import View, extension_topic
from callcenter.web.render import Renderer


def link_frames(render: Renderer, notice: Notice) -> list[bytes]:
    """The link went up or down."""
    up = bool(notice.data["up"])
    html = render.partial("#link", "_link.html", {"link_up": up, "link_since": notice.data.get("since")})
    return [frames.html(html), frames.data("link", {"up": up})]


def base_frames(notice: Notice, view: View) -> list[bytes]:
    """A call for this user while another page is open: the browser says so and offers the desk."""
    if notice.kind != "call" or notice.topic != extension_topic(view.user.extension or ""):
        return []
    return [frames.data("ring", {"id": notice.data["id"], "change": notice.data["change"]})]
