#include "sim/engine/program.hpp"

#include <algorithm>

namespace sharesim {

ServiceState::ServiceState(const Service& spec, TaskId first_worker, std::uint64_t seed)
    : spec_(&spec), first_worker_(first_worker), stream_(make_stream(seed, first_worker)) {}

Time ServiceState::next_arrival(Time now) {
  return add_saturating(now, std::max(spec_->gap.draw(stream_), ns(1)));
}

bool ServiceState::push(const Request& request) {
  if (waiting_.size() >= static_cast<std::size_t>(spec_->queue)) return false;
  waiting_.push_back(request);
  return true;
}

bool ServiceState::pop(Request& request) {
  if (waiting_.empty()) return false;
  request = waiting_.front();
  waiting_.pop_front();
  return true;
}

TaskId ServiceState::take_idle_worker() {
  if (idle_.empty()) return kNoTask;
  const TaskId worker = idle_.front();
  idle_.pop_front();
  return worker;
}

void ServiceState::forget_worker(TaskId worker) { std::erase(idle_, worker); }

Action Program::next(const TaskSpec& spec, ServiceState* service, Time now, Time woken) {
  if (const auto* sequence = std::get_if<Sequence>(&spec.behaviour)) {
    return next_step(*sequence, now, woken);
  }
  if (const auto* periodic = std::get_if<Periodic>(&spec.behaviour))
    return next_job(*periodic, now);
  if (service != nullptr) {
    ServiceState::Request request{};
    if (!service->pop(request)) return {.kind = Action::Kind::kSleep, .until = kNever};
    return {.kind = Action::Kind::kRun, .length = request.demand, .since = request.since};
  }
  return {.kind = Action::Kind::kRun, .length = kForever, .since = now};
}

Action Program::next_step(const Sequence& sequence, Time now, Time woken) {
  // Steps of no length are passed over; the loader has made sure that a round takes time.
  for (;;) {
    if (step_ == sequence.steps.size()) {
      step_ = 0;
      ++rounds_;
    }
    if (sequence.repeat > 0 && rounds_ == sequence.repeat) return {.kind = Action::Kind::kExit};
    const Step& step = sequence.steps[step_++];
    const Duration length = step.length.draw(stream_);
    if (length <= Duration::zero()) continue;
    if (step.kind == Step::Kind::kSleep) {
      return {.kind = Action::Kind::kSleep, .until = add_saturating(now, length)};
    }
    return {.kind = Action::Kind::kRun, .length = length, .since = woken};
  }
}

Action Program::next_job(const Periodic& periodic, Time now) {
  if (release_ > now) return {.kind = Action::Kind::kSleep, .until = release_};
  const Time released = release_;
  release_ = add_saturating(release_, periodic.every);
  const Duration demand = std::max(periodic.run.draw(stream_), ns(1));
  return {.kind = Action::Kind::kRun, .length = demand, .since = released};
}

}  // namespace sharesim
