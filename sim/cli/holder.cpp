#include "sim/cli/holder.hpp"

#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cli/console.hpp"

namespace sharesim::cli {

Holder::Holder(std::string root)
    : around_(cgroup::this_machine()),
      root_(std::move(root)),
      needed_(cgroup::needs_systemd(root_, around_)) {
  if (!needed_) return;
  const auto found = cgroup::find_holder(around_);
  answers_ = found.has_value();
  root_ = found.value_or("");
}

Holder::~Holder() {
  if (!started_ || cgroup::holds_groups(root_)) return;
  try {
    cgroup::stop_holder(around_);
  } catch (const cgroup::CgroupError& error) {
    complain(error.what());  // the error that brought us here is on its way
  }
}

bool Holder::start() {
  if (!needed_ || !root_.empty()) return false;
  root_ = cgroup::start_holder(around_);
  started_ = true;
  return true;
}

void Holder::release() {
  if (!needed_ || root_.empty()) return;
  if (cgroup::holds_groups(root_)) {
    throw cgroup::CgroupError(fmt::format(
        "{} stays: there are other groups in it, which another --journal knows of", root_));
  }
  cgroup::stop_holder(around_);
}

}  // namespace sharesim::cli
