#include "sim/fluid/fluid.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/engine/event_queue.hpp"
#include "sim/engine/program.hpp"
#include "sim/metrics/ideal.hpp"

namespace sharesim {
namespace {

constexpr std::uint32_t kNoService = ~std::uint32_t{0};
/// Instants between two looks at the stop flag.
constexpr std::uint64_t kInstantsBetweenLooks = 4096;

class FluidSimulation {
 public:
  FluidSimulation(const Scenario& scenario, RunObserver& observer, const EngineOptions& options);
  EngineSummary run();

 private:
  enum class State : std::uint8_t { kBlocked, kServed, kExited };

  struct Task {
    const TaskSpec* spec;
    Program program;
    std::uint32_t service = kNoService;
    State state = State::kBlocked;
    bool endless = false;  ///< the burst
    Time since{};          ///< since when the present piece of work has been waiting
    /// All that it has demanded so far. Its burst is complete when it has been served as much.
    double demanded_ns = 0;
  };

  void process(const Event& event);
  void apply_change(const ScenarioEvent& event);
  void start_tasks(const TaskSpec& spec);
  void serve_arrival(std::uint32_t index);
  void stop_task(TaskId id);
  void act(TaskId id, const Action& action);
  void demand(TaskId id, const Action& action);
  void complete_bursts();
  void complete_burst(TaskId id);
  void leave(TaskId id);
  bool interrupted();
  ServiceState* service_of(const Task& task) const {
    return task.service == kNoService ? nullptr : services_[task.service].get();
  }
  double owed_ns(TaskId id) const { return tasks_[id].demanded_ns - ideal_.service_ns(id, now_); }
  Time next_completion() const;

