"""Loopback addresses, free ports, waiting."""
import errno
import os
import socket
import threading
import time

_lock = threading.Lock()
_taken = set()


def own_address():
    """A loopback address of this process, so that tests that run side by side never share a port."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16) % 128}.{(pid >> 8) % 256}.{pid % 254 + 1}"


def free_port(host=None):
    with _lock:
        while True:
            with socket.socket() as s:
                s.bind((host or own_address(), 0))
                port = s.getsockname()[1]
            if port not in _taken:
                _taken.add(port)
                return port


def wait_until(condition, timeout=20.0, what="condition", every=0.02):
    """The condition's first true value. Its time is generous: sanitizer builds on a busy machine are slow."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(every)


def connects(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError as e:
        if e.errno not in (errno.ECONNREFUSED, errno.ETIMEDOUT, errno.ECONNRESET):
            raise
        return False
