// How much of the text is the known sender's own template: parts are measured as they pass, the one with most foreign
// text counts. A mail that has next to nothing of its sender's fixed text is somebody else's in the sender's name (the
// mail provider's account was taken over), even when it holds no number and no link. Part of message_inspector.
//
// Only judged where genuine mail gave a yardstick: a skeleton in the text's language, whose samples all had a good share of
// fixed text when each was measured against the others. Everything else is shown and not weighed.
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"

namespace sluice::inspect {
namespace {

constexpr std::uint32_t least_foreign_words = 25;  // fewer say nothing
constexpr std::uint32_t least_floor_percent = 20;  // a sender whose own mail varies more than that has no yardstick
constexpr std::uint32_t well_known_samples = 30; // of n samples, about one in n of its next mails is of a template not yet seen
constexpr int foreign_points = 100;        // with that many samples; enough for the quarantine's default threshold
constexpr int foreign_points_few = 60;     // with fewer: a tag
constexpr int stuffed_points = 20;         // supports what else was found, decides nothing
constexpr int mostly_stuffed_points = 40;  // the template is the smaller part
constexpr std::uint32_t stuffed_slack_words = 30;

}  // namespace

// `doubtful` text counts where it is not the template's: some readers see it.
void message_inspector::measure_text(std::uint16_t part, byte_view text, bool doubtful) {
  if (profile_ == nullptr || profile_->skeletons.empty() || part == body_.attached_part) return;
  if (part != measured_part_) {
    end_measure();
    meter_.begin(profile_->skeletons, part);
    measured_part_ = part;
  }
  meter_.feed(text, doubtful);
}

void message_inspector::end_measure() {
  if (measured_part_ == 0xFFFF) return;
  measured_part_ = 0xFFFF;
  const conformance got = meter_.end();
  conformance& kept = facts_.conformance;
  if (got.measured && (!kept.measured || got.words - got.own > kept.words - kept.own)) kept = got;
}

void message_inspector::judge_template() {
  end_measure();
  const conformance& c = facts_.conformance;
  if (!c.measured || !c.locale_known || c.floor < least_floor_percent) return;
  const finding_text note{place::text, c.part, 0, 0, {}, view(c.foreign)};
  if (c.words - c.own >= least_foreign_words && c.percent() * 4 < c.floor) {
    add_finding(found_, rule::body_foreign, c.samples >= well_known_samples ? foreign_points : foreign_points_few, note);
  } else if (c.longest > 2 * c.usual_longest + stuffed_slack_words) {
    add_finding(found_, rule::body_stuffed, c.percent() * 2 < c.floor ? mostly_stuffed_points : stuffed_points, note);
  }
}

}  // namespace sluice::inspect
