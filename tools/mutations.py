#!/usr/bin/env python3
"""Tries known mistakes of the engine and its guards: which are found, and by what.

tools/mutations.py --work DIR [--seeds N] [--only NAME,…] [--again] [CMAKE ARGUMENT…]

DIR gets a copy of the sources with all mistakes of tools/mutations.toml built in, each behind its name in ARIGHT_MUTANT,
so that one build serves all; and results.json, so that what was tried is not tried again but with --again. Exit code 1:
a mistake that nobody found, or one found that `survives` says nobody can find.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ["aright_sim", "engine_test", "guard_test", "guard_timelines"]
TIME_LIMIT = 900  # seconds of one program: a mistake may never come to an end …
MEMORY_LIMIT = 4 << 30  # … or write entries for ever
HEAD = """#ifndef ARIGHT_MUTANT
#define ARIGHT_MUTANT
#include <cstdlib>
#include <string_view>
static bool aright_mutant(std::string_view name) {
  static const char* const chosen = std::getenv("ARIGHT_MUTANT");
  return chosen != nullptr && name == chosen;
}
#endif
"""


class Mistake(Exception):
    pass


def mutated(text, m):
    """`text` with mutation `m` behind its name."""
    begin = text.find(m["after"]) if "after" in m else 0
    at = text.find(m["old"], begin)
    if begin < 0 or at < 0:
        raise Mistake(f"{m['name']}: its text is not in {m['file']}")
    if "after" not in m and text.find(m["old"], at + 1) >= 0:
        raise Mistake(f"{m['name']}: its text is in {m['file']} twice; say `after`")
    chosen = f'aright_mutant("{m["name"]}")'
    if m.get("statement"):
        put = f"if ({chosen}) {{ {m['new']} }} else {{ {m['old']} }}"
    else:
        put = f"({chosen} ? ({m['new']}) : ({m['old']}))"
    return text[:at] + put + text[at + len(m["old"]) :]


def copied(work, mutations):
    """The sources as they are in the working tree, with all mutations."""
    files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    texts = {}
    for m in mutations:
        source = texts.get(m["file"]) or (ROOT / m["file"]).read_text()
        texts[m["file"]] = mutated(source, m)
    for name in filter(None, files.decode().split("\0")):
        source, target = ROOT / name, work / "source" / name
        if not source.is_file():
            continue
        data = (HEAD + texts[name]).encode() if name in texts else source.read_bytes()
        if target.is_file() and target.read_bytes() == data:
            continue  # keeps its time, so that it is not built again
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        shutil.copymode(source, target)


def built(work, arguments):
    source, build = work / "source", work / "build"
    configure = ["cmake", "--preset", "dev", "-B", build, *arguments]
    subprocess.run(configure, cwd=source, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", build, "-j2", "--target", *TARGETS], check=True)
    return build


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def ran(command, mutant, work):
    """What was wrong, in one line; empty: nothing."""
    environment = {**os.environ, "ARIGHT_MUTANT": mutant}
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment, cwd=work, timeout=TIME_LIMIT, errors="replace", preexec_fn=limited
        )
    except subprocess.TimeoutExpired:
        return "does not come to an end"
    if done.returncode == 0:
        return ""
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if line.startswith("FAILED") or re.match(r"\[  FAILED  \] \S+( \(|$)", line)]
    return wrong[0] if wrong else f"exit code {done.returncode}: {(lines or ['']) [-1]}"


def commands(build, seeds):
    """By what may find a mistake: its commands. The seeds a few at first, since most mistakes are found by few."""
    sim = build / "tests/sim/aright_sim"
    parts = [(1, min(seeds, 20)), (21, min(seeds - 20, 80)), (101, seeds - 100)]
    return {
        "guard_test": [[build / "src/guard/guard_test", "--gtest_brief=1", "--gtest_fail_fast"]],
        "engine_test": [[build / "src/engine/engine_test", "--gtest_brief=1", "--gtest_fail_fast"]],
        "timelines": [[build / "tests/guards/guard_timelines", "--timelines", "500"]],
        "crash": [[sim, "--crash", "--seeds", "1"]],
        "seeds": [[sim, "--seed", str(first), "--seeds", str(count)] for first, count in parts if count > 0],
    }


def first_wrong(commands_of_one, mutant, work):
    return next(filter(None, (ran(command, mutant, work) for command in commands_of_one)), "")


def table(mutations, results):
    columns = ["guard_test", "engine_test", "timelines", "crash", "seeds"]
    rows = ["| mistake | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for m in mutations:
        if m["name"] not in results:
            continue
        found = results[m["name"]]
        rows.append(f"| {m['name']} | " + " | ".join("found" if found[c] else "" for c in columns) + " |")
    return "\n".join(rows)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=pathlib.Path, required=True)
    options.add_argument("--seeds", type=int, default=200)
    options.add_argument("--only", default="")
    options.add_argument("--again", action="store_true")
    given, arguments = options.parse_known_args()
    work = given.work.resolve()
    mutations = tomllib.loads((ROOT / "tools/mutations.toml").read_text())["mutation"]
    work.mkdir(parents=True, exist_ok=True)
    copied(work, mutations)
    build = built(work, arguments)
    kept = work / "results.json"
    results = json.loads(kept.read_text()) if kept.is_file() else {}
    for name, command in commands(build, given.seeds).items():
        if wrong := first_wrong(command, "", work):
            raise Mistake(f"without any mistake, {name}: {wrong}")
    wanted = set(filter(None, given.only.split(",")))
    bad = 0
    for m in mutations:
        name = m["name"]
        if wanted and name not in wanted:
            continue
        if given.again or name not in results:
            results[name] = {what: first_wrong(some, name, work) for what, some in commands(build, given.seeds).items()}
            kept.write_text(json.dumps(results, indent=1))
        found = [f"{what}: {wrong}" for what, wrong in results[name].items() if wrong]
        right = bool(found) != ("survives" in m)
        bad += not right
        print(f"{'' if right else 'WRONG '}{name}: {'; '.join(found) or 'survives: ' + m.get('survives', 'found by nobody')}", flush=True)
    print(table(mutations, results))
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        sys.exit(2)
