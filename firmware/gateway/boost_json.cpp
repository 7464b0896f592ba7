// Boost.JSON, compiled here once for the whole program (it is used header-only).
#include <boost/json/src.hpp>
