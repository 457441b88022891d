#!/usr/bin/env python3
"""Files of at most 400 lines, functions of at most 70. The sources are formatted, so a function ends with the "}" that
stands as far left as the line it began with; classes end with "};" and namespaces with a comment."""
import pathlib
import sys

FILE_MAX, FUNCTION_MAX = 400, 70
FOLDERS = ("src", "tests", "fuzz", "bench")


def long_functions(lines):
    """(line number, length) of each function that is too long: those at the left edge and those in a class."""
    begun = {0: 0, 2: 0}
    found = []
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() in ("", "}") or indent not in begun:
            if line.rstrip() in ("}", "  }") and number - begun[indent] >= FUNCTION_MAX:
                found.append((begun[indent], number - begun[indent] + 1))
            continue
        begun[indent] = number
    return found


def check(root):
    errors = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            name = path.relative_to(root)
            if len(lines) > FILE_MAX:
                errors.append(f"{name} has {len(lines)} lines, more than {FILE_MAX}; split it by what it is about")
            for number, length in long_functions(lines):
                errors.append(f"{name}:{number}: a function of {length} lines, more than {FUNCTION_MAX}; give its parts names")
    return errors


if __name__ == "__main__":
    mistakes = check(pathlib.Path(__file__).resolve().parent.parent)
    for mistake in mistakes:
        print(f"error: {mistake}", file=sys.stderr)
    if mistakes:
        sys.exit(1)
    print("lengths: ok")
