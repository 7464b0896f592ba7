"""Foreign software to talk to: Postfix and Exim as mail servers, Postfix's smtp-source and swaks as clients.

The servers come from build/deps/peers/root (toolchains/setup --test), unpacked and not installed, and run in a chroot
there: own users, own configuration, nothing of the machine is touched. That needs root; without it their tests are skipped.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from . import certs, net
from .process import ROOT

PEERS = ROOT / "build/deps/peers/root"
USERS = {"root": 0, "postfix": 911, "postdrop": 912, "Debian-exim": 913, "box": 914, "nobody": 65534}

needs_peers = unittest.skipUnless(PEERS.exists() and os.geteuid() == 0,
                                  "Postfix and Exim run in a chroot: needs root, and toolchains/setup --test")
needs_swaks = unittest.skipUnless(shutil.which("swaks"), "swaks is not installed (toolchains/setup --test)")


def _replace(path, text):
    """Servers that run already read these files too, so none of them is ever seen empty or half written."""
    if path.exists() and not path.is_symlink() and path.read_text() == text:
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.rename(path)


def _prepare():
    """What a chroot needs besides the packages' files."""
    etc = PEERS / "etc"
    _replace(etc / "passwd", "".join(f"{n}:x:{i}:{i}::/:/bin/false\n" for n, i in USERS.items()))
    _replace(etc / "group", "".join(f"{n}:x:{i}:\n" for n, i in USERS.items()))
    _replace(etc / "hosts", "127.0.0.1 localhost\n")
    _replace(etc / "resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    _replace(etc / "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n")
    (PEERS / "tmp").mkdir(mode=0o1777, exist_ok=True)
    (PEERS / "dev").mkdir(exist_ok=True)
    for name, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
        node = PEERS / "dev" / name
        if not node.exists():
            try:
                os.mknod(node, 0o020666, os.makedev(1, minor))
                node.chmod(0o666)
            except PermissionError:  # a container without mknod: an empty file serves as well here
                node.touch(mode=0o666)


class _Server:
    """A mail server in the chroot with a Maildir per instance; address like a Sink's."""

    def __init__(self, tls=False, domains=("example.net", "other.example")):
        _prepare()
        self.host, self.port = net.own_address(), net.free_port()
        self.home = pathlib.Path("/e2e") / f"{type(self).__name__.lower()}-{os.getpid()}-{self.port}"
        self.outside = PEERS / str(self.home)[1:]
        self.domains, self.tls, self.process = domains, tls, None
        for d in ("log", "mail"):
            (self.outside / d).mkdir(parents=True)
            shutil.chown(self.outside / d, USERS["box"] if (d == "mail" and self.owner == "root") else self.owner)
        if tls:
            for source, name in zip(certs.leaf("localhost"), ("cert.pem", "key.pem")):
                shutil.copy(source, self.outside / name)
                (self.outside / name).chmod(0o644)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def _chroot(self, *words, **options):
        return subprocess.Popen(["chroot", str(PEERS), *words], stdin=subprocess.DEVNULL, stdout=open(self.outside / "log/output", "ab"),
                                stderr=subprocess.STDOUT, start_new_session=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, **options)

    def start(self):
        self.configure()
        self.process = self._chroot(*self.command())
        try:
            net.wait_until(lambda: net.connects(self.host, self.port), 30, f"{type(self).__name__} to listen")
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log_text()[-3000:]}") from None
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.outside, ignore_errors=True)

    def log_text(self):
        return "\n".join(p.read_text(errors="replace") for p in sorted((self.outside / "log").iterdir()) if p.is_file())

    def delivered(self):
        """Contents of the Maildir, line ends as on the wire (the servers store LF)."""
        return [p.read_bytes().replace(b"\n", b"\r\n") for p in sorted((self.outside / "mail").glob("**/new/*"))]

    def wait_delivered(self, n=1, timeout=60):
        try:
            net.wait_until(lambda: len(self.delivered()) >= n, timeout, f"{n} deliveries", 0.1)
        except AssertionError as e:
            raise AssertionError(f"{e}; {len(self.delivered())} are there\n{self.log_text()[-3000:]}") from None
        return self.delivered()


