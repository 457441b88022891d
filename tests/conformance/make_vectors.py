"""Writes vectors/: Merkle proofs from hashlib by the definition in RFC 6962 §2.1, checkpoints signed by the openssl command,
webhooks signed by hmac."""
import base64
import hashlib
import hmac
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


def webhook():
    now, cases = 1_800_000_000, []

    def mac(key, *parts):
        return hmac.new(key, b"".join(parts), hashlib.sha256).digest()

    def case(scheme, key, body, expect, why, *headers):
        cases.append({"scheme": scheme, "secret_b64": b64(key), "body_b64": b64(body), "now": now, "tolerance_s": 300,
                      "expect": expect, "why": why, "headers": [list(h) for h in headers]})

    for key, body in ((b"a key", b'{"id":"e1"}'), (bytes(range(32)), b""), (b"k" * 100, b"\x00\xff. body\n")):
        name, good = "X-Hub-Signature-256", mac(key, body).hex()
        case("github", key, body, "accept", "right", (name, "sha256=" + good))
        case("github", key, body, "accept", "name in any case", (name.upper(), "sha256=" + good))
        case("github", key, body, "reject", "other body", (name, "sha256=" + mac(key, body, b" ").hex()))
        case("github", key, body, "reject", "other algorithm", (name, "sha512=" + good))
        case("github", key, body, "reject", "there twice", (name, "sha256=" + good), (name, "sha256=" + good))
        case("github", key, body, "reject", "not there")
        for ahead in (-301, -300, 0, 300, 301):
            time = str(now + ahead)
            good = mac(key, time.encode(), b".", body)
            inside = "accept" if abs(ahead) <= 300 else "reject"
            case("t-v1", key, body, inside, f"{ahead} s ahead", ("Signature", f"t={time},v1={good.hex()}"))
            signed = mac(key, b"m.1.", time.encode(), b".", body)
            case("standard-webhooks", key, body, inside, f"{ahead} s ahead", ("Webhook-Id", "m.1"), ("Webhook-Timestamp", time),
                 ("Webhook-Signature", f"v1a,x v1,{b64(signed)}"))
            case("t-v1", key, body, "reject", "signature of another time", ("Signature", f"t={int(time) - 1},v1={good.hex()}"))
            case("standard-webhooks", key, body, "reject", "signature of another id", ("Webhook-Id", "m.2"),
                 ("Webhook-Timestamp", time), ("Webhook-Signature", f"v1,{b64(signed)}"))
        case("t-v1", key, body, "reject", "two times", ("Signature", f"t={now},t={now},v1={mac(key, str(now).encode(), b'.', body).hex()}"))
    (TOP / "webhook").mkdir(parents=True, exist_ok=True)
    (TOP / "webhook" / "vectors.jsonl").write_text("".join(json.dumps(c, sort_keys=True) + "\n" for c in cases))


merkle()
tlog()
webhook()
