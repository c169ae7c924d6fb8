// A plug-in with two schedulers, one of them under a name that sharesim has already.

#include "sim/registry.hpp"

namespace {

using namespace sharesim;

SchedulerInfo called(const char* name) {
  SchedulerInfo info;
  info.name = name;
  return info;
}

const bool kRegistered = [] {
  register_scheduler(called("not_taken"), nullptr, kSchedulerInterface);
  register_scheduler(called("sfq"), nullptr, kSchedulerInterface);
  return true;
}();

}  // namespace
