// Stalwart's link cases: a message for each, with the names of what is wrong with it. Compared are those names that stand
// for something which Sluice looks for; a case with none of them must not have the finding.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <sstream>

#include "conformance/mime/suite.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "inspect/message_inspector.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

class listener final : public inspect::link_listener {
 public:
  void on_link_host(byte_view host) override { hosts += std::string(host) + " "; }
  std::string hosts;
};

struct seen {
  std::string rules, hosts;
};

seen inspected(const inspect::ruleset& rules, const std::string& mail) {
  static mime::charset_pool pool;
  static auto inspector = std::make_unique<inspect::message_inspector>(rules, inspect::own_names{"mx.example.org", "mx.example.org"}, pool);
  listener links;
  inspect::envelope_facts envelope;
  envelope.links = &links;
  inspector->begin(envelope);
  inspector->feed(mail);
  inspector->finish();
  seen out{" ", links.hosts};
  for (const auto& f : inspector->found().list) out.rules += std::string(f.rule) + " ";
  return out;
}

bool said(const std::string& tags, const char* tag) { return (" " + tags + " ").find(" " + std::string(tag) + " ") != std::string::npos; }

// What is asked of one tag, in the words of Sluice. Null: nothing of the kind is claimed (out_of_scope.tsv says why).
struct claim {
  const char* tag;
  const char* rule;  // the finding that there must be
  const char* host;  // or the host that must be told
};
constexpr claim claims[] = {{"HOMOGRAPH_URL", "link-lookalike", nullptr},   {"MIXED_CHARSET_URL", "link-lookalike", nullptr}, {"SUSPICIOUS_URL", nullptr, "192.168.1.1"},
                            {"HTTP_TO_IP", nullptr, "8.8.8.8"},             {"PHISHING", "link-mismatch", nullptr},           {"UNPARSABLE_URL", nullptr, "xn--bnk-ela.com"}};

}  // namespace

TEST_CASE("links of Stalwart's cases show what their names say") {
  tally count("html-text/links", 30);
  if (count.missing()) SKIP("suite not here");
  std::vector<profiles::profile_problem> problems;
  const auto rules = profiles::load_ruleset("", problems);
  REQUIRE(rules);
  for (const char* file : {"url", "html"}) {
    const std::string all = read_file(suite_folder("html-text") / "stalwart-antispam" / (std::string(file) + ".test"));
    const std::string between = "<!-- NEXT TEST -->\n";
    std::size_t number = 0;
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = std::min(all.find(between, at), all.size());
      const std::string one = all.substr(at, end - at);
      at = end + between.size();
      ++number;
      const std::size_t settings = one.find("\n\n");
      const std::size_t expect = one.rfind("expect ", settings);
      const std::string tags = one.substr(expect + 7, one.find('\n', expect) - expect - 7);
      const std::string mail = with_crlf(one.substr(settings + 2));
      const seen have = inspected(*rules, mail);
      bool passed = true;
      for (const claim& c : claims) {
        const bool there = c.rule ? have.rules.find(" " + std::string(c.rule) + " ") != std::string::npos : (" " + have.hosts).find(" " + std::string(c.host) + " ") != std::string::npos;
        if (said(tags, c.tag) && !there) passed = false;
      }
      const bool lookalike = have.rules.find(" link-lookalike ") != std::string::npos, mismatch = have.rules.find(" link-mismatch ") != std::string::npos;
      if (lookalike && !said(tags, "HOMOGRAPH_URL") && !said(tags, "MIXED_CHARSET_URL")) passed = false;
      if (mismatch && !said(tags, "PHISHING") && std::string(file) == "html") passed = false;  // url.test does not look at what anchors show
      count.result(std::string(file) + " " + std::to_string(number), passed, tags + "\nhave" + have.rules + "hosts " + have.hosts + "\n" + mail);
    }
  }
}
