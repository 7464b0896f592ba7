#include "firmware/gateway/generations/test_mail_judge.hpp"

#include "smtp/replies.hpp"

namespace sluice::gateway {
namespace {

// What a scam must reach where the configuration never holds or refuses by score: the scale on which weights are made.
constexpr std::int32_t default_hold = 100;

std::string mail_text(const test_mail_result& m) { return "the " + std::string(name_of(m.sample)) + " test mail at " + m.listener; }

}  // namespace

downstream_word word_of(const net::probe_findings& f) {
  downstream_word out;
  out.asked = f.asked;
  out.accepted = f.asked && f.failure == smtp::cause::none && f.code >= 200 && f.code < 300;
  out.host = sluice::view(f.host);
  if (f.failure != smtp::cause::none) out.text = smtp::name_of(f.failure);
  else if (f.asked) out.text = std::to_string(f.code) + " " + std::string(sluice::view(f.reply));
  return out;
}

bool judged_right(const test_mail_result& r, const policy::settings& set, std::string& why) {
  const net::probe_findings& f = r.found;
  if (!f.judged) {
    why = "was not judged";
    return false;
  }
  const std::string verdict = std::string(inspect::name_of(f.would)) + " with " + std::to_string(f.score) + " points" +
                              (f.rules.empty() ? "" : " (" + std::string(sluice::view(f.rules)) + ")");
  if (r.sample == test_sample::clean) {
    if (f.would == inspect::action::forward) return true;
    why = "got the verdict " + verdict + " instead of forward";
    return false;
  }
  const bool never_held = set.limits.quarantine == 0 && set.limits.reject == 0;
  const bool held = f.would == inspect::action::quarantine || f.would == inspect::action::reject;
  if (held || (never_held && f.score >= default_hold)) return true;
  why = "got the verdict " + verdict + " although it is a scam";
  return false;
}

void judge(test_report& r, const policy::settings& set, bool verdicts_count, const downstream_word& again) {
  r.good = !r.mails.empty();
  r.to_blame = false;
  r.text.clear();
  const auto add = [&r](const std::string& text) { r.text += (r.text.empty() ? "" : "; ") + text; };
  if (r.mails.empty()) {
    r.good = false;
    add("no test mail was sent");
  }
  for (const test_mail_result& m : r.mails) {
    std::string why;
    if (!m.went_through()) {
      r.good = false;
      r.to_blame = true;
      add(mail_text(m) + " failed at " + m.failed + ": " + m.why);
    } else if (!judged_right(m, set, why)) {
      r.good = false;
      r.to_blame = r.to_blame || verdicts_count;
      add(mail_text(m) + " " + why);
    }
    const downstream_word w = word_of(m.found);
    if (w.asked && (!r.downstream.asked || (r.downstream.accepted && !w.accepted))) r.downstream = w;
  }
  if (again.accepted && !r.downstream.accepted) {
    add(r.downstream.host + " did not take " + r.recipient + " at first: " + r.downstream.text);
    r.downstream = again;
  }
  if (!r.downstream.asked || r.downstream.accepted) {
    if (r.good) add(std::to_string(r.mails.size()) + " test mails judged right" + (r.downstream.asked ? ", recipient accepted by " + r.downstream.host : ""));
    return;
  }
  r.good = false;
  const std::string who = r.downstream.host.empty() ? "the mail server behind" : r.downstream.host;
  add(who + " did not take " + r.recipient + ": " + r.downstream.text);
  if (!r.before.asked) return;
  if (r.before.accepted) {
    r.to_blame = true;
    add("the former configuration reaches " + r.before.host + ", which takes it");
  } else {
    add("neither did the former configuration's (" + r.before.text + "), so that does not count");
  }
}

}  // namespace sluice::gateway
