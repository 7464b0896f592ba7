// Fixed-capacity strings and vectors (Boost.Container and Boost.StaticString), and appending that cuts instead of
// throwing. Everything a peer can influence is stored in these.
#pragma once
#include <boost/container/static_vector.hpp>
#include <boost/static_string/static_string.hpp>
#include <string_view>

namespace sluice {

template <std::size_t N>
using fixed_string = boost::static_strings::static_string<N>;

template <class T, std::size_t N>
using fixed_vector = boost::container::static_vector<T, N>;

// Appends what fits; returns false when something was cut off.
template <std::size_t N>
bool append_cut(fixed_string<N>& out, std::string_view in) {
  const std::size_t room = N - out.size();
  out.append(in.data(), in.size() < room ? in.size() : room);
  return in.size() <= room;
}

template <std::size_t N>
bool assign_cut(fixed_string<N>& out, std::string_view in) {
  out.clear();
  return append_cut(out, in);
}

template <std::size_t N>
std::string_view view(const fixed_string<N>& s) {
  return {s.data(), s.size()};
}

}  // namespace sluice
