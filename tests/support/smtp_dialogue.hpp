// Drives a smtp::server_session with scripted input and writes down what happened, as one text that tests compare: the
// events, the messages and the replies. Plays net's part without sockets; the buffer has exactly the size that the
// session asks for, so that its contract (compaction, in-place content) is exercised too.
#pragma once
#include <cstring>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "smtp/server_session.hpp"

namespace sluice::test {

struct message {
  std::string from, content;
  std::vector<std::string> to;
  smtp::content_facts facts;
  bool operator==(const message& m) const {
    return from == m.from && content == m.content && to == m.to && facts.leading_dot == m.facts.leading_dot &&
           facts.ends_with_crlf == m.facts.ends_with_crlf && facts.by_bdat == m.facts.by_bdat;
  }
};

class dialogue {
 public:
  explicit dialogue(const smtp::server_options& options)
      : session(options), buffer_(smtp::limits::command_line_bytes) {}

  // Asked for each event that waits for an answer; false: nothing was answered, accept.
  std::function<bool(dialogue&, const smtp::step&)> decide;

  // What a client sends, in pieces that end at `cuts` (offsets, ascending).
  void send(std::string_view octets, const std::vector<std::size_t>& cuts = {}) {
    std::size_t begin = 0;
    for (std::size_t cut : cuts) {
      if (cut <= begin || cut >= octets.size()) continue;
      piece(octets.substr(begin, cut - begin));
      begin = cut;
    }
    piece(octets.substr(begin));
  }

  std::string take_replies() { return std::exchange(replies, {}); }
  // Sends a line and returns the replies to it.
  std::string ask(std::string_view line) {
    take_replies();
    send(std::string(line) + "\r\n");
    return take_replies();
  }

  smtp::server_session session;
  std::string replies;  // all that the session said, CRLF included
  std::string events;   // "ehlo mail rcpt data content_end" (content pieces are not listed: they depend on cuts)
  std::vector<message> accepted;  // answered with 2xx at their end
  std::size_t violations = 0;
  bool closed = false;
  std::size_t dropped_at_tls = 0;

 private:
  void piece(std::string_view octets) {
    do {
      const std::size_t n = std::min(octets.size(), buffer_.size() - held_);
      if (n == 0 && !octets.empty()) throw std::runtime_error("the session asks for more than its buffer can hold");
      std::memcpy(buffer_.data() + held_, octets.data(), n);
      octets.remove_prefix(n);
      byte_span in(buffer_.data(), held_ + n);
      pump(in);
      held_ = in.size();
      if (held_ != 0) std::memmove(buffer_.data(), in.data(), held_);
    } while (!octets.empty());
  }

  void flush() {
    replies += session.output();
    session.consume_output(session.output().size());
  }

  void pump(byte_span& in) {
    for (;;) {
      const smtp::step s = session.next(in);
      switch (s.what) {
        case smtp::event::need_input:
          flush();
          return;
        case smtp::event::need_flush:
          flush();
          break;
        case smtp::event::closed:
          flush();
          if (!closed) events += "closed ";
          closed = true;
          return;
        case smtp::event::content:
          current_.content += s.text;
          break;
        case smtp::event::violation:
          ++violations;
          events += std::string("violation:") + smtp::name_of(s.fault) + " ";
          break;
        case smtp::event::bdat:
          events += "bdat ";
          break;
        default:
          on_command(s, in);
      }
    }
  }

  void on_command(const smtp::step& s, byte_span& in) {
    events += std::string(smtp::name_of(s.what)) + " ";
    if (s.what == smtp::event::mail) pending_from_ = std::string(session.mail().from.text);
    if (s.what == smtp::event::rcpt) pending_to_ = std::string(session.rcpt().to.text);
    if (s.what == smtp::event::content_end) current_.facts = session.facts();
    const std::size_t before = session.output().size();
    if (!decide || !decide(*this, s)) session.accept();
    const bool good = session.output().size() > before && session.output()[before] < '4';
    if (s.what == smtp::event::mail) {
      current_ = {};
      current_.from = pending_from_;
    }
    if (s.what == smtp::event::rcpt && good) current_.to.push_back(pending_to_);
    if (s.what == smtp::event::rset || s.what == smtp::event::ehlo || s.what == smtp::event::helo) current_ = {};
    if (s.what == smtp::event::content_end) {
      if (good) accepted.push_back(current_);
      current_ = {};
    }
    if (s.what == smtp::event::starttls && good) {
      flush();
      dropped_at_tls += session.on_tls_started(in);
      events += "tls ";
    }
  }

  std::vector<char> buffer_;
  std::size_t held_ = 0;
  message current_;
  std::string pending_from_, pending_to_;
};

// Everything that Sluice can offer.
inline smtp::server_options full_options() {
  smtp::server_options o;
  o.hostname = "mx.example.org";
  for (unsigned i = 0; i < static_cast<unsigned>(smtp::extension::xclient); ++i)
    o.offered.add(static_cast<smtp::extension>(i));
  o.offered.size_limit = 1000000;
  return o;
}

// A started session behind its greeting.
inline dialogue& greeted(dialogue& d) {
  d.session.greet();
  d.send("EHLO client.example.net\r\n");
  d.take_replies();
  d.events.clear();
  return d;
}

// All sets of cuts that stream parsers are run with: none, each single one, every octet, and some random ones.
inline std::vector<std::vector<std::size_t>> all_cuts(std::size_t size) {
  std::vector<std::vector<std::size_t>> sets{{}};
  std::vector<std::size_t> every;
  for (std::size_t i = 1; i < size; ++i) {
    sets.push_back({i});
    every.push_back(i);
  }
  sets.push_back(every);
  std::mt19937 random(20);
  for (int k = 0; k < 20; ++k) {
    std::vector<std::size_t> some;
    for (std::size_t i = 1; i < size; ++i)
      if (random() % 5 == 0) some.push_back(i);
    sets.push_back(some);
  }
  return sets;
}

}  // namespace sluice::test
