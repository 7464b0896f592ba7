// A form with a file from a browser, or from somebody who says so: the same fields and file wherever it is cut, within its limits.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "status/http/multipart.hpp"

using namespace sluice::status;

namespace {

std::string read(std::string_view form, std::size_t step) {
  multipart_reader r("XX");
  std::string file, piece(5, '\0');
  for (std::size_t at = 0;; at += step) {
    while (r.advance() && r.at() == multipart_reader::state::file)
      if (const std::size_t n = r.take(piece.data(), piece.size()); n > 0) file.append(piece, 0, n);
      else break;
    if (r.at() == multipart_reader::state::end || r.at() == multipart_reader::state::broken || at >= form.size()) break;
    r.feed(form.substr(at, step));
  }
  std::string out = std::to_string(static_cast<int>(r.at())) + " " + r.file_name() + "\n";
  if (r.fields().size() > form_fields) std::abort();
  for (const auto& [name, value] : r.fields()) {
    if (value.size() > form_field_octets) std::abort();
    out += name + "=" + value + "\n";
  }
  return out + file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (boundary_of(text).size() > size) std::abort();
  if (size > 1 && read(text.substr(1), size) != read(text.substr(1), 1 + data[0] % 64)) std::abort();
  return 0;
}
