// Bodies of API calls: any octets are no object, or one whose texts can be asked for; a line of a list is refused with a reason or sound.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "firmware/gateway/manage/json_body.hpp"
#include "firmware/gateway/records/list_store.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  status::web_request q;
  q.body.assign(reinterpret_cast<const char*>(data), size);
  if (const auto o = gateway::object_of(q))
    for (const auto& [key, value] : *o)
      if (gateway::text(*o, std::string(key).c_str()).size() > size) std::abort();
  policy::list_entry e;
  std::string why;
  if (!gateway::list_from_json(q.body, 1'800'000'000, e, why)) {
    if (why.empty()) std::abort();
  } else if (policy::normalise(e)) {
    policy::list_entry again = e;
    if (!policy::normalise(again) || again.what != e.what || e.what.empty()) std::abort();
  }
  return 0;
}
