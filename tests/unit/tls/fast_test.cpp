// The parts that stand in for mbedTLS's own: published vectors, and agreement with what they replace.
#include <mbedtls/chachapoly.h>
#include <mbedtls/ecp.h>
#include <mbedtls/gcm.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

extern "C" {
int __real_mbedtls_ecp_mul(mbedtls_ecp_group*, mbedtls_ecp_point*, const mbedtls_mpi*, const mbedtls_ecp_point*,
                           int (*)(void*, unsigned char*, std::size_t), void*);
int __real_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context*, int, std::size_t, const unsigned char*, std::size_t,
                                     const unsigned char*, std::size_t, const unsigned char*, unsigned char*,
                                     std::size_t, unsigned char*);
int __real_mbedtls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context*, std::size_t, const unsigned char*,
                                              const unsigned char*, std::size_t, const unsigned char*, unsigned char*,
                                              unsigned char*);
}

namespace {

using octets = std::vector<unsigned char>;

octets from_hex(const std::string& hex) {
  octets out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return out;
}

std::mt19937& dice() {
  static std::mt19937 engine(20261123);
  return engine;
}

octets random_octets(std::size_t n) {
  octets out(n);
  for (unsigned char& o : out) o = static_cast<unsigned char>(dice()());
  return out;
}

int rng(void*, unsigned char* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<unsigned char>(dice()());
  return 0;
}

class gcm {
 public:
  explicit gcm(const octets& key) {
    mbedtls_gcm_init(&context_);
    REQUIRE(mbedtls_gcm_setkey(&context_, MBEDTLS_CIPHER_ID_AES, key.data(), static_cast<unsigned>(key.size() * 8)) ==
            0);
  }
  ~gcm() { mbedtls_gcm_free(&context_); }
  gcm(const gcm&) = delete;
  gcm& operator=(const gcm&) = delete;
  mbedtls_gcm_context* get() { return &context_; }

 private:
  mbedtls_gcm_context context_;
};

struct sealed {
  octets text, tag;
  bool operator==(const sealed&) const = default;
};

template <class Function>
sealed seal(Function f, gcm& g, const octets& nonce, const octets& extra, const octets& text, std::size_t tag = 16) {
  sealed out{octets(text.size()), octets(tag)};
  REQUIRE(f(g.get(), MBEDTLS_GCM_ENCRYPT, text.size(), nonce.data(), nonce.size(), extra.data(), extra.size(),
            text.data(), out.text.data(), tag, out.tag.data()) == 0);
  return out;
}

struct curve25519 {
  mbedtls_ecp_group group;
  mbedtls_ecp_point in, out;
  mbedtls_mpi scalar;

  curve25519() {
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&in);
    mbedtls_ecp_point_init(&out);
    mbedtls_mpi_init(&scalar);
    REQUIRE(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_CURVE25519) == 0);
  }
  ~curve25519() {
    mbedtls_ecp_group_free(&group);
    mbedtls_ecp_point_free(&in);
    mbedtls_ecp_point_free(&out);
    mbedtls_mpi_free(&scalar);
  }
  curve25519(const curve25519&) = delete;
  curve25519& operator=(const curve25519&) = delete;

  void set(octets n, const octets& u, bool clamp = true) {
    if (clamp) {
      n[0] &= 248;
      n[31] = static_cast<unsigned char>((n[31] & 127) | 64);
    }
    REQUIRE(mbedtls_mpi_read_binary_le(&scalar, n.data(), n.size()) == 0);
    REQUIRE(mbedtls_ecp_point_read_binary(&group, &in, u.data(), u.size()) == 0);
  }
  octets result() {
    octets u(32);
    std::size_t n = 0;
    REQUIRE(mbedtls_ecp_point_write_binary(&group, &out, MBEDTLS_ECP_PF_UNCOMPRESSED, &n, u.data(), u.size()) == 0);
    REQUIRE(n == 32);
    return u;
  }
};

}  // namespace

