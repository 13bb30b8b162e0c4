"""Spreadsheets as declarations: named columns, computed ones as expressions, and the package around them.

The only place that knows the format's parts and the letters of cells.
"""
