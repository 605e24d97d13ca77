"""Mounts an image through ntfs-3g for the length of a `with` block, and always takes it down."""

import contextlib
import os
import signal
import subprocess
import threading
import time

# The driver stamps what it writes; with the clock stopped, two runs make the same bytes.
STOPPED_CLOCK = ["faketime", "-f", "2021-03-01 12:00:00"]


@contextlib.contextmanager
def ntfs_3g(image, mount_point, options, limit=1_800):
    """Returns only after the driver has ended, so that the image is whole.

    After `limit` seconds the driver is killed: on some damaged images it never returns.
    """
    command = [*STOPPED_CLOCK, "ntfs-3g", image, mount_point, "-o", f"no_detach,{options}"]
    # A group of its own: faketime is the parent of the driver, and both have to go.
    environment = os.environ | {"TZ": "UTC"}
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, start_new_session=True)
    watchdog = threading.Timer(limit, os.killpg, (driver.pid, signal.SIGKILL))
    watchdog.start()
    try:
        _wait_until_mounted(driver, mount_point)
        yield
    finally:
        watchdog.cancel()
        if driver.poll() is None:
            _unmount(mount_point)
        elif driver.returncode == -signal.SIGKILL:
            subprocess.run(["umount", "--lazy", mount_point], check=False)
        driver.stderr.close()
        driver.wait()


def _wait_until_mounted(driver, mount_point):
    while not os.path.ismount(mount_point):
        if driver.poll() is not None:
            raise RuntimeError(f"ntfs-3g: {driver.stderr.read().decode()}")
        time.sleep(0.01)


def _unmount(mount_point):
    """Tries for ten seconds: something that indexes new mounts may hold it for a moment."""
    for _ in range(100):
        if subprocess.run(["umount", mount_point]).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "--lazy", mount_point], check=True)
