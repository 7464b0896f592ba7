#include "mime/tnef_reader.hpp"

#include <algorithm>

#include "mime/utf8_buffer.hpp"

namespace sluice::mime {
namespace {

constexpr unsigned char magic[] = {0x78, 0x9F, 0x3E, 0x22};
constexpr std::size_t signature_octets = 6;  // with the key
constexpr std::size_t header_octets = 9;     // level, id and type, length

// Attributes, id in the low half and type in the high one (section 2.1.3.3).
constexpr std::uint32_t att_subject = 0x00018004, att_body = 0x0002800C, att_title = 0x00018010, att_data = 0x0006800F,
                        att_rendering = 0x00069002, att_properties = 0x00069003, att_attachment = 0x00069005;

// Properties of MAPI (MS-OXPROPS) and types of their values (MS-OXCDATA 2.11.1).
constexpr std::uint16_t subject = 0x0037, body = 0x1000, packed_rtf = 0x1009, html = 0x1013;
constexpr std::uint16_t narrow_text = 0x001E, wide_text = 0x001F, binary = 0x0102, object = 0x000D, several = 0x1000;

std::uint32_t fixed_size(std::uint16_t type) {
  switch (type & ~several) {
    case 0x0005: case 0x0006: case 0x0007: case 0x0014: case 0x0040: return 8;
    case 0x0048: return 16;
    default: return 4;
  }
}

bool variable(std::uint16_t type) {
  const std::uint16_t t = type & static_cast<std::uint16_t>(~several);
  return t == narrow_text || t == wide_text || t == binary || t == object;
}

class to_events final : public octet_sink {
 public:
  explicit to_events(tnef_events& out, bool hidden = false) : out_(out), hidden_(hidden) {}
  void put(byte_view utf8) override { hidden_ ? out_.tnef_hidden(utf8) : out_.tnef_text(utf8); }

 private:
  tnef_events& out_;
  bool hidden_;
};

class to_reader final : public octet_sink {
 public:
  to_reader(rtf_reader& reader, tnef_events& out) : reader_(reader), shown_(out), hidden_(out, true) {}
  void put(byte_view rtf) override { reader_.feed(rtf, shown_, hidden_); }

 private:
  rtf_reader& reader_;
  to_events shown_, hidden_;
};

}  // namespace

void tnef_reader::feed(byte_view octets, tnef_events& out) {
  while (!octets.empty()) {
    switch (state_) {
      case state::broken: return;
      case state::signature:
      case state::header: {
        const std::size_t whole = state_ == state::signature ? signature_octets : header_octets;
        head_[filled_++] = static_cast<unsigned char>(octets.front());
        octets.remove_prefix(1);
        if (filled_ < whole) break;
        filled_ = 0;
        if (state_ == state::header) header_ended(out);
        else state_ = std::equal(std::begin(magic), std::end(magic), head_) ? state::header : state::broken;
        break;
      }
      case state::data:
      case state::checksum: {
        const auto n = std::min<std::size_t>(octets.size(), left_);
        if (state_ == state::data) data(octets.substr(0, n), out);
        octets.remove_prefix(n);
        left_ -= static_cast<std::uint32_t>(n);
        if (left_ > 0) break;
        if (state_ == state::data) data_ended(out);
        else state_ = state::header;
        break;
      }
    }
  }
}

void tnef_reader::finish(tnef_events& out) {
  if (state_ == state::data) data_ended(out);
  if (file_open_) out.tnef_file_end();
  file_open_ = false;
}

void tnef_reader::header_ended(tnef_events& out) {
  const auto number = [this](std::size_t at) {
    return static_cast<std::uint32_t>(head_[at]) | static_cast<std::uint32_t>(head_[at + 1]) << 8 | static_cast<std::uint32_t>(head_[at + 2]) << 16 |
           static_cast<std::uint32_t>(head_[at + 3]) << 24;
  };
  left_ = number(5);
  content_ = content::skip;
  switch (number(1)) {
    case att_subject:
    case att_body: content_ = content::text; break;
    case att_title:
      content_ = content::name;
      name_.clear();
      break;
    case att_data: content_ = content::file; break;
    case att_rendering: name_.clear(); break;  // the next attachment begins
    case att_properties:
    case att_attachment:
      content_ = content::properties;
      next_step(step::count, 4);
      break;
    default: break;
  }
  if (content_ == content::file) {
    out.tnef_file(view(name_));
    file_open_ = true;
  }
  state_ = state::data;
  if (left_ == 0) data_ended(out);
}

void tnef_reader::data(byte_view octets, tnef_events& out) {
  switch (content_) {
    case content::skip: return;
    case content::text: return put_narrow(octets, out);
    case content::name:
      for (char c : octets) {
        if (c != 0 && name_.size() < name_.capacity()) name_.push_back(static_cast<unsigned char>(c) < 0x80 ? c : '_');
      }
      return;
    case content::file: return out.tnef_octets(octets);
    case content::properties: return properties(octets, out);
  }
}

void tnef_reader::data_ended(tnef_events& out) {
  close_rtf();
  if (content_ == content::text) out.tnef_text("\n");
  if (file_open_) out.tnef_file_end();
  file_open_ = false;
  half_ = false;
  state_ = state::checksum;
  left_ = 2;
}

void tnef_reader::next_step(step s, std::uint32_t octets) {
  step_ = s;
  step_left_ = octets;
  number_ = 0;
  filled_ = 0;
}

void tnef_reader::properties(byte_view octets, tnef_events& out) {
  while (!octets.empty() && step_ != step::done) {
    const auto n = std::min<std::size_t>(octets.size(), step_left_);
    const byte_view run = octets.substr(0, n);
    octets.remove_prefix(n);
    step_left_ -= static_cast<std::uint32_t>(n);
    switch (step_) {
      case step::guid:
      case step::named_text:
      case step::padding:
      case step::fixed: break;
      case step::value:
        if (dictionary_ != nullptr) put_rtf(run, out);
        else if (shown_) wide_ ? put_wide(run, out) : put_narrow(run, out);
        break;
      default:
        for (char c : run) number_ |= static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << (8 * filled_++);
        break;
    }
    // A length of 0 ends a step before it has begun.
    while (step_left_ == 0 && step_ != step::done) number_ended(out);
  }
}

// The step has all of its octets; chooses the next one.
void tnef_reader::number_ended(tnef_events& out) {
  constexpr auto padded = [](std::uint32_t length) { return length > 0xFFFFFFF0u ? length : (length + 3) & ~3u; };
  switch (step_) {
    case step::count:
      properties_ = number_;
      return next_step(properties_ == 0 ? step::done : step::tag, 4);
    case step::tag: return tag_ended();
    case step::guid: return next_step(step::kind, 4);
    case step::kind: return number_ == 0 ? next_step(step::named_id, 4) : next_step(step::named_length, 4);
    case step::named_id: return value_begins();
    case step::named_length: return next_step(step::named_text, padded(number_));
    case step::named_text: return value_begins();
    case step::value_count:
      values_ = number_;
      if (values_ == 0) return value_ended(out);
      if (variable(type_)) return next_step(step::value_length, 4);
      return next_step(step::fixed, static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{values_} * fixed_size(type_), 0xFFFFFFFFu)));
    case step::value_length: {
      const std::uint32_t length = number_, pad = padded(length) - length;
      next_step(step::value, length);
      if (id_ == packed_rtf && type_ == binary) open_rtf(out);
      filled_ = static_cast<std::uint8_t>(pad);
      return;
    }
    case step::value: {
      const std::uint8_t pad = filled_;
      close_rtf();
      return next_step(step::padding, pad);
    }
    case step::padding:
      if (--values_ > 0) return next_step(step::value_length, 4);
      return value_ended(out);
    case step::fixed: return value_ended(out);
    case step::done: return;
  }
}

