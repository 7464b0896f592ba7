// HTML through the reader, at once and octet by octet: the same text and links.
#include <cstdlib>
#include <string>

#include "mime/html_reader.hpp"

using namespace sluice;

namespace {

struct sink final : mime::html_sink {
  std::string text[8], links;
  void html_text(mime::text_kind kind, byte_view t) override { text[static_cast<std::size_t>(kind)] += t; }
  void html_link(mime::link::origin from, byte_view target, byte_view shown, mime::text_kind look) override {
    links += std::to_string(static_cast<int>(from)) + std::string(target) + '|' + std::string(shown) + std::to_string(static_cast<int>(look)) + "\n";
  }
};

sink read(byte_view html, std::size_t step) {
  sink out;
  mime::html_reader reader;
  reader.start();
  for (std::size_t i = 0; i < html.size(); i += step) reader.feed(html.substr(i, step), out);
  reader.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const byte_view html(reinterpret_cast<const char*>(data), size);
  const sink whole = read(html, size + 1), cut = read(html, 1);
  if (whole.links != cut.links) std::abort();
  for (std::size_t i = 0; i < 8; ++i) {
    if (whole.text[i] != cut.text[i]) std::abort();
  }
  return 0;
}
