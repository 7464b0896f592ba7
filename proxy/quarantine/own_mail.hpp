// The outbox's other half: mail of our own, queued durably and bounded. What is due and what became of it is outbox.cpp's,
// for releases and own mail alike. Internal to the quarantine.
//
// Order as in intake.hpp: file synced, rows, rename, directory synced, COMMIT. When queue() returned success the mail
// survives everything; when it did not, nothing of it will be sent.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarantine/index.hpp"
#include "quarantine/own_message.hpp"
#include "quarantine/part_file.hpp"

namespace sluice::quarantine {

class own_mail {
 public:
  explicit own_mail(index& i) : index_(i) {}
  // Returns the mail's id. own_mail_full: too many wait, or it is too large.
  result<std::string> queue(const new_own_mail& m, std::span<const own_piece> content, std::string_view who,
                            unix_time now);
  result<std::vector<own_summary>> list(std::int64_t before, std::size_t limit);  // newest first
  result<own_totals> totals();
  // Ends what waits of it; what is being delivered at this moment is left.
  result<void> drop(std::string_view id, std::string_view who, unix_time now);

 private:
  result<void> check_room(std::uint64_t octets);
  result<void> insert(const new_own_mail& m, const part_file& part, const sealed_writer& w, bool eight_bit,
                      std::string_view id, unix_time now);

  index& index_;
  doubtful_file doubtful_;
};

// With the recipients that delivery attempt `attempt` covers.
result<envelope> own_envelope_of(index& i, std::int64_t seq, std::int64_t attempt);

// Removes rows of own mail that came to its end: old ones, and those beyond own_history_max.
result<void> prune_own_mail(index& i, unix_time now);

}  // namespace sluice::quarantine
