"""Keyword rules: find what customers complain about and what agents must not say. Pure; no I/O.

The rules come from `callcenter.services.keyword_rules.load_rules`; `KeywordSpotter(rules).spot(...)` finds them."""

from callcenter.core.keywords.rules import Category, KeywordRule, RuleSet
from callcenter.core.keywords.spotter import KeywordSpotter

__all__ = ["Category", "KeywordRule", "KeywordSpotter", "RuleSet"]
