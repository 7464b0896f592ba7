#include "quarantine/spool.hpp"

#include <utility>

#include "quarantine/spool_body.hpp"

namespace sluice::quarantine {

spool_file::body::~body() {
  if (fd >= 0) volume_of.fs().close(fd);
  if (!adopted) volume_of.fs().remove(path.c_str());
  budget.give_back(charged);
}

// Takes octets from the budget; the free space is looked at in steps, because statvfs per frame would be waste.
result<void> spool_file::body::charge(std::uint64_t n) {
  if (charged + n > space_seen) {
    if (const auto r = volume_of.check_space(n + space_check_bytes); !r) return r;
    space_seen = charged + n + space_check_bytes;
  }
  if (!budget.try_take(n)) return volume_of.fail(errc::spool_full, "the spool's byte budget is used up");
  charged += n;
  return {};
}

spool_file::spool_file(std::unique_ptr<body> b) : body_(std::move(b)) {}
spool_file::spool_file(spool_file&&) noexcept = default;
spool_file& spool_file::operator=(spool_file&&) noexcept = default;
spool_file::~spool_file() = default;

result<void> spool_file::append(byte_view data) {
  if (!body_) return errc::invalid;
  body& b = *body_;
  if (b.finished) return b.volume_of.fail(errc::invalid, "append to a finished spool file");
  if (data.size() > b.content_bytes_max - b.writer.content_bytes()) {
    return b.volume_of.fail(errc::spool_full, "the message passes the spool's cap");
  }
  while (!data.empty()) {
    const byte_view piece = data.substr(0, frame_bytes);
    if (const auto r = b.charge(piece.size() + frame_overhead_bytes); !r) return r;
    if (const auto r = b.writer.append(piece); !r) return r;
    data.remove_prefix(piece.size());
  }
  return {};
}

result<void> spool_file::finish() {
  if (!body_) return errc::invalid;
  if (body_->finished) return {};
  if (const auto r = body_->writer.finish(); !r) return r;
  body_->finished = true;
  return {};
}

result<content_reader> spool_file::read() {
  if (!body_ || !body_->finished) return errc::invalid;
  return content_reader::open(body_->volume_of, body_->path, body_->key, body_->writer.content_bytes());
}

std::uint64_t spool_file::size() const { return body_ ? body_->writer.content_bytes() : 0; }

void spool_file::discard() { body_.reset(); }

result<spool_file> spool::create() {
  std::string path = volume_.next_part_path();
  int fd = -1;
  if (const int error = volume_.fs().create(path.c_str(), fd)) return volume_.fail_errno(error, path);
  auto body = std::make_unique<spool_file::body>(volume_, budget_, std::move(path), fd, message_bytes_max_);
  // Header and final frame are paid for now, so that finish() cannot fail for want of budget.
  if (const auto r = body->charge(file_header_bytes + frame_overhead_bytes); !r) return r.error();
  return spool_file(std::move(body));
}

}  // namespace sluice::quarantine
