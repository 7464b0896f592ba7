#include "mime/address.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "mime/encoded_word.hpp"

namespace sluice::mime {
namespace {

using words = fixed_string<1024>;

// One mailbox or group name while it is read.
struct element {
  words phrase, comment;
  words shown;  // the phrase with its comments where they stand: "+1 (888) 555-0142" is read as it was written
  fixed_string<320> spec;
  bool angle = false, broken = false, any = false;
};

void add_blank(words& to) {
  if (!to.empty() && to.back() != ' ') append_cut(to, " ");
}

// A quoted string or comment, its closing character included; what is inside, unescaped, goes to `to`.
std::size_t enclosed(byte_view in, char close, words& to, bool& broken) {
  std::size_t depth = 1;
  for (std::size_t i = 1; i < in.size(); ++i) {
    char c = in[i];
    if (c == '\\' && i + 1 < in.size()) {
      c = in[++i];
    } else if (c == close && --depth == 0) {
      return i + 1;
    } else if (close == ')' && c == '(') {
      ++depth;
    }
    append_cut(to, {&c, 1});
  }
  broken = true;
  return in.size();
}

// What e.comment has gained since `before`.
void show_comment(element& e, std::size_t before) {
  add_blank(e.shown);
  append_cut(e.shown, "(");
  append_cut(e.shown, ascii::trim(view(e.comment).substr(before)));
  append_cut(e.shown, ")");
}

// Inside of <...>: without comments, blanks and source route (RFC 5322 section 4.4).
std::size_t angle(byte_view in, element& e) {
  e.angle = true;
  std::size_t i = 1;
  bool quoted = false;
  for (; i < in.size() && (quoted || in[i] != '>'); ++i) {
    const char c = in[i];
    if (c == '\\' && quoted && i + 1 < in.size()) {
      append_cut(e.spec, in.substr(i++, 2));
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '(') {
      const std::size_t before = e.comment.size();
      i += enclosed(in.substr(i), ')', e.comment, e.broken) - 1;
      show_comment(e, before);
    } else if (!quoted && c == ':' && e.spec.starts_with('@')) {
      e.spec.clear();
    } else if (quoted || !ascii::is_space(c)) {
      append_cut(e.spec, {&c, 1});
    }
  }
  e.broken = e.broken || i >= in.size();
  return std::min(i + 1, in.size());
}

template <std::size_t N>
void decode(const words& from, fixed_string<N>& to, charset_pool& pool) {
  char room[words::static_capacity];
  const decoded_text text = decode_words(ascii::trim(view(from)), room, pool);
  to.resize(N);
  to.resize(utf8::keep_ends({room, text.size}, to.data(), N));
}

}  // namespace

bool address_reader::next(address& out) {
  out.name.clear();
  out.spec.clear();
  out.broken = out.empty_group = false;
  element e;
  const auto finish = [&] {
    out.in_group = in_group_;
    out.group = group_;
    out.broken = e.broken;
    group_used_ = true;
    if (!e.angle) {  // a bare addr-spec
      for (const char c : view(e.phrase))
        if (!ascii::is_space(c)) append_cut(out.spec, {&c, 1});
      decode(e.comment, out.name, *pool_);
    } else {
      out.spec = e.spec;
      decode(e.phrase.empty() ? e.comment : e.shown, out.name, *pool_);
    }
    const std::size_t at = view(out.spec).rfind('@');
    out.broken = out.broken || at == byte_view::npos || at == 0 || at + 1 == out.spec.size();
    return true;
  };
  while (!rest_.empty()) {
    const char c = rest_.front();
    std::size_t used = 1;
    if (c == ',' || c == ';') {
      rest_.remove_prefix(1);
      const bool have = e.any;
      if (have) finish();
      else if (c == ';' && in_group_ && !group_used_) out.empty_group = out.in_group = true, out.group = group_;
      if (c == ';') in_group_ = false, group_.clear();
      if (have || out.empty_group) return true;
      continue;
    }
    if (c == ':' && !e.angle && e.phrase.find('@') == words::npos) {
      decode(e.shown, group_, *pool_);
      in_group_ = true;
      group_used_ = false;
      e = element{};
    } else if (c == '"') {
      e.any = true;
      const std::size_t before = e.phrase.size();
      used = enclosed(rest_, '"', e.phrase, e.broken);
      append_cut(e.shown, view(e.phrase).substr(before));
    } else if (c == '(') {
      e.any = true;
      add_blank(e.comment);
      const std::size_t before = e.comment.size();
      used = enclosed(rest_, ')', e.comment, e.broken);
      show_comment(e, before);
    } else if (c == '<') {
      if (e.angle) {  // a second address without a comma: both count
        e.broken = true;
        return finish();
      }
      e.any = true;
      used = angle(rest_, e);
    } else if (ascii::is_space(c)) {
      add_blank(e.phrase);
      add_blank(e.shown);
    } else {
      e.any = true;
      append_cut(e.phrase, {&c, 1});
      append_cut(e.shown, {&c, 1});
    }
    rest_.remove_prefix(used);
  }
  if (e.any) return finish();
  if (in_group_ && !group_used_) {
    in_group_ = false;
    out.in_group = out.empty_group = out.broken = true;
    out.group = group_;
    group_.clear();
    return true;
  }
  return false;
}

}  // namespace sluice::mime
