#!/usr/bin/env python3
"""check_lengths against files that are just short enough, and one line longer."""
import pathlib
import tempfile
import unittest

import check_lengths


def function(lines, indent=""):
    return [f"{indent}int f(int a,", f"{indent}      int b) {{", *[f"{indent}  a += b;"] * (lines - 3), f"{indent}}}"]


class CheckLengths(unittest.TestCase):
    def errors(self, lines):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "src" / "room" / "a.cc"
            path.parent.mkdir(parents=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            return check_lengths.check(pathlib.Path(folder))

    def test_files(self):
        self.assertEqual(self.errors(["// x"] * 400), [])
        self.assertEqual(len(self.errors(["// x"] * 401)), 1)
        self.assertIn("src/room/a.cc has 401 lines", self.errors(["// x"] * 401)[0])

    def test_functions(self):
        self.assertEqual(self.errors(function(70)), [])
        self.assertIn("src/room/a.cc:3: a function of 71 lines", self.errors(["// one", "", *function(71)])[0])
        self.assertEqual(self.errors(function(40) + function(40)), [])

    def test_functions_in_a_class(self):
        self.assertEqual(self.errors(["class A {", *function(70, "  "), "};"]), [])
        self.assertEqual(len(self.errors(["class A {", *function(71, "  "), "};"])), 1)
        self.assertEqual(self.errors(["struct A {", *["  int a;"] * 100, "};"]), [], "a class is no function")

    def test_blocks_in_a_function(self):
        block = ["  if (a) {", *["    b();"] * 30, "  }"]
        self.assertEqual(self.errors(["void f() {", *block, *block, "}"]), [])
        self.assertEqual(len(self.errors(["void f() {", *block, *block, *block, "}"])), 1)
        self.assertEqual(self.errors(["namespace a {", *["int x;"] * 100, "}  // namespace a"]), [])


unittest.main()
