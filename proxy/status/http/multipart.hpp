// A form with a file (multipart/form-data, RFC 7578), taken apart as it comes: small fields first, then the one file,
// which never lies in memory as a whole. What follows the file is skipped.
//
// Sans-I/O. Caller: connection_upload.cpp.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::status {

inline constexpr std::size_t form_field_octets = 1024;  // of one small field
inline constexpr std::size_t form_fields = 8;
inline constexpr std::size_t part_head_octets = 2 * 1024;

// The boundary of a Content-Type; empty when it is no multipart/form-data with a usable one.
std::string boundary_of(std::string_view content_type);

class multipart_reader {
 public:
  explicit multipart_reader(const std::string& boundary) : delimiter_("\r\n--" + boundary), held_("\r\n") {}

  enum class state { preamble, delimiter, head, field, file, end, broken };
  state at() const { return at_; }

  void feed(std::string_view octets) { held_ += octets; }
  // Goes as far as it can: true when a file has begun, the form ended or is broken; false: feed() more.
  bool advance();
  // In state file: takes up to n octets of it; 0 means feed() more, or that the file has ended (state end).
  std::size_t take(char* to, std::size_t n);

  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  const std::string& file_name() const { return file_name_; }
  const std::string& file_field() const { return name_; }  // the name of the file's field, from state file on

 private:
  bool broken();
  bool read_head();

  std::string delimiter_, held_, name_, file_name_;
  state at_ = state::preamble;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace sluice::status
