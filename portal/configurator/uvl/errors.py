"""What is wrong with a UVL text: every finding with its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class UvlError:
    """One finding; column 0 speaks of the whole line, line 0 of the whole file."""

    file: str
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        """Return the line people search for."""
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}"


class UvlErrors(Exception):
    """Raised when a text cannot be used; `errors` in order of line and column."""

    def __init__(self, errors: tuple[UvlError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class UvlFault(Exception):
    """A finding inside one line; the reader adds file and line."""

    def __init__(self, sentence: str, line: int = 0, column: int = 0) -> None:
        super().__init__(sentence)
        self.sentence, self.line, self.column = sentence, line, column


@dataclass
class UvlReport:
    """Collects findings while reading goes on, up to a limit."""

    file: str
    errors: list[UvlError] = field(default_factory=list)
    limit: int = 200

    def add(self, line: int, column: int, sentence: str) -> None:
        """Add a finding unless there are too many already."""
        if not self.full:
            self.errors.append(UvlError(self.file, line, column, sentence))

    @property
    def full(self) -> bool:
        """Tell whether no more findings are taken, so that reading on is of no use."""
        return len(self.errors) >= self.limit

    def fault(self, fault: UvlFault, first: int) -> None:
        """Add a fault found in the text that begins in line `first`."""
        self.add(first + max(fault.line - 1, 0), fault.column, fault.sentence)

    def stop_if_any(self) -> None:
        """Raise everything collected."""
        if self.errors:
            raise UvlErrors(tuple(sorted(set(self.errors))))
