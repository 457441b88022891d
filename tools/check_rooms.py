#!/usr/bin/env python3
"""Holds every #include and every CMake link list to the table in tools/rooms.txt.

Errors: an edge that is not listed, an edge to the same or a higher level, a listed edge no source uses, a link list that
differs from the table, a table in ARCHITECTURE.md that is not the one of tools/rooms.txt (--write renews it)."""
import pathlib
import re
import sys

BEGIN, END = "<!-- rooms: begin -->", "<!-- rooms: end -->"
INCLUDE = re.compile(r'^\s*#include "([a-z]+)/', re.M)
LINKS = re.compile(r"aright_room\(\w+ LINKS ([a-z_ ]*?)\s*PARTS")


def read_table(text):
    table = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, level, *edges = line.split()
            table[name] = (int(level), set(edges))
    return table


def used_edges(src, rooms):
    """room → (rooms its sources include, rooms its tests include)."""
    used = {room: (set(), set()) for room in rooms}
    for path in sorted(src.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        room = path.relative_to(src).parts[0]
        is_test = path.name.endswith("_test.cc")
        for other in INCLUDE.findall(path.read_text()):
            if other in rooms and other != room:
                used[room][1 if is_test else 0].add(other)
    return used


def check(root):
    table = read_table((root / "tools/rooms.txt").read_text())
    errors = []
    for room, (level, edges) in table.items():
        errors += [f"{room}: lists {e}, which is not below it" for e in edges if table[e][0] >= level]
    used = used_edges(root / "src", table)
    for room, (sources, tests) in used.items():
        listed = table[room][1]
        errors += [f"{room}: includes {e}, which tools/rooms.txt does not allow" for e in sorted((sources | tests) - listed)]
        errors += [f"{room}: lists {e}, but no include uses it" for e in sorted(listed - sources)]
        links = LINKS.search((root / "src" / room / "CMakeLists.txt").read_text())
        linked = set(links.group(1).split()) if links else set()
        if linked != listed:
            errors.append(f"{room}: links {sorted(linked)}, but tools/rooms.txt says {sorted(listed)}")
    return table, errors


def rendered(table):
    rows = ["| level | room | may include |", "|---|---|---|"]
    for room, (level, edges) in sorted(table.items(), key=lambda item: item[1][0]):
        rows.append(f"| {level} | `{room}/` | {' '.join(sorted(edges)) or '–'} |")
    return "\n".join([BEGIN, *rows, END])


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    table, errors = check(root)
    page = root / "ARCHITECTURE.md"
    text = page.read_text()
    renewed = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: rendered(table), text, flags=re.S)
    if renewed != text:
        if "--write" in sys.argv[1:]:
            page.write_text(renewed)
        else:
            errors.append("ARCHITECTURE.md: its room table is old; run tools/check_rooms.py --write")
    for error in errors:
        print("error:", error)
    print(f"rooms: {'ok' if not errors else 'not ok'} ({len(table)} rooms)")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
