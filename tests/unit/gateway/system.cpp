#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/toml_reader.hpp"
#include "firmware/gateway/system/data_format.hpp"
#include "firmware/gateway/system/network_text.hpp"
#include "firmware/gateway/system/slot_judge.hpp"
#include "firmware/gateway/system/supervisor_line.hpp"
#include "firmware/gateway/system/uplink_memory.hpp"
#include "hal/linux/files.hpp"

using namespace sluice;
using namespace sluice::gateway;
using kind = supervisor_line::kind;

namespace {

struct folder {
  std::string path = "/tmp/sluice-system-" + std::to_string(::getpid());
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path + "/" + name) << text; }
  std::string read(const std::string& name) const {
    std::ifstream in(path + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

}  // namespace

TEST_CASE("a request to the supervisor is one line, and nothing can be smuggled into it") {
  CHECK(request_line("status", {}) == "status\n");
  CHECK(request_line("mark-bad", {{"reason", "a b\nreboot x=%"}}) == "mark-bad reason=a%20b%0Areboot%20x%3D%25\n");
  CHECK(request_line("status\nreboot", {}).empty());
  CHECK(request_line("", {}).empty());
  CHECK(request_line("mark-bad", {{"reason", std::string(5000, 'x')}}).empty());
  CHECK(request_line("safe-mode leave", {}) == "safe-mode leave\n");
}

TEST_CASE("the answers of the supervisor") {
  const auto ok = read_line("ok slot=A reset_detail=power%20cut other_version=\r");
  REQUIRE(ok);
  CHECK(ok->what == kind::ok);
  CHECK(value_of(ok->values, "slot") == "A");
  CHECK(value_of(ok->values, "reset_detail") == "power cut");
  CHECK(value_of(ok->values, "other_version").empty());
  CHECK(value_of(ok->values, "missing").empty());
  const auto progress = read_line("progress 40 Copying image to rootfs.1");
  REQUIRE(progress);
  CHECK(progress->percent == 40);
  CHECK(progress->text == "Copying image to rootfs.1");
  const auto error = read_line("error rollback the bundle has rollback index 1");
  REQUIRE(error);
  CHECK(error->code == "rollback");
  CHECK(error->text == "the bundle has rollback index 1");
  CHECK(read_line("ok")->values.empty());
  for (const char* bad : {"", "okay", "ok slot", "ok =A", "ok slot=%zz", "progress x y", "progress 101 y", "progress -1 y", "error", "error  text", "HTTP/1.1 200 OK"}) {
    INFO(bad);
    CHECK_FALSE(read_line(bad));
  }
  CHECK_FALSE(read_line("error a " + std::string(5000, 'x')));
}

TEST_CASE("lines are cut out of any pieces, and an endless one is noticed") {
  const std::string text = "progress 1 a\nprogress 2 b\nok\n";
  for (std::size_t step = 1; step < text.size(); ++step) {
    line_cutter c;
    std::string all;
    for (std::size_t at = 0; at < text.size(); at += step) {
      c.feed(std::string_view(text).substr(at, step));
      while (const auto line = c.next()) all += *line + "\n";
    }
    CHECK(all == text);
  }
  line_cutter c;
  c.feed(std::string(supervisor_line_octets, 'x'));
  CHECK_FALSE(c.too_long());
  c.feed("y");
  CHECK(c.too_long());
  CHECK_FALSE(c.next());
}

TEST_CASE("a network becomes the flat file that the image reads") {
  const auto m = config::read_toml(
      "domains = [\"example.org\"]\n[[listener]]\naddress = \"0.0.0.0:25\"\n[[route]]\nhost = \"10.0.0.5:25\"\n"
      "[network]\nhostname = \"mx1\"\nresolvers = [\"192.0.2.53\"]\nntp = [\"ntp.example.org\"]\n"
      "[[network.interface]]\nname = \"eth0\"\nipv4 = \"static\"\nipv6 = \"static\"\naddresses = [\"192.0.2.10/24\", \"2001:db8::10/64\"]\n"
      "gateway4 = \"192.0.2.1\"\ngateway6 = \"fe80::1\"\n"
      "[[network.vlan]]\nparent = \"eth0\"\nid = 7\n[[network.interface]]\nname = \"eth0.7\"\nipv6 = \"none\"\n"
      "[[network.route]]\nto = \"198.51.100.7\"\nvia = \"192.0.2.7\"\ninterface = \"eth0\"\n");
  REQUIRE(m.ok());
  CHECK(network_text(m.value.network_of_machine, {"eth0", "eth1"}) ==
        "hostname mx1\nresolver 192.0.2.53\nntp ntp.example.org\nvlan eth0 7\n"
        "interface eth1 none none6\n"
        "interface eth0 static static6\naddress eth0 192.0.2.10/24\naddress eth0 2001:db8::10/64\n"
        "interface eth0.7 dhcp none6\n"
        "gateway 192.0.2.1\nroute ::/0 via fe80::1 dev eth0\nroute 198.51.100.7/32 via 192.0.2.7 dev eth0\n");
  CHECK(network_text({}, {"eth0", "eth1"}) == "interface eth0 dhcp slaac\ninterface eth1 dhcp slaac\n");
}

TEST_CASE("what the trial of a slot ends with") {
  trial_facts f;
  f.allowed = std::chrono::seconds(300);
  f.any_mail = false;
  CHECK(judge_trial(f).what == trial_end::good);
  f.any_mail = true;
  CHECK(judge_trial(f).what == trial_end::go_on);
  f.sent = true;
  CHECK(judge_trial(f).what == trial_end::good);

  f.own_fault = true;
  CHECK(judge_trial(f).what == trial_end::go_on);
  f.since = std::chrono::seconds(300);
  CHECK(judge_trial(f).what == trial_end::bad);

  // The mail server behind is away: only the slot's fault when the former one still reached it.
  f.own_fault = false;
  f.downstream_away = true;
  CHECK(judge_trial(f).what == trial_end::good);
  f.reached_before = true;
  CHECK(judge_trial(f).what == trial_end::bad);
  f.since = std::chrono::seconds(299);
  CHECK(judge_trial(f).what == trial_end::go_on);

  f.sent = false;
  f.since = std::chrono::seconds(301);
  CHECK(judge_trial(f).what == trial_end::bad);
}

TEST_CASE("the note for the next slot says what was seen last, and is not written without need") {
  const folder f;
  hal::linux_files files;
  uplink_memory m(files, f.path);
  CHECK_FALSE(m.read().known);
  CHECK(m.look(true, 1000, false) == 0);
  CHECK(m.read().reached);
  CHECK(m.read().last_reached == 1000);
  CHECK(m.look(true, 1005, false) == 0);
  CHECK(m.read().written == 1000);
  CHECK(m.look(true, 1006, true) == 0);
  CHECK(m.read().written == 1006);
  CHECK(m.look(false, 1010, false) == 0);
  CHECK_FALSE(m.read().reached);
  CHECK(m.read().last_reached == 1006);
  CHECK(m.look(false, 1010 + uplink_write_period_s, false) == 0);
  CHECK(m.read().written == 1010 + uplink_write_period_s);
  for (const char* bad : {"", "x", "ok", "ok reached=2", "error a b", "ok reached=1 written=x"}) CHECK(note_from(bad).reached == (std::string(bad) == "ok reached=1 written=x"));
}

TEST_CASE("a data directory of a newer format is left alone") {
  const folder f;
  hal::linux_files files;
  CHECK(claim_data_format(files, f.path).empty());
  CHECK(f.read("format") == std::to_string(data_format_written) + "\n");
  f.write("format", "0\n");
  CHECK(claim_data_format(files, f.path).empty());
  CHECK(f.read("format") == std::to_string(data_format_written) + "\n");
  f.write("format", std::to_string(data_format_read + 1) + "\n");
  CHECK(claim_data_format(files, f.path).find("reads up to") != std::string::npos);
  CHECK(f.read("format") == std::to_string(data_format_read + 1) + "\n");
  f.write("format", "new\n");
  CHECK_FALSE(claim_data_format(files, f.path).empty());
  CHECK(claim_data_format(files, f.path + "-missing/data").empty());
}
