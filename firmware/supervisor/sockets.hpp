// The two sockets: notices of the service come in as datagrams, requests of root and of the service's user as one line
// per connection. Who speaks is asked of the kernel, what is spoken is bounded, and nobody is waited for.
#pragma once
#include <sys/types.h>

#include <list>
#include <optional>
#include <string>

#include "firmware/supervisor/life.hpp"

namespace sluice::supervisor {

class notice_socket {
 public:
  ~notice_socket();
  std::string open(const std::string& path, uid_t uid, gid_t gid);  // empty, or why not
  int descriptor() const { return fd_; }
  std::optional<std::string> next(pid_t from);  // datagrams of other processes are thrown away

 private:
  int fd_ = -1;
};

inline constexpr std::size_t max_clients = 8;
inline constexpr milliseconds request_limit{5'000};  // for the line to arrive

struct client {
  int fd = -1;
  milliseconds since{0};
  std::string heard, unsaid;
  std::string refusal;  // said when it has asked: a socket closed with something unread loses what was said
  bool asked = false, closing = false;
};

class control_socket {
 public:
  ~control_socket();
  std::string open(const std::string& path, uid_t uid, gid_t gid);
  int descriptor() const { return fd_; }
  std::list<client>& clients() { return clients_; }

  void accept(milliseconds now);
  // A whole line, once per client. Who sends nonsense or too much is answered and closed.
  std::optional<std::string> read(client& c);
  void say(client& c, const std::string& text, bool last);  // what does not fit into the socket waits
  void push(client& c);
  void sweep(milliseconds now);  // closes what is done, gone or late

 private:
  int fd_ = -1;
  uid_t uid_ = 0;
  std::list<client> clients_;
};

// A client: sends one line, prints the reply as it comes. Exit code.
int ask(const std::string& path, const std::string& line);

}  // namespace sluice::supervisor