TEST_CASE("AES-GCM gives the results of the specification's test cases 3, 4 and 16") {
  const octets text = from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba"
      "637b391aafd255");
  const octets nonce = from_hex("cafebabefacedbaddecaf888");
  const octets extra = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const octets cipher = from_hex(
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
      "3d"
      "58e091473f5985");
  gcm of128(from_hex("feffe9928665731c6d6a8f9467308308"));
  CHECK(seal(mbedtls_gcm_crypt_and_tag, of128, nonce, {}, text) ==
        sealed{cipher, from_hex("4d5c2af327cd64a62cf35abd2ba6fab4")});
  const octets shorter(text.begin(), text.begin() + 60);
  CHECK(seal(mbedtls_gcm_crypt_and_tag, of128, nonce, extra, shorter) ==
        sealed{octets(cipher.begin(), cipher.begin() + 60), from_hex("5bc94fbc3221a5db94fae95ae7121a47")});
  gcm of256(from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  CHECK(seal(mbedtls_gcm_crypt_and_tag, of256, nonce, extra, shorter).tag ==
        from_hex("76fc6ece0f4e1768cddf8853bb2d551b"));
}

TEST_CASE("AES-GCM agrees with mbedTLS at every length, key size, tag and place") {
  for (std::size_t key_bytes : {16u, 24u, 32u}) {
    gcm g(random_octets(key_bytes));
    for (std::size_t n = 0; n < 420; ++n) {
      const octets text = random_octets(n), extra = random_octets(n % 41),
                   nonce = random_octets(n % 50 == 49 ? 16 : 12);
      const std::size_t tag = n % 7 == 6 ? 12 : 16;
      const sealed want = seal(__real_mbedtls_gcm_crypt_and_tag, g, nonce, extra, text, tag);
      const bool same = seal(mbedtls_gcm_crypt_and_tag, g, nonce, extra, text, tag) == want;
      octets place = want.text;  // back, within the same memory
      const int rc = mbedtls_gcm_auth_decrypt(g.get(), n, nonce.data(), nonce.size(), extra.data(), extra.size(),
                                              want.tag.data(), tag, place.data(), place.data());
      if (!same || rc != 0 || place != text) FAIL("length " << n << ", key " << key_bytes);
    }
    for (std::size_t n : {1000u, 4096u, 16384u, 16401u, 100000u}) {
      const octets text = random_octets(n), extra = random_octets(5), nonce = random_octets(12);
      CHECK(seal(mbedtls_gcm_crypt_and_tag, g, nonce, extra, text) ==
            seal(__real_mbedtls_gcm_crypt_and_tag, g, nonce, extra, text));
    }
  }
}

TEST_CASE("a forged AES-GCM message is refused and leaves nothing of itself") {
  gcm g(random_octets(16));
  const octets text = random_octets(150), extra = random_octets(5), nonce = random_octets(12);
  const sealed good = seal(mbedtls_gcm_crypt_and_tag, g, nonce, extra, text);
  const auto open = [&](const sealed& s, const octets& with) {
    octets out(s.text.size(), 1);
    const int rc = mbedtls_gcm_auth_decrypt(g.get(), s.text.size(), nonce.data(), nonce.size(), with.data(),
                                            with.size(), s.tag.data(), s.tag.size(), s.text.data(), out.data());
    if (rc != 0) CHECK(out == octets(out.size(), 0));
    return rc;
  };
  CHECK(open(good, extra) == 0);
  for (std::size_t i = 0; i < 150; i += 7) {
    sealed bad = good;
    bad.text[i] ^= 1;
    CHECK(open(bad, extra) == MBEDTLS_ERR_GCM_AUTH_FAILED);
  }
  for (std::size_t i = 0; i < 16; ++i) {
    sealed bad = good;
    bad.tag[i] ^= 0x80;
    CHECK(open(bad, extra) == MBEDTLS_ERR_GCM_AUTH_FAILED);
  }
  CHECK(open(good, random_octets(5)) == MBEDTLS_ERR_GCM_AUTH_FAILED);
}

