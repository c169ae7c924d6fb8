// What tasks do: start, wake, finish a burst, block, exit; and the arrivals of services.

#include "sim/core/check.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {

void Simulation::start_tasks(const TaskSpec& spec) {
  for (std::uint32_t i = 0; i < spec.instances(); ++i) {
    Task& task = tasks_[spec.first + i];
    attach(task, balancing() ? place(task) : 0);
    act(task, task.program.begin(spec, service_of(task), now_));
  }
}

void Simulation::end_sleep(Task& task) {
  if (task.state == TaskState::kExited) return;  // it has been stopped meanwhile
  act(task, task.program.next(*task.spec, service_of(task), now_, now_));
}

/// What a task that has no demand does next.
void Simulation::act(Task& task, const Action& action) {
  switch (action.kind) {
    case Action::Kind::kRun:
      wake_task(task, action);
      return;
    case Action::Kind::kSleep:
      task.state = TaskState::kBlocked;
      if (action.until != kNever) {
        events_.push(action.until, EventKind::kWakeup, task.number);
      } else {
        services_[task.service]->worker_idle(task.number);
      }
      return;
    case Action::Kind::kExit:
      exit_task(task);
      return;
  }
}

void Simulation::wake_task(Task& task, const Action& action) {
  task.left = action.length;
  task.since = action.since;
  task.pays_wakeup = true;
  if (balancing()) {
    const CpuId cpu = place(task);
    if (linux_) carry_load(task, cpu);
    if (cpu != task.cpu) move(task, cpu);
    demand_on(task);
  }
  observer_.arrived(task.number, now_);
  demand_begins(task.pool);
  enqueue_task(task, EnqueueReason::kWakeup);
}

/// The burst of the task on `cpu` is complete.
void Simulation::complete_burst(Cpu& cpu) {
  Task& task = *cpu.current;
  const Time since = task.since;
  const Action action = task.program.next(*task.spec, service_of(task), now_, task.since);
  const bool more = action.kind == Action::Kind::kRun;
  const bool is_burst = std::holds_alternative<Sequence>(task.spec->behaviour);
  const StopReason why = more                                 ? StopReason::kYielded
                         : action.kind == Action::Kind::kExit ? StopReason::kExited
                                                              : StopReason::kBlocked;
  const Duration ran = stop_service(cpu, why);
  if (more) {
    task.left =
        action.length;  // before put_prev: a policy may ask for the length of the next request
    task.since = action.since;
  }
  climb(cpu, ran, why);
  if (!more || !is_burst) observer_.completed(task.number, since, now_);
  if (more) return;
  leave(task);
  act(task, action);
}

/// The task has no demand any more.
void Simulation::leave(Task& task) {
  observer_.left(task.number, now_);
  if (balancing()) demand_off(task);
  demand_ends(task.pool);
}

void Simulation::exit_task(Task& task) {
  if (task.queue != nullptr) detach(task);
  task.state = TaskState::kExited;
}

/// The task's `stop:` time has come, whatever it does.
void Simulation::stop_task(Task& task) {
  if (task.state == TaskState::kExited) return;
  const bool had_demand = task.state != TaskState::kBlocked;
  if (task.state == TaskState::kRunning) {
    put(cpus_[task.cpu], StopReason::kExited);
  } else if (task.state == TaskState::kQueued) {
    dequeue_task(task);
  }
  if (had_demand) leave(task);
  if (task.service != kNoService) services_[task.service]->forget_worker(task.number);
  exit_task(task);
}

void Simulation::serve_arrival(std::uint32_t index) {
  ServiceState& service = *services_[index];
  const TaskSpec& spec = *tasks_[service.first_worker()].spec;
  if (spec.stop && now_ >= Time(*spec.stop)) return;
  events_.push(service.next_arrival(now_), EventKind::kArrival, index);
  const ServiceState::Request request = service.draw(now_);
  const TaskId worker = service.take_idle_worker();
  if (worker != kNoTask) {
    wake_task(tasks_[worker],
              {.kind = Action::Kind::kRun, .length = request.demand, .since = now_});
  } else if (!service.push(request)) {
    observer_.dropped(service.first_worker(), now_);
  }
}

}  // namespace sharesim
