// What sluice quarantine prints: for people (escaped, P5) and as JSON lines.
#pragma once
#include <string>
#include <vector>

#include "quarantine/store.hpp"

namespace sluice::gateway {

// What a rule found, in words; the id itself when this version does not know it.
std::string_view rule_meaning(std::string_view rule);

std::string rows_table(const std::vector<quarantine::message_summary>& rows, bool terminal);
std::string rows_json(const std::vector<quarantine::message_summary>& rows);
std::string detail_text(const quarantine::message_detail& m, bool colours);
std::string detail_json(const quarantine::message_detail& m);
std::string recipients_text(const quarantine::message_detail& m);
std::string actions_text(const std::vector<quarantine::action_result>& results);
std::string actions_json(const std::string& id, const std::vector<quarantine::action_result>& results);
std::string stats_text(const quarantine::store_stats& s);
std::string stats_json(const quarantine::store_stats& s);

}  // namespace sluice::gateway
