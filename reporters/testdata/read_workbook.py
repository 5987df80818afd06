"""Print what openpyxl reads from a workbook, as JSON."""
import json
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
summary, verdicts = book["Summary"], book["Verdicts"]
cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
print(json.dumps({
    "formulas": sum(c.data_type == "f" for c in cells),
    "filter": summary.auto_filter.ref,
    "freeze": summary.freeze_panes,
    "created": book.properties.created.isoformat(),
    "rows": {sheet.title: sheet.max_row for sheet in book},
    "summary": {c.value: summary.cell(2, c.column).value for c in summary[1]},
    "charts": {sheet.title: [type(c).__name__ for c in sheet._charts] for sheet in book if sheet._charts},
    "requests": {c.value: book["Requests"].cell(2, c.column).value for c in book["Requests"][1]} if "Requests" in book else {},
    "asserts": [row[1].value for row in verdicts.iter_rows(min_row=2)],
}))
