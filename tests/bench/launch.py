"""Starts one command and says what it took: "seconds peak_kib exit_code", on the third descriptor.

    launch.py REPORT_FD cat|null COMMAND...

The kernel counts a process's peak memory from the fork on, so that of whoever starts it is in it.
This process imports next to nothing: what it has itself (about 9 MiB) is the least that is seen.
"""

import os
import sys
import time


def main():
    report, through, *command = sys.argv[1:]
    null = os.open(os.devnull, os.O_WRONLY)
    start, cat = time.perf_counter(), None
    out = null
    if through == "cat":
        read, out = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, read, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
        cat = os.posix_spawnp("cat", ["cat"], os.environ, file_actions=actions)
        os.close(read)
    actions = [(os.POSIX_SPAWN_DUP2, out, 1)]
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    os.close(out)
    _, status, usage = os.wait4(process, 0)
    if cat:
        os.waitpid(cat, 0)
    seconds = time.perf_counter() - start
    line = f"{seconds} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}"
    os.write(int(report), line.encode())


main()
