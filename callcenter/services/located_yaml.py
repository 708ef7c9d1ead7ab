"""YAML that remembers where each value stands, so that a mistake in a file the dealership edits is reported with
its file, line and fix."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import yaml

from callcenter.core.errors import ConfigError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where the wheel has it: eight times faster."""


class LocatedError(ConfigError):
    """Something in a file is wrong; the text begins with `file:line`."""


class Located:
    """One YAML value with its place. Access is checked: a wrong kind or a missing key is a `LocatedError`."""

    def __init__(self, path: Path, node: yaml.Node) -> None:
        self._path = path
        self._node = node

    def error(self, what: str) -> LocatedError:
        """An error that points here."""
        return LocatedError(f"{self._path}:{self._node.start_mark.line + 1}: {what}")

    def __contains__(self, key: str) -> bool:
        return any(k == key for k, _ in self._pairs())

    def __getitem__(self, key: str) -> "Located":
        for name, value in self._pairs():
            if name == key:
                return value
        raise self.error(f"{key!r} is missing; add it")

    def _pairs(self) -> Iterator[tuple[str, "Located"]]:
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error("expected 'key: value' lines")
        for key, value in self._node.value:
            yield str(key.value), Located(self._path, value)

    def keys(self, allowed: AbstractSet[str], required: AbstractSet[str] = frozenset()) -> None:
        """Refuse unknown, repeated and missing keys."""
        seen: set[str] = set()
        for name, value in self._pairs():
            if name not in allowed:
                raise value.error(f"unknown key {name!r}; allowed are {', '.join(sorted(allowed))}")
            if name in seen:
                raise value.error(f"key {name!r} stands twice; keep one")
            seen.add(name)
        for name in sorted(required - seen):
            raise self.error(f"{name!r} is missing; add it")

    def get_list(self, key: str) -> list["Located"]:
        """The items under a key; none when it is absent."""
        return self[key].items() if key in self else []

    def get_map(self, key: str) -> list[tuple[str, "Located"]]:
        """The entries under a key; none when it is absent."""
        return list(self[key]._pairs()) if key in self else []

    def items(self) -> list["Located"]:
        """The items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error("expected a list, one '- item' a line")
        return [Located(self._path, value) for value in self._node.value]

    def text(self) -> str:
        """A piece of text (numbers and words like `no` count as the text they are written with)."""
        if not isinstance(self._node, yaml.ScalarNode) or not str(self._node.value).strip():
            raise self.error("expected text")
        return str(self._node.value)

    def whole(self, least: int, most: int) -> int:
        """A whole number within limits."""
        text = self.text()
        if not text.isdecimal() or not least <= int(text) <= most:
            raise self.error(f"expected a whole number from {least} to {most}, found {text!r}")
        return int(text)

    def yes_no(self) -> bool:
        """`true` or `false`."""
        return self.one_of({"true", "false"}) == "true"

    def one_of(self, allowed: AbstractSet[str]) -> str:
        """One of these words."""
        text = self.text()
        if text not in allowed:
            raise self.error(f"{text!r} is not known; allowed are {', '.join(sorted(allowed))}")
        return text


def load_yaml(path: Path) -> Located:
    """The one document of a file.

    Raises:
        LocatedError: unreadable, not UTF-8, not YAML, or empty.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except OSError as error:
        raise LocatedError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LocatedError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LocatedError(f"{path}:{line}: not valid YAML: {error.problem}; check indentation and quotes") from error
    if node is None:
        raise LocatedError(f"{path}:1: the file is empty")
    return Located(path, node)
