"""Photographs for tests: real JPEGs by libjpeg-turbo, and what cameras write around them."""

import ctypes
import random
import struct

RGB = 0
SAMPLING_420 = 2


def turbojpeg():
    library = ctypes.CDLL("libturbojpeg.so.0")
    library.tjInitCompress.restype = ctypes.c_void_p
    library.tjCompress2.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int,
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_ulong), ctypes.c_int,
        ctypes.c_int, ctypes.c_int]
    library.tjFree.argtypes = [ctypes.c_void_p]
    library.tjDestroy.argtypes = [ctypes.c_void_p]
    return library


def jpeg(width, height, seed=1, quality=90):
    """Noise, which packs badly: about a byte a pixel. The same seed gives the same bytes."""
    library = turbojpeg()
    pixels = random.Random(seed).randbytes(width * height * 3)
    handle = library.tjInitCompress()
    data, size = ctypes.c_void_p(), ctypes.c_ulong(0)
    failed = library.tjCompress2(handle, pixels, width, 0, height, RGB, ctypes.byref(data),
                                 ctypes.byref(size), SAMPLING_420, quality, 0)
    assert not failed
    made = ctypes.string_at(data, size.value)
    library.tjFree(data)
    library.tjDestroy(handle)
    return made


def exif(orientation, gps=b"GPSPOSITION 31.93N"):
    """An EXIF segment with an orientation and something that must not travel."""
    tiff = struct.pack(">2sHLHHHLHHL", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0) + gps
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def photograph(width, height, seed=1, orientation=6):
    """As a telephone's camera leaves it: EXIF with the position, a comment, another picture after
    the end."""
    plain = jpeg(width, height, seed)
    comment = b"\xff\xfe" + struct.pack(">H", 2 + 14) + b"GPSPOSITION co"
    return plain[:2] + exif(orientation) + comment + plain[2:] + b"GPSPOSITION trailer"
