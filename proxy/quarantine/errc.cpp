#include "quarantine/errc.hpp"

#include <cerrno>
#include <string>

namespace sluice::quarantine {
namespace {

class quarantine_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "quarantine"; }
  std::string message(int value) const override;
};

const char* text_of(errc e) {
  switch (e) {
    case errc::spool_full:
      return "the spool is full";
    case errc::disk_full:
      return "the data partition is full";
    case errc::store_full:
      return "the quarantine is full of mail too young to be evicted";
    case errc::sender_share_full:
      return "the sender's domain already holds its share of the quarantine";
    case errc::domain_full:
      return "the recipient domain's part of the quarantine is full";
    case errc::outbox_full:
      return "too many releases are waiting";
    case errc::own_mail_full:
      return "too much mail of our own is waiting";
    case errc::read_only:
      return "the data directory cannot be written";
    case errc::io:
      return "the storage failed";
    case errc::busy:
      return "another process keeps the quarantine index locked";
    case errc::out_of_memory:
      return "the memory budget of the quarantine index is used up";
    case errc::in_use:
      return "another daemon uses this quarantine";
    case errc::corrupt:
      return "the quarantine index is damaged";
    case errc::schema_too_new:
      return "the quarantine index was written by a later version";
    case errc::schema_too_old:
      return "the quarantine index was written by an earlier version; start the daemon first";
    case errc::index_missing:
      return "there are message files but no quarantine index";
    case errc::master_key_missing:
      return "the quarantine's master key is missing";
    case errc::master_key_wrong:
      return "the quarantine's master key does not fit its index";
    case errc::not_initialised:
      return "there is no quarantine here";
    case errc::not_found:
      return "no such message";
    case errc::no_such_recipient:
      return "the message has no such recipient";
    case errc::no_content:
      return "the content of the message is gone";
    case errc::damaged:
      return "the content of the message is damaged";
    case errc::exists:
      return "a message with this id is there already";
    case errc::invalid:
      return "invalid argument";
  }
  return "unknown error";
}

std::string quarantine_category::message(int value) const { return text_of(static_cast<errc>(value)); }

}  // namespace

const boost::system::error_category& category() {
  static const quarantine_category instance;
  return instance;
}

bool is_no_room(const boost::system::error_code& ec) {
  return ec.category() == category() && ec.value() >= static_cast<int>(errc::spool_full) &&
         ec.value() <= static_cast<int>(errc::own_mail_full);
}

bool is_temporary(const boost::system::error_code& ec) {
  return ec.category() == category() && ec.value() >= static_cast<int>(errc::read_only) &&
         ec.value() <= static_cast<int>(errc::not_initialised);
}

errc from_errno(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return errc::disk_full;
    case EROFS:
    case EACCES:
    case EPERM:
      return errc::read_only;
    case ENOMEM:
      return errc::out_of_memory;
    default:
      return errc::io;
  }
}

}  // namespace sluice::quarantine
