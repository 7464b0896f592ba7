#include "core/inflate.hpp"

#include <boost/beast/zlib/inflate_stream.hpp>

namespace sluice {

std::string inflate(byte_view packed, std::size_t size) {
  namespace zlib = boost::beast::zlib;
  std::string out(size + 1, '\0');  // one more: what is longer than promised shows
  zlib::z_params z;
  z.next_in = packed.data();
  z.avail_in = packed.size();
  z.next_out = out.data();
  z.avail_out = out.size();
  zlib::inflate_stream stream;
  boost::beast::error_code ec;
  stream.write(z, zlib::Flush::finish, ec);
  // Beast looks up codes by as many bits as its table has; the end's own code may be shorter, and be the last of the data.
  static constexpr char more[2] = {};
  if (ec == zlib::error::need_buffers && z.avail_in == 0 && z.total_out == size) {
    z.next_in = more;
    z.avail_in = sizeof more;
    stream.write(z, zlib::Flush::finish, ec);
  }
  if (ec != zlib::error::end_of_stream || z.total_out != size) return {};
  out.resize(size);
  return out;
}

}  // namespace sluice
