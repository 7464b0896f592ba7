#include "relay/envelope.hpp"

namespace sluice::relay {
namespace {

// A stored path was parsed before; it is parsed again rather than keeping a dozen views per recipient.
smtp::path reparse(byte_view text) {
  smtp::path out;
  smtp::take_path(text, out, {.null_allowed = true, .bare_postmaster = true});
  return out;
}

}  // namespace

bool envelope::charge(std::size_t bytes) {
  // Twice: the string and the vector grow by doubling.
  const std::uint64_t cost = 2 * bytes;
  if (store_.size() + bytes > envelope_bytes_max || !memory_->try_take(cost)) return false;
  charged_ += cost;
  return true;
}

envelope::text envelope::keep(byte_view in) {
  const text t{static_cast<std::uint32_t>(store_.size()), static_cast<std::uint32_t>(in.size())};
  store_.append(in);
  return t;
}

bool envelope::set_mail(const smtp::mail_command& mail) {
  clear();
  if (!charge(mail.from.text.size() + mail.envid.size() + 2)) return false;
  mail_ = mail;
  mail_.parameters = {};
  path_ = keep("<");
  keep(mail.from.text);
  keep(">");
  path_.size += static_cast<std::uint32_t>(mail.from.text.size()) + 1;
  envid_ = keep(mail.envid);
  open_ = true;
  return true;
}

bool envelope::add_recipient(const smtp::rcpt_command& rcpt) {
  if (!charge(rcpt.to.text.size() + rcpt.orcpt.size() + 2 + sizeof(stored_recipient))) return false;
  stored_recipient r{};
  r.path = keep("<");
  keep(rcpt.to.text);
  keep(">");
  r.path.size += static_cast<std::uint32_t>(rcpt.to.text.size()) + 1;
  r.orcpt = keep(rcpt.orcpt);
  r.notify = rcpt.notify;
  recipients_.push_back(r);
  return true;
}

void envelope::clear() {
  memory_->give_back(charged_);
  charged_ = 0;
  if (store_.capacity() > 512) store_ = {};  // a waiting session keeps little
  store_.clear();
  if (recipients_.capacity() > 16) recipients_ = {};
  recipients_.clear();
  open_ = false;
}

smtp::mail_command envelope::mail() const {
  smtp::mail_command out = mail_;
  out.from = reparse(at(path_));
  out.envid = at(envid_);
  return out;
}

smtp::rcpt_command envelope::recipient(std::size_t i) const {
  const stored_recipient& r = recipients_[i];
  smtp::rcpt_command out;
  out.to = reparse(at(r.path));
  out.orcpt = at(r.orcpt);
  out.notify = r.notify;
  return out;
}

}  // namespace sluice::relay
