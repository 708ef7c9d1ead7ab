"""The pattern language of keyword rules: its tree and its parser.

Chinese (`zh`) patterns are characters, English (`en`) patterns are words with single spaces. Both know
`(a|b)`, `x?`, `(x)?`, `[3-9]`, `.` (any character), `\\d`, `{name}` (a macro), `^` and `$` (edge of a sentence) and
`~N` (up to N characters in Chinese, up to N words in English, never across a sentence end). `x*` and `x+` repeat in
Chinese; in English `word*` means any ending. Nothing else of regular expressions is understood, so a typing
mistake is found when the file is read and never later."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callcenter.core.errors import ConfigError

MAX_GAP = 30
MAX_REPEAT = 4
DIGITS = frozenset("0123456789")


class Language(StrEnum):
    """A language that rules are written for."""

    ZH = "zh"
    EN = "en"


class PatternError(ConfigError):
    """A pattern that does not follow the language; the text says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Char:
    """Exactly this character."""

    char: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of a set."""

    chars: frozenset[str]


@dataclass(frozen=True, slots=True)
class AnyChar:
    """Any one character that is not a sentence end."""


@dataclass(frozen=True, slots=True)
class Ending:
    """English `*`: any further letters of the word."""


@dataclass(frozen=True, slots=True)
class Gap:
    """`~N`: up to N characters (Chinese) or words (English) within the sentence."""

    most: int


@dataclass(frozen=True, slots=True)
class Edge:
    """`^` or `$`: a sentence begins or ends here."""

    start: bool


@dataclass(frozen=True, slots=True)
class Seq:
    """One after the other."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Alt:
    """Either of these."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """`?` (0 to 1), `*` (0 to 4), `+` (1 to 4)."""

    item: "Node"
    least: int
    most: int


Node = Char | OneOf | AnyChar | Ending | Gap | Edge | Seq | Alt | Repeat


def parse(text: str, language: Language, macros: Mapping[str, Node] | None = None) -> Node:
    """The tree of a pattern.

    Raises:
        PatternError: the pattern is not in the language or names an unknown macro.
    """
    return _Parser(text.strip(), language, macros or {}).whole()


def _repeats(node: Node) -> bool:
    """Whether something inside repeats or leaves a gap: repeating that again would make matching slow."""
    match node:
        case Repeat(item, _, most):
            return most > 1 or _repeats(item)
        case Seq(items) | Alt(items):
            return any(_repeats(item) for item in items)
        case Gap():
            return True
    return False


class _Parser:
    """Recursive descent over one pattern."""

    def __init__(self, text: str, language: Language, macros: Mapping[str, Node]) -> None:
        self._text = text
        self._language = language
        self._macros = macros
        self._at = 0

    def whole(self) -> Node:
        if not self._text:
            raise self._error("is empty")
        node = self._alternatives()
        if self._at < len(self._text):
            raise self._error("has a ')' without its '('")
        return node

    def _error(self, what: str) -> PatternError:
        return PatternError(f"pattern {self._text!r} {what} (at character {self._at + 1})")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _alternatives(self) -> Node:
        options = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Alt(tuple(options))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            items.append(self._quantified(self._atom(), items))
        return items[0] if len(items) == 1 else Seq(tuple(items))

    def _quantified(self, atom: Node, before: list[Node]) -> Node:
        sign = self._peek()
        if sign not in ("?", "*", "+") or (sign == "*" and not self._star_repeats()):
            return atom
        if isinstance(atom, Gap | Edge | Ending):
            raise self._error(f"has {sign!r} after something that cannot be repeated")
        if sign != "?" and _repeats(atom):
            raise self._error(f"has {sign!r} around something that repeats already")
        self._at += 1
        return Repeat(atom, 1 if sign == "+" else 0, 1 if sign == "?" else MAX_REPEAT)

    def _star_repeats(self) -> bool:
        """English `*` ends a word, but after a group of whole words, `(so |very )*`, it repeats them."""
        return self._language is Language.ZH or self._text[self._at - 2 : self._at] == " )"

    def _atom(self) -> Node:
        char = self._peek()
        self._at += 1
        match char:
            case "(":
                return self._group()
            case "[":
                return self._set()
            case "{":
                return self._macro()
            case "~":
                return self._gap()
            case ".":
                return AnyChar()
            case "^" | "$":
                return Edge(char == "^")
            case "\\":
                return self._escape()
            case "*" if self._language is Language.EN and self._at > 1:
                return Ending()
            case "?" | "*" | "+" | "]" | "}":
                raise self._error(f"has {char!r} where a character was expected")
        return Char(char)

    def _group(self) -> Node:
        node = self._alternatives()
        if self._peek() != ")":
            raise self._error("has a '(' without its ')'")
        self._at += 1
        return node

    def _escape(self) -> Node:
        if self._peek() != "d":
            raise self._error("uses '\\' for something other than \\d")
        self._at += 1
        return OneOf(DIGITS)

    def _gap(self) -> Node:
        start = self._at
        while self._peek().isdecimal():
            self._at += 1
        if start == self._at or not 1 <= int(self._text[start : self._at]) <= MAX_GAP:
            raise self._error(f"needs a number from 1 to {MAX_GAP} after '~'")
        return Gap(int(self._text[start : self._at]))

    def _macro(self) -> Node:
        end = self._text.find("}", self._at)
        name = self._text[self._at : end] if end >= 0 else ""
        if name not in self._macros:
            known = ", ".join(sorted(self._macros)) or "none"
            raise self._error(f"names an unknown macro {{{name}}}; known are: {known}")
        self._at = end + 1
        return self._macros[name]

    def _set(self) -> Node:
        end = self._text.find("]", self._at)
        body = self._text[self._at : end] if end >= 0 else ""
        if not body or body[0] == "^":
            raise self._error("needs characters between '[' and ']'")
        self._at = end + 1
        chars: set[str] = set()
        i = 0
        while i < len(body):
            if body[i + 1 : i + 2] == "-" and i + 2 < len(body):
                chars.update(map(chr, range(ord(body[i]), ord(body[i + 2]) + 1)))
                i += 3
            else:
                chars.add(body[i])
                i += 1
        return OneOf(frozenset(chars))
