"""Read a dealership's keyword files (`scripts/keywords/`) into a `RuleSet`. Every mistake names file, line and fix."""

import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import callcenter
from callcenter.core import keywords
from callcenter.core.keywords.literals import Literals
from callcenter.core.keywords.normalise import fold_pattern
from callcenter.core.keywords.pattern import Language, Node, PatternError, parse
from callcenter.core.keywords.rules import (
    CalmContext,
    Category,
    ChineseNegation,
    EnglishNegation,
    KeywordRule,
    Pattern,
    Patterns,
    RuleSet,
    SignGroups,
)
from callcenter.core.keywords.sounds import SoundTable
from callcenter.core.transcript import Speaker
from callcenter.services.located_yaml import Located, LocatedError, load_yaml

COMMON = "_common.yaml"
LOCALES = ("zh-CN", "zh-TW", "en")
ACTIONS = frozenset({"alert_agent", "alert_supervisor", "open_case", "escalate", "qa_flag", "set_do_not_call"})
_PATTERN_KEYS = {"zh": Language.ZH, "zh_hant": Language.ZH, "en": Language.EN}


def default_folder() -> Path:
    """Where the shipped rules are: in the wheel's data, or in the source tree."""
    package = Path(callcenter.__file__).parent
    packaged = package / "_data" / "scripts" / "keywords"
    return packaged if packaged.is_dir() else package.parent / "scripts" / "keywords"


