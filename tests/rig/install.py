"""Where `setup_asterisk.sh` unpacked Asterisk, and the command that starts it.

The packages are newer than the machine's C library, so the binary is started through the unpacked loader with the
unpacked libraries; nothing of it is installed and no root is needed."""

import os
from dataclasses import dataclass
from pathlib import Path

from callcenter.core.errors import Unavailable

REPOSITORY = Path(__file__).parents[2]
HOW_TO_GET_IT = "run: make asterisk"


class AsteriskMissing(Unavailable):
    """The rig's Asterisk is not set up on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One unpacked Asterisk."""

    root: Path
    loader: Path
    libraries: Path
    binary: Path

    @property
    def modules(self) -> Path:
        return self.libraries / "asterisk" / "modules"

    @property
    def data(self) -> Path:
        """Asterisk's `astdatadir`: sounds, documentation."""
        return self.root / "usr" / "share" / "asterisk"

    @property
    def sounds(self) -> Path:
        """The English prompts, 8 kHz WAV."""
        return self.data / "sounds" / "en"

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs this Asterisk with `arguments`."""
        loader = [str(self.loader), "--inhibit-cache", "--library-path", str(self.libraries)]
        return [*loader, str(self.binary), *arguments]


def cache_folder() -> Path:
    """The repository's cache, or the one `CALLCENTER_CACHE` names."""
    return Path(os.environ.get("CALLCENTER_CACHE") or REPOSITORY / ".cache").absolute()


def find_asterisk() -> Installation:
    """The Asterisk of `make asterisk`. AsteriskMissing says what is not there."""
    root = cache_folder() / "asterisk"
    if not (root / ".recipe").exists():
        raise AsteriskMissing(f"the test rig's Asterisk is not in {root}; {HOW_TO_GET_IT}")
    loader = _only(root, "usr/lib*/ld-linux*.so.*", "the loader")
    pjsip = _only(root, "usr/lib/*/asterisk/modules/chan_pjsip.so", "chan_pjsip")
    binary = _only(root, "usr/sbin/asterisk", "the asterisk binary")
    return Installation(root=root, loader=loader, libraries=pjsip.parents[2], binary=binary)


def _only(root: Path, pattern: str, what: str) -> Path:
    found = sorted(root.glob(pattern))
    if not found:
        raise AsteriskMissing(f"{what} is not in {root}; remove that folder and {HOW_TO_GET_IT}")
    return found[0]
