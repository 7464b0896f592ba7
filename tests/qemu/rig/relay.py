#!/usr/bin/env python3
"""relay.py HOST:PORT: standard input and output to a TCP connection. QEMU starts one per connection of its guest."""
import os
import socket
import sys
import threading

host, port = sys.argv[1].rsplit(":", 1)
peer = socket.create_connection((host, int(port)))


def outward():
    while piece := os.read(0, 65536):
        peer.sendall(piece)
    peer.shutdown(socket.SHUT_WR)


threading.Thread(target=outward, daemon=True).start()
while piece := peer.recv(65536):
    os.write(1, piece)
