"""`aright schema`: what editors say of a configuration file agrees with what the loader says."""
import copy
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import yaml

import schema_forms
from generated_config import Drawn

BINARY = sys.argv.pop(1)
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = REPOSITORY / "tests" / "golden" / "config"


class Yaml12(yaml.SafeLoader):
    """Reads scalars as YAML 1.2's core schema does."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in (
        ("bool", r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789")):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def read(text):
    return yaml.load(text, Yaml12)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        said = subprocess.run([BINARY, "schema"], capture_output=True, text=True, timeout=60, check=True).stdout
        cls.schema = json.loads(said)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def wrong(self, text):
        return sorted(str(e.message) for e in self.validator.iter_errors(read(text)))

    @staticmethod
    def golden(name):
        """Its configuration files and its messages."""
        parts = re.split(r"^=== (.*)\n", (GOLDEN / name).read_text(), flags=re.M)
        files = dict(zip(parts[1::2], parts[2::2]))
        messages = files.pop("messages")
        return {k: v for k, v in files.items() if k.endswith(".yaml")}, messages

    def test_the_packs_and_the_readme_are_right(self):
        files = sorted(REPOSITORY.glob("packs/*/controls/*.yaml")) + sorted(REPOSITORY.glob("packs/*/workflows/*.yaml"))
        self.assertGreater(len(files), 3)
        texts = [(str(f), f.read_text()) for f in files]
        blocks = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.S)
        texts += [(f"README.md, block {i}", block) for i, block in enumerate(blocks)
                  if block.startswith("# ") and not block.split("\n")[0].endswith(".yml")]  # those are published rules
        self.assertGreater(len(texts), len(files) + 1)
        fixtures = [(f"{f}, document {i}", text) for f in sorted(REPOSITORY.glob("packs/*/tests/*.yaml"))
                    for i, text in enumerate(f.read_text().split("\n---\n"))]
        self.assertGreater(len(fixtures), 5)
        for name, text in texts + fixtures:
            self.assertEqual(self.wrong(text), [], name)

    @staticmethod
    def validated(files):
        """What `validate` says of the folder."""
        with tempfile.TemporaryDirectory() as top:
            key = pathlib.Path(top) / "key"
            key.touch(0o600)
            key.write_text("a secret of ours\n")
            for name, text in files.items():
                (pathlib.Path(top) / "config" / name).parent.mkdir(parents=True, exist_ok=True)
                (pathlib.Path(top) / "config" / name).write_text(text.replace(schema_forms.KEY, str(key)))
            done = subprocess.run([BINARY, "validate", f"{top}/config"], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def assert_right(self, files, where):
        for name, text in files.items():
            if name.endswith(".yaml"):
                self.assertEqual(self.wrong(text), [], f"{where} {name}: {text}")

    def test_every_form_that_the_loader_takes_is_right(self):
        count = 0
        for count, files in enumerate(schema_forms.folders(), 1):
            with self.subTest(folder=count):
                self.assertNotIn("error: ", self.validated(files))
                self.assert_right(files, f"folder {count}")
        self.assertGreater(count, 200)

    def test_a_field_that_is_none_makes_each_form_wrong(self):
        for step in schema_forms.STEPS:
            for at in [step] + [step[key] for key in ("undo", "confirm", "expect", "retry", "approve") if isinstance(step.get(key), dict)]:
                right = copy.deepcopy(at)
                at["nonsense"] = 1
                for text in schema_forms.folder([step])["workflows/w.yaml"], schema_forms.folder([{"when": True, "then": [step]}])["workflows/w.yaml"]:
                    self.assertNotEqual(self.wrong(text), [], text)
                del at["nonsense"]
                self.assertEqual(at, right)

    def test_drawn_configurations_are_right(self):
        right = 0
        for seed in range(20):
            places = {"play": "/srv/play", "log": "/srv/app.log", "url": "http://127.0.0.1:8080", "port": 8080, "secret": schema_forms.KEY}
            files = Drawn(random.Random(seed), **places).files
            if "error: " not in self.validated(files):
                self.assert_right(files, f"seed {seed}")
                right += 1
        self.assertGreater(right, 10)

    def test_the_documents_are_right(self):
        count = 0
        for file in sorted(REPOSITORY.glob("docs/*.md")):
            for block in re.findall(r"```yaml\n(.*?)```", file.read_text(), re.S):
                self.assertEqual(self.wrong(block), [], f"{file.name}: {block}")
                count += 1
        self.assertGreaterEqual(count, 2)

    def test_most_mistakes_that_one_file_shows_are_refused(self):
        """What holds between keys and between files only `validate` says; what a file says by itself is seen by both."""
        wrong = refused = 0
        for case in sorted(GOLDEN.iterdir()):
            files, messages = self.golden(case.name)
            if not re.search(r"^error: .*(unknown field|must be|needs a field|unknown step)", messages, re.M):
                continue
            try:
                documents = [text for text in files.values() if isinstance(read(text), dict)]
            except yaml.YAMLError:
                continue
            wrong += 1
            refused += any(self.wrong(text) for text in documents)
        self.assertGreater(wrong, 30)
        self.assertGreater(refused, wrong * 2 // 3, f"{refused} of {wrong}")

    def test_mistakes_in_fixtures_are_refused(self):
        for text in ("test: a\nexpect: { run: [] }", "test: a\nexpect: { runs: [{ stat: x }] }", "test: a",
                     "test: a\nexpect: { runs: [{ state: fine }] }", "test: a\nexpect: { verdicts: [{ verdict: held }] }", "test: a\nexpect: {}\nlasts: long",
                     "test: a\nhappens: [{ after: 1m, states: { /a: { contents: x } } }]\nexpect: {}"):
            self.assertNotEqual(self.wrong(text), [], text)
        self.assertEqual(self.wrong("test: a\nexpect: { runs: [{ state: null }, { state: failed }] }"), [])

    def test_every_configuration_without_errors_is_right(self):
        count = 0
        for case in sorted(GOLDEN.iterdir()):
            files, messages = self.golden(case.name)
            if "error: " in messages:
                continue
            for file, text in files.items():
                self.assertEqual(self.wrong(text), [], f"{case.name} {file}")
                count += 1
        self.assertGreater(count, 15)

    def test_unknown_keys_words_and_wrong_types_are_refused(self):
        # One file in each of these is wrong by a key, a word or a type of its own.
        cases = ["unknown-field", "unknown-mode", "unknown-severity", "answer-bad-level", "number-for-text",
                 "number-for-a-list", "wrong-type", "bad-duration", "threshold-typo", "threshold-zero", "unquoted-mode",
                 "violation-a-map", "not-yet-control", "guards-wrong-type", "approve-no-map", "no-steps", "bad-ensure"]
        for name in cases:
            files, messages = self.golden(name + ".txt")
            self.assertIn("error: ", messages)
            self.assertTrue(any(self.wrong(text) for text in files.values()), name)

    def test_a_condition_may_be_a_boolean_and_what_is_answered_is_something(self):
        files, messages = self.golden("conditions-that-are-booleans.txt")
        self.assertNotIn("error: ", messages)
        self.assertIn("when: true", "".join(files.values()))
        for name, text in files.items():
            self.assertEqual(self.wrong(text), [], name)
        self.assertNotEqual(self.wrong("workflow: a\nowner: o\nanswers: [a]\nwhen: 1\nsteps: [{ ensure: desired }]"), [])
        empty, _ = self.golden("empty-lists.txt")
        for text in (empty["workflows/a.yaml"], "workflow: a\nowner: o\nanswers: []\nsteps: [{ ensure: desired }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: []", "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ exec: [] }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ exec: [/a], expect: { exit: [] } }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ exec: [/a] }]\nfinally: []",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ when: 'a', then: [] }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ when: 'a', then: [{ exec: [/a] }], else: [] }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ exec: [/a], for_each: [], at_most: 1 }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ call: { url: 'http://a/' }, expect: { status: [] } }]",
                     "workflow: a\nowner: o\nanswers: [a]\nsteps: [{ exec: [/a] }]\nguards: { threshold: [] }"):
            self.assertNotEqual(self.wrong(text), [], text)

    def test_it_knows_exactly_the_keys_the_loader_names(self):
        """The loader lists what it knows beside a key it does not know."""
        for name in ("unknown-field", "threshold-typo", "many-at-once"):
            _, messages = self.golden(name + ".txt")
            for what, known in re.findall(r"unknown field `[^`]*` in (.*?)\n.*?known fields: (.*?)\n", messages, re.S):
                definition = self.schema["$defs"][what.replace("`", "").replace(" ", "-")]
                for key in known.split(", "):
                    self.assertIn(key, definition["properties"], what)

    def test_no_key_may_be_just_anything(self):
        for what, definition in self.schema["$defs"].items():
            self.assertFalse(definition["additionalProperties"], what)
            for key, value in definition["properties"].items():
                self.assertNotEqual(value, {}, f"`{key}` in {what}: a model file in cli/schema.cc must show its form")


unittest.main()
