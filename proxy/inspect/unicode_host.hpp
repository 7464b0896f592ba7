// A host with A-labels ("xn--...") as browsers may show it: what it reads like. Five kilobytes, for short lives.
#pragma once
#include "auth/common/idna.hpp"
#include "core/bytes.hpp"
#include "inspect/fold.hpp"
#include "inspect/lexicon.hpp"

namespace sluice::inspect {

bool has_a_label(byte_view host);

class unicode_host {
 public:
  bool read(byte_view host);  // false when a label is no A-label

  byte_view shown() const { return view(shown_); }
  bool reads_within(byte_view domain) const;  // like `domain` or a name below it
  bool reads_as_brand(const lexicon&) const;  // like a host of a brand
  bool mixed() const { return seen_.counts.mixed_words > 0; }   // letters of two scripts that look like one
  bool imitates() const { return seen_.counts.lookalike > 0; }  // letters of another script than Latin that look like it

 private:
  auth::unicode_name shown_;
  folded seen_;
};

// "xn--pypal-4ve.com" shows a name that is written to be taken for another.
bool reads_as_other(byte_view host, const lexicon&);

}  // namespace sluice::inspect
