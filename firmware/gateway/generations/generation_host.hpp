// What the generations ask of the running program: is this configuration possible beside the one that runs, make it the
// running one, prove it with test mails, let go of what was kept for going back. Implemented by the composition root
// (app); called by generation_keeper, one call at a time, on the control loop. Tests put a scripted one in its place.
//
// Implementations do what blocks (certificates, profile packs, the medium) on the storage thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"
#include "net/io.hpp"

namespace sluice::gateway {

// Of a model that is valid in itself (schema, rules between keys, files).
struct fit {
  std::vector<config::problem> at_start;  // what only a start can change: none, or it cannot become the running one here
  std::vector<config::problem> problems;  // errors: it cannot run here, each with its key; the position may be left out
  std::string busy;                       // not now, but later, and why: an older generation still has sessions
  bool fits() const { return at_start.empty() && problems.empty() && busy.empty(); }
};

struct proof {
  bool good = false;
  std::string text;  // one sentence for people: what failed, or what was left out ("the mail server behind is away")
};

class generation_host {
 public:
  virtual ~generation_host() = default;

  // The budget with both alive, certificates, profile packs, addresses: all that apply() would fail for. Changes nothing.
  virtual net::awaitable<fit> fits_beside(const config::model& next) = 0;

  // Makes `next` the running configuration, without dropping a session; the former one's addresses of management stay
  // open as well until settled(). Empty, or why not: then what ran before runs on as if nothing had been asked.
  // With the model that runs already it reads certificates and other named files again (SIGHUP).
  virtual net::awaitable<std::string> apply(const config::model& next, std::uint64_t generation) = 0;

  // Test mails through the real path (design.md, section 2): bad only when the generation is to blame, never because
  // the uplink alone is away.
  virtual net::awaitable<proof> prove() = 0;

  // The program ends as by SIGTERM and is started again: with the generation for the next start, or with the confirmed one.
  virtual void restart() = 0;

  // The running generation is the only one from now on, confirmed or come back to: what was kept for the other may go.
  virtual void settled() = 0;
};

}  // namespace sluice::gateway
