// Mail of our own: queued durably, bounded, sent with the releases' back-off, its reply kept; what of a held message goes
// into it.
#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;

namespace {

struct own_bench : bench {
  explicit own_bench(const std::string& d, store_limits l = {}) : bench(d, std::move(l)) {}

  result<std::string> queue(std::vector<own_piece> pieces, std::vector<byte_view> to = {"abuse@sender.example"},
                            byte_view about = {}) {
    new_own_mail m;
    m.kind = "report";
    m.about = about;
    m.route_domain = "example.net";
    m.recipients = to;
    return store->queue_own(m, pieces, "ann", start);
  }
  result<std::string> queue(const std::string& text) { return queue({piece(text)}); }

  static own_piece piece(byte_view text) {
    own_piece p;
    p.text = text;
    return p;
  }
  static own_piece held(byte_view id, bool header_only = false, std::span<const own_replacement> replaced = {}) {
    own_piece p;
    p.held = id;
    p.header_only = header_only;
    p.replaced = replaced;
    return p;
  }
  release_job take(unix_time now) {
    auto job = store->next_due(now);
    REQUIRE(job.has_value());
    REQUIRE(job->has_value());
    return std::move(**job);
  }
  own_summary only_one() {
    const auto all = store->own_list();
    REQUIRE(all.has_value());
    REQUIRE(all->size() == 1);
    return all->front();
  }
  std::string content_of_next() {
    auto job = take(start);
    return read_all(job.content);
  }
};

}  // namespace

TEST_CASE("mail of our own has no reverse path, survives a restart and ends with the reply") {
  scratch_directory dir;
  own_bench b(dir / "q");
  const auto id = b.queue("Subject: report\r\n\r\nhello\r\n");
  REQUIRE(id.has_value());
  b.reopen();
  CHECK(b.report.lost == 0);
  CHECK(b.store->next_due_time()->value() == start);
  {
    auto job = b.take(start);
    CHECK(job.own);
    CHECK(job.attempt < 0);
    CHECK(job.id == *id);
    CHECK(job.envelope.reverse_path.empty());
    CHECK(job.envelope.route_domain == "example.net");
    CHECK(job.envelope.body == body_type::unspecified);
    CHECK(job.envelope.recipients.at(0).address == "abuse@sender.example");
    CHECK(read_all(job.content) == "Subject: report\r\n\r\nhello\r\n");
    const delivery_result later[] = {{0, delivery::temporary, "451 4.3.0 later"}};
    REQUIRE(b.store->record_attempt(job.attempt, later, start).has_value());
  }
  CHECK(b.store->next_due_time()->value() == start + 5 * minute_s);
  auto job = b.take(start + 5 * minute_s);
  const delivery_result never[] = {{0, delivery::permanent, "550 5.7.1 no"}};
  REQUIRE(b.store->record_attempt(job.attempt, never, start + 5 * minute_s).has_value());
  const own_summary seen = b.only_one();
  CHECK(seen.recipients.at(0).state == recipient_state::refused);
  CHECK(seen.recipients.at(0).reply == "550 5.7.1 no");
  CHECK(seen.recipients.at(0).attempts == 2);
  CHECK(b.store->own_waiting()->messages == 0);
  CHECK(files_in(b.directory + "/mail").empty());
}

TEST_CASE("own mail that was under way at a crash is tried again, and gives up after the time of releases") {
  scratch_directory dir;
  own_bench b(dir / "q");
  REQUIRE(b.queue("x\r\n").has_value());
  (void)b.take(start);
  b.reopen(start + hour_s);
  CHECK(b.report.requeued == 1);
  auto job = b.take(start + hour_s);
  const delivery_result later[] = {{0, delivery::temporary, "451 later"}};
  REQUIRE(b.store->record_attempt(job.attempt, later, start + 6 * day_s).has_value());
  CHECK(b.only_one().recipients.at(0).state == recipient_state::refused);
}

