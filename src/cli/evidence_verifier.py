#!/usr/bin/env python3
"""Checks the evidence in this folder. Needs nothing but Python 3.8 and the public key of the log.

  python3 verify.py                     with signing.pub of this folder
  python3 verify.py --key OTHER.pub     with a key you have from somewhere else: that proves more
  python3 verify.py --witness KEY.pub   somebody else must have cosigned it (again for each; C2SP tlog-cosignature)

Checked are the signature of the checkpoint (C2SP signed note, Ed25519), that each entry is in the signed log (RFC 6962),
that contents and definitions are those the entries name, and how many of those are not here. What it cannot say: whether
entries were left out of this folder. index.html is for reading; what counts is printed here, from the entries.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import sys
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
        if signed_by(key[2], text.encode(), signature):
            origin, size, root = text.split("\n")[:3]
            if origin != key[0]:
                raise Wrong(f"the checkpoint is of the log {origin}, the key of {key[0]}")
            return int(size), base64.b64decode(root, validate=True)
    raise Wrong("the checkpoint is not signed by this key")


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


def check_named(folder, named):
    """Contents by their salted hash, definitions by their hash, each named by an entry."""
    contents = sorted((folder / "contents").glob("*.salt"))
    for salt in contents:
        data, key = salt.with_suffix("").read_bytes(), salt.read_bytes()
        if f"{key[:6].hex()}-{hmac.new(key, data, hashlib.sha256).hexdigest()}" != salt.stem or f'"{salt.stem}"' not in named:
            raise Wrong(f"contents/{salt.stem}: is not what the entries commit to")
    definitions = sorted((folder / "definitions").glob("*.json"))
    for path in definitions:
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem or f'"{path.stem}"' not in named:
            raise Wrong(f"definitions/{path.name}: is not what the entries name")
    said = []
    for name, paths, files, form in (("contents", contents, 2, r'\{"id":"([0-9a-f]{12}-[0-9a-f]{64})","size":'),
                                     ("definitions", definitions, 1, r'"(?:version|control_hash)":"([0-9a-f]{64})"')):
        if (folder / name).is_dir() and len(list((folder / name).iterdir())) != files * len(paths):
            raise Wrong(f"{name}/ has files that nothing speaks for")
        absent = set(re.findall(form, named)) - {path.stem for path in paths}
        more = f" ({len(absent)} more are named, but not here: erased, kept back, never kept or left out)" if absent else ""
        said.append(f"{len(paths)} {name}{more}")
    return ", ".join(said)


def main(words):
    folder = pathlib.Path(__file__).resolve().parent
    said = list(zip(words[::2], words[1::2]))
    if len(words) % 2 or any(option not in ("--key", "--witness") for option, _ in said):
        print(__doc__)
        return 2
    given = [file for option, file in said if option == "--key"]
    key = read_key(pathlib.Path(given[-1] if given else folder / "signing.pub").read_text())
    note = (folder / "checkpoint.txt").read_text(encoding="utf-8")
    size, root = open_checkpoint(note, key)
    for option, file in said:
        if option == "--witness":
            check_cosigned(note, read_key(pathlib.Path(file).read_text(), b"\4"))
    entries, named = check_entries(folder, size, root)
    beside = check_named(folder, named)
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
