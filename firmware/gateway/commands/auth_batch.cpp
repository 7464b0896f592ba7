// JSON lines for sender authentication; see auth_batch.hpp.
#include "firmware/gateway/commands/auth_batch.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
#include <string>

#include "auth/common/base64.hpp"
#include "core/utf8.hpp"
#include "firmware/gateway/commands/auth_run.hpp"
#include "firmware/gateway/commands/record_list.hpp"
#include "firmware/gateway/rfc3339.hpp"

namespace sluice::gateway {
namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view{};
}

// A JSON text is UTF-8; what a message or a record holds may be anything.
json::string shown(byte_view text) {
  json::string out;
  while (!text.empty()) {
    const utf8::decoded one = utf8::decode(text);
    out += one.valid ? text.substr(0, one.length) : byte_view("\xef\xbf\xbd");
    text.remove_prefix(one.length);
  }
  return out;
}

// The message of a line: a file, or base64. Neither is fine: then only the envelope is checked.
bool load_message(const json::object& line, std::string& out, std::string& error) {
  if (const std::string_view file = text_of(line, "file"); !file.empty()) {
    std::ifstream in{std::string(file), std::ios::binary};
    out.assign(std::istreambuf_iterator<char>(in), {});
    if (in.bad() || !in.is_open()) error = "cannot read " + std::string(file);
    return error.empty();
  }
  const std::string_view encoded = text_of(line, "message");
  std::size_t size = 0;
  out.resize(encoded.size());
  if (!auth::decode_base64(encoded, out, size)) error = "message is not base64";
  out.resize(size);
  return error.empty();
}

bool load_records(const json::value& records, record_list& out, std::string& error) {
  if (!records.is_array()) {
    error = "records is an array";
    return false;
  }
  for (const json::value& v : records.get_array()) {
    if (!v.is_object()) {
      error = "a record is an object";
      return false;
    }
    const json::object& r = v.get_object();
    const bool good = r.contains("error") ? out.add_error(text_of(r, "name"), text_of(r, "type"), text_of(r, "error"), error)
                                          : out.add(text_of(r, "name"), text_of(r, "type"), text_of(r, "data"), error);
    if (!good) return false;
  }
  return true;
}

json::object spf_object(const auth::spf_report& r) {
  json::object o{{"result", auth::name_of(r.result)}, {"domain", shown(r.domain)}, {"reason", shown(r.reason)}};
  if (!r.explanation.empty()) o["explanation"] = shown(r.explanation);
  return o;
}

json::object results_of(const auth::checker& c) {
  json::object out;
  out["spf"] = spf_object(c.spf());
  if (!c.helo().domain.empty()) out["helo"] = spf_object(c.helo());
  json::array signatures;
  for (std::size_t i = 0; i < c.dkim_count(); ++i) {
    const auth::dkim_report d = c.dkim(i);
    json::object o{{"domain", shown(d.domain)},
                   {"selector", shown(d.selector)},
                   {"result", auth::name_of(d.result)},
                   {"reason", d.reason}};
    if (d.unsigned_octets != 0) o["unsigned_octets"] = d.unsigned_octets;
    if (d.testing) o["testing"] = true;
    signatures.push_back(std::move(o));
  }
  out["dkim"] = std::move(signatures);
  const auth::arc_report a = c.arc();
  out["arc"] = {{"result", auth::name_of(a.result)}, {"reason", a.reason}};
  const auth::dmarc_report d = c.dmarc();
  out["dmarc"] = {{"result", auth::name_of(d.result)},
                  {"domain", shown(d.found_at)},
                  {"policy", d.found_at.empty() ? "" : auth::dmarc::name_of(d.published)},
                  {"disposition", auth::dmarc::name_of(d.disposition)},
                  {"reason", d.reason}};
  char room[4096];
  out["header"] = shown(c.write_results(room, false, false));
  json::array notices;
  auth::checker::notice_list list;
  c.list_notices(list);
  for (const auth::notice& n : list) notices.push_back({{"rule", n.rule}, {"weight", n.weight}, {"words", shown(view(n.words))}});
  out["findings"] = std::move(notices);
  return out;
}

