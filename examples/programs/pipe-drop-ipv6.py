#!/usr/bin/env python3
"""For the plugin pipe: drops IPv6, and lets everything else pass.

    vdelabctl plugin load pipe segment lab -- ./pipe-drop-ipv6.py
"""
import os
import socket
import struct

# version, type, stage, 0, id, port, octets that follow, time
HEADER = struct.Struct(">BcccIIIQ")
IPV6 = b"\x86\xdd"

switch = socket.socket(fileno=int(os.environ["VDELAB_FD"]))

while message := switch.recv(65574):
    _, kind, stage, _, frame_id, port, _, time = HEADER.unpack_from(message)
    if kind == b"P":
        print("port", port, "is", message[HEADER.size:].decode(), flush=True)
    if kind != b"F":
        continue
    frame = message[HEADER.size:]
    verdict = b"d" if frame[12:14] == IPV6 else b"p"
    switch.send(HEADER.pack(1, verdict, b"\0", b"\0", frame_id, 0, 0, 0))