void tnef_reader::tag_ended() {
  type_ = static_cast<std::uint16_t>(number_);
  id_ = static_cast<std::uint16_t>(number_ >> 16);
  if (id_ >= 0x8000) return next_step(step::guid, 16);
  value_begins();
}

void tnef_reader::value_begins() {
  wide_ = type_ == wide_text;
  half_ = false;
  high_ = 0;
  shown_ = ((id_ == subject || id_ == body || id_ == html) && (wide_ || type_ == narrow_text)) || ((id_ == html || id_ == packed_rtf) && type_ == binary);
  if (variable(type_) || (type_ & several)) return next_step(step::value_count, 4);
  next_step(step::fixed, fixed_size(type_));
}

void tnef_reader::value_ended(tnef_events& out) {
  if (shown_) out.tnef_text("\n");
  shown_ = false;
  next_step(--properties_ == 0 ? step::done : step::tag, 4);
}

void tnef_reader::put_narrow(byte_view octets, tnef_events& out) {
  to_events sink(out);
  utf8_buffer text(sink);
  for (char c : octets) {
    const auto o = static_cast<unsigned char>(c);
    if (o == 0 || o == '\r') continue;
    text.put(o);
  }
}

void tnef_reader::put_wide(byte_view octets, tnef_events& out) {
  to_events sink(out);
  utf8_buffer text(sink);
  for (char c : octets) {
    const auto o = static_cast<unsigned char>(c);
    if (!half_) {
      unit_ = o;
      half_ = true;
      continue;
    }
    half_ = false;
    unit_ = static_cast<std::uint16_t>(unit_ | o << 8);
    char32_t code = unit_;
    if (code >= 0xD800 && code < 0xDC00) {
      high_ = unit_;
      continue;
    }
    if (code >= 0xDC00 && code < 0xE000) code = high_ != 0 ? 0x10000 + (static_cast<char32_t>(high_ - 0xD800) << 10) + (code - 0xDC00) : char32_t{0xFFFD};
    high_ = 0;
    if (code == 0 || code == '\r') continue;
    text.put(code);
  }
}

void tnef_reader::open_rtf(tnef_events& out) {
  close_rtf();
  dictionary_ = pool_.borrow_dictionary();
  shown_ = dictionary_ != nullptr;
  if (!shown_) return out.tnef_starved();
  unpacker_.start(*dictionary_);
  rtf_.start();
}

void tnef_reader::close_rtf() {
  pool_.give_back(dictionary_);
  dictionary_ = nullptr;
}

void tnef_reader::put_rtf(byte_view octets, tnef_events& out) {
  to_reader reader(rtf_, out);
  unpacker_.feed(octets, reader);
}

}  // namespace sluice::mime
