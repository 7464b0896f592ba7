#include "net/message_auth.hpp"

#include "auth/common/idna.hpp"
#include "inspect/domain.hpp"
#include "net/auth_service.hpp"

namespace sluice::net {

message_auth::message_auth(auth_service& home)
    : home_(home), checker_(home.workspace()), task_(home.loop().get_executor()) {}

message_auth::~message_auth() { end(); }

void message_auth::begin(const auth::options& what, const auth::envelope& from) {
  at_ = at::line_start;
  header_complete_ = header_lost_ = new_hosts_ = cut_short = false;
  header_at_ = {};
  checker_.begin(what, from);
  ask();
}

void message_auth::end() {
  if (has_long_header_) home_.give_long_header();
  has_long_header_ = false;
  home_.resolver().cancel(task_);
  checker_.abandon();
}

void message_auth::ask() { home_.resolver().start(task_, checker_); }

void message_auth::expire() {
  cut_short = true;
  home_.resolver().cancel(task_);
  checker_.expire();
}

void message_auth::on_link_host(byte_view host) {
  if (!checker_.wants_link_hosts()) return;
  dns::name_text ascii;
  if (auth::to_ascii_domain(dns::strip_dot(host), ascii)) host = view(ascii);
  checker_.add_link_host(host, inspect::registrable(host));
  new_hosts_ = true;
}

// How much of `content` still belongs to the header, its empty line included; sets header_complete_ at its end.
std::size_t message_auth::header_end(byte_view content) {
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (at_ == at::in_line) {
      i = content.find('\n', i);
      if (i == byte_view::npos) break;
      at_ = at::line_start;
    } else if (at_ == at::line_start) {
      at_ = content[i] == '\r' ? at::after_cr : at::in_line;
    } else if (content[i] == '\n') {
      header_complete_ = true;
      return i + 1;
    } else {
      at_ = at::in_line;
    }
  }
  return content.size();
}

void message_auth::give_header(byte_view last, const relay::window& held) {
  header_complete_ = true;
  header_at_ = clock::now();
  if (header_lost_) return checker_.lose_header();
  fixed_vector<byte_view, relay::window::max_blocks + 2> pieces;
  if (has_long_header_) pieces.push_back(home_.long_header());
  for (std::size_t i = 0; i < held.pieces(); ++i) pieces.push_back(held.piece(i));
  pieces.push_back(last);
  checker_.on_header({pieces.data(), pieces.size()});
  if (has_long_header_) home_.give_long_header();
  has_long_header_ = false;
}

void message_auth::feed(byte_view content, const relay::window& held) {
  if (!header_complete_) {
    const std::size_t n = header_end(content);
    if (!header_complete_) return;
    give_header(content.substr(0, n), held);
    content.remove_prefix(n);
    new_hosts_ = true;
  }
  checker_.feed(content);
  if (new_hosts_) ask();
  new_hosts_ = false;
}

void message_auth::leaving(const relay::window& held) {
  if (header_complete_ || header_lost_) return;
  if (!has_long_header_) has_long_header_ = home_.take_long_header();
  header_lost_ = !has_long_header_;
  for (std::size_t i = 0; !header_lost_ && i < held.pieces(); ++i) home_.append_long_header(held.piece(i));
}

void message_auth::finish(const relay::window& held) {
  if (!header_complete_) give_header({}, held);
  checker_.finish();
  ask();
}

}  // namespace sluice::net
