#!/usr/bin/env python3
"""Every mistake of tools/mutations.toml still fits the sources, and is put where it belongs."""
import tomllib

import mutations


def refused(text, m):
    try:
        mutations.mutated(text, m)
    except mutations.Mistake:
        return True
    return False


m = {"name": "m", "file": "f", "old": "a < b", "new": "a <= b"}
assert mutations.mutated("if (a < b) x;", m) == 'if ((aright_mutant("m") ? (a <= b) : (a < b))) x;'
assert refused("nothing", m)
assert refused("a < b; a < b;", m)
assert mutations.mutated("a < b; here a < b;", {**m, "after": "here"}).startswith("a < b; here (aright_mutant")
s = {"name": "s", "file": "f", "old": "x();", "new": "", "statement": True}
assert mutations.mutated("{ x(); }", s) == '{ if (aright_mutant("s")) {  } else { x(); } }'

known = tomllib.loads((mutations.ROOT / "tools/mutations.toml").read_text())["mutation"]
assert len({k["name"] for k in known}) == len(known), "two have one name"
texts = {}
for k in known:
    texts[k["file"]] = mutations.mutated(texts.get(k["file"]) or (mutations.ROOT / k["file"]).read_text(), k)
print(f"mutations: {len(known)} fit")
