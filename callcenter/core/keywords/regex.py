"""Pattern trees as Python regular expressions. Every repetition is bounded, so matching time is linear in the
text for a given rule set."""

import re

from callcenter.core.keywords.normalise import SENTENCE_END
from callcenter.core.keywords.pattern import (
    Alt,
    AnyChar,
    Char,
    Edge,
    Ending,
    Gap,
    Language,
    Node,
    OneOf,
    Repeat,
    Seq,
)

_WORD = r"[^ .]{1,40}"


def to_regex(node: Node, language: Language) -> str:
    """The regular expression of a pattern over normalised text."""
    if language is Language.EN:
        return rf"(?<![\w'])(?:{_english(node)})(?![\w'])"
    return _chinese(node)


def _chinese(node: Node) -> str:
    match node:
        case Char(char):
            return re.escape(char)
        case OneOf(chars):
            return "[" + "".join(sorted({re.escape(c) for c in chars})) + "]"
        case AnyChar():
            return f"[^{SENTENCE_END}]"
        case Ending():
            return ""
        case Gap(most):
            return f"[^{SENTENCE_END}]{{0,{most}}}?"
        case Edge(start):
            return f"(?<![^{SENTENCE_END}])" if start else f"(?![^{SENTENCE_END}])"
        case Seq(items):
            return "".join(_chinese(i) for i in items)
        case Alt(items):
            return "(?:" + "|".join(_chinese(i) for i in items) + ")"
        case Repeat(item, least, most):
            return f"(?:{_chinese(item)}){{{least},{most}}}"


def _english(node: Node) -> str:
    match node:
        case Char(char):
            return re.escape(char)
        case OneOf(chars):
            return "[" + "".join(sorted(re.escape(c) for c in chars)) + "]"
        case AnyChar():
            return r"[^ .]"
        case Ending():
            return r"[\w']{0,20}"
        case Gap(most):
            return rf"(?:{_WORD} ){{0,{most}}}?"
        case Edge(start):
            return r"(?<![^.] )(?<![^ .])" if start else r"(?= \.|$)"
        case Seq(items):
            return _words(items)
        case Alt(items):
            return "(?:" + "|".join(_english(i) for i in items) + ")"
        case Repeat(item, least, most):
            return f"(?:{_english(item)}){{{least},{most}}}"


def _words(items: tuple[Node, ...]) -> str:
    """A gap brings its own trailing space, so the one written after `~N` is dropped; a final gap says nothing."""
    parts: list[str] = []
    for i, item in enumerate(items):
        after_gap = i > 0 and isinstance(items[i - 1], Gap)
        if after_gap and item == Char(" "):
            continue
        if isinstance(item, Gap) and i == len(items) - 1:
            if parts and parts[-1] == re.escape(" "):
                parts.pop()
            continue
        parts.append(_english(item))
    return "".join(parts)
