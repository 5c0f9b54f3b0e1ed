# Forks, and where it cannot, takes memory.
import os

hoard = []
while True:
    try:
        os.fork()
    except OSError:
        hoard.append(bytearray(1 << 20))
