// Stored mail on disk: files, directories and mailboxes as a flat list of messages.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::scan {

// `path` itself, or all regular files below it in order. False with the first reason when something below it could not be
// read; `files` then has the rest.
bool collect_files(const std::string& path, std::vector<std::string>& files, std::string& error);

// Calls `use` once per message: of an mbox with "#N" behind the name, else once. `content` is the file. Lines of text that
// begin with "From " are not taken for the beginning of a message.
void each_message(std::string_view content, const std::string& path, const std::function<void(std::string_view message, std::string name)>& use);

}  // namespace sluice::scan
