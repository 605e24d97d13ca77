"""libwim's compressors: the same codecs, in the same chunks, as WOF's."""

import ctypes

XPRESS, LZX = 1, 2
_LIBRARY = None


def _library():
    global _LIBRARY
    if _LIBRARY is None:
        _LIBRARY = ctypes.CDLL("libwim.so.15")
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        _LIBRARY.wimlib_create_compressor.argtypes = [ctypes.c_int, size, ctypes.c_uint, pointer]
        _LIBRARY.wimlib_create_decompressor.argtypes = [ctypes.c_int, size, pointer]
        for function in (_LIBRARY.wimlib_compress, _LIBRARY.wimlib_decompress):
            function.argtypes = [ctypes.c_char_p, size, pointer, size, pointer]
        _LIBRARY.wimlib_compress.restype = size
    return _LIBRARY


def _made(create, *arguments):
    handle = ctypes.c_void_p()
    if error := create(*arguments, ctypes.byref(handle)):
        raise RuntimeError(f"libwim: error {error}")
    return handle


class Compressor:
    """Compresses chunks of at most `chunk_size` bytes."""

    def __init__(self, kind, chunk_size, level=50):
        self.handle = _made(_library().wimlib_create_compressor, kind, chunk_size, level)
        self.buffer = ctypes.create_string_buffer(chunk_size)

    def compress(self, chunk):
        """The compressed chunk; None if it would not be shorter."""
        size = _library().wimlib_compress(chunk, len(chunk), self.buffer, len(chunk) - 1, self.handle)
        return self.buffer.raw[:size] or None


class Decompressor:
    """Decompresses chunks of at most `chunk_size` bytes."""

    def __init__(self, kind, chunk_size):
        self.handle = _made(_library().wimlib_create_decompressor, kind, chunk_size)
        self.buffer = ctypes.create_string_buffer(chunk_size)
        self.run = _library().wimlib_decompress

    def decompress(self, chunk, size):
        """Decompresses a chunk of `size` bytes into `buffer`."""
        if self.run(chunk, len(chunk), self.buffer, size, self.handle):
            raise ValueError("libwim cannot decompress this chunk")
