"""What a check finds: errors that forbid publication and warnings that do not, each at its place, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.configurator.language.errors import MESSAGES, RuleError
from portal.configurator.language.places import Place

ERROR = "error"
WARNING = "warning"

FINDINGS: dict[str, tuple[str, str, str]] = {
    "contradiction": (ERROR, "the rules cannot be met together: {rules}", "规则互相矛盾:{rules}"),
    "unreachable": (
        ERROR,
        "no configuration can have {what}, because: {rules}",
        "没有任何配置能取到 {what},因为:{rules}",
    ),
    "no-quantity": (
        ERROR,
        "this line has no quantity in some configurations{what}",
        "该行在某些配置中没有数量{what}",
    ),
    "template": (
        ERROR,
        "this cannot be completed with {what}, because: {rules}",
        "以下回答无法补全({what}),因为:{rules}",
    ),
    "time": (ERROR, "not decided within {what} seconds", "在 {what} 秒内未能得出结论"),
    "memory": (ERROR, "not decided within {what} MB of memory", "在 {what} MB 内存内未能得出结论"),
    "gap": (
        WARNING,
        "cannot be chosen before an engineer fills in what the catalogue lacks: {what}",
        "在工程师补全目录缺失的数据之前无法选择:{what}",
    ),
    "useless": (
        WARNING,
        "this rule excludes nothing that is not excluded already: {rules}",
        "该规则没有额外排除任何配置:{rules}",
    ),
    "always": (
        WARNING,
        "this rule holds for all values, whatever the other rules say",
        "无论其他规则如何,该规则对所有取值都成立",
    ),
    "never": (WARNING, "its `when` can never be true: {rules}", "其 when 条件永远不成立:{rules}"),
    "no-value": (
        WARNING,
        "this number is undefined in some configurations{what}",
        "该数值在某些配置中未定义{what}",
    ),
    "overflow": (
        WARNING,
        "this number may reach {what} base units; more than 15 digits are not shown exactly everywhere",
        "该数值可能达到 {what} 个基本单位;超过15位的数字不能在各处精确显示",
    ),
    "unused": (WARNING, "{what} is not used", "{what} 未被使用"),
    "same-text": (WARNING, "the Chinese text is the English one: {what}", "中文文本与英文相同:{what}"),
    "script": (WARNING, "this text looks like the other language: {what}", "该文本看起来是另一种语言:{what}"),
    "undecided": (WARNING, "not decided: {what}", "未能判定:{what}"),
}


@dataclass(frozen=True, slots=True)
class Finding(RuleError):
    """One finding; its severity is `error` or `warning`."""

    severity: str = ERROR

    @property
    def is_error(self) -> bool:
        """Tell whether it forbids publication."""
        return self.severity == ERROR


Rules = tuple[str, str]
"""Rules listed in English and in Chinese."""


def finding(place: Place, rule: str, code: str, what: str = "", rules: Rules = ("", ""), what_zh: str = "") -> Finding:
    """Make a finding with its sentences."""
    if code in FINDINGS:
        severity, english, chinese = FINDINGS[code]
    else:
        severity, (english, chinese) = ERROR, MESSAGES[code]
    return Finding(
        place.file,
        place.line,
        rule,
        code,
        english.format(what=what, rules=rules[0]),
        chinese.format(what=what_zh or what, rules=rules[1]),
        severity,
    )


def from_error(error: RuleError) -> Finding:
    """Turn an error of the reader into a finding."""
    return Finding(error.file, error.line, error.rule, error.code, error.message_en, error.message_zh)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by place, errors before warnings on one line, each finding once."""
    once = dict.fromkeys(findings)
    return tuple(
        sorted(once, key=lambda item: (item.file, item.line, item.severity, item.code, item.rule, item.message_en))
    )
