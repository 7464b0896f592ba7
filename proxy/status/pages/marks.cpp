#include "status/pages/marks.hpp"

#include <algorithm>

#include "core/concat.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

constexpr std::size_t least_elsewhere = 5;  // octets: shorter words are somebody else's too easily

struct range {
  std::size_t begin, end;
};

// Of the findings' words in the text, in order and without overlap; the first of two wins.
std::vector<range> guilty(std::string_view text, inspect::place where, const history_entry& m) {
  std::vector<range> out;
  for (const history_finding& f : m.findings) {
    // The same words often stand in name and subject, and are found in one: they are as guilty in the other.
    if (f.words.empty() || (f.where != where && f.words.size() < least_elsewhere)) continue;
    const std::size_t at = text.find(sluice::view(f.words));
    if (at == std::string_view::npos) continue;
    const range r{at, at + f.words.size()};
    if (std::ranges::none_of(out, [&](const range& o) { return r.begin < o.end && o.begin < r.end; })) out.push_back(r);
  }
  std::ranges::sort(out, {}, &range::begin);
  return out;
}

// text[begin, end) with what of it is guilty marked.
std::string piece(std::string_view text, std::size_t begin, std::size_t end, const std::vector<range>& marks) {
  std::string out;
  for (const range& r : marks) {
    const std::size_t from = std::clamp(r.begin, begin, end), to = std::clamp(r.end, begin, end);
    if (from == to) continue;
    append_to(out, html(text.substr(begin, from - begin)), "<mark>", html(text.substr(from, to - from)), "</mark>");
    begin = to;
  }
  return concat(out, html(text.substr(begin, end - begin)));
}

}  // namespace

template_fit fit_of(std::string_view text, const std::vector<inspect::text_template>& forms) {
  for (const inspect::text_template& form : forms) {
    inspect::slot_list slots;
    if (!inspect::match_template(text, form, slots)) continue;
    template_fit out{&form, {}};
    for (const inspect::slot_text& s : slots) {
      const auto begin = static_cast<std::size_t>(s.text.data() - text.data());
      if (begin <= text.size() && s.text.size() <= text.size() - begin)
        out.slots.push_back({begin, begin + s.text.size(), std::string(s.name), inspect::name_of(s.type)});
    }
    return out;
  }
  return {};
}

std::string form_html(const inspect::text_template& form) {
  std::string out;
  for (const inspect::template_piece& p : form.pieces) out += p.is_slot ? concat("<span class=\"slot\">", html(p.text), "</span>") : html(p.text);
  return out;
}

std::string marked_html(std::string_view text, inspect::place where, const history_entry& m, const std::vector<slot_place>& slots) {
  const std::vector<range> marks = guilty(text, where, m);
  std::string out;
  std::size_t at = 0;
  for (const slot_place& s : slots) {
    if (s.begin < at) continue;
    append_to(out, piece(text, at, s.begin, marks), "<span class=\"slot\" title=\"", html(s.name), "\">", piece(text, s.begin, s.end, marks), "</span>");
    at = s.end;
  }
  return concat(out, piece(text, at, text.size(), marks));
}

}  // namespace sluice::status
