// What verifying one message costs: CPU and heap calls per message with one RSA-2048 signature, with SPF and DMARC, all
// records at hand. Heap calls are counted after a warm-up, mbedTLS' (big numbers of one RSA operation) and everybody
// else's apart. With a folder as argument the message and its key record are left there, for bench_auth.py.
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/rsa.h>
#include <sodium.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "auth/checker.hpp"
#include "auth/common/base64.hpp"
#include "core/scratch_arena.hpp"

namespace {

std::size_t own_calls = 0, crypto_calls = 0;

// As proxy/tls/heap does it.
void* counted_calloc(std::size_t n, std::size_t size) {
  if (void* near = sluice::scratch_arena::take(n * size)) return std::memset(near, 0, n * size);
  ++crypto_calls;
  return std::calloc(n, size);
}

void counted_free(void* block) {
  if (!sluice::scratch_arena::give_back(block)) std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  ++own_calls;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

using namespace sluice;
using namespace sluice::auth;

int sodium_random(void*, unsigned char* out, std::size_t size) {
  randombytes_buf(out, size);
  return 0;
}

struct rsa_key {
  std::string pem, record;
};

rsa_key make_key() {
  mbedtls_pk_context pk;
  mbedtls_pk_init(&pk);
  mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
  mbedtls_rsa_gen_key(mbedtls_pk_rsa(pk), sodium_random, nullptr, 2048, 65537);
  unsigned char room[4096];
  mbedtls_pk_write_key_pem(&pk, room, sizeof room);
  rsa_key out{reinterpret_cast<const char*>(room), {}};
  const int size = mbedtls_pk_write_pubkey_der(&pk, room, sizeof room);
  std::string text(1024, '\0');
  text.resize(encode_base64({reinterpret_cast<const char*>(room) + sizeof room - size, static_cast<std::size_t>(size)}, text));
  out.record = "v=DKIM1; k=rsa; p=" + text;
  mbedtls_pk_free(&pk);
  return out;
}

void append(void* to, byte_view octets) { static_cast<std::string*>(to)->append(octets); }

std::string base64(byte_view octets) {
  std::string out(octets.size() * 2 + 4, '\0');
  out.resize(encode_base64(octets, out));
  return out;
}

// A message of about `bytes` with a DKIM-Signature, relaxed/relaxed, six signed fields.
std::string signed_message(const rsa_key& key, std::size_t bytes) {
  const std::string header =
      "From: Example Service <no-reply@example.com>\r\nTo: Jane Doe <jane@example.net>\r\nSubject: Your monthly statement is ready\r\n"
      "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n";
  std::string body, text, digest_input;
  while (body.size() < bytes) body += "This is a line of ordinary text, as notifications have it by the dozen.\r\n";
  const dkim::octet_sink sink{append, &text};
  dkim::body_canonicalizer c(dkim::canon::relaxed);
  c.feed(body, sink);
  c.finish(sink);
  sha256 hash;
  hash.update(text);
  const sha256_digest bh = hash.finish();
  const std::string names = "from:to:subject:date:message-id:mime-version";
  std::string value = " v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sel; h=" + names + ";\r\n bh=" +
                      base64({bh.data(), bh.size()}) + "; b=";
  header_index index;
  index.build(header);
  dkim::signature s;
  s.header = dkim::canon::relaxed;
  s.fields = names;
  hash.reset();
  dkim::hash_signed_fields(index, s, UINT32_MAX, hash);
  dkim::canonical_field(dkim::canon::relaxed, {}, "DKIM-Signature", value, {}, true, {append, &digest_input});
  hash.update(digest_input);
  private_key signer;
  char room[max_signature_bytes];
  std::size_t size = 0;
  if (!signer.load(key.pem) || !signer.sign(hash.finish(), room, size)) std::abort();
  return "DKIM-Signature:" + value + base64({room, size}) + "\r\n" + header + "\r\n" + body;
}

class records {
 public:
  void add(const std::string& name, const std::string& text) {
    std::string& packed = packed_[name];
    packed = {static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 0xff)};
    packed += text;
  }
  void serve(checker& c) {
    for (dns::lookup l; c.next_lookup(l);) {
      const auto found = packed_.find(l.question.name);
      if (found == packed_.end()) c.on_answer(l.id, {dns::status::nxdomain, 60, {}});
      else c.on_answer(l.id, {dns::status::ok, 300, found->second});
    }
  }

 private:
  std::map<std::string, std::string, std::less<>> packed_;
};

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void verify(checker& c, const options& o, records& zone, byte_view message) {
  const std::size_t end = message.find("\r\n\r\n") + 2;
  const byte_view header = message.substr(0, end);
  c.begin(o, {ip_from_octets({"\xc0\0\2\1", 4}), "mx.example.com", "bounce@example.com", 1795435200});
  zone.serve(c);
  c.on_header({&header, 1});
  zone.serve(c);
  for (std::size_t at = end + 2; at < message.size(); at += 4096) c.feed(message.substr(at, 4096));
  c.finish();
  zone.serve(c);
  if (c.dmarc().result != result::pass) std::abort();
  for (std::size_t i = 0; i < c.dkim_count(); ++i)
    if (c.dkim(i).result != result::pass) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  if (sodium_init() < 0 || mbedtls_platform_set_calloc_free(counted_calloc, counted_free) != 0) return 1;
  const rsa_key key = make_key();
  records zone;
  zone.add("sel._domainkey.example.com", key.record);
  zone.add("example.com", "v=spf1 ip4:192.0.2.0/24 -all");
  zone.add("mx.example.com", "v=spf1 a -all");
  zone.add("_dmarc.example.com", "v=DMARC1; p=reject");
  workspace shared;
  checker c(shared);
  const options o;
  for (const std::size_t bytes : {std::size_t{4096}, std::size_t{65536}, std::size_t{1048576}}) {
    const std::string message = signed_message(key, bytes);
    if (argc > 1) {
      std::ofstream(std::string(argv[1]) + "/message." + std::to_string(bytes), std::ios::binary) << message;
      std::ofstream(std::string(argv[1]) + "/key") << key.record;
    }
    const int rounds = bytes > 100000 ? 100 : 1000;
    for (int i = 0; i < 20; ++i) verify(c, o, zone, message);
    own_calls = crypto_calls = 0;
    const double began = cpu_seconds();
    for (int i = 0; i < rounds; ++i) verify(c, o, zone, message);
    const double spent = cpu_seconds() - began;
    std::printf("sluice  %7zu octets: %8.1f us CPU a message, heap calls a message: %.1f of mbedTLS, %.1f of ours\n", bytes,
                spent / rounds * 1e6, static_cast<double>(crypto_calls) / rounds, static_cast<double>(own_calls) / rounds);
  }
  std::string bare = signed_message(key, 4096);  // most mail's way through: SPF and DMARC, nothing to verify
  bare.erase(0, bare.find("From: "));
  for (int i = 0; i < 20; ++i) verify(c, o, zone, bare);
  own_calls = crypto_calls = 0;
  const double began = cpu_seconds();
  for (int i = 0; i < 20000; ++i) verify(c, o, zone, bare);
  std::printf("sluice unsigned 4096: %7.2f us CPU a message, heap calls a message: %.1f\n", (cpu_seconds() - began) / 20000 * 1e6,
              static_cast<double>(own_calls + crypto_calls) / 20000);
  std::printf("memory: checker %zu octets a session, workspace %zu an event loop\n", sizeof(checker), shared.memory_bytes());
  return 0;
}
