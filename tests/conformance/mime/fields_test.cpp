// mail-parser's rows of single header fields: addresses, Content-Type, dates, message ids, lists, Received, unstructured
// text and encoded words, and its decoder rows. White space is compared collapsed: where a fold stood, implementations
// differ. What mail-parser's decoders decline, ours may decode when they mark it as broken. Expected dates that are none
// (minute 211) are not compared.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <arpa/inet.h>

#include "mime/address.hpp"
#include "mime/date.hpp"
#include "mime/encoded_word.hpp"
#include "mime/params.hpp"
#include "mime/received.hpp"
#include "mime/transfer.hpp"
#include "suite.hpp"

using namespace sluice;
using namespace sluice::test;
namespace json = boost::json;

namespace {

// The value as the walker hands it out: up to the first line end that no white space follows, unfolded, trimmed.
std::string value_of(const std::string& header) {
  std::string out;
  std::size_t i = 0;
  if (header.starts_with("\n")) ++i;  // "Field:" and its value on the next line
  for (; i < header.size(); ++i) {
    const char c = header[i];
    if (c == '\r' && i + 1 < header.size() && header[i + 1] == '\n') continue;
    if (c != '\n') {
      out += c;
    } else if (i + 1 >= header.size() || (header[i + 1] != ' ' && header[i + 1] != '\t')) {
      break;
    }
  }
  return out;
}

std::string collapsed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string without_blanks(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t') out += c;
  return out;
}

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return s;
}

std::string words(const std::string& value, mime::charset_pool& pool) {
  std::string room(4 * value.size() + 64, '\0');
  room.resize(mime::decode_words(value, room, pool).size);
  return room;
}

class row_set {
 public:
  row_set(tally& count, const char* file) : count_(count), file_(file) {
    rows_ = read_json(suite_folder("mime-fields") / (std::string(file) + ".json"));
  }
  template <class Parse>  // Parse(header value, expected) -> {want, have}
  void each(Parse parse) {
    int n = 0;
    for (const json::value& row : rows_.as_array()) {
      const auto [want, have] = parse(value_of(as_utf8(row.at("header"))), row.at("expected"));
      count_.result(file_ + " " + std::to_string(n++), want == have, as_utf8(row.at("header")) + "\nwant " + want + "\nhave " + have);
    }
  }

 private:
  tally& count_;
  std::string file_;
  json::value rows_;
};

using pair = std::pair<std::string, std::string>;

void add_mailboxes(const json::value& list, const std::string& group, std::string& out) {
  for (const json::value& a : list.as_array())
    out += group + "|" + collapsed(as_utf8(a.at("name"))) + "|" + without_blanks(as_utf8(a.at("address"))) + "\n";
}

pair address_row(const std::string& value, const json::value& expected) {
  mime::charset_pool pool;
  std::string want, have;
  const json::object& kind = expected.as_object();
  if (kind.contains("List")) add_mailboxes(kind.at("List"), "", want);
  else
    for (const json::value& g : kind.at("Group").as_array()) {
      if (g.at("addresses").as_array().empty()) want += as_utf8(g.at("name")) + "||\n";
      add_mailboxes(g.at("addresses"), as_utf8(g.at("name")), want);
    }
  mime::address_reader reader(value, pool);
  mime::address a;
  while (reader.next(a))
    have += std::string(view(a.group)) + "|" + collapsed(std::string(view(a.name))) + "|" + std::string(view(a.spec)) + "\n";
  return {want, have};
}

