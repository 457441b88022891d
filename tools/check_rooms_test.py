#!/usr/bin/env python3
"""check_rooms against small trees, each right but for one mistake."""
import pathlib
import tempfile
import unittest

import check_rooms

TREE = {
    "tools/rooms.txt": "# a comment\nbase 0\nmodel 1 base\nengine 2 base model\n",
    "src/base/CMakeLists.txt": "aright_room(base LINKS  PARTS fmt::fmt)\n",
    "src/base/time.h": "#include <chrono>\n",
    "src/model/CMakeLists.txt": "aright_room(model LINKS base PARTS )\n",
    "src/model/run.h": '#include "base/time.h"\n#include "model/names.h"\n',
    "src/engine/CMakeLists.txt": "aright_room(engine LINKS base model)\n",
    "src/engine/core/core.cc": '#include <fmt/format.h>\n  #  include "model/run.h"\n#include <base/time.h>\n',
}


class CheckRooms(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in TREE.items():
            self.put(name, text)
        self.put("ARCHITECTURE.md", f"before\n{check_rooms.BEGIN}\n{check_rooms.END}\nafter\n")
        self.assertEqual(check_rooms.check(self.root, write=True), [])

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_only_error(self, *words):
        errors = check_rooms.check(self.root)
        self.assertEqual(len(errors), 1, errors)
        for word in words:
            self.assertIn(word, errors[0])

    def test_a_right_tree_has_no_errors(self):
        self.assertEqual(check_rooms.check(self.root), [])

    def test_an_edge_that_is_not_listed(self):
        self.put("src/base/bad.h", '#include "engine/core.h"\n')
        self.assert_only_error("base: includes engine", "src/base/bad.h")

    def test_a_test_may_not_leave_the_table_either(self):
        self.put("src/model/run_test.cc", '#include "engine/core.h"\n')
        self.assert_only_error("model: includes engine", "run_test.cc")

    def test_a_listed_edge_nobody_uses(self):
        self.put("src/engine/core/core.cc", '#include "model/run.h"\n')
        self.assert_only_error("engine: lists base", "no include uses it")

    def test_use_in_a_test_is_no_use(self):
        self.put("src/engine/core/core.cc", '#include "model/run.h"\n')
        self.put("src/engine/core/core_test.cc", '#include "base/time.h"\n')
        self.assert_only_error("engine: lists base", "no include uses it")

    def test_a_room_without_sources_need_not_use_its_edges(self):
        (self.root / "src/engine/core/core.cc").unlink()
        self.assertEqual(check_rooms.check(self.root), [])

    def test_an_edge_upwards_and_so_every_cycle(self):
        self.put("tools/rooms.txt", "base 0\nmodel 1 base engine\nengine 2 base model\n")
        self.assert_only_error("model: lists engine", "not below it")

    def test_an_edge_within_a_level(self):
        self.put("tools/rooms.txt", "base 0\nmodel 1 base\nengine 1 base model\n")
        self.assert_only_error("engine: lists model", "not below it")

    def test_an_edge_to_nowhere(self):
        self.put("tools/rooms.txt", "base 0\nmodel 1 base\nengine 2 base model cel\n")
        self.assert_only_error("engine: lists cel", "no room")

    def test_a_line_that_cannot_be_read(self):
        self.put("tools/rooms.txt", TREE["tools/rooms.txt"] + "store two base\n")
        self.assert_only_error("tools/rooms.txt:5")

    def test_a_room_listed_twice(self):
        self.put("tools/rooms.txt", TREE["tools/rooms.txt"] + "base 0\n")
        self.assert_only_error("tools/rooms.txt:5", "twice")

    def test_a_link_too_many_and_one_too_few(self):
        self.put("src/model/CMakeLists.txt", "aright_room(model LINKS base engine PARTS )\n")
        self.assert_only_error("model: links engine")
        self.put("src/model/CMakeLists.txt", "aright_room(model LINKS PARTS fmt::fmt)\n")
        self.assert_only_error("model: does not link base")

    def test_a_folder_that_is_no_room(self):
        self.put("src/misc/x.h", "")
        self.assert_only_error("misc: is no room")

    def test_a_room_without_its_folder(self):
        self.put("tools/rooms.txt", TREE["tools/rooms.txt"] + "api 3 engine\n")
        errors = check_rooms.check(self.root)
        self.assertTrue(any("src/api/CMakeLists.txt is missing" in error for error in errors), errors)

    def test_an_old_table_is_an_error_until_it_is_written(self):
        page = self.root / "ARCHITECTURE.md"
        page.write_text(page.read_text(encoding="utf-8").replace("| base model |", "| base |"), encoding="utf-8")
        self.assert_only_error("--write")
        self.assertEqual(check_rooms.check(self.root, write=True), [])
        text = page.read_text(encoding="utf-8")
        self.assertIn("| 2 | `engine/` | base model |", text)
        self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n"), text)

    def test_a_page_without_its_table(self):
        self.put("ARCHITECTURE.md", "nothing here\n")
        self.assert_only_error("expected one table")


if __name__ == "__main__":
    unittest.main()
