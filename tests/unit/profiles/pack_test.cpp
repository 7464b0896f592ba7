#include "firmware/profiles/pack.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice::profiles;

namespace {

const std::string shop = "id = \"shop\"\nname = \"Shop\"\nsource = \"test\"\n[identity]\nfrom = [\"service@shop.example\"]\n";

struct keys {
  pack_secret secret{};
  pack_key key{};
  keys() { REQUIRE(make_pack_keys(secret, key)); }
};

std::string built(const keys& k, const pack& p) {
  std::string error;
  const std::string file = build_pack(p, k.secret, error);
  INFO(error);
  REQUIRE_FALSE(file.empty());
  return file;
}

std::string why(std::string_view file, const pack_key& key) {
  pack out;
  std::string error;
  CHECK_FALSE(read_pack(file, key, out, error));
  return error;
}

}  // namespace

TEST_CASE("a pack comes back as it was built, under its key only") {
  keys mine, others;
  const std::string file = built(mine, {7, 1790000000, {{"shop", shop}, {"bank", "x"}}});
  pack out;
  std::string error;
  REQUIRE(read_pack(file, mine.key, out, error));
  CHECK(out.serial == 7);
  CHECK(out.made == 1790000000);
  REQUIRE(out.profiles.size() == 2);
  CHECK(out.profiles[0].text == shop);
  CHECK(why(file, others.key).find("signature") != std::string::npos);
}

TEST_CASE("any changed octet and any other length is refused") {
  keys k;
  const std::string file = built(k, {7, 1790000000, {{"shop", shop}}});
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string bad = file;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(why(bad, k.key).empty());
    CHECK_FALSE(why(file.substr(0, i), k.key).empty());
  }
  CHECK_FALSE(why(file + "x", k.key).empty());
  CHECK(why(std::string(max_pack_bytes + 1, 'x'), k.key) == "larger than 256 KiB");
  CHECK(why("GIF89a", k.key) == "this is no profile pack");
}

TEST_CASE("what a pack may not hold is refused when it is built and when it is read") {
  keys k;
  std::string error;
  CHECK(build_pack({1, 1, {}}, k.secret, error).empty());
  CHECK(build_pack({1, 1, {{"a", "x"}, {"a", "y"}}}, k.secret, error).empty());
  CHECK(error == "has profile a twice");
  CHECK(build_pack({1, 1, {{"../etc", "x"}}}, k.secret, error).empty());
  CHECK(build_pack({1, 1, {{"a", std::string(max_pack_bytes, 'x')}}}, k.secret, error).empty());
  CHECK(error == "larger than 256 KiB");
  CHECK(build_pack({1, 1, std::vector<packed_profile>(max_pack_profiles + 1, {"a", "x"})}, k.secret, error).empty());
  pack out;
  CHECK_FALSE(parse_pack_content("", out, error));
  CHECK_FALSE(parse_pack_content(std::string(18, '\0'), out, error));
}

TEST_CASE("keys are 44 characters of base64 and nothing else") {
  keys k;
  pack_key back{};
  CHECK(format_key(k.key).size() == 44);
  CHECK(parse_key(format_key(k.key) + "\n", back));
  CHECK(back == k.key);
  CHECK(key_of(k.secret) == k.key);
  CHECK_FALSE(parse_key("", back));
  CHECK_FALSE(parse_key(format_key(k.key).substr(1), back));
  CHECK_FALSE(parse_key(format_key(k.key) + "A", back));
}
