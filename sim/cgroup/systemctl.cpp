// Units by systemctl(1).

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/journal.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cgroup/units.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cgroup {
namespace {

/// Those of UnitState.
constexpr const char* kProperties =
    "--property=Id,LoadState,Slice,ControlGroup,CPUWeight,CPUQuotaPerSecUSec,CPUQuotaPeriodUSec,"
    "AllowedCPUs";

class Systemctl final : public UnitControl {
 public:
  explicit Systemctl(Surroundings surroundings) : around_(std::move(surroundings)) {
    const std::string journal = journal_path(kUnitsRoot);
    const std::string folder = journal.substr(0, journal.rfind('/'));
    folder_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder_ >= 0) return;
    throw MachineError(
        fmt::format("cannot open {}: {}", folder, std::generic_category().message(errno)));
  }
  ~Systemctl() override { close(folder_); }
  Systemctl(const Systemctl&) = delete;
  Systemctl& operator=(const Systemctl&) = delete;

  Answer show(const std::string& unit) override {
    return ask(to_manager(around_, {"systemctl", "show", "--no-pager", kProperties, "--", unit}),
               Complaints::kKept);
  }
  Answer set(const std::string& unit, const std::string& assignment) override {
    return ask(to_manager(around_, {"systemctl", "set-property", "--runtime", "--no-ask-password",
                                    "--", unit, assignment}),
               Complaints::kKept, lock_);
  }
  Got<std::unique_ptr<Directory>> group_at(const std::string& control_group) override {
    return open_directory(unified_mount(around_) + control_group);
  }
  void pause(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }
  int descriptor() const override { return folder_; }
  void hold(int lock) override { lock_ = lock; }

 private:
  const Surroundings around_;
  int folder_ = -1;  ///< where the journal is
  int lock_ = -1;
};

}  // namespace

std::unique_ptr<UnitControl> systemctl(const Surroundings& surroundings) {
  return std::make_unique<Systemctl>(surroundings);
}

}  // namespace sharesim::cgroup
