#include "support.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace sluice::quarantine::test {
namespace fs = std::filesystem;

scratch_directory::scratch_directory(bool on_disk) {
  const bool memory = !on_disk && ::access("/dev/shm", W_OK) == 0;
  path_ = (memory ? std::string("/dev/shm") : fs::temp_directory_path().string()) + "/sluice-quarantine-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::string& path, const std::string& octets) { std::ofstream(path, std::ios::binary) << octets; }

message::message(std::string id_, std::vector<std::string> to, std::string from)
    : id(std::move(id_)), reverse_path(std::move(from)), recipients(std::move(to)) {
  content = "Subject: held " + id + "\r\n\r\n" + pattern(3000, static_cast<unsigned>(id.size() * 131 + static_cast<unsigned char>(id.back())));
}

new_message message::view() {
  recipient_views.clear();
  for (const std::string& r : recipients) recipient_views.push_back({r, {}, 0});
  new_message m;
  m.id = id;
  m.reverse_path = reverse_path;
  m.recipients = recipient_views;
  m.findings = findings;
  m.subject = "held";
  m.header_from = "Notices <notices@sender.example>";
  m.route_domain = "example.com";
  m.client_ip = "192.0.2.1";
  m.auth_results = auth_results;
  return m;
}

std::string pattern(std::size_t octets, unsigned seed) {
  std::minstd_rand random(seed);
  std::string out(octets, '\0');
  for (char& c : out) c = static_cast<char>(random() >> 8);
  return out;
}

std::string read_all(content_reader& reader) {
  std::string out, buffer(frame_bytes, '\0');
  for (;;) {
    const auto n = reader.read(buffer);
    REQUIRE(n.has_value());
    if (*n == 0) return out;
    out.append(buffer, 0, *n);
  }
}

std::string content_of(store& s, const std::string& id) {
  auto reader = s.read(id);
  REQUIRE(reader.has_value());
  return read_all(*reader);
}

bench::bench(const std::string& d, store_limits l, role r) : directory(d), limits(std::move(l)), as(r) { reopen(); }

bench::bench(closed_tag, const std::string& d, store_limits l) : directory(d), limits(std::move(l)), as(role::owner) {}

void bench::close() {
  store.reset();
  vol.reset();
}

void bench::reopen(unix_time now) {
  close();
  std::string why;
  auto v = volume::open(fs, {directory, 0, as}, &why);
  INFO(why);
  REQUIRE(v.has_value());
  vol = std::move(*v);
  auto s = store::open(*vol, limits, now, &report);
  INFO(vol->last_error());
  REQUIRE(s.has_value());
  store = std::move(*s);
}

result<void> bench::put(message& m, unix_time now) {
  const byte_view half = byte_view(m.content).substr(0, m.content.size() / 2);
  const byte_view pieces[] = {half, byte_view(m.content).substr(half.size())};
  return store->put(m.view(), pieces, now);
}

std::vector<std::string> bench::states(const std::string& id) {
  auto d = store->show(id);
  REQUIRE(d.has_value());
  std::vector<std::string> out;
  for (const auto& r : d->recipients) out.push_back(r.who.address + " " + name_of(r.state));
  return out;
}

std::uint64_t bench::stored() {
  const auto s = store->totals();
  REQUIRE(s.has_value());
  return s->messages;
}

selection only(std::vector<std::string> addresses) { return {false, std::move(addresses)}; }
selection everyone() { return {true, {}}; }

}  // namespace sluice::quarantine::test
