"""The numbers and what stands behind them as files for spreadsheets."""

from collections.abc import Sequence
from datetime import datetime

from portal.deals.spreadsheets import Cell, Column, Percent, Sheet, lines_csv, workbook
from portal.support.numbers.charts import Chart

Rows = Sequence[Sequence[Cell]]


def table_of(titles: Sequence[str], rows: Rows, *, name: str, title: str, now: datetime, ending: str) -> bytes:
    """Return a table as a workbook or as CSV; texts stay texts whatever they begin with."""
    if ending == "csv":
        return lines_csv(titles, rows)
    widths = [max([len(titles[place]), *(len(str(row[place])) for row in rows[:200])]) for place in range(len(titles))]
    columns = [Column(text, min(max(width + 2, 10), 48)) for text, width in zip(titles, widths, strict=True)]
    sheet = Sheet(name=name[:31], title=title, company="", created=now, facts=(), columns=columns,
                  rows=[("line", row) for row in rows])  # fmt: skip
    return workbook(sheet)


def share(bps: int | None) -> Cell:
    """Return a share as a cell."""
    return None if bps is None else Percent(bps)


def chart_rows(charts: Sequence[Chart]) -> list[list[Cell]]:
    """Return what the charts show: chart, days, series, number."""
    return [
        [chart.title, bar.label, series.label, part.count]
        for chart in charts
        for bar in chart.bars
        for series, part in zip(chart.series, bar.parts, strict=True)
    ]
