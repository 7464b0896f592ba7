// The joint between who needs records (auth::checker, sans-I/O) and who gets them (ares_resolver, or a list of records
// in tests and in `sluice auth`). The asker is pulled for questions; each answer may lead to new ones.
#pragma once
#include <cstdint>

#include "dns/answer.hpp"

namespace sluice::dns {

struct lookup {
  std::uint32_t id = 0;  // chosen by the asker; comes back with the answer
  dns::question question;
};

class lookup_client {
 public:
  virtual ~lookup_client() = default;
  // Hands out the next question that is not yet under way; false when there is none at the moment. The name is a view
  // that is valid until the next call into the client.
  virtual bool next_lookup(lookup& out) = 0;
  // The answer to a question that was handed out. Records are valid during the call only. Every question gets exactly
  // one answer; an unknown id is ignored.
  virtual void on_answer(std::uint32_t id, const answer& got) = 0;
};

}  // namespace sluice::dns
