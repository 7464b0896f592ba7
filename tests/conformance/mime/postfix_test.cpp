// Postfix's mime_state traces: which header lines belong to the message, to a part of a multipart, to a nested message,
// in which order, and which limits are reported. Postfix does not decode encoded messages, we do: inside of those nothing
// is compared. An mbox "From " line in front of a nested message ends its header there; we pass over it as clients do.
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "suite.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return s;
}

std::string without_nested(const std::string& headers) {
  std::istringstream in(headers);
  std::string out;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with("NEST")) out += line + "\n";
  return out;
}

struct trace {
  std::string headers;  // "MAIN subject\nMULT content-type\n"
  bool nesting = false, cut = false, eight_bit = false;
};

trace read_reference(const std::string& text) {
  trace t;
  bool encoded = false;  // inside of an encoded message
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find("invalid message/* or multipart/* encoding") != std::string::npos) encoded = true;
    t.nesting = t.nesting || line.find("nesting exceeds") != std::string::npos;
    t.cut = t.cut || line.find("header length exceeds") != std::string::npos;
    t.eight_bit = t.eight_bit || line.find("8-bit data in message header") != std::string::npos;
    const std::size_t bar = line.find("\t|");
    const std::string kind = line.substr(0, 4);
    if (bar == std::string::npos || (kind != "MAIN" && kind != "MULT" && kind != "NEST")) continue;
    if (kind == "MULT") encoded = false;
    if (kind == "NEST" && encoded) continue;
    t.headers += kind + " " + lower(line.substr(bar + 2, line.find(':', bar) - bar - 2)) + "\n";
  }
  return t;
}

trace read_ours(const mime_recorder& r) {
  trace t;
  const auto encoded = [&](std::size_t part) {
    for (; part != 0; part = r.parts[part].info.parent) {
      const recorded_part& up = r.parts[r.parts[part].info.parent];
      const byte_view encoding = view(up.info.encoding);
      if (view(up.info.type).starts_with("message/") && (encoding == "base64" || encoding == "quoted-printable")) return true;
    }
    return false;
  };
  for (const std::string& f : r.fields) {
    const std::size_t part = std::stoul(f), blank = f.find(' '), colon = f.find(':');
    const std::string name = lower(f.substr(blank + 1, colon - blank - 1));
    if (name.empty() || encoded(part)) continue;
    const bool nested = part != 0 && view(r.parts[r.parts[part].info.parent].info.type).starts_with("message/");
    t.headers += std::string(part == 0 ? "MAIN " : nested ? "NEST " : "MULT ") + name + "\n";
  }
  t.nesting = r.has(mime::anomaly::depth_exceeded);
  t.cut = r.has(mime::anomaly::field_cut);
  t.eight_bit = r.has(mime::anomaly::non_ascii_header);
  return t;
}

}  // namespace

TEST_CASE("Postfix's traces name the same headers in the same order") {
  tally count("mime-postfix", 10);
  if (count.missing()) SKIP("suite not here");
  const auto folder = suite_folder("mime-postfix");
  for (const auto& file : files_in(folder, ".ref")) {
    auto input = file;
    input.replace_extension(".in");
    const trace want = read_reference(read_file(file));
    const mime_recorder r = walk(read_file(input));
    trace have = read_ours(r);
    if (read_file(file).find("garbage in nested header") != std::string::npos) have.headers = without_nested(have.headers);
    std::string difference;
    if (want.headers != have.headers) difference = "want\n" + want.headers + "have\n" + have.headers;
    if (want.nesting && !have.nesting) difference = "the nesting limit is not reported";
    if (want.cut && !have.cut) difference = "the cut field is not reported";
    if (want.eight_bit && !have.eight_bit) difference = "8-bit octets in the header are not reported";
    count.result(file.stem(), difference.empty(), difference);
  }
}
