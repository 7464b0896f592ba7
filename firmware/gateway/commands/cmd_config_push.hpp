// What `sluice config` does beyond its command line: pushing with progress, and the program's answers as text.
#pragma once
#include <cstdint>
#include <string>

#include "firmware/gateway/generations/data_directory.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/local_client.hpp"

namespace sluice::gateway {

struct config_options {
  std::string config = default_config_file;
  bool json = false, confirm = false, restart = false;
  std::string file, signature, if_match, output, key;
  std::int64_t within = 0;
  std::uint64_t number = 0, from = 0, to = 0;
};

// All of these return the exit code. Bodies are the JSON of the API.
int push_file(const config_options& o, bool only_check);
int wait_until_settled(local_client& box, const config_options& o);  // until nothing moves by itself
int print_refusal(const local_reply& r, const config_options& o);
int print_changes(const std::string& body);
int print_history(const std::string& body);
int print_state(const std::string& body);
int print_done(const std::string& body);
int make_config_keys(const config_options& o);
int sign_config(const config_options& o);

}  // namespace sluice::gateway