pair content_type_row(const std::string& value, const json::value& expected) {
  if (expected.is_null()) return {"", ""};  // no type: whatever is read, the walker takes text/plain and says so
  mime::charset_pool pool;
  std::string want, have;
  const std::string type = as_utf8(expected.at("c_type"));
  const json::object& e = expected.as_object();
  const bool has_subtype = e.contains("c_subtype") && e.at("c_subtype").is_string();
  want = lower(type) + "/" + (has_subtype ? lower(as_utf8(e.at("c_subtype"))) : "");
  const mime::field_head head = mime::read_head(value);
  have = std::string(view(head.token));
  if (have.find('/') == std::string::npos) have += "/";
  if (!e.contains("attributes") || e.at("attributes").is_null()) return {want, have};
  for (const json::value& a : e.at("attributes").as_array()) {
    const std::string name = lower(as_utf8(a.at(0)));
    if (name.ends_with("-language")) continue;  // not kept
    want += "\n" + name + "=" + collapsed(as_utf8(a.at(1)));
    have += "\n" + name + "=" + collapsed(std::string(view(mime::read_param(value, name, pool).text)));
  }
  return {want, have};
}

std::string date_text(const mime::date_time& d) {
  return std::to_string(d.year) + "-" + std::to_string(d.month) + "-" + std::to_string(d.day) + " " + std::to_string(d.hour) + ":" +
         std::to_string(d.minute) + ":" + std::to_string(d.second) + " " + std::to_string(d.offset_minutes);
}

std::string date_text(const json::value& e) {
  const auto n = [&](const char* key) { return static_cast<int>(e.at(key).as_int64()); };
  const int offset = (e.at("tz_before_gmt").as_bool() ? -1 : 1) * (n("tz_hour") * 60 + n("tz_minute"));
  return std::to_string(n("year")) + "-" + std::to_string(n("month")) + "-" + std::to_string(n("day")) + " " + std::to_string(n("hour")) + ":" +
         std::to_string(n("minute")) + ":" + std::to_string(n("second")) + " " + std::to_string(offset);
}

pair date_row(const std::string& value, const json::value& expected) {
  mime::date_time d;
  const std::size_t semicolon = value.rfind(';');
  const bool ok = mime::parse_date(semicolon == std::string::npos ? byte_view(value) : byte_view(value).substr(semicolon + 1), d);
  return {expected.is_null() ? "none" : date_text(expected), ok ? date_text(d) : "none"};
}

std::string canonical(const std::string& address) {
  in6_addr six{};
  char room[INET6_ADDRSTRLEN];
  return inet_pton(AF_INET6, address.c_str(), &six) == 1 ? inet_ntop(AF_INET6, &six, room, sizeof room) : address;
}

std::string host(const json::object& e, const char* key) {
  if (!e.contains(key)) return "";
  const json::value& v = e.at(key);
  return v.is_string() ? as_utf8(v) : as_utf8(v.as_object().begin()->value());
}

pair received_row(const std::string& value, const json::value& expected) {
  const json::object& e = expected.as_object();
  mime::received r;
  mime::parse_received(value, r);
  std::string want, have;
  const auto add = [&](const char* key, const std::string& w, const std::string& h) {
    want += std::string(key) + "=" + canonical(w) + " ";
    have += std::string(key) + "=" + canonical(h) + " ";
  };
  add("from", host(e, "from"), std::string(view(r.from)));
  add("ip", host(e, "from_ip"), std::string(view(r.from_address)));
  add("reverse", host(e, "from_iprev"), std::string(view(r.from_reverse)));
  add("helo", host(e, "helo"), std::string(view(r.helo)));
  add("ident", host(e, "ident"), std::string(view(r.ident)));
  add("by", host(e, "by"), std::string(view(r.by)));
  add("via", host(e, "via"), std::string(view(r.via)));
  add("with", lower(host(e, "with")), lower(std::string(view(r.with))));
  add("id", host(e, "id"), std::string(view(r.id)));
  add("for", host(e, "for_"), std::string(view(r.for_address)));
  std::string version = host(e, "tls_version");  // "TLSv1_2"
  if (version.size() > 4) version = version.substr(4);
  std::replace(version.begin(), version.end(), '_', '.');
  add("tls", version, std::string(view(r.tls_version)));
  add("cipher", host(e, "tls_cipher"), std::string(view(r.tls_cipher)));
  const bool dated = e.contains("date") && !e.at("date").is_null();
  if (dated) {
    const json::value& d = e.at("date");
    if (d.at("month").as_int64() > 12 || d.at("minute").as_int64() > 59 || d.at("second").as_int64() > 60 || d.at("year").as_int64() < 1970)
      return {want, have};
  }
  add("date", dated ? date_text(e.at("date")) : "none", r.has_date ? date_text(r.date) : "none");
  return {want, have};
}

