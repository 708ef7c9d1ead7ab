"""The configuration files of an instance: the templates of `config/`, filled in."""

import shutil
import string
from collections.abc import Mapping
from pathlib import Path

TEMPLATES = Path(__file__).with_name("config")
MANAGER_SAMPLE = Path(__file__).parents[2] / "docker" / "manager.conf.sample"
"""What a dealership is told to enter."""


class ConfTemplate(string.Template):
    """`@@{name}`, since `$` is the dialplan's own."""

    delimiter = "@@"


def write_config(kind: str, folder: Path, values: Mapping[str, str]) -> None:
    """Write `config/common` and `config/<kind>` into `folder`, every `@@{name}` filled from `values`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for template in sorted([*(TEMPLATES / "common").iterdir(), *(TEMPLATES / kind).iterdir()]):
        text = ConfTemplate(template.read_text(encoding="utf-8")).substitute(values)
        (folder / template.name).write_text(text, encoding="utf-8")


def pbx_agents(extensions: tuple[str, ...]) -> str:
    """The PBX's sections for the agents' phones."""
    return "\n".join(
        f"[{ext}](agent)\nauth = {ext}\naors = {ext}\ncallerid = Agent {ext} <{ext}>\n"
        f"[{ext}](agent-auth)\nusername = {ext}\n[{ext}](agent-aor)\n"
        for ext in extensions
    )


def phone_agents(extensions: tuple[str, ...], sip_port: int) -> str:
    """The handsets' sections: one registration and one line for outgoing calls each."""
    return "\n".join(
        f"[{ext}](agent)\noutbound_auth = {ext}\nfrom_user = {ext}\n"
        f"[{ext}](agent-auth)\nusername = {ext}\n"
        f"[{ext}](agent-registration)\noutbound_auth = {ext}\ncontact_user = {ext}\n"
        f"client_uri = sip:{ext}@127.0.0.1:{sip_port}\n"
        for ext in extensions
    )


def documented_rights() -> str:
    """The `read =` and `write =` lines of the sample, so that every test on the rig also tests the sample."""
    lines = MANAGER_SAMPLE.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith(("read =", "write =")))
