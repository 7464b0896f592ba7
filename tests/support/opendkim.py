"""OpenDKIM's library as a foreign signer and verifier: what opendkim(8) does to a message, without its milter. Loaded
as the shared library that Debian's opendkim-tools depends on; no daemon, no DNS: keys of verifiers come from a file.

Users: tests/conformance/auth/every_byte.py (signs), tests/bench/bench_auth.py (verifies)."""
import ctypes

SIMPLE, RELAXED = 0, 1  # dkim.h: DKIM_CANON_*
RSA_SHA256, ED25519_SHA256 = 1, 2  # DKIM_SIGN_*
SETOPT, FLAGS, SIGN_HEADERS, OVERSIGN, QUERY_METHOD, QUERY_INFO = 1, 0, 4, 5, 6, 7  # DKIM_OP_SETOPT, DKIM_OPTS_*
QUERY_FILE = 1
SIGN_LENGTH = 4  # DKIM_LIBFLAGS_SIGNLEN: l= counts
STATUS = ("ok", "bad signature", "no signature", "no key", "cannot verify", "syntax", "no resource", "internal", "revoked",
          "invalid", "not implemented", "key failure")


class Error(Exception):
    pass


def load():
    try:
        lib = ctypes.CDLL("libopendkim.so.11")
    except OSError:
        return None
    pointer, octets, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    status = ctypes.POINTER(ctypes.c_int)
    lib.dkim_init.restype = lib.dkim_sign.restype = lib.dkim_verify.restype = pointer
    lib.dkim_init.argtypes = [pointer, pointer]
    lib.dkim_options.argtypes = [pointer, ctypes.c_int, ctypes.c_int, pointer, size]
    lib.dkim_sign.argtypes = [pointer, octets, pointer, octets, octets, octets, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                              ctypes.c_ssize_t, status]
    lib.dkim_verify.argtypes = [pointer, octets, pointer, status]
    lib.dkim_header.argtypes = lib.dkim_body.argtypes = [pointer, octets, size]
    lib.dkim_eoh.argtypes = lib.dkim_free.argtypes = [pointer]
    lib.dkim_eom.argtypes = [pointer, ctypes.POINTER(ctypes.c_bool)]
    lib.dkim_getsighdr_d.argtypes = [pointer, size, ctypes.POINTER(pointer), ctypes.POINTER(size)]
    lib.dkim_geterror.argtypes, lib.dkim_geterror.restype = [pointer], octets
    return lib


def fields_and_body(message):
    """[field without its last CRLF], body; folded fields in one piece."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields, body


class OpenDkim:
    def __init__(self, lib, key_file=None, sign_length=False):
        self.lib = lib
        self.handle = lib.dkim_init(None, None)
        self._int(FLAGS, SIGN_LENGTH if sign_length else 0)
        if key_file:  # lines "selector._domainkey.domain text-of-the-record"
            self._int(QUERY_METHOD, QUERY_FILE)
            name = str(key_file).encode() + b"\0"
            self._check(lib.dkim_options(self.handle, SETOPT, QUERY_INFO, name, len(name)), None)

    def _int(self, option, value):
        held = ctypes.c_uint(value)
        self._check(self.lib.dkim_options(self.handle, SETOPT, option, ctypes.byref(held), ctypes.sizeof(held)), None)

    def _check(self, status, message):
        if status == 0:
            return
        why = self.lib.dkim_geterror(message) if message else None
        raise Error(f"OpenDKIM: {STATUS[status] if status < len(STATUS) else status}: {(why or b'').decode()}")

    def sign_fields(self, names, oversigned=()):
        for option, list_of in ((SIGN_HEADERS, names), (OVERSIGN, oversigned)):
            array = (ctypes.c_char_p * (len(list_of) + 1))(*list_of, None)
            held = ctypes.cast(array, ctypes.c_void_p)
            self._check(self.lib.dkim_options(self.handle, SETOPT, option, held, ctypes.sizeof(held)), None)

    def _feed(self, message, text):
        fields, body = fields_and_body(text)
        for field in fields:
            self._check(self.lib.dkim_header(message, field, len(field)), message)
        self._check(self.lib.dkim_eoh(message), message)
        self._check(self.lib.dkim_body(message, body, len(body)), message)
        return self.lib.dkim_eom(message, None)

    def sign(self, text, key, selector, domain, algorithm, header=RELAXED, body=RELAXED, length=-1):
        """The DKIM-Signature field, with its CRLF. `length` is the l= to write."""
        status = ctypes.c_int()
        message = self.lib.dkim_sign(self.handle, b"test", None, key, selector, domain, header, body, algorithm, length,
                                     ctypes.byref(status))
        if not message:
            self._check(status.value or 7, None)
        try:
            self._check(self._feed(message, text), message)
            value, size = ctypes.c_void_p(), ctypes.c_size_t()
            self._check(self.lib.dkim_getsighdr_d(message, 16, ctypes.byref(value), ctypes.byref(size)), message)
            field = ctypes.string_at(value, size.value)
        finally:
            self.lib.dkim_free(message)
        return b"DKIM-Signature: " + field.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n"

    def verify(self, text):
        """True when it verifies, otherwise what OpenDKIM says."""
        status = ctypes.c_int()
        message = self.lib.dkim_verify(self.handle, b"test", None, ctypes.byref(status))
        if not message:
            self._check(status.value or 7, None)
        try:
            end = self._feed(message, text)
            return True if end == 0 else STATUS[end] if end < len(STATUS) else str(end)
        finally:
            self.lib.dkim_free(message)
