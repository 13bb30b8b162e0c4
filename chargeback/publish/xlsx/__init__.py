"""Spreadsheets as declarations: named columns, computed ones as expressions, and the package that openpyxl shapes.

The only place that knows openpyxl's insides and the letters of cells.
"""

import sys

if "chargeback.cli" in sys.modules and not {"numpy", "openpyxl"} & sys.modules.keys():
    # openpyxl imports numpy, where it is installed, only to know its numbers in cells. No cell of ours holds one, and
    # it takes as long as 3,000 lines: a command does without. Who calls from Python may need it, and gets it.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        import openpyxl  # noqa: F401
    finally:
        del sys.modules["numpy"]