bool load_envelope(const json::object& line, auth::envelope& out, std::string& error) {
  const std::string_view ip = text_of(line, "ip");
  if (!ip.empty() && !auth::parse_ip(ip, out.client)) {
    error = "ip is no address";
    return false;
  }
  if (!ip.empty()) {  // without a client there is nothing that SPF could check
    out.helo = text_of(line, "helo");
    out.mail_from = text_of(line, "mail_from");
  }
  if (out.mail_from.size() >= 2 && out.mail_from.front() == '<' && out.mail_from.back() == '>')
    out.mail_from = out.mail_from.substr(1, out.mail_from.size() - 2);
  const std::string_view time = text_of(line, "time");
  if (time.empty()) {
    out.now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  } else if (!parse_rfc3339(time, out.now)) {
    error = "time is not RFC 3339";
  }
  return error.empty();
}

// "seal": asks for a further ARC set, with a key of the line's own.
bool load_seal(const json::object& line, auth::sealing_key& out, std::string& error) {
  out = {};
  const json::value* seal = line.if_contains("seal");
  if (seal == nullptr) return true;
  auto key = std::make_shared<auth::private_key>();
  if (!seal->is_object() || !key->load(text_of(seal->get_object(), "key"))) {
    error = "seal needs a key";
    return false;
  }
  const json::object& o = seal->get_object();
  out.domain = text_of(o, "domain");
  out.selector = text_of(o, "selector");
  if (const std::string_view fields = text_of(o, "fields"); !fields.empty()) out.fields = fields;
  out.failed_chains = o.contains("failed_chains") && o.at("failed_chains").is_bool() && o.at("failed_chains").get_bool();
  out.key = std::move(key);
  return true;
}

class batch {
 public:
  explicit batch(const batch_network& network) : network_settings_(network) { options_.explain = true; }

  // Fills `out` with the results of one line, or sets `error`.
  void work(const json::object& line, json::object& out, std::string& error) {
    std::string message;
    auth::envelope from;
    if (!load_message(line, message, error) || !load_envelope(line, from, error) || !load_seal(line, options_.seal, error))
      return;
    record_list records;
    std::unique_ptr<auth_lookups> own;
    auth_lookups* lookups = nullptr;
    if (const json::value* given = line.if_contains("records"); given != nullptr) {
      if (!load_records(*given, records, error)) return;
      own = lookups_from(records);
      lookups = own.get();
    } else {
      if (network_ == nullptr) network_ = lookups_from_network(network_settings_.servers, network_settings_.seconds, error);
      lookups = network_.get();
      if (lookups == nullptr) return;
    }
    run_message(checker_, options_, from, as_transmitted(message), *lookups);
    for (auto& member : results_of(checker_)) out.insert_or_assign(member.key(), member.value());
    if (options_.seal.key != nullptr) add_seal(line.at("seal").get_object(), out);
  }

 private:
  void add_seal(const json::object& seal, json::object& out) const {
    char results[4096], room[auth::arc::seal_bytes];
    const std::string_view given = text_of(seal, "results");
    out["seal"] = shown(checker_.write_seal(room, given.empty() ? checker_.write_results(results, true, false) : given));
  }

  batch_network network_settings_;
  std::unique_ptr<auth_lookups> network_;
  auth::workspace shared_;
  auth::options options_;
  auth::checker checker_{shared_};
};

}  // namespace

int run_auth_batch(std::istream& in, std::ostream& out, const batch_network& network) {
  batch worker(network);
  int failed = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    json::object answer;
    std::string error;
    boost::system::error_code bad;
    const json::value parsed = json::parse(line, bad);
    if (bad || !parsed.is_object()) {
      error = "not a JSON object";
    } else {
      if (const json::value* id = parsed.get_object().if_contains("id")) answer["id"] = *id;
      worker.work(parsed.get_object(), answer, error);
    }
    if (!error.empty()) {
      answer["error"] = error;
      ++failed;
    }
    out << json::serialize(answer) << '\n' << std::flush;
  }
  return failed;
}

}  // namespace sluice::gateway
