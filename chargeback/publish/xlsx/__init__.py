"""Spreadsheets as declarations: named columns, computed ones as expressions, and the package that openpyxl shapes.

The only place that knows openpyxl's insides and the letters of cells.
"""
