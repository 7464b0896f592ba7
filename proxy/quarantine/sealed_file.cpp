#include "quarantine/sealed_file.hpp"

#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::quarantine {
namespace {

constexpr char magic[8] = {'S', 'L', 'Q', '1', 0, 0, 0, 0};
constexpr std::size_t abytes = crypto_secretstream_xchacha20poly1305_ABYTES;

unsigned char* octets(char* p) { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* octets(const char* p) { return reinterpret_cast<const unsigned char*>(p); }

}  // namespace

message_key::~message_key() { sodium_memzero(bytes_.data(), bytes_.size()); }

message_key message_key::random() {
  message_key key;
  randombytes_buf(key.data(), size());
  return key;
}

// ---- writer ----

sealed_writer::sealed_writer(volume& v, int fd, const message_key& key) : volume_(v), fd_(fd) {
  std::memcpy(header_.data(), magic, sizeof magic);
  crypto_secretstream_xchacha20poly1305_init_push(&state_, header_.data() + sizeof magic, key.data());
}

sealed_writer::~sealed_writer() { sodium_memzero(&state_, sizeof state_); }

result<void> sealed_writer::append(byte_view data) {
  while (!data.empty()) {
    const byte_view piece = data.substr(0, frame_bytes);
    if (const auto r = write_frame(piece, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE); !r) return r;
    data.remove_prefix(piece.size());
  }
  return {};
}

result<void> sealed_writer::finish() {
  const auto r = write_frame({}, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
  finished_ = finished_ || r.has_value();
  return r;
}

result<void> sealed_writer::write_frame(byte_view data, unsigned char tag) {
  if (finished_) return volume_.fail(errc::invalid, "append to a finished message file");
  char* const start = volume_.scratch().data();
  char* at = start;
  if (file_bytes_ == 0) {  // the header goes out with the first frame: one write less
    std::memcpy(at, header_.data(), header_.size());
    at += header_.size();
  }
  *at++ = static_cast<char>(data.size() & 0xff);
  *at++ = static_cast<char>(data.size() >> 8);
  crypto_secretstream_xchacha20poly1305_push(&state_, octets(at), nullptr, octets(data.data()), data.size(), nullptr, 0,
                                             tag);
  at += data.size() + abytes;
  const std::size_t n = static_cast<std::size_t>(at - start);
  if (const int error = volume_.fs().write(fd_, file_bytes_, start, n)) {
    return volume_.fail_errno(error, "write a message file");
  }
  file_bytes_ += n;
  content_bytes_ += data.size();
  volume_.count_written(n);
  return {};
}

// ---- reader ----

content_reader::content_reader(content_reader&& other) noexcept
    : volume_(other.volume_),
      fd_(std::exchange(other.fd_, -1)),
      state_(other.state_),
      expected_(other.expected_),
      content_at_(other.content_at_),
      file_at_(other.file_at_),
      ended_(other.ended_),
      broken_(other.broken_) {
  sodium_memzero(&other.state_, sizeof other.state_);
}

content_reader& content_reader::operator=(content_reader&& other) noexcept {
  if (this != &other) {
    close();
    volume_ = other.volume_;
    fd_ = std::exchange(other.fd_, -1);
    state_ = other.state_;
    sodium_memzero(&other.state_, sizeof other.state_);
    expected_ = other.expected_;
    content_at_ = other.content_at_;
    file_at_ = other.file_at_;
    ended_ = other.ended_;
    broken_ = other.broken_;
  }
  return *this;
}

content_reader::~content_reader() { close(); }

void content_reader::close() {
  if (fd_ >= 0) volume_->fs().close(std::exchange(fd_, -1));
  sodium_memzero(&state_, sizeof state_);
}

result<content_reader> content_reader::open(volume& v, const std::string& path, const message_key& key,
                                            std::uint64_t bytes_expected) {
  int fd = -1;
  if (const int error = v.fs().open(path.c_str(), fd)) {
    return error == ENOENT ? v.fail(errc::no_content, path) : v.fail_errno(error, path);
  }
  content_reader reader(v, fd, bytes_expected);
  char header[file_header_bytes];
  std::size_t got = 0;
  if (const int error = v.fs().read(fd, 0, header, sizeof header, got)) return v.fail_errno(error, path);
  if (got != sizeof header || std::memcmp(header, magic, sizeof magic) != 0 ||
      crypto_secretstream_xchacha20poly1305_init_pull(&reader.state_, octets(header + sizeof magic), key.data()) != 0) {
    return v.fail(errc::damaged, path + ": no valid header");
  }
  reader.file_at_ = sizeof header;
  return reader;
}

result<std::size_t> content_reader::read(byte_span out) {
  if (out.size() < frame_bytes) return volume_->fail(errc::invalid, "a reader needs room for a whole frame");
  if (broken_) return errc::damaged;
  while (!ended_) {
    const auto n = read_frame(out);
    if (!n) {
      broken_ = true;
      return n;
    }
    if (*n > 0) return n;  // frames without content are legal and skipped
  }
  return std::size_t{0};
}

result<std::size_t> content_reader::read_frame(byte_span out) {
  char* const in = volume_->scratch().data();
  std::size_t got = 0;
  if (const int error = volume_->fs().read(fd_, file_at_, in, frame_bytes + frame_overhead_bytes, got)) {
    return volume_->fail_errno(error, "read a message file");
  }
  if (got < frame_overhead_bytes) return volume_->fail(errc::damaged, "a message file ends early");
  const std::size_t n = octets(in)[0] | static_cast<std::size_t>(octets(in)[1]) << 8;
  if (n > frame_bytes || got < n + frame_overhead_bytes)
    return volume_->fail(errc::damaged, "a message file ends early");
  unsigned char tag = 0;
  if (crypto_secretstream_xchacha20poly1305_pull(&state_, octets(out.data()), nullptr, &tag, octets(in + 2), n + abytes,
                                                 nullptr, 0) != 0) {
    return volume_->fail(errc::damaged, "a message file does not verify");
  }
  file_at_ += n + frame_overhead_bytes;
  content_at_ += n;
  ended_ = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  if (ended_ && (content_at_ != expected_ || got != n + frame_overhead_bytes)) {
    return volume_->fail(errc::damaged, "a message file has another size than the index says");
  }
  return n;
}

}  // namespace sluice::quarantine
