#!/usr/bin/env python3
"""A station: sends every frame that is for it back to whom it came from.

    vdelabctl port add lab exec name=echo -- echo.py 52:54:00:00:00:0b
"""
import os
import socket
import sys

MAC = bytes.fromhex(sys.argv[1].replace(":", ""))
port = socket.socket(fileno=int(os.environ["VDELAB_FD"]))

while frame := port.recv(65550):
    if frame[:6] == MAC:
        port.send(frame[6:12] + MAC + frame[12:])
