// Strings put together from pieces in one call: one allocation, and a fraction of the code that a chain of + leaves.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace sluice {

// What a piece may be: a string, a view, a C string, a literal (its length is known at compile time) or one character.
// It looks at what it was made of and owns nothing.
class string_piece {
 public:
  [[gnu::always_inline]] constexpr string_piece(const std::string& s) : data_(s.data()), size_(s.size()) {}
  [[gnu::always_inline]] constexpr string_piece(std::string_view s) : data_(s.data()), size_(s.size()) {}
  [[gnu::always_inline]] constexpr string_piece(const char& c) : data_(&c), size_(1) {}
  template <std::size_t N>
  [[gnu::always_inline]] constexpr string_piece(const char (&literal)[N]) : data_(literal), size_(std::char_traits<char>::length(literal)) {}
  template <class P>
    requires std::is_same_v<P, const char*> || std::is_same_v<P, char*>
  [[gnu::always_inline]] constexpr string_piece(const P& s) : data_(s), size_(std::char_traits<char>::length(s)) {}

  [[nodiscard]] constexpr std::string_view view() const { return {data_, size_}; }

 private:
  const char* data_;
  std::size_t size_;
};

// The pieces one after the other. Throws std::bad_alloc.
std::string join_pieces(const string_piece* first, std::size_t count);
// The same at the end of `out`; a piece may look into `out` itself.
void append_pieces(std::string& out, const string_piece* first, std::size_t count);

template <class... T>
[[nodiscard, gnu::always_inline]] inline std::string concat(const T&... parts) {
  const string_piece all[] = {string_piece(parts)...};
  return join_pieces(all, sizeof...(parts));
}

template <class... T>
[[gnu::always_inline]] inline void append_to(std::string& out, const T&... parts) {
  const string_piece all[] = {string_piece(parts)...};
  append_pieces(out, all, sizeof...(parts));
}

}  // namespace sluice
