#include "tests/support/scripted_queue.hpp"

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "sim/core/check.hpp"
#include "sim/core/units.hpp"

namespace sharesim {
namespace {

char letter(EntityId e) { return static_cast<char>('A' + e); }

class OneValue final : public StateSink {
 public:
  explicit OneValue(std::string_view name) : name_(name) {}
  void value(std::string_view name, std::int64_t number) override {
    if (name == name_) found_ = number, known_ = true;
  }
  std::int64_t get() const {
    check(known_, "the scheduler describes the value that the test asks for");
    return found_;
  }

 private:
  std::string_view name_;
  std::int64_t found_ = 0;
  bool known_ = false;
};

std::unique_ptr<Scheduler> make_as_registered(const SchedulerContext& context,
                                              const SchedulerChoice& choice) {
  return choice.make(context);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ScriptedRun& run) {
  return out << letter(run.entity) << " " << to_text(run.begin) << ".." << to_text(run.end);
}

ScriptedQueue::ScriptedQueue(std::string_view choice, Capacity capacity)
    : ScriptedQueue(choice, make_as_registered, capacity) {}

ScriptedQueue::ScriptedQueue(std::string_view choice, ScriptedMachine machine)
    : ScriptedQueue(choice, make_as_registered, kOneCpu, machine) {}

ScriptedQueue::ScriptedQueue(std::string_view choice, Make make, Capacity capacity,
                             ScriptedMachine machine)
    : choice_(Registry::global().parse(choice)),
      tick_(choice_.info().claims.has(Claim::kWantsTicks) ? machine.tick : Duration::zero()),
      next_tick_(tick_ > Duration::zero() ? kStart + tick_ : kNever) {
  scheduler_ = make({.parameters = choice_,
                     .host = *this,
                     .cpus = 1,
                     .capacity = capacity,
                     .seed = 1,
                     .machine_cpus = machine.cpus,
                     .machine_tick = machine.tick},
                    choice_);
  scheduler_->set_capacity(capacity, kStart);
}

EntityId ScriptedQueue::add(Weight weight, std::vector<ScriptedStep> steps, Time start,
                            bool repeats) {
  const auto e = static_cast<EntityId>(entities_.size());
  Entity entity;
  entity.left = steps.front().run;
  entity.steps = std::move(steps);
  entity.repeats = repeats;
  entity.wakeup = start;
  entities_.push_back(std::move(entity));
  scheduler_->add(e, weight, now_);
  return e;
}

void ScriptedQueue::set_weight(EntityId e, Weight weight) {
  scheduler_->set_weight(e, weight, now_);
}

const Bandwidth* ScriptedQueue::cap(EntityId e) const {
  const Bandwidth& cap = entities_[e].cap;
  return cap.period == Duration::zero() ? nullptr : &cap;
}

std::optional<std::int64_t> ScriptedQueue::hint(EntityId e, std::string_view name) const {
  const auto found = hints_.find({e, std::string(name)});
  if (found == hints_.end()) return std::nullopt;
  return found->second;
}

void ScriptedQueue::run_until(Time end) {
  for (;;) {
    happen();
    if (now_ == end) return;
    if (running_ == kNoEntity) pick();
    now_ = std::min(next_event(), end);
  }
}

void ScriptedQueue::happen() {
  if (scheduler_->next_timer() <= now_ && scheduler_->on_timer(now_) && running_ != kNoEntity)
    end_run(StopReason::kPreempted);
  wake_up();
  if (running_ != kNoEntity && run_end_ <= now_) end_run(StopReason::kSliceEnd);
  if (next_tick_ > now_) return;
  next_tick_ += tick_;
  if (running_ != kNoEntity && !scheduler_->tick(running_, now_)) end_run(StopReason::kSliceEnd);
}

Time ScriptedQueue::next_event() const {
  Time next = std::min(scheduler_->next_timer(), running_ == kNoEntity ? kNever : run_end_);
  next = std::min(next, next_tick_);
  for (const Entity& entity : entities_) next = std::min(next, entity.wakeup);
  return next;
}

void ScriptedQueue::wake_up() {
  for (EntityId e = 0; e < entities_.size(); ++e) {
    Entity& entity = entities_[e];
    if (entity.wakeup > now_) continue;
    entity.wakeup = kNever;
    entity.queued = true;
    scheduler_->enqueue(e, now_, EnqueueReason::kWakeup);
    if (running_ != kNoEntity && scheduler_->preempts(e, running_, now_))
      end_run(StopReason::kPreempted);
  }
}

std::int64_t ScriptedQueue::slowness() const {
  std::int64_t factor = 1;
  for (const Slowness& part : slowness_) {
    if (part.since <= now_) factor = part.factor;
  }
  return factor;
}

void ScriptedQueue::pick() {
  const EntityId e = scheduler_->pick_next(0, now_);
  if (e == kNoEntity) return;
  check(entities_.at(e).queued, "a pick is queued");
  const Duration slice = scheduler_->slice(e, now_);
  check(slice > Duration::zero(), "a slice is longer than 0");
  entities_[e].queued = false;
  running_ = e;
  run_begin_ = now_;
  run_slowness_ = slowness();
  const Duration length = std::min(slice, entities_[e].left);
  run_end_ = length == kForever ? kNever : now_ + length * run_slowness_;
}

void ScriptedQueue::end_run(StopReason why) {
  const EntityId e = std::exchange(running_, kNoEntity);
  Entity& entity = entities_[e];
  const Duration ran = (now_ - run_begin_) / run_slowness_;
  if (now_ > run_begin_) runs_.push_back({e, run_begin_, now_});
  if (entity.left != kForever) entity.left -= ran;
  if (entity.left == Duration::zero()) {
    const Duration sleep = entity.steps[entity.step].sleep;
    entity.finished.push_back(now_);
    const bool more = ++entity.step < entity.steps.size();
    if (!more && entity.repeats) entity.step = 0;
    const bool lives = more || entity.repeats;
    entity.left = lives ? entity.steps[entity.step].run : Duration::zero();
    why = lives && sleep == Duration::zero() ? StopReason::kYielded : StopReason::kBlocked;
    if (lives && sleep > Duration::zero()) entity.wakeup = now_ + sleep;
  }
  entity.queued = still_runnable(why);
  scheduler_->put_prev(e, now_, ran, why);
}

std::string ScriptedQueue::order() const {
  std::string text;
  for (const ScriptedRun& run : runs_) text += letter(run.entity);
  return text;
}

Duration ScriptedQueue::service(EntityId e, Time from, Time to) const {
  Duration sum{};
  for (const ScriptedRun& run : runs_) {
    if (run.entity != e) continue;
    sum += std::max(Duration::zero(), std::min(run.end, to) - std::max(run.begin, from));
  }
  return sum;
}

Duration ScriptedQueue::longest_gap(EntityId e, Time from, Time to) const {
  Duration longest{};
  Time since = from;
  for (const ScriptedRun& run : runs_) {
    if (run.entity != e || run.end <= from || run.begin >= to) continue;
    longest = std::max(longest, run.begin - since);
    since = run.end;
  }
  return std::max(longest, to - since);
}

std::int64_t ScriptedQueue::state(EntityId e, std::string_view name) const {
  OneValue sink(name);
  scheduler_->describe(e, sink);
  return sink.get();
}

}  // namespace sharesim
