// Compiles Boost.JSON once for the whole program; everybody else includes <boost/json.hpp> and links sluice_json.
#include <boost/json/src.hpp>
