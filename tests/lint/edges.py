"""Who may include whom: the picture of design section 5 as data. include_edges.py holds sources and link edges to it.

A module may use what its row names and nothing else; the rows are written out, not derived, so that a new edge is a
decision that somebody reads in a diff.
"""

PROXY = {
    "core": [],
    "tls": ["core"],
    "smtp": ["core"],
    "mime": ["core"],
    "dns": ["core"],
    "quarantine": ["core", "hal/include"],
    "status": ["core", "tls", "inspect", "net", "hal/include"],  # shows verdicts; its server runs on a loop of net; users and tokens lie in files
    "auth": ["core", "smtp", "mime", "dns"],
    "inspect": ["core", "smtp", "mime", "dns", "auth"],
    "policy": ["core", "mime", "auth", "inspect"],
    "relay": ["core", "smtp", "mime", "auth", "inspect", "policy"],
    "net": ["core", "tls", "smtp", "mime", "dns", "auth", "inspect", "policy", "relay", "quarantine"],
}

# Folders outside proxy/. "*" is everything of proxy and config.
OUTSIDE = {
    "config": ["hal/include"],  # generations lie in files
    "hal": [],
    "firmware": ["*", "hal", "firmware"],
    "tests": ["*", "hal", "firmware", "tests"],
}

# Bytes, events and time come in as values here (design section 5, starred parts).
SANS_IO = ["smtp", "mime", "inspect", "auth", "policy", "relay"]
SANS_IO_FILES = ["proxy/tls/engine.", "firmware/gateway/acme/order.", "firmware/gateway/acme/message.", "firmware/gateway/acme/schedule."]  # prefix of single files in modules that do I/O elsewhere
