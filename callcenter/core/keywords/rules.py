"""What a dealership's keyword files say, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callcenter.core.keywords.pattern import Language, Node
from callcenter.core.keywords.sounds import SoundTable
from callcenter.core.transcript import Speaker

Patterns = Mapping[Language, "tuple[Pattern, ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One way of saying it: as written in the file, and its tree."""

    source: str
    node: Node
    needs: frozenset[str]
    """Strings of which one occurs in every match."""
    words: tuple[str, ...] = ()
    """Chinese words in it that may have been misheard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of complaint. Texts are by locale: `zh-CN`, `zh-TW`, `en`."""

    id: str
    severity: int
    """1 to 5: the level of its typical rule."""
    speaker: Speaker
    """Whose words its rules look at."""
    title: Mapping[str, str]
    advice: Mapping[str, str]
    """What the agent should do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignGroups:
    """Small signs of which a sentence must show several different ones."""

    at_least: Mapping[Language, int]
    groups: tuple[tuple[str, Patterns], ...]
    """(what it is a sign of, its patterns)."""
    not_with: Patterns
    """A sentence with one of these is ordinary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordRule:
    """One concept with the many ways of saying it."""

    id: str
    category: Category
    severity: int
    actions: tuple[str, ...]
    title: Mapping[str, str]
    """By locale."""
    patterns: Patterns
    unless: Patterns = field(default_factory=dict)
    """A hit that overlaps one of these is dropped."""
    sound: bool = True
    """Also match Chinese by sound, for what a recogniser wrote with the wrong characters."""
    negatable: bool = True
    """A negation before the hit drops it. False where the words say enough (`凭什么`)."""
    firm: bool = False
    """Calm contexts do not drop its hits (safety, threats)."""
    signs: SignGroups | None = None
    """Several small signs together, looked for where no pattern of any rule matched."""
    fallback: bool = False
    """A general frame (`到现在还没…`): silent where a rule that names the matter fires in the same text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalmContext:
    """Words that make the whole sentence ordinary: a question about policy, praise, a settled past."""

    id: str
    up_to: int
    """Hits of this severity and below are dropped."""
    patterns: Patterns
    only: tuple[str, ...] = ()
    """Beginnings of the rule ids it concerns (`defect.`); empty = all."""
    firm: bool = False
    """It also silences rules marked `firm`."""
    unless: Patterns = field(default_factory=dict)
    """Words that end the calm of the sentence they stand in: a turn (`but`, `again`), a reproach."""
    unless_after: Patterns = field(default_factory=dict)
    """The same, where they follow the calm words; before them they are what came to a good end."""

    def concerns(self, rule: KeywordRule) -> bool:
        """Whether it may take back a hit of this rule."""
        if (rule.firm and not self.firm) or rule.severity > self.up_to:
            return False
        return not self.only or rule.id.startswith(self.only)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChineseNegation:
    """Negating words and how far they reach. `words` are (regular expression, characters allowed between)."""

    words: tuple[tuple[str, int], ...]
    exempt: str
    """Regular expression: hits whose words match it are never negated (they carry their own negation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnglishNegation:
    """Negating words looked for in the `window` words before a hit, up to a clause break."""

    words: frozenset[str]
    window: int
    clause_breaks: frozenset[str]
    exempt: str
    not_negation: tuple[str, ...]
    """Regular expressions: wording that holds a negating word but does not negate (`not only`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Everything the files under `scripts/keywords/` say."""

    rules: tuple[KeywordRule, ...]
    categories: Mapping[str, Category]
    never: Mapping[str, Patterns]
    """`any`, `customer`, `agent`: a hit that overlaps one of these is dropped, whoever's rule it is."""
    calm: tuple[CalmContext, ...]
    zh_negation: ChineseNegation
    en_negation: EnglishNegation
    same: Mapping[Language, Mapping[str, str]]
    """Words rewritten to another word before matching."""
    fillers: Mapping[Language, tuple[str, ...]]
    sounds: SoundTable
    """How Chinese characters sound."""
    common_words: frozenset[str] = frozenset()
    """Frequent Chinese words, so that a word heard right is not taken for another that sounds alike."""
    fingerprint: str = ""
    """Short checksum of the files, to say which rules a flag came from."""
