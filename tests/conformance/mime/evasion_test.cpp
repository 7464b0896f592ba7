// The noxxi evasion set: each message hides a file or its name from some parsers. Either the file is extracted, or the
// message is flagged as one that clients read differently. Ordinary mail must not be flagged.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "suite.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// The hidden archive is a 186-octet zip; its first 30 octets and its central directory's mark tell it.
bool holds_zip(const mime_recorder& r) {
  for (const recorded_part& p : r.parts)
    if (p.bytes.find("PK\x03\x04") != std::string::npos && p.bytes.find("eicar.com") != std::string::npos && p.bytes.size() >= 186) return true;
  return false;
}

// The name's extension is hidden; one control case is a plain "file.png".
bool names_file(const mime_recorder& r, bool png) {
  const byte_view wanted = png ? "file.png" : ".zip";
  for (const recorded_part& p : r.parts)
    if (view(p.info.file_name).find(wanted) != byte_view::npos || view(p.info.other_name).find(wanted) != byte_view::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("every hidden payload is extracted or the message is flagged") {
  tally count("mime-evasion-noxxi", 375);
  if (count.missing()) SKIP("suite not here");
  const auto folder = suite_folder("mime-evasion-noxxi");
  std::size_t extracted = 0, flagged = 0;
  const boost::json::value index = read_json(folder / "index.json");
  for (const auto& entry : index.as_array()) {
    const std::string file = as_utf8(entry.at("file")), name = as_utf8(entry.at("case"));
    const bool content = as_utf8(entry.at("kind")) == "hide-content";
    const std::string lf = read_file(folder / file);
    for (const std::string& message : {lf, with_crlf(lf)}) {
      const mime_recorder r = walk(message);
      const bool found = content ? holds_zip(r) : names_file(r, name.ends_with(".png"));
      extracted += found;
      flagged += r.ambiguous();
      const auto valid = entry.at("valid").as_int64();
      // What RFC-abiding clients read must be read, not only flagged.
      count.result(name, found || (valid < 2 && r.ambiguous()), file + " valid " + std::to_string(valid));
    }
  }
  std::cout << "mime-evasion-noxxi: extracted " << extracted << ", flagged " << flagged << " of 750 runs (LF and CRLF)\n";
}

TEST_CASE("ordinary mail is not flagged as ambiguous") {
  const auto files = files_in(shared_folder() / "corpus" / "ham-general", ".eml");
  if (files.empty()) {
    std::cout << "SKIPPED corpus/ham-general: 712 messages, the corpus is not here\n";
    SKIP("corpus not here");
  }
  std::map<std::string, int> why;
  std::size_t ambiguous = 0;
  for (const auto& file : files) {
    const mime_recorder r = walk(read_file(file));
    if (!r.ambiguous()) continue;
    ++ambiguous;
    std::string reasons;
    for (unsigned a = 0; a < mime::anomaly_count; ++a)
      if (r.has(static_cast<mime::anomaly>(a)) && mime::is_ambiguity(static_cast<mime::anomaly>(a)))
        ++why[mime::name_of(static_cast<mime::anomaly>(a))], reasons += std::string(" ") + mime::name_of(static_cast<mime::anomaly>(a));
    std::cout << "ambiguous: " << file.filename().string() << reasons << "\n";
  }
  std::cout << "corpus/ham-general: " << ambiguous << " of " << files.size() << " flagged as ambiguous\n";
  CHECK(ambiguous * 50 <= files.size());
}