  const Scenario& scenario_;
  RunObserver& observer_;
  const EngineOptions& options_;
  Ideal ideal_;
  std::vector<Task> tasks_;
  std::vector<std::unique_ptr<ServiceState>> services_;
  EventQueue events_;
  std::vector<TaskId> bursting_;  ///< those served whose burst has an end
  Time now_ = kStart;
  std::uint64_t instants_ = 0;
};

FluidSimulation::FluidSimulation(const Scenario& scenario, RunObserver& observer,
                                 const EngineOptions& options)
    : scenario_(scenario), observer_(observer), options_(options), ideal_(scenario) {
  tasks_.reserve(scenario.task_count());
  for (std::uint32_t i = 0; i < scenario.events.size(); ++i) {
    events_.push(scenario.events[i].at, EventKind::kChange, i);
  }
  for (std::uint32_t index = 0; index < scenario.tasks.size(); ++index) {
    const TaskSpec& spec = scenario.tasks[index];
    const auto* service = std::get_if<Service>(&spec.behaviour);
    events_.push(Time(spec.start), EventKind::kTaskStart, index);
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      const TaskId id = spec.first + i;
      if (service != nullptr && i % service->workers == 0) {
        services_.push_back(std::make_unique<ServiceState>(*service, id, scenario.seed));
        events_.push(services_.back()->next_arrival(Time(spec.start)), EventKind::kArrival,
                     static_cast<std::uint32_t>(services_.size() - 1));
      }
      if (spec.stop) events_.push(Time(*spec.stop), EventKind::kStop, id);
      tasks_.push_back({.spec = &spec, .program = Program(spec, id, scenario.seed)});
      if (service != nullptr)
        tasks_.back().service = static_cast<std::uint32_t>(services_.size() - 1);
    }
  }
}

EngineSummary FluidSimulation::run() {
  const Time end(scenario_.duration);
  bool complete = true;
  for (;;) {
    const Time next = std::min(events_.next_time(), next_completion());
    if (next >= end) break;
    if (interrupted()) {
      complete = false;
      break;
    }
    now_ = next;
    while (events_.next_time() == now_) process(events_.pop());
    complete_bursts();
  }
  if (complete) now_ = end;
  observer_.finished(now_, complete);
  return {.end = now_, .complete = complete, .decisions = 0, .events = instants_};
}

bool FluidSimulation::interrupted() {
  if (++instants_ % kInstantsBetweenLooks != 0) return false;
  if (options_.progress) options_.progress(now_);
  return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
}

void FluidSimulation::process(const Event& event) {
  switch (event.kind) {
    case EventKind::kChange:
      return apply_change(scenario_.events[event.id]);
    case EventKind::kStop:
      return stop_task(event.id);
    case EventKind::kTaskStart:
      return start_tasks(scenario_.tasks[event.id]);
    case EventKind::kWakeup: {
      Task& task = tasks_[event.id];
      if (task.state == State::kExited) return;  // it has been stopped meanwhile
      return act(event.id, task.program.next(*task.spec, service_of(task), now_, now_));
    }
    case EventKind::kArrival:
      return serve_arrival(event.id);
    default:
      check(false, "a fluid run has no other events");
  }
}

void FluidSimulation::apply_change(const ScenarioEvent& event) {
  for (const EntityRef entity : event.entities) {
    if (event.weight) {
      ideal_.set_weight(entity, *event.weight, now_);
      observer_.weight_changed(entity, *event.weight, now_);
    }
    if (event.cap) {
      const Bandwidth* cap = *event.cap ? &**event.cap : nullptr;
      ideal_.set_cap(entity, cap, now_);
      observer_.cap_changed(entity, cap, now_);
    }
    if (event.cpus) {
      ideal_.set_affinity(entity, *event.cpus, now_);
      observer_.affinity_changed(entity, *event.cpus, now_);
    }
  }
}

void FluidSimulation::start_tasks(const TaskSpec& spec) {
  for (TaskId id = spec.first; id < spec.first + spec.instances(); ++id) {
    Task& task = tasks_[id];
    act(id, task.program.begin(spec, service_of(task), now_));
  }
}

void FluidSimulation::serve_arrival(std::uint32_t index) {
  ServiceState& service = *services_[index];
  const TaskSpec& spec = *tasks_[service.first_worker()].spec;
  if (spec.stop && now_ >= Time(*spec.stop)) return;
  events_.push(service.next_arrival(now_), EventKind::kArrival, index);
  const ServiceState::Request request = service.draw(now_);
  const TaskId worker = service.take_idle_worker();
  if (worker != kNoTask) {
    act(worker, {.kind = Action::Kind::kRun, .length = request.demand, .since = now_});
  } else if (!service.push(request)) {
    observer_.dropped(service.first_worker(), now_);
  }
}

void FluidSimulation::stop_task(TaskId id) {
  Task& task = tasks_[id];
  if (task.state == State::kServed) leave(id);
  if (task.state != State::kExited && task.service != kNoService) {
    services_[task.service]->forget_worker(id);
  }
  task.state = State::kExited;
}

/// What a task that has no demand does next.
void FluidSimulation::act(TaskId id, const Action& action) {
  Task& task = tasks_[id];
  switch (action.kind) {
    case Action::Kind::kRun:
      task.state = State::kServed;
      observer_.arrived(id, now_);
      ideal_.arrive(id, now_);
      return demand(id, action);
    case Action::Kind::kSleep:
      task.state = State::kBlocked;
      if (action.until == kNever) return services_[task.service]->worker_idle(id);
      return events_.push(action.until, EventKind::kWakeup, id);
    case Action::Kind::kExit:
      task.state = State::kExited;
      return;
  }
}

void FluidSimulation::demand(TaskId id, const Action& action) {
  Task& task = tasks_[id];
  task.since = action.since;
  task.endless = action.length == kForever;
  if (task.endless) return;
  task.demanded_ns += static_cast<double>(to_ns(action.length));
  bursting_.push_back(id);
}

/// The first whole ns at which a burst is complete, if nothing changes before.
Time FluidSimulation::next_completion() const {
  Time first = kNever;
  const double end_ns = static_cast<double>(to_ns(scenario_.duration));
  for (const TaskId id : bursting_) {
    const double wait_ns = std::ceil(std::max(owed_ns(id), 0.0) / ideal_.rate(id));
    if (wait_ns < end_ns) first = std::min(first, now_ + ns(static_cast<std::int64_t>(wait_ns)));
  }
  return first;
}

/// All that are complete now, by id; a burst of no length may follow another.
void FluidSimulation::complete_bursts() {
  // What the sums of doubles may be off by, in ns of service: 2^-53 of a week, several times over.
  constexpr double kRounding = 1e-3;
  std::vector<TaskId> complete;
  for (;;) {
    complete.clear();
    for (const TaskId id : bursting_) {
      if (owed_ns(id) <= kRounding) complete.push_back(id);
    }
    if (complete.empty()) return;
    std::sort(complete.begin(), complete.end());
    for (const TaskId id : complete) complete_burst(id);
  }
}

void FluidSimulation::complete_burst(TaskId id) {
  Task& task = tasks_[id];
  bursting_.erase(std::find(bursting_.begin(), bursting_.end(), id));
  const Time since = task.since;
  const Action action = task.program.next(*task.spec, service_of(task), now_, since);
  const bool more = action.kind == Action::Kind::kRun;
  const bool is_burst = std::holds_alternative<Sequence>(task.spec->behaviour);
  if (!more || !is_burst) observer_.completed(id, since, now_);
  if (more) return demand(id, action);
  leave(id);
  act(id, action);
}

/// The task has no demand any more.
void FluidSimulation::leave(TaskId id) {
  const auto bursting = std::find(bursting_.begin(), bursting_.end(), id);
  if (bursting != bursting_.end()) bursting_.erase(bursting);
  tasks_[id].state = State::kBlocked;
  observer_.left(id, now_);
  ideal_.leave(id, ideal_.service_ns(id, now_), now_);
}

}  // namespace

EngineSummary run_fluid(const Scenario& scenario, RunObserver& observer,
                        const EngineOptions& options) {
  return FluidSimulation(scenario, observer, options).run();
}

}  // namespace sharesim
