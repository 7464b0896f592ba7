#include "hal/fake/disk_trace.hpp"

#include <algorithm>
#include <fstream>
#include <map>

namespace sluice::hal::fake {
namespace {

using kind = disk_op::kind;

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool is_name_change(kind k) { return k == kind::create || k == kind::rename || k == kind::remove; }

void put_at(std::string& file, std::uint64_t offset, std::string_view data) {
  if (file.size() < offset + data.size()) file.resize(offset + data.size(), '\0');
  std::copy(data.begin(), data.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

int disk_trace::before(const disk_op& o) {
  const int error = faults_ != nullptr ? faults_->before(o) : 0;
  // The medium may have done a part or all of what it reported as failed, except that a failed sync promises nothing.
  if (error != 0 && o.what == kind::write) note(o);
  return error;
}

void disk_trace::done(const disk_op& o) { note(o); }

void disk_trace::note(const disk_op& o) {
  const std::string prefix = root_ + '/';
  const auto inside = [&](std::string_view p) { return p.starts_with(prefix) || p == root_; };
  if (!inside(o.path)) return;
  const auto relative = [&](std::string_view p) {
    return p.size() > prefix.size() ? std::string(p.substr(prefix.size())) : "";
  };
  std::string path = relative(o.path);
  if (o.what != kind::sync_directory) path = "/" + path;
  if (o.what == kind::sync_directory && !path.empty()) path = "/" + path;
  ops_.push_back({o.what, path, o.to.empty() ? "" : "/" + relative(o.to), std::string(o.data), o.offset});
}

void disk_trace::materialise(std::size_t cut, survival mode, std::mt19937& random, const std::string& into) const {
  cut = std::min(cut, ops_.size());
  // Which file stands behind a name at each moment of the run (not of the crash).
  std::map<std::string, std::size_t> name_now;      // path -> file number
  std::vector<std::size_t> file_of(cut);            // per operation
  std::vector<std::size_t> synced_until;            // per file: operations before this index are on the medium
  std::map<std::string, std::size_t> names_synced;  // per directory
  for (std::size_t i = 0; i < cut; ++i) {
    const op& o = ops_[i];
    if (o.what == kind::create) {
      name_now[o.path] = synced_until.size();
      synced_until.push_back(0);
    }
    if (o.what == kind::sync_directory) {
      names_synced[o.path] = i;
      continue;
    }
    file_of[i] = name_now[o.path];
    if (o.what == kind::sync) synced_until[file_of[i]] = i;
    if (o.what == kind::rename) name_now[o.to] = file_of[i];
    if (o.what == kind::rename || o.what == kind::remove) name_now.erase(o.path);
  }
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  const auto survives = [&] { return mode == survival::everything || (mode == survival::some && chance(50)); };

  std::vector<std::string> contents(synced_until.size());
  std::map<std::string, std::size_t> names;
  std::map<std::string, bool> names_ended;  // per directory: no later name change made it
  for (std::size_t i = 0; i < cut; ++i) {
    const op& o = ops_[i];
    if (is_name_change(o.what)) {
      const std::string directory = directory_of(o.path);
      const auto synced = names_synced.find(directory);
      const bool durable = synced != names_synced.end() && i < synced->second;
      bool& ended = names_ended[directory];
      if (!durable && !ended && !(mode == survival::everything || (mode == survival::some && chance(80)))) ended = true;
      if (!durable && ended) continue;
      if (o.what == kind::create) names[o.path] = file_of[i];
      if (o.what == kind::rename) names[o.to] = file_of[i];
      if (o.what != kind::create) names.erase(o.path);
    } else if (o.what == kind::write) {
      const bool durable = i < synced_until[file_of[i]];
      std::string_view data = o.data;
      if (!durable && !survives()) continue;
      if (!durable && mode == survival::some && chance(20))
        data = data.substr(0, random() % (data.size() / 512 + 1) * 512);
      put_at(contents[file_of[i]], o.offset, data);
    } else if (o.what == kind::truncate && (i < synced_until[file_of[i]] || survives())) {
      contents[file_of[i]].resize(o.offset, '\0');
    }
  }
  for (const auto& [path, file] : names) {
    std::ofstream(into + path, std::ios::binary) << contents[file];
  }
}

}  // namespace sluice::hal::fake
