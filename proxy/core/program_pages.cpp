#include "core/program_pages.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace sluice {

namespace {

bool has_text_relocations(const dl_phdr_info& module) {
  for (std::size_t i = 0; i < module.dlpi_phnum; ++i) {
    if (module.dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(module.dlpi_addr + module.dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) return true;
    }
  }
  return false;
}

// What the loader wrote to is the process's own and would be lost: writable segments, and code with relocations in it.
int shed_segments(dl_phdr_info* module, std::size_t, void*) {
  if (has_text_relocations(*module)) return 0;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t from = (module->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t to = (module->dlpi_addr + segment.p_vaddr + segment.p_memsz + page - 1) & ~(page - 1);
    ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void shed_start_pages() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(shed_segments, nullptr);
}

}  // namespace sluice
