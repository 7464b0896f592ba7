#include "core/log_format.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/utf8.hpp"

using namespace sluice;
using namespace sluice::log;

namespace {

// Takes what the program logs; what it sees is what any other sink sees.
struct catcher final : sink {
  catcher() { add_sink(*this); }
  ~catcher() override { remove_sink(*this); }
  void take(const record& r) noexcept override {
    how = r.how;
    event = r.event;
    members = r.members;
    time = r.time;
  }
  record seen() const { return {how, time, event, members}; }
  level how = level::info;
  std::string event, members, time;
};

template <class F>
record written(catcher& c, F f) {
  set_descriptor(-1);
  set_level(level::debug);
  {
    line l(level::warning, "test-event");
    f(l);
  }
  return c.seen();
}

std::string json_of(const record& r) {
  rendered out;
  append_json(out, r);
  return std::string(view(out));
}

std::string syslog_of(const record& r, const origin& from) {
  syslog_message out;
  append_syslog(out, r, from);
  return std::string(view(out));
}

// A strict reader of RFC 5424 section 6, written from its grammar: what a message says, or nothing.
struct parsed {
  bool good = false;
  unsigned priority = 0;
  std::string time, host, app, process, id, text;
  std::map<std::string, std::map<std::string, std::string>> data;
};

bool is_printable(std::string_view s, std::size_t longest) {
  if (s.empty() || s.size() > longest) return false;
  for (const char c : s)
    if (c < 33 || c > 126) return false;
  return true;
}

parsed parse(std::string_view in) {
  parsed p;
  const auto word = [&] {
    const std::size_t end = in.find(' ');
    std::string out(in.substr(0, end));
    in.remove_prefix(end == std::string_view::npos ? in.size() : end + 1);
    return out;
  };
  if (!in.starts_with("<")) return p;
  const std::size_t close = in.find(">1 ");
  if (close == std::string_view::npos || close > 4) return p;
  p.priority = static_cast<unsigned>(std::stoul(std::string(in.substr(1, close - 1))));
  in.remove_prefix(close + 3);
  p.time = word(), p.host = word(), p.app = word(), p.process = word(), p.id = word();
  if (p.time.size() != 24 || p.time[10] != 'T' || p.time[23] != 'Z') return p;
  if (!is_printable(p.host, 255) || !is_printable(p.app, 48) || !is_printable(p.process, 128) || !is_printable(p.id, 32)) return p;
  if (in.starts_with("-")) in.remove_prefix(1);
  while (in.starts_with("[")) {
    in.remove_prefix(1);
    const std::size_t end = in.find_first_of(" ]");
    const std::string name(in.substr(0, end));
    if (!is_printable(name, 32) || name.find_first_of("=\"") != std::string::npos) return p;
    in.remove_prefix(end);
    auto& element = p.data[name];
    while (in.starts_with(" ")) {
      in.remove_prefix(1);
      const std::size_t equals = in.find("=\"");
      if (equals == std::string_view::npos) return p;
      const std::string key(in.substr(0, equals));
      if (!is_printable(key, 32) || key.find_first_of("=\"] ") != std::string::npos) return p;
      in.remove_prefix(equals + 2);
      std::string value;
      for (;; in.remove_prefix(1)) {
        if (in.empty()) return p;
        if (in[0] == '"') break;
        if (in[0] == ']') return p;  // must be escaped
        if (in[0] == '\\') {
          if (in.size() < 2 || (in[1] != '"' && in[1] != '\\' && in[1] != ']')) return p;
          in.remove_prefix(1);
        }
        value += in[0];
      }
      in.remove_prefix(1);
      if (!element.emplace(key, value).second) return p;
    }
    if (!in.starts_with("]")) return p;
    in.remove_prefix(1);
  }
  if (!in.empty() && in[0] != ' ') return p;
  p.text = in.substr(std::min<std::size_t>(1, in.size()));
  p.good = true;
  return p;
}

const origin mx{.host = {}, .process = 77, .enterprise = 32473, .sequence = 9};

}  // namespace

TEST_CASE("a syslog message has the head, the numbers and the structured data of RFC 5424") {
  catcher c;
  const record r = written(c, [](line& l) { l.with("why", "a \"b\" ]c\\").with("n", -5).with("said", "Gr\xc3\xbc\xc3\x9f" "e").with_json("list", R"([{"a":"]"}])"); });
  origin from = mx;
  assign_cut(from.host, "mx.example.net");
  const parsed p = parse(syslog_of(r, from));
  REQUIRE(p.good);
  CHECK(p.priority == 2 * 8 + 4);
  CHECK(p.host == "mx.example.net");
  CHECK(p.app == "sluice");
  CHECK(p.process == "77");
  CHECK(p.id == "test-event");
  CHECK(p.data.at("meta").at("sequenceId") == "9");
  const auto& d = p.data.at("sluice@32473");
  CHECK(d.at("why") == "a \"b\" ]c\\");
  CHECK(d.at("n") == "-5");
  CHECK(d.at("said") == "Gr\xc3\xbc\xc3\x9f" "e");
  CHECK(d.at("list") == R"([{"a":"]"}])");
  CHECK(p.text.starts_with("\xef\xbb\xbftest-event "));  // not ASCII: with the mark of section 6.4
}

