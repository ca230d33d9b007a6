"""Errors of rule files: where, which rule, a stable code and one sentence in each language."""

from __future__ import annotations

from dataclasses import dataclass, field

MESSAGES: dict[str, tuple[str, str]] = {
    "alias": ("anchors and aliases are not allowed", "不允许使用锚点和别名"),
    "cell": ("{what} is not a whole number of the base unit", "{what} 不是基本单位的整数"),
    "columns": ("every row needs exactly the columns of the first row", "每一行的列必须与首行一致"),
    "contradiction": ("the rules cannot be met together: {what}", "规则互相矛盾:{what}"),
    "cycle": ("{what} requires itself", "{what} 依赖于自身"),
    "deep": ("nested too deeply", "嵌套过深"),
    "duplicate": ("{what} is given twice", "{what} 重复"),
    "empty": ("{what} must not be empty", "{what} 不能为空"),
    "encoding": ("the file is not readable UTF-8 text", "文件不是可读的 UTF-8 文本"),
    "example": ("the example fails: {what}", "示例不成立:{what}"),
    "formula": ("{what} would be executed by a spreadsheet program", "{what} 会被电子表格程序执行"),
    "group": (
        "this does not say which member of a repeated group is meant: {what}",
        "未说明指重复组的哪一个成员:{what}",
    ),
    "kind": ("{what} is of the wrong kind here", "{what} 的类型不适用于此处"),
    "language": ("{what} has no text in this language", "{what} 缺少该语言的文本"),
    "long": ("this expression is too long or nested too deeply", "表达式过长或嵌套过深"),
    "missing": ("{what} is missing", "缺少 {what}"),
    "missing-file": ("the file {what} is missing", "文件 {what} 不存在"),
    "name": ("{what} is not a valid name", "{what} 不是有效的名称"),
    "number": ("{what} is not a whole number within limits", "{what} 不是限定范围内的整数"),
    "outside": ("{what} lies outside the folder of the rules", "{what} 位于规则目录之外"),
    "quote": ("this row is not readable CSV; a quotation mark may be open", "此行不是可读的 CSV;引号可能未闭合"),
    "range": ("the range {what} is empty or has too many values", "范围 {what} 为空或取值过多"),
    "shape": ("{what} was expected here", "此处应为 {what}"),
    "size": ("too large: {what}", "过大:{what}"),
    "syntax": ("this expression cannot be read near {what}", "表达式在 {what} 附近无法解析"),
    "tag": ("YAML tags are not allowed", "不允许使用 YAML 标签"),
    "undefined": ("{what} is not defined", "{what} 未定义"),
    "unit": ("units do not fit: {what}", "单位不一致:{what}"),
    "unknown-key": ("unknown key {what}", "未知的键 {what}"),
    "unknown-value": ("{what} is not one of the values", "{what} 不是可选值"),
    "unreachable": ("no configuration can have {what}", "没有任何配置能取到 {what}"),
    "yaml": ("this is not valid YAML: {what}", "YAML 格式错误:{what}"),
}


@dataclass(frozen=True, slots=True)
class RuleError:
    """One finding; line 0 speaks of the whole file, rule "" of no rule in particular."""

    file: str
    line: int
    rule: str
    code: str
    message_en: str
    message_zh: str

    def __str__(self) -> str:
        """Return the line people search for."""
        return f"{self.file}:{self.line}: {self.rule or '-'}: {self.code}: {self.message_en}"


class RuleErrors(Exception):
    """Raised when rules cannot be used; `errors` in order of file and line."""

    def __init__(self, errors: tuple[RuleError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class Fault(Exception):
    """A finding without its place yet; the reader adds file and line."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what[:120]


def rule_error(file: str, line: int, rule: str, code: str, what: str = "") -> RuleError:
    """Make an error with its sentences."""
    english, chinese = MESSAGES[code]
    return RuleError(file, line, rule, code, english.format(what=what), chinese.format(what=what))


@dataclass
class Report:
    """Collects errors while reading goes on, up to a limit."""

    errors: list[RuleError] = field(default_factory=list)
    limit: int = 100

    def add(self, file: str, line: int, rule: str, code: str, what: str = "") -> None:
        """Add an error unless there are too many already."""
        if len(self.errors) < self.limit:
            self.errors.append(rule_error(file, line, rule, code, what))

    def stop_if_any(self) -> None:
        """Raise everything collected."""
        if self.errors:
            raise RuleErrors(tuple(sorted(self.errors, key=lambda error: (error.file, error.line, error.code))))
