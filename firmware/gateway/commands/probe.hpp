// sluice check --probe: talks to every host of every route as the proxy would, without sending mail: connect, EHLO, TLS
// as the route wants it, and a recipient in a domain that is not ours, which a mail server must refuse. A server that
// would take it from us relays for the whole world behind our back as soon as our own domain check is wrong.
#pragma once
#include "config/model.hpp"

namespace sluice::gateway {

// Prints one line per host; false when any of them failed.
bool probe_routes(const config::model& m);

}  // namespace sluice::gateway
