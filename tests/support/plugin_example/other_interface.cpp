// A plug-in that was built for another scheduler interface.

#include "sim/registry.hpp"

namespace {

using namespace sharesim;

const bool kRegistered = [] {
  register_scheduler({}, nullptr, kSchedulerInterface + 1);
  return true;
}();

}  // namespace
