// A stored message as the inspector's MIME walker reads it, whole in memory: what `sluice mime` shows and extracts.
// Every reading that a mail client could show is a part of its own (part_info::reading_of). Not for the event loop, not
// for mail on its way: it keeps everything.
#pragma once
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mime/handler.hpp"
#include "mime/walker.hpp"

namespace sluice::scan {

struct tree_field {
  std::string name, value;  // value unfolded, encoded words decoded, UTF-8
};

struct tree_link {
  std::string from;  // "anchor", "form", "image", "area", "refresh", "other"
  std::string target, shown;
  bool hidden = false, conditional = false;
};

struct tree_note {
  mime::anomaly what;
  std::uint64_t offset = 0;  // octets from the start of the message
};

struct tree_part {
  mime::part_info info{};
  std::vector<tree_field> fields;
  std::string octets;  // transfer-decoded, before the charset; of text readings without octets of their own their text
  std::map<mime::text_kind, std::string> text;
  std::vector<tree_link> links;
  std::vector<tree_note> notes;
  bool is_container = false;  // multipart or message: what it holds are parts of their own

  std::string sha256() const;  // of octets, lower-case hex
};

struct mime_tree {
  std::vector<tree_part> parts;  // by index
  std::uint64_t octets = 0;      // of the message as stored
  bool ambiguous() const;        // mail clients may read it in different ways
};

mime_tree read_tree(std::string_view message);

// A name for the part's file: its index, then what the mail calls it without anything that a shell, a file system or a
// person could trip over.
std::string safe_file_name(const tree_part& part);

}  // namespace sluice::scan