class Postfix(_Server):
    owner = "root"

    def __init__(self, settings=None, **options):
        super().__init__(**options)
        self.settings = settings or {}

    def configure(self):
        home = self.home
        queue = self.outside / "queue"
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"):
            (queue / name).mkdir(parents=True)
            (queue / name).chmod(0o700)
            os.chown(queue / name, USERS["postfix"], 0)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (queue / name).mkdir()
            os.chown(queue / name, USERS["postfix"], USERS["postdrop"])
            (queue / name).chmod(mode)
        (queue / "pid").mkdir()
        (self.outside / "data").mkdir()
        os.chown(self.outside / "data", USERS["postfix"], 0)
        main = {
            "compatibility_level": "3.6", "queue_directory": f"{home}/queue", "data_directory": f"{home}/data",
            "command_directory": "/usr/sbin", "daemon_directory": "/usr/lib/postfix/sbin", "shlib_directory": "/usr/lib/postfix",
            "mail_owner": "postfix", "setgid_group": "postdrop", "default_privs": "nobody", "myhostname": "site.example.net",
            "mydestination": "", "mynetworks": "127.0.0.2/32", "inet_protocols": "ipv4", "inet_interfaces": "all",
            "maillog_file": f"{home}/log/maillog", "maillog_file_prefixes": str(home), "maillog_file_permissions": "0644",
            "virtual_mailbox_domains": " ".join(self.domains), "virtual_mailbox_base": f"{home}/mail",
            "virtual_mailbox_maps": "static:box/", "virtual_uid_maps": f"static:{USERS['box']}",
            "virtual_gid_maps": f"static:{USERS['box']}", "virtual_mailbox_limit": "0", "message_size_limit": "1200000000",
            "mailbox_size_limit": "0", "local_header_rewrite_clients": "", "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_peername_lookup": "no", "smtpd_client_connection_count_limit": "0", "in_flow_delay": "0",
            "smtpd_authorized_xclient_hosts": "127.0.0.0/8", "alias_maps": "", "tls_random_source": "dev:/dev/urandom",
            "smtpd_timeout": "300s",
        }
        if self.tls:
            main |= {"smtpd_tls_cert_file": f"{home}/cert.pem", "smtpd_tls_key_file": f"{home}/key.pem", "smtpd_tls_security_level": "may"}
        main |= self.settings
        config = self.outside / "etc"
        config.mkdir()
        (config / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in main.items()))
        services = [f"{self.host}:{self.port} inet n - n - - smtpd", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
                    "postlog unix-dgram n - n - 1 postlogd", "tlsmgr unix - - n 1000? 1 tlsmgr", "anvil unix - - n - 1 anvil",
                    "rewrite unix - - n - - trivial-rewrite", "flush unix n - n 1000? 0 flush", "scache unix - - n - 1 scache"]
        services += [f"{n} unix - - n - 0 bounce" for n in ("bounce", "defer", "trace")]
        services += [f"{n} unix - - n - - {p}" for n, p in (("error", "error"), ("retry", "error"), ("discard", "discard"), ("smtp", "smtp"),
                                                            ("proxymap", "proxymap"))]
        services += ["virtual unix - n n - - virtual", "local unix - n n - - local", "verify unix - - n - 1 verify"]
        (config / "master.cf").write_text("\n".join(services) + "\n")

    def queue_is_empty(self):
        return not any(p.is_file() for name in ("incoming", "active", "deferred", "maildrop") for p in (self.outside / "queue" / name).rglob("*"))

    def command(self):
        return ["/usr/lib/postfix/sbin/master", "-c", f"{self.home}/etc"]


class Exim(_Server):
    owner = USERS["Debian-exim"]

    def configure(self):
        home = self.home
        (self.outside / "spool").mkdir()
        shutil.chown(self.outside / "spool", USERS["Debian-exim"], USERS["Debian-exim"])
        tls = f"tls_advertise_hosts = *\ntls_certificate = {home}/cert.pem\ntls_privatekey = {home}/key.pem\n" if self.tls else "tls_advertise_hosts =\n"
        (self.outside / "exim.conf").write_text(f"""
primary_hostname = site2.example.net
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
local_interfaces = {self.host}
daemon_smtp_ports = {self.port}
domainlist local_domains = {" : ".join(self.domains)}
acl_smtp_rcpt = check_rcpt
message_size_limit = 1200M
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
keep_environment =
never_users = root
exim_user = Debian-exim
exim_group = Debian-exim
smtputf8_advertise_hosts = *
{tls}
begin acl
check_rcpt:
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
box:
  driver = accept
  domains = +local_domains
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {home}/mail/box
  maildir_format
  create_directory
  user = Debian-exim
  group = Debian-exim
  mode = 0644
""")
        (self.outside / "exim.conf").chmod(0o644)

    def command(self):
        return ["/usr/sbin/exim4", "-C", f"{self.home}/exim.conf", "-bdf", "-q1h"]


def smtp_source(*words, timeout=300):
    """Postfix's load generator, in the chroot: smtp_source("-m", "100", "host:port")."""
    _prepare()
    return subprocess.run(["chroot", str(PEERS), "/usr/sbin/smtp-source", *map(str, words)], capture_output=True, text=True, timeout=timeout)


def swaks(*words, data=None, timeout=120):
    """swaks with a message on its standard input ("--data -"), or its own."""
    extra = ["--data", "-"] if data is not None else []
    done = subprocess.run(["swaks", "--silent", "1", *extra, *map(str, words)], input=data, capture_output=True, timeout=timeout)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")
