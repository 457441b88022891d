"""Rules + events -> findings, through `aright detect`. A case is a text file:
  === rules/NAME.yml   Sigma rules
  === arguments        further arguments of the command
  === events           JSON lines; in `=== escaped events` each \\xNN stands for a byte
  === findings         what it prints with `-o json`, a finding a line, exactly
  === told             lines that are in what it says on standard error
  === exit             the exit code, where it is not 1 with findings and 0 without
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BINARY = sys.argv.pop(1)
CASES = pathlib.Path(__file__).resolve().parent / "findings"


def parts(file):
    found = {}
    for line in file.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            name = line[4:].strip()
            found[name] = ""
        else:
            found[name] += line
    return found


def events_of(case):
    if "events" in case:
        return case["events"].encode()
    return re.sub(rb"\\x([0-9a-f]{2})", lambda escape: bytes.fromhex(escape[1].decode()), case["escaped events"].encode())


class Findings(unittest.TestCase):
    def test_each_case_prints_exactly(self):
        files = sorted(CASES.iterdir())
        self.assertGreater(len(files), 10)
        for file in files:
            with self.subTest(file.name), tempfile.TemporaryDirectory() as top:
                case, rules = parts(file), pathlib.Path(top) / "rules"
                rules.mkdir()
                for name, text in case.items():
                    if name.startswith("rules/"):
                        (rules / name[6:]).write_text(text)
                done = subprocess.run([BINARY, "detect", "--controls", rules, *case["arguments"].split(), "-o", "json", "-"],
                                      input=events_of(case), capture_output=True, timeout=60)
                out, told = done.stdout.decode(), done.stderr.decode()
                self.assertEqual(out, case["findings"], told)
                self.assertEqual(done.returncode, int(case.get("exit", bool(case["findings"]))), told)
                for line in case.get("told", "").splitlines():
                    self.assertIn(line + "\n", told)
                for line in out.splitlines():
                    json.loads(line)


unittest.main()