struct string_sink final : mime::octet_sink {
  void put(byte_view octets) override { text += octets; }
  std::string text;
};

std::string lf_only(std::string s) {
  std::erase(s, '\r');
  return s;
}

void decoder_row(tally& count, const std::string& name, bool base64, const json::value& row, mime::charset_pool& pool) {
  std::string input = as_utf8(row.at(0)), have;
  const std::string want = as_utf8(row.at(1));
  bool broken = false;
  if (name.find("_word") != std::string::npos) {
    std::string word = (base64 ? "=?utf-8?B?" : "=?utf-8?Q?") + input;
    std::erase(word, '\n');  // unfolded
    have.resize(4 * word.size());
    const mime::decoded_text text = mime::decode_words(word, have, pool);
    have.resize(text.size);
    broken = text.broken;
  } else {
    if (const std::size_t boundary = input.find("\n--boundary"); boundary != std::string::npos) input.resize(boundary);
    mime::transfer_decoder d;
    string_sink out;
    d.open(base64 ? mime::transfer::base64 : mime::transfer::quoted_printable);
    d.feed(input, out);
    d.finish(out);
    have = out.text;
    broken = d.flawed();
  }
  if (name.find("_word") != std::string::npos) have = collapsed(have);
  count.result(name, lf_only(have) == lf_only(want) || (want.empty() && broken), input + "\nwant " + want + "\nhave " + have);
}

void decoder_rows(tally& count, mime::charset_pool& pool) {
  const auto folder = suite_folder("mime-fields");
  const json::value encoded = read_json(folder / "rfc2047.json");
  int n = 0;
  for (const json::value& row : encoded.at("cases").as_array()) {
    const std::string have = words("=" + as_utf8(row.at("input")), pool), want = as_utf8(row.at("expect"));
    count.result("rfc2047 " + std::to_string(n++), want == have, as_utf8(row.at("input")) + "\nwant " + want + "\nhave " + have);
  }
  const json::value decoders = read_json(folder / "decoders.json");
  for (const auto& [kind, tests] : decoders.as_object())
    for (const json::value& test : tests.as_array()) {
      n = 0;
      for (const json::value& row : test.at("rows").as_array())
        decoder_row(count, as_utf8(test.at("test")) + " " + std::to_string(n++), kind == "base64", row, pool);
    }
}

}  // namespace

TEST_CASE("single fields are read as mail-parser reads them") {
  tally count("mime-fields", 350);
  if (count.missing()) SKIP("suite not here");
  mime::charset_pool pool;
  row_set(count, "address").each(address_row);
  row_set(count, "content_type").each(content_type_row);
  row_set(count, "date").each(date_row);
  row_set(count, "received").each(received_row);
  row_set(count, "unstructured").each([&](const std::string& value, const json::value& expected) {
    return pair{without_blanks(as_utf8(expected)), without_blanks(words(value, pool))};
  });
  row_set(count, "list").each([&](const std::string& value, const json::value& expected) {
    std::string want, have;
    for (const json::value& item : expected.as_array()) want += as_utf8(item) + "\n";
    const std::string text = words(value, pool) + ",";
    for (std::size_t i = 0, end; (end = text.find(',', i)) != std::string::npos; i = end + 1)
      if (const std::string item = collapsed(text.substr(i, end - i)); !item.empty()) have += item + "\n";
    return pair{want, have};
  });
  decoder_rows(count, pool);
}
