"""Stream mode holds nothing: a long message passes with resident memory flat, whatever the sink's speed.

SLUICE_STREAM_BYTES is the length of the message (64 MiB; ./test long: 1 GiB), SLUICE_SLOW_RATE the slow sink's octets per second.
"""
import hashlib
import os
import threading
import time

from harness.case import E2E, not_sanitized

STREAM_BYTES = int(os.environ.get("SLUICE_STREAM_BYTES", str(64 << 20)))
SLOW_BYTES = int(os.environ.get("SLUICE_SLOW_BYTES", str(10 << 20)))
SLOW_RATE = 1_000_000
GROWTH_BYTES = 1 << 20
PIECE = 1 << 20


def pieces(octets):
    """A plain text message of that length, in pieces of about a MiB."""
    head = (b"From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Long\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\nThe recording is attached.\r\n"
            b"--cut\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n")
    yield head
    left, n = octets - len(head), 0
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n"
    while left > 0:
        piece = (b"%076d\r\n" % n) + line * ((PIECE - 78) // len(line))
        yield piece[:left - left % len(line)] if left < len(piece) else piece
        left -= len(piece)
        n += 1


@not_sanitized
class Memory(E2E):
    def pass_one(self, how, rate, octets):
        sink = self.sink(keep=False, rate=rate, extensions=["PIPELINING", "8BITMIME", "SIZE 2147483648"])
        s = self.sluice(sink, {"limit": {"message_size": "2GiB"}, "deadline": {"message": "2h", "data_rate": "0B/s"}})
        with s.client() as c:  # warm: the first message pays for what is made once
            c.ehlo()
            c.mail(b"".join(pieces(400_000)))
            c.quit()
        peak, stop = [0], threading.Event()

        def watch():
            while not stop.is_set():
                peak[0] = max(peak[0], s.resident_bytes())
                time.sleep(0.02)
        c = s.client()
        c.sock.settimeout(1800)
        c.ehlo()
        c.envelope()
        before = s.resident_bytes()
        watcher = threading.Thread(target=watch)
        watcher.start()
        digest, began = hashlib.sha256(), time.monotonic()
        if how == "data":
            self.assertEqual(c.cmd("DATA").code, 354)
        for piece in pieces(octets):
            digest.update(piece)
            c.send(piece if how == "data" else b"BDAT %d\r\n" % len(piece) + piece)
            if how == "bdat":
                self.assertEqual(c.reply().code, 250)
        c.send(b".\r\n" if how == "data" else b"BDAT 0 LAST\r\n")
        reply = c.reply()
        took = time.monotonic() - began
        stop.set()
        watcher.join()
        self.assertReply(reply, 250, "2.0.0")
        t = sink.wait_accepted(2, timeout=60)[-1]
        growth = peak[0] - before
        print(f"    {how}, {octets >> 20} MiB, sink {'%.0f MB/s' % (rate / 1e6) if rate else 'as fast as it can'}: {took:.1f} s, "
              f"resident {before >> 10} KiB, +{growth >> 10} KiB while it passed", flush=True)
        return t, digest, growth

    def passes(self, how, rate, octets):
        # The sink's digest includes the fields on top; what follows them is compared by a second digest over the tail.
        t, digest, growth = self.pass_one(how, rate, octets)
        self.assertLess(growth, GROWTH_BYTES)
        self.assertEqual(t.tail_sha256, digest.hexdigest())

    def test_a_long_message_by_data_and_a_fast_sink(self):
        self.passes("data", None, STREAM_BYTES)

    def test_a_long_message_by_bdat_and_a_fast_sink(self):
        self.passes("bdat", None, STREAM_BYTES)

    def test_a_long_message_by_data_and_a_slow_sink(self):
        self.passes("data", SLOW_RATE, SLOW_BYTES)

    def test_a_long_message_by_bdat_and_a_slow_sink(self):
        self.passes("bdat", SLOW_RATE, SLOW_BYTES)