TEST_CASE("the own mail outbox is bounded in mails, octets and octets of one, and held mail is not hindered by it") {
  scratch_directory dir;
  store_limits limits;
  limits.own_messages = 2;
  limits.own_bytes = 60'000;
  limits.own_message_bytes = 40'000;
  own_bench b(dir / "q", limits);
  const auto full = make_error_code(errc::own_mail_full);
  CHECK(b.queue(pattern(40'001, 1)).error() == full);
  REQUIRE(b.queue(pattern(40'000, 1)).has_value());
  CHECK(b.queue(pattern(30'000, 1)).error() == full);
  REQUIRE(b.queue("small\r\n").has_value());
  CHECK(b.queue("third\r\n").error() == full);
  CHECK(is_no_room(full));
  CHECK(files_in(b.directory + "/mail").size() == 2);  // nothing is left of what was refused
  message m("held");
  CHECK(b.put(m).has_value());
  const auto first = b.store->own_list()->back().id;
  REQUIRE(b.store->drop_own(first, "ann", start).has_value());
  CHECK(b.store->own_waiting()->messages == 1);
  CHECK(b.queue("third\r\n").has_value());
  CHECK(b.store->drop_own("own-none", "ann", start).error() == make_error_code(errc::not_found));
}

TEST_CASE("a held message goes into a report octet by octet, or its header alone") {
  scratch_directory dir;
  own_bench b(dir / "q");
  message m("m");
  m.content = "From: a\r\nTo: x\r\n\r\n" + pattern(50'000, 5) + "\xc3\xa9\r\n";
  REQUIRE(b.put(m).has_value());
  REQUIRE(b.queue({own_bench::piece("--b\r\n"), own_bench::held("m"), own_bench::piece("--b--\r\n")}).has_value());
  {
    auto job = b.take(start);
    CHECK(job.envelope.body == body_type::eight_bit_mime);  // seen while it was written
    CHECK(read_all(job.content) == "--b\r\n" + m.content + "--b--\r\n");
  }
  REQUIRE(b.queue({own_bench::held("m", true), own_bench::piece("end\r\n")}).has_value());
  CHECK(b.content_of_next() == "From: a\r\nTo: x\r\n\r\nend\r\n");
  CHECK(b.queue({own_bench::held("none")}).error() == make_error_code(errc::not_found));
}

TEST_CASE("words of a held header are replaced wherever frames are cut") {
  scratch_directory dir;
  own_bench b(dir / "q");
  const own_replacement words[] = {{"ann@example.com", "RED@example.com"}, {"ann", "NAME"}};
  for (std::size_t fill = frame_bytes - 20; fill < frame_bytes + 2; ++fill) {
    const std::string id = "m" + std::to_string(fill);
    message m(id);
    const std::string filler = "X: " + std::string(fill - 7, '.') + "\r\n";
    m.content = filler + "To: ANN@example.com, ann\r\n\r\nbody of ann\r\n";
    REQUIRE(b.put(m).has_value());
    REQUIRE(b.queue({own_bench::held(id, true, words)}).has_value());
    CHECK(b.content_of_next() == filler + "To: RED@example.com, NAME\r\n\r\n");
  }
}

TEST_CASE("who is told of an own mail reads it in the audit of the message it is about") {
  scratch_directory dir;
  own_bench b(dir / "q");
  message m("m");
  REQUIRE(b.put(m).has_value());
  REQUIRE(b.queue({own_bench::held("m")}, {"abuse@sender.example"}, "m").has_value());
  auto job = b.take(start);
  const delivery_result sent[] = {{0, delivery::delivered, "250 ok"}};
  REQUIRE(b.store->record_attempt(job.attempt, sent, start).has_value());
  const auto audit = b.store->show("m")->audit;
  REQUIRE(audit.size() == 2);
  CHECK(audit[0].who == "ann");
  CHECK(audit[0].action == "report");
  CHECK(audit[0].recipient == "abuse@sender.example");
  CHECK(audit[1].result == "released: 250 ok");
}

TEST_CASE("own mail whose file is missing ends with the reason, others stay") {
  scratch_directory dir;
  own_bench b(dir / "q");
  const auto lost = b.queue("lost\r\n"), kept = b.queue("kept\r\n");
  REQUIRE((lost.has_value() && kept.has_value()));
  b.close();
  REQUIRE(b.real.remove((b.directory + "/mail/" + *lost + ".own").c_str()) == 0);
  b.reopen();
  CHECK(b.report.lost == 1);
  const auto all = b.store->own_list();
  CHECK(all->at(0).recipients.at(0).state == recipient_state::releasing);
  CHECK(all->at(1).recipients.at(0).reply == "file is missing");
  CHECK(b.content_of_next() == "kept\r\n");
}

TEST_CASE("addresses that would break a command are no recipients") {
  scratch_directory dir;
  own_bench b(dir / "q");
  for (const byte_view bad : {byte_view(""), byte_view("a b@example.org"), byte_view("a@example.org>\r\nDATA")})
    CHECK(b.queue({own_bench::piece("x")}, {bad}).error() == make_error_code(errc::invalid));
  CHECK(b.queue({own_bench::piece("x")}, std::vector<byte_view>(own_recipients_max + 1, "a@example.org")).error() ==
        make_error_code(errc::invalid));
}
