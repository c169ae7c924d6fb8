#include "sim/cgroup/cgroup_fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <linux/magic.h>
#include <utility>

namespace sharesim::cgroup {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::size_t kMostBytes = 16U << 20;  ///< of a file: cgroup.procs of a million processes

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool is_one_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

int check_file_system(int fd) {
  struct statfs facts {};
  if (fstatfs(fd, &facts) != 0) return errno;
  const bool cgroup = facts.f_type == CGROUP2_SUPER_MAGIC || facts.f_type == CGROUP_SUPER_MAGIC;
  return cgroup ? 0 : EXDEV;
}

int same_device(int one, int other) {
  struct stat a {};
  struct stat b {};
  if (fstat(one, &a) != 0 || fstat(other, &b) != 0) return errno;
  return a.st_dev == b.st_dev ? 0 : EXDEV;
}

/// A directory that the kernel keeps.
class KernelDirectory final : public Directory {
 public:
  explicit KernelDirectory(Descriptor fd) : fd_(std::move(fd)) {}

  Got<std::unique_ptr<Directory>> open(const std::string& child) override {
    if (!is_one_name(child)) return {nullptr, EINVAL};
    Descriptor fd(openat(fd_.get(), child.c_str(), kOpenDirectory));
    if (fd.get() < 0) return {nullptr, errno};
    if (const int error = same_device(fd_.get(), fd.get())) return {nullptr, error};
    return {std::make_unique<KernelDirectory>(std::move(fd)), 0};
  }

  Got<std::unique_ptr<Directory>> again() override {
    Descriptor fd(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    if (fd.get() < 0) return {nullptr, errno};
    return {std::make_unique<KernelDirectory>(std::move(fd)), 0};
  }

  int make(const std::string& child) override {
    if (!is_group_name(child)) return EINVAL;
    return mkdirat(fd_.get(), child.c_str(), 0755) == 0 ? 0 : errno;
  }

  int remove(const std::string& child) override {
    if (!is_group_name(child)) return EINVAL;
    return unlinkat(fd_.get(), child.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
  }

  Got<std::vector<std::string>> children() override {
    // A stream of its own: a shared one would go on where the last reader stopped.
    const int fd = openat(fd_.get(), ".", kOpenDirectory);
    if (fd < 0) return {{}, errno};
    DIR* const stream = fdopendir(fd);
    if (stream == nullptr) {
      const int error = errno;
      close(fd);
      return {{}, error};
    }
    Got<std::vector<std::string>> names;
    errno = 0;
    while (const dirent* entry = readdir(stream)) {
      if (entry->d_type == DT_DIR && is_one_name(entry->d_name))
        names.value.emplace_back(entry->d_name);
    }
    names.error = errno;
    closedir(stream);
    std::sort(names.value.begin(), names.value.end());
    return names;
  }

  Got<std::string> read(Knob knob) override {
    const Descriptor file(openat(fd_.get(), file_name(knob), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.get() < 0) return {{}, errno};
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.size() < kMostBytes) {
      const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return {{}, errno};
      if (got == 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (text.ends_with('\n')) text.pop_back();
    return {std::move(text), 0};
  }

  int write(Knob knob, std::string_view value) override {
    const Descriptor file(
        openat(fd_.get(), file_name(knob), O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC));
    if (file.get() < 0) return errno;
    // The kernel takes no notice of an empty write, but a line without anything empties a cpuset.
    const std::string_view bytes = value.empty() ? "\n" : value;
    while (true) {
      const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
      if (written == static_cast<ssize_t>(bytes.size())) return 0;
      if (written >= 0) return EIO;  // part of a number is another number
      if (errno != EINTR) return errno;
    }
  }

  int may_write(Knob knob) override {
    return faccessat(fd_.get(), file_name(knob), W_OK, AT_EACCESS) == 0 ? 0 : errno;
  }

  int descriptor() const override { return fd_.get(); }

 private:
  Descriptor fd_;
};

}  // namespace

Got<std::unique_ptr<Directory>> open_directory(const std::string& path, bool any_file_system) {
  if (!path.starts_with('/')) return {nullptr, EINVAL};
  int fd = ::open("/", kOpenDirectory);
  std::string_view rest(path);
  while (fd >= 0) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) break;
    const std::string part(rest.substr(0, rest.find('/')));
    rest.remove_prefix(part.size());
    const Descriptor above(fd);
    if (!is_one_name(part)) return {nullptr, EINVAL};
    fd = openat(above.get(), part.c_str(), kOpenDirectory);
    // Of a symbolic link the kernel says that it is no directory; this is plainer.
    struct stat facts {};
    if (fd < 0 && errno == ENOTDIR &&
        fstatat(above.get(), part.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) {
      errno = S_ISLNK(facts.st_mode) ? ELOOP : ENOTDIR;
    }
  }
  if (fd < 0) return {nullptr, errno};
  Descriptor found(fd);
  if (const int error = any_file_system ? 0 : check_file_system(found.get())) {
    return {nullptr, error};
  }
  return {std::make_unique<KernelDirectory>(std::move(found)), 0};
}

Got<std::unique_ptr<Directory>> open_below(Directory& from, std::string_view path) {
  auto at = from.again();
  while (at.ok() && !path.empty()) {
    const std::string part(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    at = at.value->open(part);
  }
  return at;
}

bool is_group_name(std::string_view name) {
  constexpr std::size_t kMostLetters = 90;
  constexpr std::string_view kLong = "sharesim-";
  constexpr std::string_view kShort = "s-";
  if (name.starts_with(kLong)) {
    name.remove_prefix(kLong.size());
  } else if (name.starts_with(kShort)) {
    name.remove_prefix(kShort.size());
  } else {
    return false;
  }
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kMostLetters &&
         std::all_of(name.begin(), name.end(), is_good);
}

}  // namespace sharesim::cgroup
