#include "sim/output/out_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/core/error.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10;
constexpr std::size_t kFileNameBytes = 150;  // the usual limit is 255, and commit adds a suffix

MachineError refused(const std::string& path, int error) {
  return MachineError(
      fmt::format("cannot write {}: {}", path, std::generic_category().message(error)));
}

}  // namespace

OutFile::OutFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(fmt::format("{}.{}.part", path_.string(), getpid())) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path_, ignored)) throw refused(path_.string(), EISDIR);
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw refused(path_.string(), errno);
  buffer_.resize(kBufferBytes);
}

OutFile::~OutFile() {
  if (descriptor_ >= 0) {
    close(descriptor_);
    unlink(temporary_.c_str());
  }
}

void OutFile::write(std::string_view text) {
  if (text.size() > buffer_.size() - used_) {
    flush();
    if (text.size() > buffer_.size()) {
      write_all(text);
      return;
    }
  }
  std::copy(text.begin(), text.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += text.size();
}

void OutFile::make_room(std::size_t bytes) {
  flush();
  if (bytes > buffer_.size()) buffer_.resize(bytes);
}

void OutFile::flush() { write_all({buffer_.data(), std::exchange(used_, 0)}); }

void OutFile::write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
}

void OutFile::commit() {
  flush();
  // Some file systems report a full disk only now.
  if (close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
}

void OutFile::fail(int error) {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  unlink(temporary_.c_str());
  throw refused(path_.string(), error);
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder)) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (error) {
    throw MachineError(
        fmt::format("cannot create the folder {}: {}", folder.string(), error.message()));
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) throw refused(folder.string(), errno);
}

std::string file_name_of(std::string_view text) {
  constexpr std::string_view kKept = "+-.=@_";
  std::string name;
  for (const char c : text.substr(0, kFileNameBytes)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += letter || kKept.find(c) != std::string_view::npos ? c : '_';
  }
  if (name.empty() || name.front() == '.' || name.front() == '-') name.insert(name.begin(), '_');
  return name;
}

}  // namespace sharesim
