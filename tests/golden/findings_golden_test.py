"""Rules + events -> findings, through `aright detect`. A case is a text file:
  === rules/NAME.yml   Sigma rules
  === arguments        further arguments of the command
  === events           JSON lines
  === findings         what it prints with `-o json`, a finding a line, exactly
"""
import json
import pathlib
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


class Findings(unittest.TestCase):
    def test_each_case_prints_exactly(self):
        files = sorted(CASES.iterdir())
        self.assertGreater(len(files), 3)
        for file in files:
            with self.subTest(file.name), tempfile.TemporaryDirectory() as top:
                case, rules = parts(file), pathlib.Path(top) / "rules"
                rules.mkdir()
                for name, text in case.items():
                    if name.startswith("rules/"):
                        (rules / name[6:]).write_text(text)
                done = subprocess.run([BINARY, "detect", "--controls", rules, *case["arguments"].split(), "-o", "json", "-"],
                                      input=case["events"], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.stdout, case["findings"], done.stderr)
                self.assertEqual(done.returncode, 1 if case["findings"] else 0, done.stderr)
                for line in done.stdout.splitlines():
                    json.loads(line)


unittest.main()
