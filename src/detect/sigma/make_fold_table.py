#!/usr/bin/env python3
"""Writes fold_table.inc: simple case folding (Unicode's CaseFolding.txt, statuses C and S), from Python's own data.

Rows: first, last, step, what is added. A row covers first, first+step, … last.
"""
import pathlib
import sys
import unicodedata


def fold(char):
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded
    return char


pairs = [(c, ord(fold(chr(c))) - c) for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000 and fold(chr(c)) != chr(c)]
rows = []
for code, delta in pairs:
    if rows and rows[-1][3] == delta:
        first, last, step, _ = rows[-1]
        if code - last <= 2 and (first == last or code - last == step):
            rows[-1] = [first, code, code - last, delta]
            continue
    rows.append([code, code, 1, delta])

# Every row must give back what it was made from.
made = {c: delta for first, last, step, delta in rows for c in range(first, last + 1, step)}
if made != dict(pairs):
    sys.exit("the rows do not cover the pairs")
text = f"// Written by make_fold_table.py from Unicode {unicodedata.unidata_version}: first, last, step, added.\n"
line = ""
for row in rows:
    cell = "{0x%X, 0x%X, %d, %d}," % tuple(row)
    if len(line) + len(cell) > 118:
        text += line.rstrip() + "\n"
        line = ""
    line += cell + " "
pathlib.Path(__file__).with_name("fold_table.inc").write_text(text + line.rstrip() + "\n", encoding="ascii")
