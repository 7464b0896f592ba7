// The joint between the stages of a part's pipeline: transfer decoding, charset, HTML. A stage pushes octets on; the
// views are valid during the call only.
#pragma once
#include "core/bytes.hpp"

namespace sluice::mime {

class octet_sink {
 public:
  virtual void put(byte_view octets) = 0;

 protected:
  ~octet_sink() = default;
};

}  // namespace sluice::mime
