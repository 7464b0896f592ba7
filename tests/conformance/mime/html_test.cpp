// html5lib's tokenizer tests, in the data state: characters, start tags with their attributes, end tags. What the
// tokenizer does not report on purpose (DOCTYPE, bogus comments) is left out of the comparison. And mail-parser's
// HTML-to-text rows, with white space collapsed.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

#include "mime/html_reader.hpp"
#include "suite.hpp"

using namespace sluice;
using namespace sluice::test;
namespace json = boost::json;

namespace {

// Everything as one line of text: characters as they are, "<a href=x>", "</a>".
class recorder final : public mime::html_token_sink {
 public:
  void characters(byte_view text) override { out += text; }
  void tag(byte_view name, bool end) override {
    tag_ = (end ? "</" : "<") + std::string(name);
    attributes_.clear();
  }
  bool attribute(byte_view name) override {
    name_ = name;
    value_.clear();
    return true;
  }
  void attribute_text(byte_view text) override { value_ += text; }
  void attribute_end() override { attributes_.emplace(name_, value_); }  // the first of two counts
  content tag_end(bool) override {
    out += tag_;
    for (const auto& [name, value] : attributes_) out += " " + name + "=" + value;
    out += ">";
    return content::normal;
  }
  void comment(byte_view text, bool last) override {
    comment_ += text;
    if (last) comments.push_back(comment_), comment_.clear();
  }
  std::string out;
  std::vector<std::string> comments;

 private:
  std::string tag_, name_, value_, comment_;
  std::map<std::string, std::string> attributes_;
};

std::string expected(const json::value& test) {
  std::string out;
  for (const json::value& token : test.at("output").as_array()) {
    const std::string kind = as_utf8(token.at(0));
    if (kind == "Character") out += as_utf8(token.at(1));
    if (kind == "EndTag") out += "</" + as_utf8(token.at(1)) + ">";
    if (kind != "StartTag") continue;
    out += "<" + as_utf8(token.at(1));
    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : token.at(2).as_object()) sorted[std::string(name)] = as_utf8(value);
    for (const auto& [name, value] : sorted) out += " " + name + "=" + value;
    out += ">";
  }
  return out;
}

std::string tokens(const std::string& input, std::size_t step) {
  recorder r;
  mime::html_tokenizer t;
  t.start();
  for (std::size_t i = 0; i < input.size(); i += step) t.feed(byte_view(input).substr(i, step), r);
  t.finish(r);
  return r.out;
}

class text_recorder final : public mime::html_sink {
 public:
  void html_text(mime::text_kind kind, byte_view text) override {
    if (kind == mime::text_kind::visible) out += text;
  }
  void html_link(mime::link::origin, byte_view, byte_view, mime::text_kind) override {}
  std::string out;
};

std::string collapsed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

TEST_CASE("html5lib's tokenizer tests and mail-parser's HTML rows give the same tokens and text") {
  tally count("html-text", 526);
  if (count.missing()) SKIP("suite not here");
  for (const char* file : {"entities", "numericEntities", "test1", "test2"}) {
    const json::value all = read_json(suite_folder("html-text") / "html5lib-tokenizer" / (std::string(file) + ".test"));
    std::map<std::string, int> seen;
    for (const json::value& test : all.at("tests").as_array()) {
      if (test.as_object().contains("initialStates")) continue;  // not the data state
      const std::string input = as_utf8(test.at("input")), want = expected(test);
      std::string name = std::string(file) + ": " + as_utf8(test.at("description"));
      if (const int n = seen[name]++; n > 0) name += " #" + std::to_string(n + 1);
      const std::string have = tokens(input, input.size() + 1);
      const bool same = have == want && tokens(input, 1) == want;
      count.result(name, same, "input " + input + "\nwant " + want + "\nhave " + have);
    }
  }
  const json::value rows = read_json(suite_folder("html-text") / "mail-parser.json");
  int n = 0;
  for (const json::value& row : rows.at("cases").as_array()) {
    mime::html_reader reader;
    text_recorder out;
    reader.start();
    reader.feed(as_utf8(row.at("html")), out);
    reader.finish(out);
    const std::string want = collapsed(as_utf8(row.at("text"))), have = collapsed(out.out);
    count.result("mail-parser row " + std::to_string(n++), want == have, "html " + as_utf8(row.at("html")) + "\nwant " + want + "\nhave " + have);
  }
}
