// Errors of the quarantine and the spool: our operation failed. They are not verdicts, and each is definite: after one
// of them nothing of the operation is visible. The caller maps them to a reply (is_no_room() and is_temporary()).
#pragma once
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace sluice::quarantine {

enum class errc {
  // no room: 452 4.3.1
  spool_full = 1,     // the spool's byte budget, or the cap of one message
  disk_full,          // ENOSPC, EDQUOT, or the free-space floor
  store_full,         // full of mail too young to be evicted
  sender_share_full,  // this sender domain holds its share already
  domain_full,        // the limit of a recipient domain
  outbox_full,        // too many releases wait
  own_mail_full,      // too much mail of our own waits, or one is too large
  // our storage or another process: 451 4.3.0
  read_only,       // EROFS, EACCES, EPERM
  io,              // EIO and every other failure of the medium
  busy,            // another process kept the index locked
  out_of_memory,   // the SQLite heap budget
  in_use,          // another daemon owns this directory
  corrupt,         // the index fails its integrity check
  schema_too_new,  // written by a later version
  schema_too_old,  // a guest does not migrate; start the daemon first
  index_missing,   // message files without an index
  master_key_missing,
  master_key_wrong,
  not_initialised,  // a guest found no quarantine here
  // the request
  not_found,
  no_such_recipient,
  no_content,  // removed, lost
  damaged,     // torn, cut or tampered with: the content does not verify
  exists,      // this id is taken
  invalid,     // a field over its limit, an id with a bad character, a call out of order
};

const boost::system::error_category& category();
inline boost::system::error_code make_error_code(errc e) { return {static_cast<int>(e), category()}; }

bool is_no_room(const boost::system::error_code&);    // caller replies 452 4.3.1
bool is_temporary(const boost::system::error_code&);  // storage trouble: caller replies 451 4.3.0

errc from_errno(int error);  // ENOSPC -> disk_full, EROFS -> read_only, ...

template <class T>
using result = boost::system::result<T>;

}  // namespace sluice::quarantine

template <>
struct boost::system::is_error_code_enum<sluice::quarantine::errc> : std::true_type {};
