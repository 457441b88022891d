"""Tests that need file systems of their own."""
import os
import subprocess
import sys

from daemon import BINARY

OWN_MOUNTS = "ARIGHT_OWN_MOUNTS"
MUST_MOUNT = "ARIGHT_MUST_MOUNT"  # set where tests that may not mount fail instead of being skipped; C++ tests heed it too


def enter_own_mounts(program):
    """This program again where it may mount. A user namespace would not do: in it the owner of / is nobody's, and the
    daemon manages nothing below folders that belong to others."""
    if OWN_MOUNTS in os.environ:
        return True
    command = ["unshare", "-m"]
    if os.geteuid() != 0:
        return False
    tried = subprocess.run([*command, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        if MUST_MOUNT in os.environ:
            raise SystemExit(f"root may not mount here, and what decides about landing must not be skipped: {tried.stderr.strip()}")
        return False
    os.environ[OWN_MOUNTS] = "1"
    os.execvp(command[0], [*command, sys.executable, program, BINARY, *sys.argv[1:]])


def mount(case, folder, size):
    """A file system of its own for the time of the test."""
    folder.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", folder], check=True)
    case.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)


def fill(folder, name="filler"):
    """To the last byte, by a file that can be removed again."""
    filler = folder / name
    with open(filler, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    return filler
