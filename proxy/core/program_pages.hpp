// Pages of the program and its libraries that were only needed to start.
#pragma once

namespace sluice {

// Takes the read-only segments of the program and of every shared library out of the process's resident set, and returns
// free heap pages to the kernel. Nothing is lost: what is touched again is mapped again from the page cache. For the moment
// after the start, when the code that reads configurations and profiles has run for the last time. Linux; no errors.
void shed_start_pages();

}  // namespace sluice
