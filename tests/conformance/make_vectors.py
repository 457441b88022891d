"""Writes vectors/: Merkle proofs from hashlib by the definition in RFC 6962 §2.1, checkpoints signed by the openssl command."""
import base64
import hashlib
import json
import pathlib
import subprocess
import tempfile

TOP = pathlib.Path(__file__).parent / "vectors"


def b64(data):
    return base64.b64encode(data).decode()


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [mth(leaves[k:])]
    return path(m - k, leaves[k:]) + [mth(leaves[:k])]


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


def merkle():
    cases = []
    for size in (1, 2, 3, 5, 7, 8, 13):
        leaves = [leaf(b"entry %d" % i) for i in range(size)]
        root = mth(leaves)
        for index in range(size):
            good = {"leafIdx": index, "treeSize": size, "leafHash": b64(leaves[index]), "root": b64(root), "proof": [b64(p) for p in path(index, leaves)]}
            cases.append({"id": f"inclusion/{size}/{index}", "wantErr": False, **good})
            cases.append({"id": f"inclusion/{size}/{index}/root", "wantErr": True, **good, "root": b64(flip(root))})
            cases.append({"id": f"inclusion/{size}/{index}/longer", "wantErr": True, **good, "proof": good["proof"] + [b64(root)]})
            cases.append({"id": f"inclusion/{size}/{index}/size", "wantErr": True, **good, "treeSize": index})
        for old in range(1, size + 1):
            good = {"size1": old, "size2": size, "root1": b64(mth(leaves[:old])), "root2": b64(root), "proof": [b64(p) for p in subproof(old, leaves, True)]}
            cases.append({"id": f"consistency/{size}/{old}", "wantErr": False, **good})
            cases.append({"id": f"consistency/{size}/{old}/root1", "wantErr": True, **good, "root1": b64(flip(mth(leaves[:old])))})
            cases.append({"id": f"consistency/{size}/{old}/root2", "wantErr": True, **good, "root2": b64(flip(root))})
            cases.append({"id": f"consistency/{size}/{old}/longer", "wantErr": True, **good, "proof": good["proof"] + [b64(root)]})
    (TOP / "merkle").mkdir(parents=True, exist_ok=True)
    (TOP / "merkle" / "proofs.jsonl").write_text("".join(json.dumps(c, sort_keys=True) + "\n" for c in cases))


def tlog():
    name, folder = "vectors.example/log", TOP / "tlog"
    bundles = folder / "tile" / "entries" / "000.p"
    bundles.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as top:
        key, text = pathlib.Path(top) / "key.der", pathlib.Path(top) / "text"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", key], check=True)
        public = subprocess.run(["openssl", "pkey", "-in", key, "-inform", "DER", "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
        key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
        (folder / "verifier.vkey").write_text(f"{name}+{key_id.hex()}+{b64(b'%c' % 1 + public)}\n")
        entries = [b"first", b"", b"third, longer than the others"]
        for size in range(4):
            root = mth([leaf(e) for e in entries[:size]])
            text.write_text(f"{name}\n{size}\n{b64(root)}\n")
            signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-keyform", "DER", "-in", text], check=True, capture_output=True).stdout
            (folder / f"checkpoint.{size}").write_text(text.read_text() + f"\n\u2014 {name} {b64(key_id + signature)}\n")
            if size:
                (bundles / str(size)).write_bytes(b"".join(len(e).to_bytes(2, "big") + e for e in entries[:size]))


merkle()
tlog()
