#include "sim/cgroup/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/mounts.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cgroup {
namespace {

constexpr std::string_view kHeading = "sharesim journal 1";
/// In the order of Undo::Kind.
constexpr std::array<std::string_view, 4> kKinds{"remove", "disable", "write", "move"};

[[noreturn]] void fail(const std::string& path, int error) {
  throw MachineError(
      fmt::format("cannot write the journal {}: {}", path, std::generic_category().message(error)));
}

std::string line_of(const Undo& undo) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", kKinds.at(static_cast<std::size_t>(undo.kind)),
                     undo.tree, undo.group, file_name(undo.knob), undo.value, undo.pid, undo.start);
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields{""};
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

Undo undo_of(const std::string& line) {
  const std::vector<std::string> fields = fields_of(line);
  Undo undo;
  std::size_t kind = 0;
  while (kind < kKinds.size() && kKinds.at(kind) != fields[0]) ++kind;
  const auto knob = fields.size() == 7 ? find_knob(fields[3]) : std::nullopt;
  if (kind == kKinds.size() || !knob) throw std::invalid_argument(line);
  undo.kind = static_cast<Undo::Kind>(kind);
  undo.tree = std::stoull(fields[1]);
  undo.group = fields[2];
  undo.knob = *knob;
  undo.value = fields[4];
  undo.pid = static_cast<pid_t>(std::stoll(fields[5]));
  undo.start = std::stoull(fields[6]);
  return undo;
}

void write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) fail(path, errno);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// A change of a name is on disk when its folder is.
void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail(path, errno);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  if (error != 0 && error != EINVAL) fail(path, error);  // EINVAL: a file system without a disk
}

/// Makes the folder if need be; only this user may write it.
void make_private(const std::string& folder) {
  struct stat facts {};
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail(folder, errno);
  if (lstat(folder.c_str(), &facts) != 0) fail(folder, errno);
  if (!S_ISDIR(facts.st_mode) || facts.st_uid != geteuid() || (facts.st_mode & 0022U) != 0) {
    throw MachineError(fmt::format(
        "the folder {} for the journal is not yours alone: remove it, or give --journal FILE",
        folder));
  }
}

}  // namespace

FileJournal::FileJournal(std::string path, std::vector<std::string> roots, std::string boot)
    : path_(std::move(path)), roots_(std::move(roots)), boot_(std::move(boot)) {
  const std::string text = read_proc(path_);
  if (text.empty()) return;
  std::istringstream lines(text);
  std::string line;
  std::vector<std::string> written_roots;
  std::vector<Undo> batch;
  std::string written_boot;
  try {
    if (!std::getline(lines, line) || line != kHeading) throw std::invalid_argument(line);
    while (std::getline(lines, line)) {
      if (line.starts_with("boot\t")) {
        written_boot = line.substr(5);
      } else if (line.starts_with("root\t")) {
        written_roots.push_back(line.substr(5));
      } else if (line == "end") {
        batches_.push_back(std::exchange(batch, {}));
      } else {
        batch.push_back(undo_of(line));
        if (batch.back().tree >= written_roots.size()) throw std::out_of_range(line);
      }
    }
  } catch (const std::logic_error&) {
    throw MachineError(
        fmt::format("{} is not a journal of sharesim; remove it, or give --journal FILE", path_));
  }
  if (written_boot != boot_) {
    batches_.clear();
  } else if (written_roots != roots_) {
    throw MachineError(fmt::format("the journal {} is about another root, {}", path_,
                                   written_roots.empty() ? "unknown" : written_roots.front()));
  }
}

std::string FileJournal::text_of(const std::vector<std::vector<Undo>>& batches) const {
  std::string text = fmt::format("{}\nboot\t{}\n", kHeading, boot_);
  for (const std::string& root : roots_) text += fmt::format("root\t{}\n", root);
  for (const auto& batch : batches) {
    for (const Undo& undo : batch) text += line_of(undo);
    text += "end\n";
  }
  return text;
}

void FileJournal::store() const {
  const std::string temporary = path_ + ".part";
  unlink(temporary.c_str());  // of one that was killed here
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) fail(path_, errno);
  try {
    write_all(fd, text_of(batches_), path_);
    if (fsync(fd) != 0) fail(path_, errno);
  } catch (...) {
    close(fd);
    unlink(temporary.c_str());
    throw;
  }
  close(fd);
  if (rename(temporary.c_str(), path_.c_str()) != 0) fail(path_, errno);
  sync_folder_of(path_);
}

void FileJournal::append(const std::vector<Undo>& batch) {
  batches_.push_back(batch);
  try {
    store();
  } catch (...) {
    batches_.pop_back();
    throw;
  }
}

void FileJournal::drop_last() {
  batches_.pop_back();
  if (batches_.empty()) {
    clear();
  } else {
    store();
  }
}

void FileJournal::clear() {
  batches_.clear();
  if (unlink(path_.c_str()) != 0 && errno != ENOENT) fail(path_, errno);
  sync_folder_of(path_);
}

std::string this_boot() {
  const std::string text = read_proc("/proc/sys/kernel/random/boot_id");
  return text.substr(0, text.find('\n'));
}

std::string journal_path(const std::string& root) {
  std::string folder;
  if (geteuid() == 0) {
    folder = "/run/sharesim";
  } else if (const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
             runtime != nullptr && *runtime == '/') {
    folder = std::string(runtime) + "/sharesim";
  } else {
    folder = fmt::format("/tmp/sharesim-{}", geteuid());
  }
  make_private(folder);
  std::string name;
  for (const char c : root) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    name += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return fmt::format("{}/{}.journal", folder, name);
}

}  // namespace sharesim::cgroup
