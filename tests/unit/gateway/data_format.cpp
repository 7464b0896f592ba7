// Every format of data_directory that a version stamps, beside the one number that says who can read it. A change of a store
// fails here until somebody has decided: a system of the number before cannot read it, so data_format_read is raised in this
// release and data_format_written in the next (firmware/docs/adr/0021), or it can, and only the figure below changes.
#include "firmware/gateway/system/data_format.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>

#include "config/generations/record.hpp"
#include "firmware/gateway/records/baseline_file.hpp"
#include "firmware/gateway/records/list_store.hpp"
#include "firmware/gateway/records/trace_record.hpp"
#include "hal/linux/files.hpp"
#include "quarantine/schema.hpp"
#include "quarantine/sealed_file.hpp"
#include "quarantine/volume.hpp"
#include "status/access/book.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

struct folder {
  std::string path = "/tmp/sluice-data-format-" + std::to_string(::getpid());
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  std::string begin_of(const std::string& name, std::size_t octets) const {
    std::ifstream in(path + "/" + name, std::ios::binary);
    std::string out(octets, '\0');
    in.read(out.data(), static_cast<std::streamsize>(octets));
    return out;
  }
};

// FNV-1a: the same on every machine.
std::uint64_t digest_of(std::span<const char* const> texts) {
  std::uint64_t sum = 14695981039346656037ull;
  for (const char* text : texts)
    for (const char* c = text; *c != 0; ++c) sum = (sum ^ static_cast<unsigned char>(*c)) * 1099511628211ull;
  return sum;
}

std::string first_line_of(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE("what is stored has the format that the data directory's number stands for") {
  STATIC_REQUIRE(data_format_written == 1);
  STATIC_REQUIRE(data_format_read == 1);
  folder f;
  hal::linux_files files;

  SECTION("the index of the quarantine: its steps, and that none was changed afterwards") {
    CHECK(quarantine::schema_steps().size() == 6);
    CHECK(digest_of(quarantine::schema_steps()) == 0xdbf9f59a24dbf17e);
  }
  SECTION("files of held messages") {
    auto v = quarantine::volume::open(files, {f.path + "/q", 0, quarantine::role::owner});
    REQUIRE(v.has_value());
    const int fd = ::open((f.path + "/message").c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    quarantine::sealed_writer w(**v, fd, quarantine::message_key::random());
    REQUIRE(w.finish().has_value());
    ::close(fd);
    CHECK(f.begin_of("message", 8) == std::string("SLQ1\0\0\0\0", 8));
    CHECK(quarantine::sealed_size(0) == 51);
  }
  SECTION("the trace") {
    auto block = std::make_unique<trace_block>();
    REQUIRE(block->add({}));
    CHECK(block->finish().starts_with("SLTRACE1"));
    CHECK(trace_header_octets == 40);
    CHECK(trace_texts == 14);
  }
  SECTION("the learned baseline") {
    REQUIRE(save_baseline(files, f.path, net::baseline(64, 5)) == 0);
    CHECK(f.begin_of("baseline", 8) == "SLBASE1\n");
    CHECK(sizeof(inspect::baseline_entry) == 580);
  }
  SECTION("users and tokens") { CHECK(first_line_of(status::text_of(status::access_book())) == "sluice-access 1"); }
  SECTION("generations of the configuration") { CHECK(first_line_of(config::generations::text_of({})) == "sluice-generations 1"); }
  SECTION("lists") {
    net::lists none(10);
    REQUIRE(save_lists(files, f.path, none) == 0);
    CHECK(first_line_of(f.begin_of("lists", 15)) == "sluice lists 1");
  }
}
