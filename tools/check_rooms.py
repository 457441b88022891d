#!/usr/bin/env python3
"""Holds every #include and every CMake link list to the table in tools/rooms.txt.

Errors: an edge that is not listed, an edge to the same or a higher level (so there is no cycle), a listed edge no source
uses, a link list that differs from the table, a folder that is no room, a table in ARCHITECTURE.md that is not the one of
tools/rooms.txt (--write renews it). Tests may use listed edges only, but do not count as their use. A room without
sources is not yet held to using its edges.
"""
import pathlib
import re
import sys

BEGIN, END = "<!-- rooms: begin -->", "<!-- rooms: end -->"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([a-z_]+)/', re.M)
LINKS = re.compile(r"aright_room\(\s*\w+\s+LINKS\s+([a-z_\s]*?)\s*(?:PARTS|\))")
SUFFIXES = (".h", ".cc")


def read_table(text):
    """room → (level, rooms it may include), and the mistakes in the table itself."""
    table, errors = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, *rest = line.split()
        if not rest or not rest[0].isdigit():
            errors.append(f"tools/rooms.txt:{number}: expected ROOM LEVEL MAY-INCLUDE…, not {line!r}")
        elif name in table:
            errors.append(f"tools/rooms.txt:{number}: {name} is listed twice")
        else:
            table[name] = (int(rest[0]), set(rest[1:]))
    for name, (level, edges) in table.items():
        for edge in sorted(edges):
            if edge not in table:
                errors.append(f"{name}: lists {edge}, which is no room")
            elif table[edge][0] >= level:
                errors.append(f"{name}: lists {edge}, which is not below it")
    return table, errors


def used_edges(folder, room, rooms):
    """What the room's sources include and what its tests include, each as room → one file that does; and whether there
    are sources at all."""
    sources, tests, any_source = {}, {}, False
    for path in sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES):
        is_test = path.name.endswith("_test.cc")
        any_source = any_source or not is_test
        for other in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if other in rooms and other != room:
                (tests if is_test else sources).setdefault(other, path.relative_to(folder.parent.parent))
    return sources, tests, any_source


def check_room(root, room, table):
    folder = root / "src" / room
    listed = table[room][1]
    lists = folder / "CMakeLists.txt"
    if not lists.is_file():
        return [f"{room}: src/{room}/CMakeLists.txt is missing"]
    sources, tests, any_source = used_edges(folder, room, table)
    errors = [
        f"{room}: includes {other} in {({**tests, **sources})[other]}, which tools/rooms.txt does not allow"
        for other in sorted((sources.keys() | tests.keys()) - listed)
    ]
    if any_source:
        errors += [f"{room}: lists {edge}, but no include uses it" for edge in sorted(listed - sources.keys())]
    links = LINKS.search(lists.read_text(encoding="utf-8"))
    linked = set(links.group(1).split()) if links else set()
    errors += [f"{room}: links {other}, which tools/rooms.txt does not list" for other in sorted(linked - listed)]
    errors += [f"{room}: does not link {other}, which tools/rooms.txt lists" for other in sorted(listed - linked)]
    return errors


def rendered(table):
    rows = ["| level | room | may include |", "|---|---|---|"]
    for room, (level, edges) in sorted(table.items(), key=lambda item: item[1][0]):
        rows.append(f"| {level} | `{room}/` | {' '.join(sorted(edges)) or '–'} |")
    return "\n".join([BEGIN, *rows, END])


def check_page(page, table, write):
    if not page.is_file():
        return [f"{page.name}: is missing"]
    text = page.read_text(encoding="utf-8")
    parts = re.split(f"({re.escape(BEGIN)}.*?{re.escape(END)})", text, flags=re.S)
    if len(parts) != 3:
        return [f"{page.name}: expected one table between {BEGIN} and {END}"]
    if parts[1] == rendered(table):
        return []
    if not write:
        return [f"{page.name}: its room table is old; run tools/check_rooms.py --write"]
    page.write_text(parts[0] + rendered(table) + parts[2], encoding="utf-8")
    return []


def check(root, write=False):
    table, errors = read_table((root / "tools/rooms.txt").read_text(encoding="utf-8"))
    if errors:
        return errors
    for folder in sorted(path for path in (root / "src").iterdir() if path.is_dir() and path.name not in table):
        errors.append(f"{folder.name}: is no room of tools/rooms.txt")
    for room in table:
        errors += check_room(root, room, table)
    return errors + check_page(root / "ARCHITECTURE.md", table, write)


def main(arguments):
    if arguments not in ([], ["--write"]):
        print("usage: tools/check_rooms.py [--write]", file=sys.stderr)
        return 2
    errors = check(pathlib.Path(__file__).resolve().parent.parent, write=bool(arguments))
    for error in errors:
        print("error:", error)
    print("rooms:", "not ok" if errors else "ok")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