def load_rules(folder: Path | None = None) -> RuleSet:
    """All rules of a folder; the shipped ones without an argument.

    Raises:
        LocatedError: a file is missing, unreadable or wrong; the text names file, line and fix.
    """
    folder = default_folder() if folder is None else folder
    common_file = folder / COMMON
    if not common_file.is_file():
        raise LocatedError(f"{common_file}: missing; copy it from the shipped scripts/keywords folder")
    reader = _Reader(load_yaml(common_file))
    files = sorted(p for p in folder.glob("*.yaml") if p.name != COMMON)
    categories: dict[str, Category] = {}
    rules: dict[str, KeywordRule] = {}
    for path in files:
        top = load_yaml(path)
        top.keys({"schema", "category", "rules"}, required={"category", "rules"})
        category = reader.category(top["category"])
        if category.id in categories:
            raise top["category"].error(f"category {category.id!r} is already defined; give it another id")
        categories[category.id] = category
        for item in top["rules"].items():
            rule = reader.rule(item, category)
            if rule.id in rules:
                raise item.error(f"rule id {rule.id!r} is used twice; rename one of them")
            rules[rule.id] = rule
    return reader.rule_set(categories, tuple(rules.values()), _fingerprint([common_file, *files]))


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class _Reader:
    """Turns located YAML into values, with the macros and tables of `_common.yaml`."""

    def __init__(self, common: Located) -> None:
        common.keys(
            {"schema", "normalise", "macros", "severities", "negation", "never", "calm"},
            required={"normalise", "macros", "negation", "never"},
        )
        self._common = common
        self._literals = Literals()
        self._same = {lang: self._same_words(lang) for lang in Language}
        self._macros: dict[Language, dict[str, Node]] = {lang: {} for lang in Language}
        for lang in Language:
            for name, value in common["macros"].get_map(lang):
                self._macros[lang][name] = self._node(value, lang)

    def _same_words(self, lang: Language) -> Mapping[str, str]:
        table = self._common["normalise"]["same"]
        return {key: value.text() for key, value in table.get_map(lang)}

    def _node(self, item: Located, lang: Language) -> Node:
        text = item.text()
        source = fold_pattern(text, self._same[lang]) if lang is Language.ZH else text.lower()
        try:
            return parse(source, lang, self._macros[lang])
        except PatternError as error:
            raise item.error(str(error)) from error

    def _pattern(self, item: Located, lang: Language) -> Pattern:
        node = self._node(item, lang)
        needs = self._literals.required(node)
        if not needs:
            raise item.error(f"pattern {item.text()!r} would match almost anything; add words it must contain")
        words = tuple(self._literals.words(node)) if lang is Language.ZH else ()
        return Pattern(source=item.text(), node=node, needs=needs, words=words)

    def patterns(self, item: Located) -> dict[Language, tuple[Pattern, ...]]:
        """The `zh`, `zh_hant` and `en` lists of a block."""
        found: dict[Language, list[Pattern]] = {}
        for key, lang in _PATTERN_KEYS.items():
            for entry in item.get_list(key):
                found.setdefault(lang, []).append(self._pattern(entry, lang))
        return {lang: tuple(patterns) for lang, patterns in found.items()}

    def category(self, item: Located) -> Category:
        """The `category:` block of a file."""
        item.keys({"id", "severity", "speaker", "title", "advice"}, required={"id", "severity", "speaker", "title"})
        return Category(
            id=item["id"].text(),
            severity=item["severity"].whole(1, 5),
            speaker=Speaker(item["speaker"].one_of({Speaker.CUSTOMER, Speaker.AGENT})),
            title=_locales(item["title"]),
            advice=_locales(item["advice"]) if "advice" in item else {},
        )

    def rule(self, item: Located, category: Category) -> KeywordRule:
        """One entry of `rules:`."""
        flags = {"sound", "negatable", "firm", "fallback"}
        item.keys(
            {"id", "title", "severity", "actions", "unless", "signs", *flags, *_PATTERN_KEYS},
            required={"id", "title", "severity", "actions"},
        )
        patterns = self.patterns(item)
        if not patterns and "signs" not in item:
            raise item.error("rule has no patterns; give it a zh or an en list")
        if "unless" in item:
            item["unless"].keys(set(_PATTERN_KEYS))
        return KeywordRule(
            id=item["id"].text(),
            category=category,
            severity=item["severity"].whole(1, 5),
            actions=tuple(a.one_of(ACTIONS) for a in item.get_list("actions")),
            title=_locales(item["title"]),
            patterns=patterns,
            unless=self.patterns(item["unless"]) if "unless" in item else {},
            signs=self._signs(item["signs"]) if "signs" in item else None,
            sound=item["sound"].yes_no() if "sound" in item else True,
            negatable=item["negatable"].yes_no() if "negatable" in item else True,
            firm=item["firm"].yes_no() if "firm" in item else False,
            fallback=item["fallback"].yes_no() if "fallback" in item else False,
        )

    def _signs(self, item: Located) -> SignGroups:
        item.keys({"at_least", "groups", "not_with"}, required={"at_least", "groups"})
        groups: list[tuple[str, Patterns]] = []
        for group in item.get_list("groups"):
            group.keys({"sign", *_PATTERN_KEYS}, required={"sign"})
            groups.append((group["sign"].text(), self.patterns(group)))
        return SignGroups(
            at_least={Language(lang): value.whole(2, 20) for lang, value in item.get_map("at_least")},
            groups=tuple(groups),
            not_with=self.patterns(item["not_with"]) if "not_with" in item else {},
        )

    def rule_set(self, categories: Mapping[str, Category], rules: tuple[KeywordRule, ...], fingerprint: str) -> RuleSet:
        """Everything together."""
        never = self._common["never"]
        never.keys({"any", "customer", "agent"})
        fillers = self._common["normalise"]["fillers"]
        return RuleSet(
            rules=rules,
            categories=dict(categories),
            never={scope: self.patterns(never[scope]) for scope in ("any", "customer", "agent") if scope in never},
            calm=tuple(self._calm(item) for item in self._common.get_list("calm")),
            zh_negation=self._zh_negation(self._common["negation"]["zh"]),
            en_negation=self._en_negation(self._common["negation"]["en"]),
            same=self._same,
            fillers={lang: tuple(f.text() for f in fillers.get_list(lang)) for lang in Language},
            sounds=SoundTable(_data("readings.txt")),
            common_words=frozenset(line for line in _data("common_words.txt") if not line.startswith("#")),
            fingerprint=fingerprint,
        )

    def _calm(self, item: Located) -> CalmContext:
        turns = {"unless", "unless_after"}
        item.keys({"id", "up_to", "only", "firm", *turns, *_PATTERN_KEYS}, required={"id", "up_to"})
        for key in sorted(turns):
            if key in item:
                item[key].keys(set(_PATTERN_KEYS))
        return CalmContext(
            id=item["id"].text(),
            up_to=item["up_to"].whole(1, 5),
            patterns=self.patterns(item),
            only=tuple(o.text() for o in item.get_list("only")),
            firm=item["firm"].yes_no() if "firm" in item else False,
            unless=self.patterns(item["unless"]) if "unless" in item else {},
            unless_after=self.patterns(item["unless_after"]) if "unless_after" in item else {},
        )

    def _zh_negation(self, item: Located) -> ChineseNegation:
        item.keys({"exempt", "words"}, required={"exempt", "words"})
        words: list[tuple[str, int]] = []
        for word in item.get_list("words"):
            word.keys({"re", "gap"}, required={"re", "gap"})
            words.append((_regex(word["re"]), word["gap"].whole(0, 8)))
        return ChineseNegation(words=tuple(words), exempt=_regex(item["exempt"]))

    def _en_negation(self, item: Located) -> EnglishNegation:
        keys = {"window", "exempt", "words", "clause_breaks", "not_negation"}
        item.keys(keys, required=keys)
        return EnglishNegation(
            words=frozenset(w.text() for w in item.get_list("words")),
            window=item["window"].whole(1, 8),
            clause_breaks=frozenset(w.text() for w in item.get_list("clause_breaks")),
            exempt=_regex(item["exempt"]),
            not_negation=tuple(_regex(w) for w in item.get_list("not_negation")),
        )


def _data(name: str) -> list[str]:
    """The lines of a table that ships with the package."""
    return resources.files(keywords).joinpath(name).read_text(encoding="utf-8").splitlines()


def _locales(item: Located) -> dict[str, str]:
    item.keys(set(LOCALES), required=set(LOCALES))
    return {locale: item[locale].text() for locale in LOCALES}


def _regex(item: Located) -> str:
    text = item.text()
    try:
        re.compile(text)
    except re.error as error:
        raise item.error(f"{text!r} is not a regular expression: {error}") from error
    return text
