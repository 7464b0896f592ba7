// One client's SMTP session with both of its sides: a coroutine drives the client and the downstream in lock step. The
// protocol is smtp::server_session, judging is inspect and policy; here bytes are moved and owners are kept straight
// (P1): a 250 is said only after the downstream's 250 or after the quarantine has the message on flash.
//
// Files: mail_session.cpp (life, reading, writing), session_open.cpp (PROXY header, TLS, greeting), session_commands.cpp
// (commands), session_relay.cpp (downstream, envelope), session_content.cpp (window, stream, spill), session_auth.cpp
// (sender authentication), session_lists.cpp (block and allow lists), session_verdict.cpp (end of data, acting), session_quarantine.cpp (holding).
#pragma once
#include <memory>

#include "core/text.hpp"
#include "net/byte_stream.hpp"
#include "net/downstream.hpp"
#include "net/session_message.hpp"
#include "net/worker.hpp"
#include "relay/envelope.hpp"
#include "relay/window.hpp"
#include "smtp/server_session.hpp"

namespace sluice::net {

class mail_session {
 public:
  mail_session(worker& home, tcp_socket socket, std::shared_ptr<const settings> rules, std::size_t listener,
               client_table::key client, asio::ip::tcp::endpoint peer, bool probe = false);
  ~mail_session();

  awaitable<void> run();

  const client_table::key& client() const { return client_; }
  bool is_probe() const { return probe_; }
  // Ends the session with this 421 as soon as it waits for a command; a message under way is finished first.
  void ask_to_end(smtp::cause why);
  void end_grace();  // 421 now, whatever the transaction: the sender keeps its message
  void kill();       // closes both sides
  // How well a session holds its slot when slots run out (design: pressure): `firm` ones are never put out.
  enum class claim : std::uint8_t { firm, stalled, weak };
  claim claim_on_slot(clock::time_point now) const;
  clock::time_point waits_since() const { return wait_began_; }
  void look_at_clock(clock::time_point now, bool pressure);

 private:
  enum class waiting : std::uint8_t { nothing, handshake, greeting, command, data };

  // ---- life, reading, writing (mail_session.cpp) ----
  awaitable<bool> open();
  awaitable<bool> read_proxy_header();
  bool room_for_handshake();  // counts a no
  awaitable<bool> start_tls();
  awaitable<void> serve();
  awaitable<bool> handle(const smtp::step& s);
  awaitable<void> leave();
  awaitable<bool> more_input();
  awaitable<bool> more_content();
  awaitable<bool> flush();
  awaitable<bool> read_failed(error_code ec, smtp::cause timeout);
  byte_span input();
  void consume(std::size_t n);
  milliseconds limit_of(waiting w, bool pressure) const;
  smtp::cause timeout_of(waiting w) const;

  // ---- commands (session_commands.cpp) ----
  void on_hello();
  void name_client(const asio::ip::address& address);
  void on_mail();
  awaitable<void> on_rcpt();
  awaitable<void> abort_transaction();
  void on_xclient();
  smtp::extension_set offer() const;
  smtp::cause recipient_fault(const smtp::rcpt_command& rcpt, std::size_t& route) const;
  void refuse_recipient(smtp::cause why);
  awaitable<answer> probe_recipient(const smtp::rcpt_command& rcpt);

  // ---- the administrator's lists (session_lists.cpp) ----
  smtp::cause listed_fault(const smtp::rcpt_command& rcpt, fixed_string<24>& entry);
  void apply_lists(policy::dmarc_disposition& dmarc);
  bool to_role() const;  // the recipients are postmaster or abuse
  // `address`: of MAIL or RCPT, whichever it is about.
  void tell_refusal(refusal what, byte_view cause, const smtp::reply& ours, byte_view address = {}, const smtp::reply& downstream = {},
                    byte_view list_entry = {});
  void tell_refused_command(refusal what, const smtp::step& s);  // MAIL or RCPT that smtp_ has answered

