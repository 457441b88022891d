"""Tests that need file systems of their own."""
import os
import subprocess
import sys

from daemon import BINARY

OWN_MOUNTS = "ARIGHT_OWN_MOUNTS"


def enter_own_mounts(program):
    """This program again where it may mount. A user namespace would not do: in it the owner of / is nobody's, and the
    daemon manages nothing below folders that belong to others."""
    if OWN_MOUNTS in os.environ:
        return True
    command = ["unshare", "-m"]
    if os.geteuid() != 0 or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        return False
    os.environ[OWN_MOUNTS] = "1"
    os.execvp(command[0], [*command, sys.executable, program, BINARY, *sys.argv[1:]])