TEST_CASE("ChaCha20-Poly1305 agrees with mbedTLS, and refuses forgeries") {
  mbedtls_chachapoly_context c;
  mbedtls_chachapoly_init(&c);
  const octets key = random_octets(32);
  REQUIRE(mbedtls_chachapoly_setkey(&c, key.data()) == 0);
  for (std::size_t n : {0u, 1u, 15u, 16u, 17u, 63u, 64u, 65u, 255u, 256u, 257u, 1000u, 16384u, 16385u}) {
    const octets text = random_octets(n), extra = random_octets(n % 33), nonce = random_octets(12);
    octets want(n), got(n), want_tag(16), got_tag(16);
    CHECK(__real_mbedtls_chachapoly_encrypt_and_tag(&c, n, nonce.data(), extra.data(), extra.size(), text.data(),
                                                    want.data(), want_tag.data()) == 0);
    CHECK(mbedtls_chachapoly_encrypt_and_tag(&c, n, nonce.data(), extra.data(), extra.size(), text.data(), got.data(),
                                             got_tag.data()) == 0);
    CHECK((got == want && got_tag == want_tag));
    CHECK(mbedtls_chachapoly_auth_decrypt(&c, n, nonce.data(), extra.data(), extra.size(), got_tag.data(), got.data(),
                                          got.data()) == 0);
    CHECK((got == text));
    got_tag[n % 16] ^= 1;
    CHECK(mbedtls_chachapoly_auth_decrypt(&c, n, nonce.data(), extra.data(), extra.size(), got_tag.data(), want.data(),
                                          got.data()) == MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED);
    CHECK((got == octets(n, 0)));
  }
  mbedtls_chachapoly_free(&c);
}

TEST_CASE("X25519 gives the results of RFC 7748 5.2") {
  struct row {
    const char *scalar, *point, *want;
  };
  constexpr const char* base = "0900000000000000000000000000000000000000000000000000000000000000";
  constexpr row rows[] = {
      {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
       "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
       "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
      {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
       "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
       "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
  };
  curve25519 c;
  for (const row& r : rows) {
    c.set(from_hex(r.scalar), from_hex(r.point));
    CHECK(mbedtls_ecp_mul(&c.group, &c.out, &c.scalar, &c.in, rng, nullptr) == 0);
    CHECK(c.result() == from_hex(r.want));
  }
  // 5.2, iterated: k = u = 9, a thousand times
  octets k = from_hex(base), u = k;
  for (int i = 0; i < 1000; ++i) {
    c.set(k, u);
    REQUIRE(mbedtls_ecp_mul(&c.group, &c.out, &c.scalar, &c.in, rng, nullptr) == 0);
    u = k;
    k = c.result();
    if (i == 0) CHECK(k == from_hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
  }
  CHECK(k == from_hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

TEST_CASE("X25519 agrees with mbedTLS, on the base point and others") {
  curve25519 a, b;
  for (int i = 0; i < 20; ++i) {
    octets point = random_octets(32);
    if (i % 4 == 0) {
      point.assign(32, 0);
      point[0] = 9;
    }
    const octets scalar = random_octets(32);
    a.set(scalar, point);
    b.set(scalar, point);
    REQUIRE(mbedtls_ecp_mul(&a.group, &a.out, &a.scalar, &a.in, rng, nullptr) == 0);
    REQUIRE(__real_mbedtls_ecp_mul(&b.group, &b.out, &b.scalar, &b.in, rng, nullptr) == 0);
    CHECK(a.result() == b.result());
  }
}

TEST_CASE("X25519 refuses points of low order and scalars that are not clamped") {
  const octets zero(32, 0);
  octets one = zero;
  one[0] = 1;
  const octets order8 = from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  curve25519 c;
  for (const octets& point : {zero, one, order8}) {
    c.set(random_octets(32), point);
    CHECK(mbedtls_ecp_mul(&c.group, &c.out, &c.scalar, &c.in, rng, nullptr) == MBEDTLS_ERR_ECP_INVALID_KEY);
  }
  c.set(octets(32, 0xff), random_octets(32), false);
  CHECK(mbedtls_ecp_mul(&c.group, &c.out, &c.scalar, &c.in, rng, nullptr) == MBEDTLS_ERR_ECP_INVALID_KEY);
}
