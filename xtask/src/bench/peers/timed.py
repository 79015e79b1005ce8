"""Runs a program and prints what it took, as the peers do: name, CPU seconds, seconds, peak
memory in KiB. Its output goes nowhere."""

import os
import sys
import time

name, *command = sys.argv[1:]
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
child = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(name, usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
