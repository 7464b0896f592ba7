// What put() takes comes back whole: content, envelope, verdict; what it refuses leaves nothing.
#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;

TEST_CASE("a message comes back with its envelope, verdict and content, also after a restart") {
  scratch_directory dir;
  bench b(dir / "q");
  CHECK(b.report.created);
  message m("v1abc");
  m.content = pattern(100'000, 7);
  new_recipient to[] = {{"Alice@Example.com", "rfc822;alice+40example.com", notify_success | notify_failure},
                        {"j\xc3\xb6rg@b\xc3\xbc"
                         "cher.example",
                         {},
                         notify_never}};
  new_finding found[] = {{"slot-phone", "subject", "tenant", "call +1(2O9)", 40, 1, 9, 77},
                         {"lure-word", "text", {}, "cancel\x1b[31m", 60, 2, 3, 1234567890123}};
  new_message n = m.view();
  n.recipients = to;
  n.findings = found;
  n.body = body_type::eight_bit_mime;
  n.smtputf8 = true;
  n.ret = dsn_return::headers;
  n.envid = "QQ314159";
  n.declared_size = 4'294'967'297;
  n.client_port = 65535;
  n.client_name = "mx.sender.example";
  n.helo = "[192.0.2.1]";
  n.listener = "inbound";
  n.tls_version = "TLSv1.3";
  n.tls_cipher = "TLS_AES_128_GCM_SHA256";
  n.score = 100;
  n.profile = "entra";
  n.cause = "budget";
  n.findings_dropped = 3;
  n.header_to = "list@tenant.example";
  n.message_id = "<1@sender.example>";
  n.preview = "Dear customer";
  const byte_view pieces[] = {byte_view(m.content).substr(0, 16384), byte_view(m.content).substr(16384)};
  REQUIRE(b.store->put(n, pieces, start).has_value());

  for (int round = 0; round < 2; ++round) {
    CHECK(content_of(*b.store, "v1abc") == m.content);
    const auto d = b.store->show("v1abc");
    REQUIRE(d.has_value());
    const envelope& e = d->envelope;
    CHECK(e.reverse_path == "notices@sender.example");
    REQUIRE(e.recipients.size() == 2);
    CHECK(e.recipients[0].address == "Alice@Example.com");
    CHECK(e.recipients[0].orcpt == "rfc822;alice+40example.com");
    CHECK(e.recipients[0].notify == (notify_success | notify_failure));
    CHECK(e.recipients[1].address ==
          "j\xc3\xb6rg@b\xc3\xbc"
          "cher.example");
    CHECK(e.recipients[1].notify == notify_never);
    CHECK(e.body == body_type::eight_bit_mime);
    CHECK(e.smtputf8);
    CHECK(e.ret == dsn_return::headers);
    CHECK(e.envid == "QQ314159");
    CHECK(e.declared_size == 4'294'967'297);
    CHECK(e.client_ip == "192.0.2.1");
    CHECK(e.client_port == 65535);
    CHECK(e.client_name == "mx.sender.example");
    CHECK(e.helo == "[192.0.2.1]");
    CHECK(e.listener == "inbound");
    CHECK(e.tls_version == "TLSv1.3");
    CHECK(e.tls_cipher == "TLS_AES_128_GCM_SHA256");
    CHECK(e.route_domain == "example.com");
    CHECK(d->summary.received == start);
    CHECK(d->summary.bytes == m.content.size());
    CHECK(d->summary.score == 100);
    CHECK(d->summary.top_rule == "lure-word");
    CHECK(d->profile == "entra");
    CHECK(d->cause == "budget");
    CHECK(d->findings_dropped == 3);
    CHECK(d->summary.header_to == "list@tenant.example");
    CHECK(d->message_id == "<1@sender.example>");
    CHECK(d->preview == "Dear customer");
    REQUIRE(d->findings.size() == 2);
    CHECK(d->findings[0].words == "cancel\x1b[31m");
    CHECK(d->findings[0].offset == 1234567890123);
    CHECK(d->findings[1].slot == "tenant");
    CHECK(d->findings[1].place == "subject");
    b.reopen();
    CHECK_FALSE(b.report.was_unclean);
  }
}

TEST_CASE("empty content and the null reverse path are legal") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("empty", {"postmaster"}, "");
  m.content.clear();
  REQUIRE(b.put(m).has_value());
  CHECK(content_of(*b.store, "empty").empty());
  CHECK(b.store->show("empty")->envelope.reverse_path.empty());
}

TEST_CASE("put refuses what is not a message, and leaves no file") {
  scratch_directory dir;
  bench b(dir / "q");
  const auto refused = [&](auto change) {
    message m("id1");
    new_message n = m.view();
    const std::string big(2000, 'x');
    change(n, big);
    return b.store->put(n, {}, start).error();
  };
  const auto invalid = make_error_code(errc::invalid);
  CHECK(refused([](new_message& n, const std::string&) { n.id = ""; }) == invalid);
  CHECK(refused([](new_message& n, const std::string&) { n.id = "../../etc/passwd"; }) == invalid);
  CHECK(refused([](new_message& n, const std::string& big) { n.id = byte_view(big).substr(0, id_bytes_max + 1); }) ==
        invalid);
  CHECK(refused([](new_message& n, const std::string&) { n.recipients = {}; }) == invalid);
  CHECK(refused([](new_message& n, const std::string& big) { n.reverse_path = big; }) == invalid);
  CHECK(refused([](new_message& n, const std::string& big) { n.envid = big; }) == invalid);
  CHECK(files_in(dir / "q/mail").empty());
  CHECK(b.stored() == 0);
}

TEST_CASE("an id is taken once") {
  scratch_directory dir;
  bench b(dir / "q");
  message first("same"), second("same");
  second.content = "another";
  REQUIRE(b.put(first).has_value());
  CHECK(b.put(second).error() == make_error_code(errc::exists));
  CHECK(content_of(*b.store, "same") == first.content);
  CHECK(files_in(dir / "q/mail") == std::vector<std::string>{"same.msg"});
}

TEST_CASE("header texts are cut between code points") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("cut");
  std::string subject(header_text_bytes_max - 1, 'a');
  subject += "\xe2\x82\xac and more";
  new_message n = m.view();
  n.subject = subject;
  REQUIRE(b.store->put(n, {}, start).has_value());
  CHECK(b.store->show("cut")->summary.subject == std::string(header_text_bytes_max - 1, 'a'));
}

TEST_CASE("below the free-space floor nothing is taken") {
  scratch_directory dir;
  bench b(dir / "q");
  b.close();
  auto v = volume::open(b.fs, {b.directory, 1024 * 1024, role::owner});
  REQUIRE(v.has_value());
  auto s = store::open(**v, {}, start);
  REQUIRE(s.has_value());
  message m("floor");
  const byte_view piece = m.content;
  b.fs.pretend_free(1024 * 1024 + 100'000);
  CHECK((*s)->put(m.view(), {&piece, 1}, start).error() == make_error_code(errc::disk_full));
  b.fs.pretend_free(3 * 1024 * 1024);
  CHECK((*s)->put(m.view(), {&piece, 1}, start).has_value());
}
