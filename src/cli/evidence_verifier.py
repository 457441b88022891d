#!/usr/bin/env python3
"""Checks the evidence in this folder. Needs nothing but Python 3.8 and the public key of the log.

  python3 -I verify.py                     with signing.pub of this folder
  python3 -I verify.py --key OTHER.pub     with a key you have from somewhere else: that proves more
  python3 -I verify.py --witness KEY.pub   somebody else must have cosigned it (again for each; C2SP tlog-cosignature)
  python3 -I verify.py FOLDER …            the evidence in another folder, by a copy of this file that you trust

Checked are the signature of the checkpoint (C2SP signed note, Ed25519), that each entry is in the signed log (RFC 6962),
that contents and definitions are those the entries name, and how many of those are not here. What it cannot say: whether
entries were left out of this folder. index.html is for reading; what counts is printed here, from the entries.
"""
import sys
if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]  # this folder: no file in it may pass for a module of Python's
import base64
import hashlib
import hmac
import json
import pathlib
import re
import time

P = 2**255 - 19  # RFC 8032 §5.1
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


class Wrong(Exception):
    """Something is not what it should be; the text says what."""


def add(a, b):
    """Of points on the curve in extended coordinates (X, Y, Z, T), RFC 8032 §5.1.4."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a point is not on the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(key, message, signature):
    number = int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or number >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(times(number, BASE), add(point_of(signature[:32]), times(k, point_of(key))))


def read_key(text, use=b"\1"):
    """NAME+ID+base64(use || key)."""
    name, number, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if raw[:1] != use or hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] != number:
        raise Wrong("the public key is not one of this form")
    return name, bytes.fromhex(number), raw[1:]


def signatures_of(note, key):
    """The signed text, and what stands under it by this key."""
    text, _, lines = note.rpartition("\n\n")
    for mark, signer, encoded in (line.split(" ") for line in lines.splitlines()):
        raw = base64.b64decode(encoded, validate=True)
        if mark == "\u2014" and signer == key[0] and raw[:4] == key[1]:
            yield text + "\n", raw[4:]


def open_checkpoint(note, key):
    for text, signature in signatures_of(note, key):
        if signed_by(key[2], text.encode(), signature) and text.split("\n")[0] == key[0]:
            size, root = text.split("\n")[1:3]
            return int(size), base64.b64decode(root, validate=True)
    raise Wrong("the checkpoint is not signed by this key, or is of another log")


def check_cosigned(note, key):
    for text, signature in signatures_of(note, key):
        seconds = int.from_bytes(signature[:8], "big")
        if signed_by(key[2], f"cosignature/v1\ntime {seconds}\n{text}".encode(), signature[8:]):
            return print(f"cosigned by {key[0]} at {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))}")
    raise Wrong(f"the checkpoint is not cosigned by {key[0]}")


def root_from(leaf, index, size, proof):
    """RFC 9162 §2.1.3.2."""
    at, last, value = index, size - 1, leaf
    if index >= size:
        raise Wrong(f"entry {index} is not in a log of {size}")
    for other in proof:
        if last == 0:
            raise Wrong(f"entry {index}: its proof is too long")
        if at & 1 or at == last:
            value = hashlib.sha256(b"\1" + other + value).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\1" + value + other).digest()
        at, last = at >> 1, last >> 1
    if last:
        raise Wrong(f"entry {index}: its proof is too short")
    return value


def check_entries(folder, size, root):
    lines = (folder / "entries.jsonl").read_bytes().split(b"\n")
    proofs = json.loads((folder / "proofs.json").read_text())["entries"]
    if lines.pop() != b"" or len(lines) != len(proofs) or not lines:
        raise Wrong("entries.jsonl and proofs.json are not of the same entries")
    entries = []
    for line, proof in zip(lines, proofs):
        seq, entry = proof["seq"], json.loads(line)
        if entry["seq"] != seq or (entries and seq <= entries[-1]["seq"]):
            raise Wrong(f"entry {seq}: is not in its place")
        path = [base64.b64decode(part, validate=True) for part in proof["proof"]]
        if root_from(hashlib.sha256(b"\0" + line).digest(), seq, size, path) != root:
            raise Wrong(f"entry {seq}: is not what was signed")
        entries.append(entry)
    return entries, b"\n".join(lines).decode()


def is_content(path):
    salt, data = path.read_bytes(), path.with_suffix("").read_bytes()
    return path.stem == f"{salt[:6].hex()}-{hmac.new(salt, data, hashlib.sha256).hexdigest()}"


def check_named(folder, named):
    """Contents by their salted hash, definitions by their hash, each where an entry names such a thing."""
    for name, endings, is_itself, form in (
            ("contents", (".salt", ""), is_content, r'\{"id":"([0-9a-f]{12}-[0-9a-f]{64})","size":'),
            ("definitions", (".json",), lambda path: path.stem == hashlib.sha256(path.read_bytes()).hexdigest(),
             r'"(?:version|control_hash)":"([0-9a-f]{64})"')):
        ids, files = set(re.findall(form, named)), {path.name for path in (folder / name).glob("*")}
        here = {file.rpartition(".")[0] for file in files if file.endswith(endings[0])}
        if files != {one + ending for one in here for ending in endings}:
            raise Wrong(f"{name}/ has files that nothing speaks for")
        for one in here:
            if one not in ids or not is_itself(folder / name / (one + endings[0])):
                raise Wrong(f"{name}/{one}: is not what the entries name")
        absent = f" ({len(ids - here)} more are named, but not here: erased, kept back, never kept or left out)" if ids - here else ""
        yield f"{len(here)} {name}{absent}"


def main(words):
    folder = pathlib.Path(words.pop(0)) if len(words) % 2 else pathlib.Path(__file__).resolve().parent
    said = list(zip(words[::2], words[1::2]))
    if str(folder).startswith("-") or any(option not in ("--key", "--witness") for option, _ in said):
        return print(__doc__) or 2
    given = [file for option, file in said if option == "--key"]
    key = read_key(pathlib.Path(given[-1] if given else folder / "signing.pub").read_text())
    note = (folder / "checkpoint.txt").read_text(encoding="utf-8")
    size, root = open_checkpoint(note, key)
    for option, file in said:
        if option == "--witness":
            check_cosigned(note, read_key(pathlib.Path(file).read_text(), b"\4"))
    entries, named = check_entries(folder, size, root)
    beside = ", ".join(check_named(folder, named))
    for entry in entries:
        rest = {k: v for k, v in entry.items() if k not in ("at", "kind", "seq", "v", "up", "boot_id")}
        print(f"{entry['seq']:>8}  {entry['at']}  {entry['kind']:<20} {json.dumps(rest, sort_keys=True)}")
    print(f"ok: {len(entries)} entries of the {size} that {key[0]} has signed, {beside}")
    if not given:
        print("The key came with the evidence: compare signing.pub with one you have from elsewhere.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Wrong, OSError, ValueError, KeyError, TypeError) as wrong:
        print(f"WRONG: {wrong or type(wrong).__name__}", file=sys.stderr)
        sys.exit(1)
