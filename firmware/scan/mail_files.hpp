// Stored mail on disk: files, directories and mailboxes as a flat list of messages.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::scan {

// `path` itself, or all regular files below it in order. False with a reason when a directory could not be read whole.
bool collect_files(const std::string& path, std::vector<std::string>& files, std::string& error);

// Calls `use` once per message: of an mbox with "#N" behind the name, else once. `content` is the file.
void each_message(std::string_view content, const std::string& path, const std::function<void(std::string_view message, std::string name)>& use);

}  // namespace sluice::scan
