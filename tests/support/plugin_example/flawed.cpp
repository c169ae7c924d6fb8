// A plug-in whose default slice is out of its own range.

#include "sim/registry.hpp"

namespace {

using namespace sharesim;

const bool kRegistered = [] {
  SchedulerInfo info;
  info.name = "flawed";
  info.parameters = {slice_parameter("2h")};
  register_scheduler(info, nullptr, kSchedulerInterface);
  return true;
}();

}  // namespace