  // ---- downstream (session_relay.cpp) ----
  awaitable<smtp::cause> connect_downstream();
  awaitable<smtp::cause> try_host(const host_settings& host);
  awaitable<smtp::cause> introduce(const route_settings& route);
  awaitable<answer> send_first_recipient(const smtp::rcpt_command& rcpt);
  awaitable<answer> send_recipient(const smtp::rcpt_command& rcpt);
  awaitable<smtp::cause> replay_envelope();  // after the downstream left: every recipient must be accepted again
  awaitable<answer> send_data_command();
  awaitable<void> reset_downstream();
  void drop_downstream();
  void return_downstream();
  smtp::client_info client_facts() const;

  // ---- content (session_content.cpp) ----
  void begin_message();
  awaitable<void> on_content(byte_view content);
  smtp::cause header_fault() const;
  awaitable<void> hold(byte_view content);
  awaitable<void> outgrow(bool pool_refused);
  awaitable<void> begin_stream();
  awaitable<void> begin_spill();
  awaitable<bool> spill_block();
  awaitable<bool> send_content(byte_view content);
  awaitable<bool> send_raw(byte_view content);
  awaitable<void> give_up(smtp::cause why);  // the rest of the content is swallowed, then this is the reply
  awaitable<void> discard_spool();

  // ---- sender authentication (session_auth.cpp) ----
  void begin_auth();
  awaitable<bool> settle_auth();  // false: the client has left meanwhile
  awaitable<void> prepare_auth_to_stream();
  bool auth_must_hold() const;
  policy::dmarc_disposition apply_auth();
  void compare_with_past(const inspect::auth_facts& author);
  void learn_baseline();
  byte_view write_auth_results(byte_span room) const;
  byte_view write_seal(byte_span room, byte_view results) const;
  void end_auth();

  // ---- end of data (session_verdict.cpp) ----
  awaitable<void> on_content_end(const smtp::step& s);
  awaitable<void> refuse_message(smtp::cause fault);
  void decide();
  awaitable<void> act();
  awaitable<void> forward();
  awaitable<bool> send_held_content();
  awaitable<bool> send_spooled_content();
  awaitable<void> finish_downstream();
  awaitable<void> quarantine();
  awaitable<void> could_not_hold(boost::system::error_code why);
  awaitable<void> not_held(byte_view why);
  void end_probe();
  void refuse_by_verdict(smtp::cause why);
  void tell(outcome end, const smtp::reply& r);
  void end_message();

  worker& home_;
  shared& all_;
  const bool probe_;  // a test mail of our own: judged like any other, counted and kept nowhere
  stats& counters_;
  std::shared_ptr<const settings> rules_;
  std::size_t listener_;
  client_table::key client_;
  byte_stream stream_;
  deadline until_;
  smtp::server_session smtp_;
  relay::envelope envelope_;
  relay::window window_;
  std::unique_ptr<downstream> downstream_;
  std::unique_ptr<session_message> message_;

  clock::time_point began_ = clock::now(), wait_began_ = began_;
  smtp::cause ending_ = smtp::cause::none;
  waiting waiting_ = waiting::nothing;
  bool in_content_ = false;
  bool command_open_ = false;  // the time of the command that is waited for has begun
  bool helo_seen_ = false;
  bool envelope_full_ = false;   // this transaction takes no further recipient
  bool mail_sent_ = false;       // the downstream has accepted MAIL of this envelope
  bool client_left_ = false;
  bool may_xclient_ = false;     // who connected may; whom it speaks for since then is no matter
  std::uint16_t invalid_recipients_ = 0, transactions_ = 0;
  std::size_t route_ = relay::no_route;
  std::unique_ptr<kept_reply> mail_refusal_;  // the downstream's, for every RCPT of this transaction
  std::uint16_t client_port_ = 0, local_port_ = 0;
  fixed_string<46> client_ip_;
  fixed_string<64> local_ip_;
  fixed_string<255> helo_;
  std::unique_ptr<fixed_string<255>> client_name_;  // only XCLIENT tells one
  std::size_t rx_begin_ = 0, rx_end_ = 0;
  std::array<char, smtp::limits::command_line_bytes> rx_;
};

}  // namespace sluice::net
