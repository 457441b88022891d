"""A start that is refused has changed nothing, and a pause holds from the first moment."""
import fcntl
import os
import shutil
import socket
import sqlite3
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until


class Start(DaemonCase):
    def refused_with(self, *more):
        command = [BINARY, "serve", "--config", self.config, "--state", self.state, *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse(self.fixed(), "a start that was refused put a file right")
        return done.stderr

    def test_an_address_that_cannot_be_served(self):
        self.break_file()
        self.assertIn("only loopback addresses are served", self.refused_with("--listen", "0.0.0.0:9999"))
        self.assertIn("is not an address", self.refused_with("--listen", "nonsense"))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assertIn(f"{address}: address already in use: is another daemon running? give another port", self.refused_with("--listen", address))
        self.assertFalse(self.state.exists())

    def test_the_state_folder_stands_apart_from_the_configuration(self):
        for state, how in ((self.config, "is"), (self.config / "state", "lies in")):
            for words in (["serve", "--config", self.config, "--state", state], ["--state", state, "validate", self.config]):
                done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"error: the state folder {state} {how} the configuration folder", done.stderr)
                self.assertIn("another folder with --state", done.stderr)
        self.assertFalse((self.config / "state").exists())

    def test_a_damaged_database_says_what_can_be_done(self):
        self.start()
        self.assertEqual(self.stop(), 0)
        with open(self.state / "aright.db", "r+b") as database:
            pages = os.path.getsize(database.name) // 4096
            for page in range(1, pages):
                database.seek(page * 4096)
                database.write(b"\xff" * 4096)
        said = self.refused()
        self.assertIn("aright.db: ", said)
        self.assertIn("put back a whole copy of the state folder", said)

    def test_a_daemon_that_does_not_listen_is_not_called_absent(self):
        self.state.mkdir(mode=0o700, exist_ok=True)
        (self.state / "pid").write_text("4711\n")
        folder = os.open(self.state, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, folder)
        self.assertIn("no daemon answers", self.cli("status", expect=1))
        fcntl.flock(folder, fcntl.LOCK_EX)
        self.assertIn("(process 4711) is starting or stopping", self.cli("status", expect=1))

    def test_a_socket_that_is_removed_is_made_again(self):
        self.start()
        socket = self.state / "aright.sock"
        mode = socket.stat().st_mode
        said = lambda: (self.top / "log").read_text().count("aright.sock: was removed by somebody; it is made again")
        for times in range(1, 3):
            socket.unlink()
            until(lambda: said() == times, lambda: (self.top / "log").read_text())
            self.assertEqual(socket.stat().st_mode, mode)
            self.ask("status")
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        self.assertFalse(socket.exists())

    def test_where_deliveries_that_are_left_cannot_be_looked_for_that_is_said(self):
        self.state.mkdir(mode=0o700)
        (self.state / "webhooks").write_text("somebody's")
        self.start()
        self.assertRegex((self.top / "log").read_text(),
                         rf"{self.state}/webhooks: .*; whether deliveries of webhooks that are gone wait there is not known")
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)

    def test_damage_in_any_page_is_seen_at_the_start(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        path = self.state / "aright.db"
        whole = path.read_bytes()
        database = sqlite3.connect(path)
        roots = [row[0] for row in database.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage>0")]
        database.close()
        self.assertGreater(len(roots), 20)
        whole = path.read_bytes()
        for page in roots:
            with self.subTest(page=page):
                path.write_bytes(whole[:(page - 1) * 4096] + b"\xff" + whole[(page - 1) * 4096 + 1:])
                said = self.refused()
                self.assertIn("aright.db: ", said)
                self.assertIn("put back a whole copy of the state folder", said)
                verified = self.cli("audit", "verify", expect=1)
                self.assertRegex(verified, f"(?i)page {page}\\b")
        path.write_bytes(whole)
        self.start()

    def test_a_broken_configuration_makes_no_state(self):
        self.break_file()
        (self.config / "workflows" / "restore.yaml").write_text("workflow: [")
        self.assertIn("has mistakes", self.refused_with())
        self.assertFalse(self.state.exists())

    def test_a_socket_name_that_is_too_long(self):
        self.break_file()
        self.state = self.top / ("x" * 100)
        self.assertIn("too long for a socket's name (at most 107); give a shorter path with --state", self.refused_with())
        self.assertIn("give a shorter path with --state", self.cli("status", expect=1))

    def test_folders_that_are_not_there(self):
        self.state = self.top / "no" / "such"
        self.assertIn("no such file or directory; make the folder that it is to lie in, or use --state", self.refused())
        self.assertIn("signing.pub: no such file or directory; name the state folder with --state", self.cli("audit", "verify", expect=2))
        self.config = self.top / "none"
        self.assertIn("name the configuration folder: the one with controls/", self.refused())

    def test_what_is_typed_wrongly(self):
        for words in ([], ["serve"], ["reviews", "approve"], ["serve", "--config", "x", "--workers", "y"]):
            done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 2)
            self.assertIn("hint: `--help`" if words else "Usage: aright", done.stderr)

    def test_a_socket_that_is_taken(self):
        self.break_file()
        self.state.mkdir(mode=0o700)
        (self.state / "aright.sock").write_text("somebody's")
        self.assertIn("is no socket", self.refused_with())
        database = sqlite3.connect(self.state / "aright.db")
        self.assertEqual(database.execute("SELECT count(*) FROM entry").fetchone()[0], 0)
        database.close()
        (self.state / "aright.sock").unlink()
        self.start()  # as the first start, though the keys were made by the refused one
        self.ended(1)

    def test_a_state_folder_that_is_not_there_yet_is_protected(self):
        control = (self.config / "controls" / "a.yaml").read_text()
        self.play.joinpath("a").unlink()
        (self.config / "controls" / "a.yaml").write_text(control.replace(str(self.play / "a"), str(self.state / "signing.key")))
        self.assertIn("it is protected", self.refused())
        self.assertFalse(self.state.exists())

    def pause_holds(self, make):
        self.break_file()
        self.state.mkdir(mode=0o700)
        make(self.state / "pause")
        self.start()
        until(lambda: self.runs(), "a run")
        self.assertTrue(self.ask("status")["paused"])
        until(lambda: any(e["kind"] == "pause.set" for e in self.entries()), "the pause is recorded")
        self.assertFalse(self.fixed())
        (self.state / "pause").unlink()
        self.ended(1)
        kinds = [e["kind"] for e in self.entries()]
        self.assertLess(kinds.index("pause.cleared"), kinds.index("step.intended"))

    def test_a_pause_file_from_before(self):
        self.pause_holds(lambda path: path.touch())

    def test_a_pause_file_that_leads_nowhere(self):
        self.pause_holds(lambda path: path.symlink_to("nowhere"))

    @unittest.skipUnless(os.geteuid() == 0, "skipped: only root may run it as somebody else")
    def test_folders_that_are_closed_to_the_user(self):
        binary = shutil.copy(BINARY, self.top / "aright")
        self.top.chmod(0o755)
        closed = self.top / "closed"
        closed.mkdir(mode=0o700)
        for config, state, said in (
                (self.config, closed / "state", "permission denied; give a folder of your own with --state, or run as its owner"),
                (closed, self.top / "state", "let user 65534 read this folder, or run as its owner")):
            done = subprocess.run([binary, "serve", "--config", config, "--state", state], capture_output=True, text=True, timeout=30,
                                  user=65534, group=65534, extra_groups=[])
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)

    def test_validate_knows_the_address(self):
        self.write_node("listen: 0.0.0.0:80\n")
        done = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"only loopback addresses are served\s+--> aright\.yaml:1:\d+")
        self.write_node('listen: "127.0.0.1:7480"\n')
        self.cli("validate", str(self.config))


unittest.main()
