"""The conformance command over own vectors, public ones where they are, and over what is not a vector."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BINARY, OWN, PUBLIC = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
del sys.argv[1:]


def run(*words):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout


class Conformance(unittest.TestCase):
    def passes(self, kind, path, least):
        code, said = run(kind, path)
        self.assertEqual(code, 0, said)
        last = re.fullmatch(r"(\d+) passed, 0 failed(, \d+ skipped( \(.+\))?)?", said.splitlines()[-1])
        self.assertTrue(last, said)
        self.assertGreaterEqual(int(last[1]), least)

    def fails(self, kind, path, part):
        code, said = run(kind, path)
        self.assertEqual(code, 1, said)
        self.assertIn(part, said)
        self.assertRegex(said.splitlines()[-1], r"^\d+ passed, [1-9]\d* failed(, \d+ skipped)?$")

    def test_own(self):
        self.passes("merkle", OWN / "merkle", 300)
        self.passes("tlog", OWN / "tlog", 16)
        self.passes("tlog", OWN, 16)  # below a folder
        self.passes("tlog", OWN / "tlog" / "checkpoint.3", 4)
        self.passes("webhook", OWN / "webhook", 40)
        self.passes("cel", OWN / "cel", 60)
        self.passes("sigma", OWN / "sigma", 5)

    def test_public(self):
        if not PUBLIC.is_dir():
            self.skipTest("skipped: no corpus")
        self.passes("merkle", PUBLIC / "rfc6962-merkle", 96)
        self.passes("merkle", PUBLIC / "rfc6962-merkle" / "proofs.jsonl", 96)
        self.passes("tlog", PUBLIC / "tlog-c2sp", 28)
        self.passes("webhook", PUBLIC / "webhook-auth", 286)
        self.passes("cel", PUBLIC / "cel", 556)

    def webhook_case_fails(self, top):
        case = top / "case.jsonl"
        good = json.loads((OWN / "webhook" / "vectors.jsonl").read_text().splitlines()[0])
        for field in ("scheme", "secret_b64", "body_b64", "expect", "now", "tolerance_s", "headers"):
            case.write_text(json.dumps(good) + "\n" + json.dumps({**good, field: [["x"]]}) + "\n")
            self.fails("webhook", case, f"case.jsonl:2: {field}")
        case.write_text(json.dumps({**good, "expect": "reject"}))
        self.fails("webhook", top, "accepted")
        for text, part in (("{", "not JSON"), ("7", "is not a case")):
            case.write_text(text)
            self.fails("webhook", top, part)
        case.unlink()
        self.fails("webhook", top, "holds no vectors")

    def test_published_rules(self):
        corpora = PUBLIC.parent / "corpora"
        if not corpora.is_dir():
            self.skipTest("skipped: no corpus")
        code, said = run("sigma", corpora)
        self.assertEqual(code, 0, said[-2000:])  # nothing but what is not in this version is refused
        self.assertIn("loaded: 2755 of 2815 files, 60 more need", said)
        self.assertIn("matched as expected: 140 of 140 rules\n", said)

    def test_what_is_not_a_vector_fails_with_a_word(self):
        with tempfile.TemporaryDirectory() as top:
            case = pathlib.Path(top) / "case.json"
            for text, part in [("", "empty"), ("{", "not JSON"), ("7", "is not a case"), ("{}", "wantErr"),
                               ('{"wantErr": true}', "size1"), ('{"wantErr": 1, "leafIdx": 0}', "wantErr"),
                               ('{"wantErr": true, "leafIdx": "0"}', "leafIdx"), ('{"wantErr": true, "leafIdx": -1}', "leafIdx"),
                               ('{"wantErr": true, "leafIdx": 0, "treeSize": 1, "leafHash": "", "root": "", "proof": {}}', "proof"),
                               ('{"wantErr": true, "leafIdx": 0, "treeSize": 1, "leafHash": 5, "root": "", "proof": []}', "leafHash")]:
                case.write_text(text)
                self.fails("merkle", case, part)
                self.fails("merkle", top, part)
            case.unlink()
            self.webhook_case_fails(pathlib.Path(top))
            self.fails("merkle", top, "holds no vectors")
            self.fails("tlog", top, "holds no vectors")
            (pathlib.Path(top) / "checkpoint.1").write_bytes(b"\xff\n")
            self.fails("tlog", top, "verifier.vkey")
            (pathlib.Path(top) / "verifier.vkey").write_text((OWN / "tlog" / "verifier.vkey").read_text())
            self.fails("tlog", top, "checkpoint")
            (pathlib.Path(top) / "checkpoint.1").write_bytes((OWN / "tlog" / "checkpoint.1").read_bytes())
            self.fails("tlog", top, "do not hold 1 entries")
            self.fails("merkle", pathlib.Path(top) / "none", "does not exist")
            cases = pathlib.Path(top) / "cases.jsonl"
            for line, part in [("{", "not JSON"), ("7", "is not a case"), ('{"expr": "1"}', "is not a case"),
                               ('{"expr": "1 +", "expect": {"value": {"int": "1"}}, "tags": []}', "mistake at 3"),
                               ('{"expr": "1", "expect": {"value": {"int": "2"}}, "tags": []}', 'int 1, not {"int":"2"}'),
                               ('{"expr": "1", "expect": {"value": {"uint": "1"}}, "tags": []}', "int 1, not"),
                               ('{"expr": "1", "expect": {"error": ["x"]}, "tags": []}', "where an error was expected"),
                               ('{"expr": "1 / 0", "expect": {"value": {"int": "1"}}, "tags": []}', "division by zero"),
                               ('{"expr": "x", "bindings": {"x": 5}, "expect": {"value": {"int": "5"}}, "tags": []}', "binding")]:
                cases.write_text(line + "\n")
                self.fails("cel", cases, part)
                self.fails("cel", top, part)
            cases.unlink()
            rule = pathlib.Path(top) / "rule.yml"
            rule.write_text((OWN / "sigma" / "rules.yml").read_text())
            events = pathlib.Path(top) / "events.jsonl"
            never, root = "6d0f4a1e-0001-4000-8000-000000000004", "6d0f4a1e-0001-4000-8000-000000000001"
            for line, part in [("7", "is no JSON object"), ("{", "is no JSON object"), ('{"_rule_id": 5}', "is no text"),
                               ('{"_rule_id": "%s", "product": "linux"}' % never, "matched 0 of 1 events, expected 1"),
                               ('{"_rule_id": "%s", "product": "linux", "user": "", "_match_count": 0}' % never, "matched 1 of 1 events, expected 0"),
                               ('{"_rule_id": "%s", "_match_count": 2}' % root, "matched 0 of 1 events, expected 2"),
                               ('{"_rule_id": "none"}', "rule none: matched 0 of 1")]:
                events.write_text(line + "\n")
                self.fails("sigma", top, part)
            events.unlink()
            rule.write_text("title: t\n")
            self.fails("sigma", top, "needs a field `detection`")
            rule.write_text((OWN / "sigma" / "rules.yml").read_text() * 2)
            self.fails("sigma", rule, "written twice")
        self.assertEqual(run("merkle")[0], 2)
        self.assertEqual(run("celery", ".")[0], 2)


unittest.main()