TEST_CASE("an event without members has no structured data, and ASCII no byte order mark") {
  catcher c;
  const record r = written(c, [](line&) {});
  const std::string text = syslog_of(r, {});
  CHECK(text.ends_with(" test-event - test-event"));
  CHECK(parse(text).host == "-");
  CHECK(parse(syslog_of(r, mx)).data.size() == 1);
}

TEST_CASE("priorities follow the level") {
  CHECK(priority_of(level::error) == 19);
  CHECK(priority_of(level::warning) == 20);
  CHECK(priority_of(level::info) == 22);
  CHECK(priority_of(level::debug) == 23);
}

TEST_CASE("whatever strangers write, every form stays well formed and shows no control or bidi character") {
  catcher c;
  std::mt19937 random(20261128);
  const std::vector<std::string> pieces{"\"", "\\", "]", "[", "=", "\r\n", std::string(1, '\0'), "\x1b[31m", "\xe2\x80\xae", "\xef\xbb\xbf", "\xff\xfe", "\xc3",
                                        "\xed\xa0\x80", "\xf0\x9f\x92\xb8", "plain ", "\\u0041", "\\\"", "<script>", "{}", ",\"key\":1", " ", "\t", "%n", "\x7f", "\xc2\x85"};
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> values(1 + random() % 6);
    for (auto& v : values)
      for (auto n = random() % (round % 50 == 0 ? 900 : 12); n > 0; --n) v += pieces[random() % pieces.size()];
    const record r = written(c, [&](line& l) {
      for (std::size_t i = 0; i < values.size(); ++i) l.with("v" + std::to_string(i), values[i]);
      l.with("end", 1);
    });
    const std::string json = json_of(r);
    boost::system::error_code ec;
    const boost::json::value v = boost::json::parse(json, ec);
    REQUIRE(!ec);
    const boost::json::object& o = v.as_object();
    const bool cut = o.contains("cut");
    CHECK(o.contains("end") != cut);
    const std::string syslog = syslog_of(r, mx);
    const parsed p = parse(syslog);
    REQUIRE(p.good);
    rendered text, discreet;
    append_text(text, r);
    append_discreet(discreet, r);
    REQUIRE(boost::json::parse(std::string(view(discreet)), ec).is_object());
    for (const std::string& form : {json, syslog, std::string(view(text))})
      for (std::string_view rest = form; !rest.empty();) {
        const utf8::decoded d = utf8::decode(rest);
        REQUIRE(d.valid);
        const bool mark = d.code == 0xfeff && form == syslog;
        REQUIRE((d.code >= 0x20 && d.code != 0x7f && (d.code < 0x80 || d.code >= 0xa0) && d.code != 0x202e && (d.code != 0xfeff || mark)));
        rest.remove_prefix(d.length);
      }
    if (!cut && !p.data.at("sluice@32473").contains("cut"))
      CHECK(p.data.at("sluice@32473").size() == values.size() + 1);
    CHECK(view(discreet).find("plain") == std::string_view::npos);
    CHECK(view(discreet).find("script") == std::string_view::npos);
  }
}

TEST_CASE("an event as long as one can be stays within what receivers take, and says that it was cut") {
  catcher c;
  const record r = written(c, [](line& l) {
    for (int i = 0; i < 3; ++i) l.with("brackets" + std::to_string(i), std::string(1300, ']'));
    l.with("quotes", std::string(600, '"')).with("more", std::string(5000, 'x'));
  });
  CHECK(r.members.size() <= line_bytes);
  const std::string text = syslog_of(r, mx);
  CHECK(text.size() <= syslog_bytes);
  const parsed p = parse(text);
  REQUIRE(p.good);
  CHECK(p.data.at("sluice@32473").contains("cut"));
}

TEST_CASE("the discreet form keeps numbers and our own words, and no address") {
  catcher c;
  const record r = written(c, [](line& l) {
    l.with("outcome", "quarantined").with("score", 421).with("rcpt", "user@example.net").with("subject", "private").with("why", "no mailbox bob@example.net here").with_json("findings", R"([{"words":"+1 888"}])");
  });
  rendered out;
  append_discreet(out, r);
  const std::string text(view(out));
  CHECK(text.find("\"outcome\":\"quarantined\",\"score\":421,\"rcpt\":\"*\",\"subject\":\"*\",\"why\":\"no mailbox * here\",\"findings\":\"*\"") != std::string::npos);
}
