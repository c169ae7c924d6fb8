#pragma once
// A file that is either complete under its name, or not there at all.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/output/sink.hpp"

namespace sharesim {

/// Writes to a temporary name beside `path` and takes its place in commit(). Every error is a
/// MachineError that names the file and the reason.
class OutFile final : public Sink {
 public:
  /// Opens at once, so that a file that cannot be written is found before the work begins.
  explicit OutFile(std::filesystem::path path);
  /// Without commit() nothing is left, and a file that was there before stays as it was.
  ~OutFile() override;
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  void write(std::string_view text) override;

  /// Room for `bytes` bytes: fill it from the returned place on, then call filled_to().
  char* reserve(std::size_t bytes) {
    if (buffer_.size() - used_ < bytes) [[unlikely]] {
      make_room(bytes);
    }
    return buffer_.data() + used_;
  }
  /// `end` lies behind the last byte filled in after reserve().
  void filled_to(const char* end) { used_ = static_cast<std::size_t>(end - buffer_.data()); }

  /// Completes the file and gives it its name.
  void commit();

 private:
  void make_room(std::size_t bytes);
  void flush();
  void write_all(std::string_view text);
  [[noreturn]] void fail(int error);

  std::filesystem::path path_;
  std::string temporary_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  int descriptor_ = -1;
};

/// Creates the folder and those above it, and checks that files can be made in it. Throws
/// MachineError.
void make_folder(const std::filesystem::path& folder);

/// `text` as the name of one file: no separators, no leading dot, nothing that a shell or another
/// system trips over.
std::string file_name_of(std::string_view text);

}  // namespace sharesim
