#include "sim/record/fanout.hpp"

#include <utility>

namespace sharesim {

Fanout::Fanout(std::vector<RunObserver*> observers) : observers_(std::move(observers)) {}

template <typename... Parameters, typename... Arguments>
void Fanout::tell(void (RunObserver::*call)(Parameters...), const Arguments&... arguments) {
  for (RunObserver* observer : observers_) (observer->*call)(arguments...);
}

void Fanout::arrived(TaskId task, Time now) { tell(&RunObserver::arrived, task, now); }
void Fanout::left(TaskId task, Time now) { tell(&RunObserver::left, task, now); }
void Fanout::run_begin(CpuId cpu, TaskId task, Time now) {
  tell(&RunObserver::run_begin, cpu, task, now);
}
void Fanout::run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) {
  tell(&RunObserver::run_end, cpu, task, begin, end, why);
}
void Fanout::overhead(CpuId cpu, TaskId task, Time begin, Duration lost) {
  tell(&RunObserver::overhead, cpu, task, begin, lost);
}
void Fanout::completed(TaskId task, Time since, Time now) {
  tell(&RunObserver::completed, task, since, now);
}
void Fanout::dropped(TaskId first_worker, Time now) {
  tell(&RunObserver::dropped, first_worker, now);
}
void Fanout::throttled(EntityRef entity, Time now) { tell(&RunObserver::throttled, entity, now); }
void Fanout::unthrottled(EntityRef entity, Time now) {
  tell(&RunObserver::unthrottled, entity, now);
}
void Fanout::throttled_on(EntityRef entity, CpuId cpu, Time now) {
  tell(&RunObserver::throttled_on, entity, cpu, now);
}
void Fanout::unthrottled_on(EntityRef entity, CpuId cpu, Time now) {
  tell(&RunObserver::unthrottled_on, entity, cpu, now);
}
void Fanout::period_ended(EntityRef entity, const PeriodEnd& end, Time now) {
  tell(&RunObserver::period_ended, entity, end, now);
}
void Fanout::weight_changed(EntityRef entity, Weight weight, Time now) {
  tell(&RunObserver::weight_changed, entity, weight, now);
}
void Fanout::cap_changed(EntityRef entity, const Bandwidth* cap, Time now) {
  tell(&RunObserver::cap_changed, entity, cap, now);
}
void Fanout::affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) {
  tell(&RunObserver::affinity_changed, entity, cpus, now);
}
void Fanout::finished(Time now, bool complete) { tell(&RunObserver::finished, now, complete); }

}  // namespace sharesim
